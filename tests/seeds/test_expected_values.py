"""Seed 001's items say what variables have to be; reports that say otherwise are findings until they agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.checklists.models import Run
from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.models import Finding, VariableChange
from bootstrap.config_health.reports import tokens
from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.config.manifest import manifest_of
from bootstrap.systems.models import App, ConfigVar, Deployment
from bootstrap.systems.value_rules.agent import agent
from opsconsole.lib import clock
from tests.bootstrap.config_health.reports import post
from tests.bootstrap.people import client_of
from tests.seeds.files import seed_001

EXPECTED = {
    "FLASK_ENV": {"*": "production"},
    "WEBAUTHN_RP_ID": {"prod": "raxx.app", "staging": "raxx-staging.pages.dev"},
    "WEBAUTHN_RP_NAME": {"*": "Raxx"},
    "WEBAUTHN_ORIGIN": {"prod": "https://raxx.app"},
}
RIGHT = {
    "FLASK_ENV": "production",
    "WEBAUTHN_RP_ID": "raxx.app",
    "WEBAUTHN_RP_NAME": "Raxx",
    "WEBAUTHN_ORIGIN": "https://raxx.app",
}
PRODUCTION = "its checklist item wants production"


@pytest.fixture(params=["content", "seed"])
def raptor(request: pytest.FixtureRequest, shipped_runbooks: None) -> None:
    """The shipped systems; of the seed, with its own text as the runbook's newest version."""
    if request.param == "seed":
        text = seed_001()
        load_runbook(read_runbook(text), text, App.objects.get(slug="raxx-api"), "raptor")


class Host:
    """A deployment whose agent reports `values`, judged by the agent's own code and posted as it posts them."""

    def __init__(self, place: str) -> None:
        self.deployment: Deployment = find_deployment(place, None)
        _, text = tokens.create(self.deployment, None, clock.now())
        self.client = Client(headers={"Authorization": f"Bearer {text}"})
        self.at = clock.now() - timedelta(minutes=2)

    def report(self, **values: str) -> dict[str, str]:
        """By variable, the literals that are wrong after the report."""
        self.at += timedelta(seconds=1)
        manifest = self.client.get("/api/v1/config-reports/manifest/").json()
        report = agent.build_report(manifest, agent.Variables(values), b"k" * 32, self.at, None)
        answer = post(self.client, {**report, "reported_at": self.at.isoformat()})
        assert answer.status_code == 202
        return self.wrong(answer.json()["findings"])

    def wrong(self, findings: list[dict[str, Any]]) -> dict[str, str]:
        """By variable, what is wrong, without what eases it: the items are not signed yet."""
        found = {each["subject"]: each["detail"] for each in findings if each["kind"] == "wrong_literal"}
        return {name: detail.partition(" (warning instead of critical: ")[0] for name, detail in found.items()}


@pytest.mark.usefixtures("raptor")
def test_what_the_seeds_items_expect() -> None:
    found = {each.name: each.expected_values for each in ConfigVar.objects.exclude(expected_values={})}
    assert found == EXPECTED
    assert not ConfigVar.objects.filter(secret=True).exclude(expected_values={}).exists()


@pytest.mark.usefixtures("raptor")
def test_another_accepted_word_is_a_finding_until_the_right_one_is_reported() -> None:
    host = Host("raptor/prod")
    assert host.report(**RIGHT) == {}
    assert host.report(**RIGHT | {"FLASK_ENV": "development"}) == {"FLASK_ENV": f"Set to development, but {PRODUCTION}"}
    finding = Finding.objects.get(kind="wrong_literal", closed_at=None)
    assert (finding.severity, finding.eased_from) == ("warning", "critical"), "nobody has signed the item yet"
    neither = host.report(**RIGHT | {"FLASK_ENV": "testing"})
    assert neither == {"FLASK_ENV": "Set to none of: production, development"}
    assert host.report(**RIGHT) == {}
    assert not Finding.objects.filter(kind="wrong_literal", closed_at=None).exists()


