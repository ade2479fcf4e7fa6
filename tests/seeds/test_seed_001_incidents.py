"""Seed 001's incidents arrive as closed records under the policies that they established, from the shipped content at
the first start and from the seed as its next version."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.models import App
from detections.incidents.models import Incident
from detections.incidents.similar.from_runbooks import record_runbooks
from detections.incidents.similar.seen_before import of_incident
from opsconsole.lib import clock
from tests.bootstrap.people import client_of
from tests.seeds.files import seed_001

pytestmark = pytest.mark.django_db
RCA = "docs/incidents/2026-05-25-signup-challenge-store-miss.md"
BOOT = "docs/incidents/2026-05-20-staging-webauthn-boot-fail.md"
SURVEY = "docs/incidents/2026-06-13-beta-digest-survey-404.md"
# Date as the record has it, its precision, the number of the policy, references, by the record's order in the text.
RECORDS = [
    ("2026-05-20", "day", None, [BOOT]),
    ("2026-05-25", "day", 1, ["PR #2728", RCA]),
    ("None", "none", 1, ["PR #3030"]),
    ("2026-06-12", "day", 2, ["PR #3540"]),
    ("2026-06-10", "day", 2, ["PR #3454"]),
    ("2026-06-12", "day", 2, ["PR #3517"]),
    ("2026-06-13", "day", 3, ["PR #3556", "PR #3558", SURVEY]),
]


@pytest.fixture(params=["content", "seed"])
def records(request: pytest.FixtureRequest, shipped: None) -> list[Incident]:
    if request.param == "seed":
        text = seed_001()
        load_runbook(read_runbook(text), text, App.objects.get(slug="raxx-api"), "raptor")
        assert record_runbooks(clock.now()) == [], "the same incidents in other words"
    return list(Incident.objects.exclude(import_key="").order_by("source__line"))


def test_seven_records_with_their_dates_policies_and_references(records: list[Incident]) -> None:
    found = []
    for record in records:
        policy = record.links.filter(policy__isnull=False).first()
        texts = record.links.filter(policy=None, variable="").order_by("pk").values_list("text", flat=True)
        day = str(record.started_at.date()) if record.started_at else "None"
        found.append((day, record.started_precision, policy and policy.policy.order, list(texts)))
    assert found == RECORDS
    assert {record.status for record in records} == {"closed"}
    assert [record.date_text for record in records][2] == "(see PR #3030)"


def test_the_boot_failure_has_its_factor_its_variable_and_its_environment(records: list[Incident]) -> None:
    boot = records[0]
    assert [factor.name for factor in boot.factors.all()] == ["Variable never provisioned"]
    assert boot.links.get(variable="WEBAUTHN_ORIGIN").text == "WEBAUTHN_ORIGIN"
    assert [environment.slug for environment in boot.environments.all()] == ["staging"]


def test_classes_of_bugs(records: list[Incident]) -> None:
    classes = [record.bug_class.name if record.bug_class else "" for record in records]
    assert classes[1] == classes[2] == "Module-level dict"
    assert classes[3] == classes[4] == classes[5]
    assert classes[3].startswith("SQLite")
    assert [seen.incident for seen in of_incident(records[1])] == [records[2]]


def test_the_address_of_a_pull_request_that_the_text_links(records: list[Incident]) -> None:
    assert records[1].links.get(text="PR #2728").url == "https://github.com/raxx-app/TradeMasterAPI/pull/2728"


def test_the_policy_s_page_leads_to_its_records(records: list[Incident]) -> None:
    policy = records[1].links.get(policy__isnull=False).policy
    page = client_of("eve").get(f"/policies/{policy.slug}/").content.decode()
    for record in records[1:3]:
        assert f"/incidents/of-runbook/{record.source_id}/" in page
