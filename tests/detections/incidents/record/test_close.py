"""An incident closes in one act: dispositions, baselines, and the reason where there is no postmortem."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.alerts.models import Alert, AlertLog
from detections.incidents.models import Incident
from detections.incidents.record.change_status import change_status
from detections.incidents.record.close import AlertJudgment, Closing, close
from detections.incidents.record.links import remove_alert
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.rules.models import Exclusion
from opsconsole.accounts.models import User
from tests.detections.incidents.factories import START, make_alert, make_incident, make_levels, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def ada() -> User:
    return make_person("ada", "close_incident", "change_alert", "add_exclusion")


def make_person(name: str, *may: str) -> User:
    user = make_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return user


def resolved(severity: int = 3, **words: Any) -> Incident:
    incident = make_incident(severity=severity, started_at=START, **words)
    return change_status(incident.pk, "resolved", START + HOUR, by=None, actor="ada")


def test_closing_judges_its_alerts_and_leaves_the_interval_out_of_baselines(ada: User) -> None:
    one, two = make_alert(resolved_at=START + HOUR), make_alert(resolved_at=START + HOUR)
    firing = make_alert()
    place = one.project_environment
    incident = resolved(alerts=[one.pk, two.pk, firing.pk], places=[place.pk])
    judgments = {
        one.pk: AlertJudgment("true_positive"),
        two.pk: AlertJudgment("false_positive", "a test"),
    }
    closed = close(incident.pk, Closing(judgments, leave_out=True), START + 2 * HOUR, by=ada)
    assert (closed.status, closed.closed_at, closed.closed_why) == ("closed", START + 2 * HOUR, "")
    said = {alert.pk: (alert.disposition, alert.disposition_why) for alert in Alert.objects.all()}
    assert said == {one.pk: ("true_positive", ""), two.pk: ("false_positive", "a test"), firing.pk: ("", "")}
    assert one.log.latest("id").actor_name == f"ada, closing {incident.name}"
    left_out = Exclusion.objects.get()
    assert (left_out.project_environment, left_out.start, left_out.end) == (place, START, START + HOUR)
    assert left_out.reason == f"{incident.name}: Orders fail"
    assert not close(incident.pk, Closing({}), START + 3 * HOUR, by=ada).changed


def test_what_is_said_of_an_alert_that_cannot_be_judged_is_not_passed_over(ada: User) -> None:
    one, firing, taken_out = make_alert(resolved_at=START + HOUR), make_alert(), make_alert(resolved_at=START + HOUR)
    incident = resolved(alerts=[one.pk, firing.pk, taken_out.pk])
    remove_alert(incident.pk, taken_out.pk, START + HOUR, by=None, actor="ada")
    for pk, sentence in (
        (firing.pk, f"alert {firing.pk} is firing; it can be judged once it is resolved."),
        (taken_out.pk, f"alert {taken_out.pk} is not in {incident.name}."),
        (2**70, f"alert {2**70} is not in {incident.name}."),
    ):
        judgments = {one.pk: AlertJudgment("expected"), pk: AlertJudgment("expected")}
        with pytest.raises(IncidentInputError) as refused:
            close(incident.pk, Closing(judgments), START + 2 * HOUR, by=ada)
        assert str(refused.value) == f"judgments: {sentence}"
    assert not Alert.objects.exclude(disposition="").exists()
    unsaid = {firing.pk: AlertJudgment(""), taken_out.pk: AlertJudgment("")}
    assert close(incident.pk, Closing(unsaid), START + 2 * HOUR, by=ada).status == "closed"


def test_closing_takes_as_many_queries_for_many_alerts_as_for_two(ada: User) -> None:
    """With some for each alert an incident of hundreds could not be closed in the time that a page has."""
    taken = []
    for count in (2, 12):
        pks = [make_alert(resolved_at=START + HOUR).pk for _ in range(count)]
        incident = resolved(alerts=pks)
        with CaptureQueriesContext(connection) as queries:
            close(incident.pk, Closing(dict.fromkeys(pks, AlertJudgment("expected", "a drill"))), START + HOUR, by=ada)
        taken.append(len(queries))
        assert Alert.objects.filter(pk__in=pks, disposition="expected", revision=1).count() == count
        log = AlertLog.objects.filter(alert__in=pks, kind="disposition")
        assert log.filter(old="", new="expected", why="a drill", actor=ada).count() == count
        ada = User.objects.get(pk=ada.pk)  # rights are read again
    assert taken[0] == taken[1]


def test_reopened_and_closed_again_there_is_one_interval(ada: User) -> None:
    incident = resolved(places=[make_alert().project_environment_id])
    close(incident.pk, Closing({}, leave_out=True), START + 2 * HOUR, by=ada)
    change_status(incident.pk, "open", START + 2 * HOUR, by=ada, why="it came back")
    change_status(incident.pk, "resolved", START + 3 * HOUR, by=ada)
    close(incident.pk, Closing({}, leave_out=True), START + 4 * HOUR, by=ada)
    assert [(each.start, each.end) for each in Exclusion.objects.all()] == [(START, START + 3 * HOUR)]


def test_what_another_judged_meanwhile_stays(ada: User) -> None:
    alert = make_alert(resolved_at=START + HOUR, disposition="expected")
    incident = resolved(alerts=[alert.pk])
    close(incident.pk, Closing({alert.pk: AlertJudgment("true_positive")}), START + 2 * HOUR, by=ada)
    alert.refresh_from_db()
    assert alert.disposition == "expected"


def test_nothing_is_done_where_one_thing_is_missing(ada: User) -> None:
    one, two = make_alert(resolved_at=START + HOUR), make_alert(resolved_at=START + HOUR)
    incident = resolved(alerts=[one.pk, two.pk])
    judgments = {one.pk: AlertJudgment("expected"), two.pk: AlertJudgment("false_positive")}
    with pytest.raises(IncidentInputError, match="say why it was a false positive"):
        close(incident.pk, Closing(judgments), START + 2 * HOUR, by=ada)
    with pytest.raises(IncidentInputError, match="leave_out: it needs"):
        close(incident.pk, Closing({one.pk: AlertJudgment("expected")}, leave_out=True), START + 2 * HOUR, by=ada)
    assert not Alert.objects.exclude(disposition="").exists()
    assert Incident.objects.get(pk=incident.pk).status == "resolved"


def test_what_is_not_over_is_resolved_first(ada: User) -> None:
    with pytest.raises(IncidentConflict, match="It is open: resolve it first"):
        close(make_incident().pk, Closing({}), START, by=ada)


def test_without_the_postmortem_that_is_due_a_reason_is_asked_for(ada: User) -> None:
    make_levels()
    incident = resolved(severity=1)
    with pytest.raises(IncidentInputError, match="why: say why it closes without a finished postmortem"):
        close(incident.pk, Closing({}), START + 2 * HOUR, by=ada)
    closed = close(incident.pk, Closing({}, why="the same as INC-1"), START + 2 * HOUR, by=ada)
    assert closed.closed_why == "the same as INC-1"
    again = change_status(incident.pk, "resolved", START + 3 * HOUR, by=ada, why="more to say")
    assert (again.status, again.closed_why, again.closed_at) == ("postmortem", "", None)


def test_judging_and_leaving_out_need_their_own_permissions() -> None:
    over = make_alert(resolved_at=START + HOUR)
    incident = resolved(alerts=[over.pk], places=[over.project_environment_id])
    bea = make_person("bea", "close_incident")
    for closing, said in (
        (Closing({over.pk: AlertJudgment("expected")}), "bea may not say what alerts were"),
        (Closing({}, leave_out=True), "bea may not leave an interval out"),
    ):
        with pytest.raises(PermissionDenied, match=said):
            close(incident.pk, closing, START + 2 * HOUR, by=bea)
    assert not Exclusion.objects.exists()
    assert close(incident.pk, Closing({over.pk: AlertJudgment("")}), START + 2 * HOUR, by=bea).status == "closed"