@pytest.mark.usefixtures("raptor")
def test_where_no_words_are_accepted_the_items_literal_is_compared() -> None:
    host = Host("raptor/prod")
    found = host.report(FLASK_ENV="production", WEBAUTHN_RP_NAME="Rax", WEBAUTHN_RP_ID="raxx-staging.pages.dev")
    assert found == {
        "WEBAUTHN_RP_NAME": "Set, but not to Raxx, which its checklist item wants",
        "WEBAUTHN_RP_ID": "Set, but not to raxx.app, which its checklist item wants",
    }
    assert host.report(**RIGHT) == {}


@pytest.mark.usefixtures("raptor")
def test_staging_is_to_have_its_own_values_and_those_of_everywhere() -> None:
    """The seed's checklist is for staging too, and its FLASK_ENV=production names no environment."""
    host = Host("raptor/staging")
    found = host.report(FLASK_ENV="development", WEBAUTHN_RP_ID="raxx.app", WEBAUTHN_ORIGIN="https://staging.example")
    assert found == {
        "FLASK_ENV": f"Set to development, but {PRODUCTION}",
        "WEBAUTHN_RP_ID": "Set, but not to raxx-staging.pages.dev, which its checklist item wants",
    }
    ConfigVar.objects.filter(name="FLASK_ENV").update(expected_values={"*": "production", "staging": "development"})
    assert host.report(FLASK_ENV="development", WEBAUTHN_RP_ID="raxx-staging.pages.dev") == {}
    assert "FLASK_ENV" in host.report(FLASK_ENV="production")
    ConfigVar.objects.filter(name="FLASK_ENV").update(expected_values={"*": "production", "staging": ""})
    assert host.report(FLASK_ENV="development") == {}


@pytest.mark.usefixtures("raptor")
def test_nothing_is_claimed_by_a_report_of_another_manifest() -> None:
    host = Host("raptor/prod")
    ConfigVar.objects.update(expected_values={})
    manifest = dict(manifest_of(host.deployment))
    ConfigVar.objects.filter(name="WEBAUTHN_RP_NAME").update(expected_values={"*": "Raxx"})
    report = agent.build_report(manifest, agent.Variables({"WEBAUTHN_RP_NAME": "Rax"}), None, host.at, None)
    answer = post(host.client, {**report, "reported_at": host.at.isoformat()}).json()
    assert host.wrong(answer["findings"]) == {}
    assert list(host.report(WEBAUTHN_RP_NAME="Rax")) == ["WEBAUTHN_RP_NAME"]


@pytest.mark.usefixtures("raptor")
def test_that_the_agent_is_asked_for_more_words_is_no_drift() -> None:
    host = Host("raptor/prod")
    ConfigVar.objects.update(expected_values={})
    host.report(**RIGHT)
    for name, values in EXPECTED.items():
        ConfigVar.objects.filter(name=name).update(expected_values=values)
    host.report(**RIGHT, FLAG_DEMO_SESSION="1")
    assert [change.name for change in VariableChange.objects.all()] == ["FLAG_DEMO_SESSION"]
    host.report(**RIGHT | {"WEBAUTHN_RP_NAME": "Rax"}, FLAG_DEMO_SESSION="1")
    assert "WEBAUTHN_RP_NAME" in {change.name for change in VariableChange.objects.all()}


@pytest.fixture
def page(raptor: None) -> tuple[Host, Client, str]:
    run = Run.objects.filter(environment__slug="prod", environment__system__slug="raptor").earliest("pk")
    return Host("raptor/prod"), client_of("eve"), run.get_absolute_url()


def test_the_item_is_not_green_while_another_word_is_set(page: tuple[Host, Client, str]) -> None:
    host, client, url = page

    def item() -> str:
        text: str = client.get(url).content.decode()
        return text.partition('id="item-FLASK_ENV"')[2].partition("</li>")[0]

    host.report(**RIGHT)
    assert "tone-ok" in item()
    host.report(**RIGHT | {"FLASK_ENV": "development"})
    assert "wrong literal, warning" in item()
    assert "tone-medium" in item()
    assert "tone-ok" not in item()
