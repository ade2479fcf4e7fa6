"""What an incident is declared with is filled in from its alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.routing_models import Target
from detections.incidents.record.from_alerts import alerts_of, draft_from, told
from tests.detections.alerts.factories import edit_rule, judge, make_scope
from tests.detections.incidents.factories import START, make_alert

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_title_severity_start_and_places_are_those_of_the_alerts() -> None:
    first = make_alert(START - 5 * MINUTE, severity=1)
    rule = edit_rule("DET-BETA-004", title="Payments fail").rule
    worst = make_alert(START, rule=rule, severity=2, cause="")
    draft = draft_from(alerts_of([first.pk, worst.pk]), START)
    assert draft.title == "Payments fail and 1 more in raptor/prod"
    assert (draft.severity, draft.started_at) == (2, START - 5 * MINUTE)
    assert (draft.alerts, draft.places) == ((worst.pk, first.pk), (worst.project_environment_id,))


@pytest.mark.parametrize(("severity", "expected"), [(3, 1), (2, 2), (1, 3)])
def test_severities_of_alerts_and_incidents(severity: int, expected: int) -> None:
    alert = make_alert(severity=severity, cause="Mail provider down")
    draft = draft_from(alerts_of([alert.pk]), START)
    assert (draft.severity, draft.title) == (expected, f"Mail provider down on {alert.group_key} in raptor/prod")


def test_errors_on_a_route_are_called_so_and_not_by_the_sentence_of_their_rule() -> None:
    rule = edit_rule("DET-BETA-004", title="Any route: more errors than its own week explains").rule
    judged = make_alert(rule=rule, cause="", evidence=judge(make_scope(rule, "/a/*"), "h", 0).evaluation.evidence)
    assert draft_from(alerts_of([judged.pk]), START).title == f"Errors on {judged.group_key} in raptor/prod"
    other = make_alert(rule=rule, cause="", group_key="MAIL_TOKEN", evidence=judged.evidence)
    assert draft_from(alerts_of([other.pk]), START).title == f"{rule.title} on MAIL_TOKEN in raptor/prod"


def test_a_long_cause_leaves_room_for_the_place() -> None:
    alert = make_alert(cause="x" * 300)
    title = draft_from(alerts_of([alert.pk]), START).title
    assert len(title) == 200
    assert title.endswith("x… in raptor/prod")


def test_by_hand_there_is_nothing_to_fill_in() -> None:
    draft = draft_from([], START)
    assert (draft.title, draft.severity, draft.alerts, draft.started_at) == ("", 3, (), None)


@pytest.mark.parametrize("channel", ["slack", "jira", "pagerduty"])
@pytest.mark.parametrize("connected", [True, False])
def test_only_targets_that_take_updates_are_offered(channel: str, connected: bool) -> None:
    """What is chosen and then told nothing would be a promise; a target that is not connected says what is meant."""
    values = {"channel": channel} if connected else {"channel": "console", "intended_channel": channel}
    target = Target.objects.create(name="ops", **values)
    assert (target in told()) == (channel == "slack")
