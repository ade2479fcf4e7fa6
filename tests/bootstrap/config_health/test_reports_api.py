"""The contract of config reports: who may, what is taken, what is answered (decision 0007)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.config_health.models import ConfigReport, ReportToken
from bootstrap.config_health.reports import tokens as report_tokens
from bootstrap.systems.models import ConfigVar, Deployment
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.bootstrap.config_health.reports import ADDRESS, agent_of, body, deployment, post, variable


@pytest.fixture
def place(db: None) -> Deployment:
    found = deployment()
    ConfigVar.objects.create(app=found.app, name="SECRET_KEY", required_when="Always", format_rule="min_length:32")
    return found


def general(scope: str) -> Client:
    owner = User.objects.get_or_create(username="ada", is_superuser=True)[0]
    _, text = tokens.create(owner, "bot", ApiToken.Scope(scope))
    return Client(headers={"Authorization": f"Bearer {text}"})


def report_body(**fields: Any) -> dict[str, Any]:
    return body(variable("SECRET_KEY"), at=clock.now(), **fields)


def test_the_manifest_names_rules_and_no_values(place: Deployment) -> None:
    answer = agent_of(place).get(f"{ADDRESS}manifest/")
    assert answer.status_code == 200
    manifest = answer.json()
    assert (manifest["schema"], manifest["environment"], manifest["app"]) == (1, "demo/prod", "demo-api")
    assert len(manifest["hash"]) == 64
    (found,) = manifest["variables"]
    assert (found["name"], found["secret"], found["format"], found["accepted"]) == (
        "SECRET_KEY", True, "min_length:32", [],
    )  # fmt: skip


def test_a_report_is_answered_with_what_is_wrong(place: Deployment) -> None:
    sent = body(variable("SECRET_KEY", "unset"), at=clock.now())
    answer = post(agent_of(place), sent)
    assert answer.status_code == 202
    assert answer.json()["report"] == ConfigReport.objects.get().pk
    (finding,) = answer.json()["findings"]
    assert set(finding) == {"subject", "kind", "severity", "eased_from", "detail"}
    assert (finding["subject"], finding["kind"], finding["severity"]) == ("SECRET_KEY", "missing", "critical")
    again = post(agent_of(place), sent)
    assert (again.status_code, again.json()) == (202, answer.json())


def test_a_general_token_names_the_deployment(place: Deployment) -> None:
    writer = general("write")
    assert post(writer, report_body(environment="demo/prod", app="demo-api")).status_code == 202
    assert post(writer, report_body(environment="demo/prod")).status_code == 202
    assert post(writer, report_body(), "?environment=demo/prod").status_code == 202
    assert post(writer, report_body()).status_code == 422
    assert post(writer, report_body(environment="demo/moon")).status_code == 404
    deployment(app="console")
    answer = post(writer, report_body(environment="demo/prod"))
    assert (answer.status_code, "console" in answer.json()["detail"]) == (404, True)
    assert writer.get(f"{ADDRESS}manifest/?environment=demo/prod&app=console").json()["app"] == "console"


def test_a_token_that_may_only_read_may_not_report(place: Deployment) -> None:
    reader = general("read")
    assert post(reader, report_body(environment="demo/prod")).status_code == 403
    assert reader.get(f"{ADDRESS}manifest/?environment=demo/prod").status_code == 403


def test_a_report_token_is_of_one_deployment(place: Deployment) -> None:
    agent = agent_of(place)
    deployment("staging")
    assert post(agent, report_body(environment="demo/staging")).status_code == 403
    assert agent.get(f"{ADDRESS}manifest/?environment=demo/staging").status_code == 403
    assert post(agent, report_body(environment="demo/prod", app="demo-api")).status_code == 202


PATHS = ["alerts/", "alerts/1/", "rules/", "routes/", "issues/", "status/", "environments/", "checklists/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_report_token_opens_nothing_else(place: Deployment, path: str) -> None:
    assert agent_of(place).get(f"/api/v1/{path}").status_code == 403


@pytest.mark.parametrize("path", ["alerts/1/acknowledge/", "checklists/1/items/1/sign/"])
def test_a_report_token_acts_on_nothing(place: Deployment, path: str) -> None:
    assert agent_of(place).post(f"/api/v1/{path}").status_code == 403


def test_unknown_and_revoked_tokens_are_refused(place: Deployment) -> None:
    token, text = report_tokens.create(place, None, clock.now())
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert post(client, report_body()).status_code == 202
    report_tokens.revoke(token, clock.now())
    assert post(client, report_body()).status_code == 401
    assert post(Client(headers={"Authorization": "Bearer opsr_nonsense"}), report_body()).status_code == 401
    assert post(Client(), report_body()).status_code == 401


def test_only_a_digest_of_the_token_is_kept(place: Deployment) -> None:
    token, text = report_tokens.create(place, None, clock.now())
    assert text.startswith("opsr_")
    assert text not in str(ReportToken.objects.values().get(pk=token.pk))


def test_a_report_from_the_future_or_too_large_is_refused(place: Deployment) -> None:
    agent = agent_of(place)
    ahead = body(variable("SECRET_KEY"), at=clock.now() + timedelta(minutes=6))
    assert post(agent, ahead).status_code == 422
    assert post(agent, b" " * (1024 * 1024 + 1)).status_code == 413
    assert post(agent, report_body(other_names=[f"N{n}" for n in range(2001)])).status_code == 422
    assert not ConfigReport.objects.exists()


def test_a_report_that_is_too_old_is_refused(place: Deployment) -> None:
    agent = agent_of(place)
    assert post(agent, body(variable("SECRET_KEY"), at=clock.now() - timedelta(days=91))).status_code == 422
    for reported_at in ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"):
        answer = post(agent, {**report_body(), "reported_at": reported_at})
        assert (answer.status_code, "reported_at" in answer.json()["detail"]) == (422, True)
    assert not ConfigReport.objects.exists()
    assert post(agent, body(variable("SECRET_KEY"), at=clock.now() - timedelta(days=89))).status_code == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": 2},
        {"schema": "1"},
        {"reported_at": "2026-06-14"},
        {"reported_at": 1781406000},
        {"facts": {"note": 1}},
        {"variables": [{"name": "A"}]},
        {"variables": [variable("1A")]},
        {"variables": [variable("A" * 101)]},
        {"variables": [variable("A"), variable("A")]},
        {"variables": [variable("A", accepted_index=-1)]},
        {"variables": [variable("A", accepted_index=True)]},
        {"variables": [variable("A", format_ok=1)]},
        {"variables": [variable("A", fingerprints={"g": "XYZ"})]},
        {"variables": [variable("A", value="x")]},
        {"value": "x"},
    ],
)
def test_what_is_no_report_is_refused(place: Deployment, wrong: dict[str, Any]) -> None:
    answer = post(agent_of(place), {**report_body(), **wrong})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert not ConfigReport.objects.exists()


@pytest.mark.parametrize("junk", [b"", b"{", b"null", b"[]", b"[" * 50_000, b"\xff\xfe\x00", b'{"reported_at": NaN}'])
def test_junk_is_refused(place: Deployment, junk: bytes) -> None:
    assert post(agent_of(place), junk).status_code == 422
