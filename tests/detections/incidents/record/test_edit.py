"""What an incident says is edited, and the line says from what to what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.incidents.models import BugClass, ContributingFactor
from detections.incidents.record.change_status import change_status
from detections.incidents.record.edit import edit
from detections.incidents.record.write import IncidentInputError
from tests.detections.incidents.factories import START, make_incident, make_levels

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_line_says_what_was_changed_from_what_to_what() -> None:
    incident = make_incident(started_at=START - HOUR)
    bug, factor = BugClass.objects.create(name="Race"), ContributingFactor.objects.create(name="No alert")
    changes = {"title": "Orders fail", "started_at": START - 2 * HOUR, "bug_class": bug, "factors": [factor]}
    edited = edit(incident.pk, changes, START, by=None, actor="ada")
    assert (edited.started_at, edited.bug_class, list(edited.factors.all())) == (START - 2 * HOUR, bug, [factor])
    line = incident.timeline.latest("id")
    assert line.text == "Edited: start of impact, bug class, contributing factors"
    assert line.body.splitlines() == [
        "- start of impact: 2026-06-12 13:00 UTC → 2026-06-12 12:00 UTC",
        "- bug class: none → Race",
        "- contributing factors: none → No alert",
    ]
    assert not edit(incident.pk, changes, START, by=None, actor="ada", seen=0).changed


def test_a_corrected_end_moves_when_the_postmortem_is_due() -> None:
    make_levels()
    incident = make_incident(severity=1, started_at=START)
    change_status(incident.pk, "resolved", START + 3 * HOUR, by=None, actor="ada")
    edited = edit(incident.pk, {"resolved_at": START + HOUR}, START + 4 * HOUR, by=None, actor="ada")
    assert edited.postmortem_due_at == START + HOUR + timedelta(days=5)


def test_a_corrected_end_does_not_ask_again_for_a_postmortem_that_is_not_wanted() -> None:
    make_levels()
    incident = make_incident(severity=1, started_at=START)
    change_status(incident.pk, "resolved", START + 3 * HOUR, by=None, actor="ada")
    change_status(incident.pk, "resolved", START + 3 * HOUR, by=None, actor="ada", why="the same as INC-1")
    edited = edit(incident.pk, {"resolved_at": START + HOUR}, START + 4 * HOUR, by=None, actor="ada")
    assert (edited.status, edited.postmortem_due_at, edited.resolved_at) == ("resolved", None, START + HOUR)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "title: say in a few words what is wrong."),
        ({"started_at": START + HOUR}, "started_at: not in the future; it is 2026-06-12 14:00 UTC now."),
        ({"resolved_at": START}, "resolved_at: it is open; change its status first."),
        ({"status": "closed"}, "status: cannot be edited; title, summary, started_at"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(IncidentInputError) as refused:
        edit(make_incident(started_at=START - HOUR).pk, changes, START, by=None, actor="ada")
    assert str(refused.value).startswith(said)


def test_impact_does_not_end_before_it_starts() -> None:
    incident = make_incident(severity=3, started_at=START)
    change_status(incident.pk, "resolved", START + HOUR, by=None, actor="ada")
    with pytest.raises(IncidentInputError, match=r"resolved_at: resolved .* is not before start of impact"):
        edit(incident.pk, {"resolved_at": START - HOUR}, START + HOUR, by=None, actor="ada")
