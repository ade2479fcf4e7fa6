"""The status and the severity of an incident change, with their times, reasons and what is due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.incidents.models import Incident
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.change_status import change_status
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from tests.detections.incidents.factories import START, make_incident, make_levels, make_user

pytestmark = pytest.mark.django_db
LATER = START + timedelta(minutes=30)
DAYS = timedelta(days=1)


def to(incident: Incident, status: str, **words: object) -> Incident:
    change_status(incident.pk, status, LATER, by=None, actor="ada", **words)  # type: ignore[arg-type]
    return Incident.objects.get(pk=incident.pk)


def test_what_is_mitigated_and_resolved_says_so_with_its_times() -> None:
    incident = to(make_incident(severity=3), "mitigated")
    assert (incident.status, incident.mitigated_at, incident.revision) == ("mitigated", LATER, 1)
    incident = to(incident, "resolved")
    assert (incident.status, incident.resolved_at, incident.postmortem_due_at) == ("resolved", LATER, None)
    assert [line.text for line in incident.timeline.all()][1:] == [
        "Status: Open → Mitigated",
        "Status: Mitigated → Resolved",
    ]


def test_a_severity_that_asks_for_a_postmortem_makes_it_due_when_it_is_resolved() -> None:
    make_levels()
    incident = to(make_incident(severity=1), "resolved")
    assert (incident.status, incident.postmortem_due_at) == ("postmortem", LATER + 5 * DAYS)
    assert incident.timeline.latest("pk").text == "Status: Open → Resolved, postmortem due"
    assert incident.updates.latest("number").text == "Status: Open → Resolved, postmortem due"
    assert to(incident, "resolved").revision == incident.revision  # it is resolved: said twice
    waived = to(incident, "resolved", why="the same as INC-1")
    assert (waived.status, waived.postmortem_due_at) == ("resolved", None)
    assert waived.timeline.latest("pk").text == "Status: Postmortem due → Resolved (the same as INC-1)"


def test_a_finished_postmortem_is_not_asked_for_again() -> None:
    make_levels()
    incident = make_incident(severity=1)
    PostmortemVersion.objects.create(incident=incident, number=1, text="x", finished=True, at=START, actor_name="ada")
    assert to(incident, "resolved").status == "resolved"


def test_back_needs_a_reason_and_clears_the_times() -> None:
    incident = to(make_incident(severity=3), "resolved")
    with pytest.raises(IncidentInputError, match=r"why: say why it goes back from resolved\."):
        to(incident, "open")
    again = to(incident, "open", why="it came back")
    assert (again.status, again.resolved_at, again.mitigated_at) == ("open", None, None)
    assert again.timeline.latest("id").text == "Status: Resolved → Open (it came back)"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("closed", "status: close it by closing, which asks what its alerts were."),
        ("postmortem", "status: from open it becomes mitigated, resolved, not postmortem."),
        ("gone", "status: one of open, mitigated, resolved, postmortem, closed."),
    ],
)
def test_a_status_that_cannot_follow_is_refused(status: str, said: str) -> None:
    with pytest.raises(IncidentInputError) as refused:
        to(make_incident(), status)
    assert str(refused.value) == said


def test_of_two_people_the_second_is_told_who_was_faster() -> None:
    incident = make_incident()
    to(incident, "mitigated", seen=0)
    with pytest.raises(IncidentConflict) as lost:
        change_status(incident.pk, "resolved", LATER, by=make_user("bea"), seen=0)
    assert lost.value.message == "Not done: ada was faster (Status: Open → Mitigated). Look at it again."
    assert to(incident, "mitigated", seen=0).revision == 1  # both wanted the same: nothing is lost


def test_the_severity_changes_with_a_reason_and_with_what_is_due() -> None:
    make_levels()
    incident = to(make_incident(severity=3), "resolved")
    with pytest.raises(IncidentInputError, match="why: say why the severity changes"):
        change_severity(incident.pk, 1, LATER, by=None, actor="ada")
    change_severity(incident.pk, 1, LATER, by=None, actor="ada", why="all customers")
    incident.refresh_from_db()
    assert (incident.severity, incident.status, incident.postmortem_due_at) == (1, "postmortem", LATER + 5 * DAYS)
    assert incident.timeline.latest("id").text == "Severity: SEV-3 → SEV-1 (all customers)"
    assert not change_severity(incident.pk, 1, LATER, by=None, actor="ada", why="again").changed


def test_a_severity_that_asks_for_no_postmortem_leaves_nothing_due() -> None:
    make_levels()
    incident = to(make_incident(severity=1), "resolved")
    change_severity(incident.pk, 3, LATER, by=None, actor="ada", why="a test order")
    incident.refresh_from_db()
    assert (incident.status, incident.postmortem_due_at) == ("resolved", None)
    said = "Severity: SEV-1 → SEV-3 (a test order); no postmortem is due any more"
    assert incident.timeline.latest("id").text == said


def test_a_postmortem_that_people_asked_for_stays_so_with_the_severity() -> None:
    make_levels()
    incident = to(to(make_incident(severity=3), "resolved"), "postmortem")
    change_severity(incident.pk, 4, LATER, by=None, actor="ada", why="a test order")
    incident.refresh_from_db()
    assert incident.status == "postmortem"


def test_a_record_of_a_runbook_that_is_reopened_was_resolved_when_it_closed() -> None:
    incident = make_incident()
    closed = {"status": "closed", "import_key": "demo/orders", "closed_at": START, "resolved_at": None}
    Incident.objects.filter(pk=incident.pk).update(**closed)
    again = to(incident, "resolved", why="it came back")
    assert (again.status, again.resolved_at, again.closed_at) == ("resolved", START, None)
