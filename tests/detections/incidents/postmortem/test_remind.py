"""Reminders of postmortems: to the commander's targets, a day before and when due, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.routing_models import Target
from detections.incidents.models import Incident
from detections.incidents.postmortem import remind as module
from detections.incidents.postmortem.edit import save_version
from detections.incidents.postmortem.remind import remind_of_postmortems
from detections.incidents.record.change_status import change_status
from opsconsole.accounts.models import Owner
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START
from tests.detections.incidents.factories import make_incident, make_levels

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = START + 10 * DAY  # of SEV-2


def ada() -> Owner:
    owner, made = Owner.objects.get_or_create(name="ada")
    if made:
        target = Target.objects.create(name="Ada's mail", channel="console")
        OwnerTarget.objects.create(owner=owner, target=target)
    return owner


def waiting(commander: Owner | None = None, severity: int = 2) -> Incident:
    make_levels()
    incident = make_incident(commander=commander, severity=severity)
    return change_status(incident.pk, "resolved", START, by=None, actor="ada")


def told() -> list[str]:
    rows = Delivery.objects.filter(kind="incident_due", payload__incident__event="reminder")
    rows = rows.select_related("target").order_by("pk")
    return [f"{row.target.name}: {row.payload['text']}" if "text" in row.payload else row.target.name for row in rows]


def said(incident: Incident) -> list[str]:
    lines = incident.timeline.filter(text__startswith="The postmortem").order_by("pk")
    return list(lines.values_list("text", flat=True))


def test_a_day_before_and_when_due_each_once() -> None:
    incident = waiting(ada())
    assert (incident.status, incident.postmortem_due_at) == ("postmortem", DUE)
    assert remind_of_postmortems(DUE - DAY - MINUTE) == 0
    assert [remind_of_postmortems(DUE - DAY), remind_of_postmortems(DUE - HOUR)] == [1, 0]
    assert [remind_of_postmortems(DUE), remind_of_postmortems(DUE + 30 * DAY)] == [1, 0]
    assert said(incident) == [
        "The postmortem is due on 2026-06-22 14:00 UTC; ada was reminded.",
        "The postmortem was due on 2026-06-22 14:00 UTC, and is not finished; ada was reminded.",
    ]
    assert len(told()) == 2
    assert all(each.startswith("Ada's mail") for each in told())


def test_a_finished_one_a_closed_one_and_one_that_nobody_asks_for_are_left_alone() -> None:
    finished, reopened, unasked = waiting(ada()), waiting(ada()), waiting(ada(), severity=3)
    save_version(finished.pk, "done", START, by=None, actor="ada", seen=0, finished=True)
    change_status(reopened.pk, "open", START + HOUR, by=None, actor="ada", why="It came back")
    assert unasked.status == "resolved"
    assert remind_of_postmortems(DUE + DAY) == 0
    save_version(finished.pk, "not yet", START, by=None, actor="ada", seen=1)
    assert remind_of_postmortems(DUE + DAY) == 1


def test_where_nobody_can_be_told_the_timeline_says_so() -> None:
    nobody, unreachable = waiting(None), waiting(Owner.objects.create(name="grace"))
    assert remind_of_postmortems(DUE) == 2
    assert said(nobody)[0].endswith("; nobody commands the incident.")
    assert said(unreachable)[0].endswith("; grace could not be reminded: no target is bound to it.")
    assert remind_of_postmortems(DUE + HOUR) == 0


def test_a_fault_in_one_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, good = waiting(ada()), waiting(ada())
    tell = module.remind

    def tell_some(incident: Incident, *more: object) -> str:
        if incident.pk == broken.pk:
            raise ValueError("broken")
        return tell(incident, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "remind", tell_some)
    assert remind_of_postmortems(DUE) == 1
    assert (said(broken), len(said(good))) == ([], 1)
    monkeypatch.undo()
    assert remind_of_postmortems(DUE) == 1


def test_while_none_is_due_it_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    waiting(ada())
    with django_assert_num_queries(1):
        assert remind_of_postmortems(START) == 0


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_reminds() -> None:
    incident = waiting(ada())
    assert sorted(map(str, race(lambda number: remind_of_postmortems(DUE)))) == ["0", "0", "0", "1"]
    assert len(said(incident)) == 1
