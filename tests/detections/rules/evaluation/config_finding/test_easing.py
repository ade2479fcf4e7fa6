"""What eases a finding eases the alert and the answer to the agent alike, and all three go back together.

Each row: what people decided about the variable, what the agent reports of it, and the severity that everything has.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.config_health.findings.recheck import recompute_all
from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import reported_findings
from bootstrap.config_health.reports_api import ReceivedOut
from bootstrap.postures.models import Posture
from bootstrap.systems.models import ConfigVar, Deployment
from bootstrap.systems.value_rules.agent import agent
from detections.rules.evaluation import registry
from detections.rules.models import Evaluation
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import report, variable
from tests.detections.rules import reports, world
from tests.detections.rules.world import MINUTE, NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAME = "MAIL_TOKEN"
ALERTS = {"critical": 3, "warning": 1, "info": None}
Decide = Callable[[Run, Item], object]
EMPTY = {"variables": [], "other_names": [], "manifest": "m"}


def nobody(run: Run, item: Item) -> None:
    """Nobody decided anything: the item waits to be signed."""


def signed(run: Run, item: Item) -> None:
    builders.act(run, item)


def half_signed(run: Run, item: Item) -> None:
    builders.act(run, item, SignOff.Act.SIGNED)


def taken_back(run: Run, item: Item) -> None:
    builders.act(run, item)
    builders.act(run, item, SignOff.Act.UNDONE)


def waived(run: Run, item: Item) -> None:
    builders.act(run, item, SignOff.Act.WAIVED, note="the vault comes in August")


def lapsed(run: Run, item: Item) -> None:
    builders.act(run, item, SignOff.Act.WAIVED, review_by=(NOON - DAY).date())


def left_out(run: Run, item: Item) -> None:
    builders.act(run, item, SignOff.Act.NOT_APPLICABLE, note="no mail here")


def posture(run: Run, item: Item) -> None:
    _posture(run, (NOON + 30 * DAY).date())


def lapsed_posture(run: Run, item: Item) -> None:
    _posture(run, (NOON - DAY).date())


def _posture(run: Run, review_by: date) -> None:
    Posture.objects.create(
        deployment=run.environment.deployments.get(),
        variable=ConfigVar.objects.get(name=NAME),
        reason="no mail yet",
        guard="workers=1",
        author_name="bob",
        created_at=NOON,
        approver=User.objects.get_or_create(username="ada")[0],
        approver_name="ada",
        approved_at=NOON,
        review_by=review_by,
    )


UNSET: dict[str, object] = {"state": "unset"}
MALFORMED: dict[str, object] = {"state": "set", "format_ok": False}
TABLE: list[tuple[Decide, dict[str, object], str, str, str]] = [
    # decided, reported, required when, severity, what the finding says besides
    (signed, UNSET, "Always", "critical", ""),
    (signed, MALFORMED, "Always", "critical", ""),
    (signed, UNSET, "when mail is used", "warning", ""),
    (nobody, UNSET, "Always", "warning", "warning instead of critical: its item MAIL_TOKEN is not signed off yet"),
    (nobody, MALFORMED, "Always", "warning", "is not signed off yet"),
    (nobody, UNSET, "when mail is used", "warning", ""),
    (half_signed, UNSET, "Always", "warning", "is not signed off yet"),
    (taken_back, UNSET, "Always", "warning", "is not signed off yet"),
    (waived, UNSET, "Always", "warning", "critical: waived by ada until 2026-07-12: the vault comes in August"),
    (waived, MALFORMED, "Always", "warning", "warning instead of critical: waived by ada until 2026-07-12"),
    (waived, UNSET, "when mail is used", "info", "info instead of warning: waived by ada until 2026-07-12"),
    (lapsed, UNSET, "Always", "critical", ""),
    (lapsed, UNSET, "when mail is used", "warning", ""),
    (left_out, UNSET, "Always", "warning", "was marked as not applicable by ada: no mail here"),
    (posture, UNSET, "Always", "warning", "warning instead of critical: accepted by ada until 2026-07-12"),
    (posture, MALFORMED, "Always", "critical", ""),
    (lapsed_posture, UNSET, "Always", "critical", ""),
]


@pytest.fixture
def place() -> Deployment:
    place = builders.environment().deployments.get()
    reports.rule()
    return place


def checklist(place: Deployment, required_when: str = "Always") -> tuple[Run, Item]:
    run = builders.run(place.environment)
    item = builders.item(run, NAME, variable=NAME)
    ConfigVar.objects.filter(name=NAME).update(required_when=required_when, format_rule="min_length:8")
    return run, item


def answer_of(place: Deployment) -> dict[str, object]:
    """What the agent is answered now, as it reads it."""
    findings = reported_findings().filter(deployment=place)
    return dict(json.loads(ReceivedOut.from_orm({"report": 1, "findings": list(findings)}).json()))


def severities(place: Deployment, slot: int) -> tuple[str, int | None, bool, bool]:
    """Of the finding, of the alert, and whether the agent fails on critical findings and on warnings."""
    Evaluation.objects.all().delete()
    world.judge(NOON + slot * MINUTE)
    finding = Finding.objects.get(closed_at=None)
    alert = Evaluation.objects.filter(scope__group_key=NAME).values_list("severity", flat=True).first()
    answer = answer_of(place)
    fails = [agent.status_of(answer, wanted) == agent.FOUND for wanted in ("critical", "warning")]
    return finding.severity, alert, fails[0], fails[1]


@pytest.mark.parametrize(("decide", "reported", "required", "severity", "words"), TABLE)
def test_finding_alert_and_agent_have_one_severity(
    place: Deployment, decide: Decide, reported: dict[str, object], required: str, severity: str, words: str
) -> None:
    decide(*checklist(place, required))
    received = report(place, variable(NAME, **reported), at=NOON, facts={"workers": 1})  # type: ignore[arg-type]
    assert severities(place, 1) == (
        severity,
        ALERTS[severity],
        severity == "critical",
        severity in ("critical", "warning"),
    )
    (finding,) = received.findings
    assert words in finding.detail
    assert bool(finding.eased_from) is (" instead of " in finding.detail) is bool(words)


def test_when_the_waiver_lapses_all_three_go_back_together(place: Deployment) -> None:
    waived(*checklist(place))
    last = SignOff.objects.get().review_by
    assert last is not None
    report(place, variable(NAME, "unset"), at=NOON)
    on_the_last_day = NOON + (last - NOON.date()) * 1
    report(place, variable(NAME, "unset"), at=on_the_last_day)
    recompute_all(on_the_last_day + timedelta(hours=11))
    finding = Finding.objects.get(closed_at=None)
    assert (finding.severity, finding.opened_at) == ("warning", NOON), "it does not open anew from day to day"
    assert agent.status_of(answer_of(place), "critical") == 0
    assert recompute_all(on_the_last_day + timedelta(hours=12)) == 2
    finding = Finding.objects.get(closed_at=None)
    assert (finding.severity, finding.eased_from, finding.detail) == ("critical", "", "Unset; always required")
    assert agent.status_of(answer_of(place), "critical") == agent.FOUND
    world.judge(on_the_last_day + timedelta(hours=12, minutes=2))
    assert Evaluation.objects.latest("id").severity == 3


def test_what_eased_it_is_said_in_the_evidence_the_agents_line_and_on_the_page(place: Deployment) -> None:
    waived(*checklist(place))
    received = report(place, variable(NAME, "unset"), at=NOON)
    words = "Unset; always required (warning instead of critical: waived by ada until 2026-07-12: the vault comes"
    world.judge(NOON + MINUTE)
    record = registry.read_evidence(world.newest().evidence.data)  # type: ignore[union-attr]
    assert record.findings[0].detail.startswith(words)  # type: ignore[attr-defined]
    assert record.reasons == ["missing, warning instead of critical, is medium here"]
    answer = answer_of(place)
    assert any(words in line for line in agent.summary(EMPTY, agent.Variables({}), answer))
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    page = client.get("/environments/demo/prod/").content.decode()
    assert words in page
    assert received.findings[0].eased_from == "critical"


def test_of_several_items_a_signed_one_counts_before_a_waived_one(place: Deployment) -> None:
    run, item = checklist(place)
    second = builders.item(run, "MAIL_TOKEN_AGAIN", variable=NAME)
    report(place, variable(NAME, "unset"), at=NOON)
    builders.act(run, second, SignOff.Act.WAIVED, note="later")
    recompute_all(NOON + MINUTE)
    assert "waived by ada" in Finding.objects.get(closed_at=None).detail
    builders.act(run, item)
    recompute_all(NOON + 2 * MINUTE)
    assert Finding.objects.get(closed_at=None).severity == "critical"
