"""The commander is reminded once of an update that was promised and did not come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from detections.alerts.delivery_models import Delivery
from detections.incidents.models import Incident
from detections.incidents.record.change_status import change_status
from detections.incidents.record.command import hand_over
from detections.incidents.updates import remind
from detections.incidents.updates.remind import remind_of_updates
from detections.incidents.updates.write_update import write_update
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.detections.alerts.factories import make_user
from tests.detections.incidents.factories import START, make_incident, make_levels
from tests.detections.incidents.updates.makers import make_owner, make_target

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DUE = START + 30 * MINUTE


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def incident(ada: User) -> Incident:
    make_levels()
    owner = make_owner("sre", make_target("sre"), make_target("pager", "pagerduty"))
    return make_incident(severity=1, by=ada, commander=owner)


def reminders() -> list[Delivery]:
    """Those of the console, without what people tell whom they give something."""
    rows = Delivery.objects.filter(kind=Delivery.Kind.INCIDENT_DUE, payload__incident__event="reminder")
    return list(rows.select_related("target"))


def lines(incident: Incident) -> list[str]:
    return [line.text for line in incident.timeline.filter(text__contains="is due;")]


def test_once_when_the_time_has_come_and_no_pager_rings(incident: Incident) -> None:
    assert remind_of_updates(DUE - MINUTE) == 0
    assert remind_of_updates(DUE) == 1
    assert remind_of_updates(DUE + 5 * MINUTE) == 0
    (message,) = reminders()
    assert message.target.name == "sre"
    assert message.payload["incident"]["event"] == "reminder"
    assert "was promised an update for 2026-06-12 14:30 UTC" in message.payload["incident"]["text"]
    assert lines(incident) == ["The update promised for 2026-06-12 14:30 UTC is due; sre was reminded."]


def test_an_update_keeps_the_promise_and_makes_the_next(incident: Incident, ada: User) -> None:
    write_update(incident.pk, "Still at it.", DUE - MINUTE, by=ada, next_update_at=DUE + 10 * MINUTE)
    assert remind_of_updates(DUE) == 0
    assert remind_of_updates(DUE + 10 * MINUTE) == 1
    write_update(incident.pk, "Late.", DUE + 11 * MINUTE, by=ada, next_update_at=DUE + 20 * MINUTE)
    assert remind_of_updates(DUE + 20 * MINUTE) == 1


def test_what_is_over_reminds_of_nothing(incident: Incident, ada: User) -> None:
    change_status(incident.pk, "resolved", START, by=ada)
    assert remind_of_updates(DUE) == 0


def test_it_is_said_where_nobody_could_be_reminded(incident: Incident, ada: User) -> None:
    hand_over(incident.pk, make_owner("nobody"), START, by=ada)
    other = make_incident(severity=1, by=ada)
    assert remind_of_updates(DUE) == 2
    assert reminders() == []
    assert lines(incident)[0].endswith("nobody could not be reminded: no target is bound to it.")
    assert lines(other)[0].endswith("nobody commands the incident.")


def test_where_nobody_commands_who_declared_it_is_reminded_else_its_targets(ada: User) -> None:
    make_levels()
    mine = make_owner("ada", make_target("ada"))
    mine.user = ada
    mine.save()
    declared = make_incident(severity=1, by=ada, commander=make_owner("nobody"))
    others = make_incident(severity=1, targets=[make_target("ops").pk])
    assert remind_of_updates(DUE) == 2
    assert lines(declared)[0].endswith(
        "nobody could not be reminded: no target is bound to it; ada was reminded, who declared it."
    )
    assert lines(others)[0].endswith("nobody commands the incident; the incident's targets were reminded.")
    assert {message.target.name for message in reminders()} == {"ada", "ops"}


def test_a_fault_in_one_holds_up_no_other(
    incident: Incident, ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_incident(severity=1, by=ada, commander=incident.commander)
    tell = remind.remind

    def fail_once(broken: Incident, *args: object) -> str:
        if broken.pk == incident.pk:
            raise ValueError("broken")
        return tell(broken, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(remind, "remind", fail_once)
    assert remind_of_updates(DUE) == 1
    assert lines(other)
    assert not lines(incident)
    assert f"INC-{incident.pk} failed" in caplog.text
    monkeypatch.undo()
    assert remind_of_updates(DUE) == 1


def test_a_run_without_anything_due_takes_one_query(incident: Incident) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        remind_of_updates(START)
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_runs_one_reminds(ada: User) -> None:
    make_levels()
    make_incident(severity=1, by=ada, commander=make_owner("sre", make_target("sre")))
    assert sum(map(int, map(str, race(lambda _: remind_of_updates(DUE))))) == 1
    assert len(reminders()) == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_somebody_works_on_is_left_to_the_next_run(ada: User) -> None:
    make_levels()
    incident = make_incident(severity=1, by=ada)

    def remind_or_hold(number: int) -> int:
        return remind_of_updates(DUE)

    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)
        assert race(remind_or_hold, people=1) == [0]
    assert remind_of_updates(DUE) == 1
