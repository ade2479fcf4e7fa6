"""Acts and updates reach the incident's targets, in order and once; owners are told of what concerns them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from detections.alerts.channels.notification import Rejected, Retry, Sent
from detections.alerts.delivery.backoff import RETRY_CRITICAL_FOR, RETRY_FOR
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.silences import acts as silences
from detections.alerts.silences.draft import SilenceDraft
from detections.incidents.models import Incident
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.change_status import change_status
from detections.incidents.record.write import IncidentConflict, IncidentInputError, lock
from detections.incidents.timeline_models import TimelineLine
from detections.incidents.updates.tell import tell_of, tell_owner
from detections.incidents.updates.write_update import LONGEST, write_update
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.detections.alerts.delivery.queue import at
from tests.detections.alerts.factories import make_user
from tests.detections.incidents.factories import START, make_incident, make_levels
from tests.detections.incidents.updates.makers import Receiver, make_owner, make_target

pytestmark = pytest.mark.django_db
NOW = START
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def incident(ada: User) -> Incident:
    make_levels()
    return make_incident(severity=1, by=ada, targets=[make_target("ops").pk, make_target("boss").pk])


def sent(receiver: Receiver, minutes: int = 0) -> Receiver:
    deliver(at(NOW + minutes * MINUTE), {"webhook": receiver})
    return receiver


def test_declaring_and_each_change_are_told_to_each_target_in_order(incident: Incident, ada: User) -> None:
    change_status(incident.pk, "mitigated", NOW, by=ada)
    change_severity(incident.pk, 2, NOW, by=ada, why="fewer people than thought")
    write_update(incident.pk, "We watch.", NOW, by=ada, next_update_at=NOW + 30 * MINUTE)
    receiver = sent(Receiver())
    told = [each for each in receiver.got if each.address == "#ops"]
    assert [
        (f["event"], f["number"], f["status"], f["severity"]) for f in (each.facts["incident"] for each in told)
    ] == [
        ("declared", 1, "open", 1),
        ("status", 2, "mitigated", 1),
        ("severity", 3, "mitigated", 2),
        ("update", 4, "mitigated", 2),
    ]
    assert len(receiver.got) == 2 * len(told)
    assert len({each.key for each in receiver.got}) == 1, "one thread"
    assert len({each.facts["message_id"] for each in receiver.got}) == len(receiver.got)
    assert told[-1].facts["incident"]["next_update_at"] == (NOW + 30 * MINUTE).isoformat()
    assert sent(Receiver()).got == []


def test_a_later_one_waits_for_the_one_before_at_its_target_only(incident: Incident, ada: User) -> None:
    write_update(incident.pk, "Second.", NOW, by=ada)
    receiver = sent(Receiver(Retry("503")))
    assert [(each.address, each.facts["incident"]["number"]) for each in receiver.got] == [
        ("#ops", 1),
        ("#boss", 1),
        ("#boss", 2),
    ]
    later = sent(Receiver(), 5)
    assert [(each.address, each.facts["incident"]["number"]) for each in later.got] == [("#ops", 1), ("#ops", 2)]


@pytest.mark.parametrize(("severity", "patience"), [(1, RETRY_CRITICAL_FOR), (2, RETRY_FOR)])
def test_it_is_retried_as_an_alert_of_that_severity_and_then_goes_to_the_fallback(
    ada: User, severity: int, patience: timedelta
) -> None:
    make_incident(severity=severity, by=ada, targets=[make_target("ops").pk])
    make_target("spare", fallback=True)
    make_target("tickets", "jira")
    deliver(at(NOW + patience - MINUTE), {"webhook": Receiver(Retry("503"))})
    assert Delivery.objects.get().status == Delivery.Status.QUEUED
    receiver = Receiver(Retry("503"))
    deliver(at(NOW + patience + 5 * MINUTE), {"webhook": receiver})
    dead, forwarded = Delivery.objects.order_by("pk")
    assert (dead.status, forwarded.status, forwarded.fallback_of) == ("dead", "sent", dead)
    (_, second) = receiver.got
    assert second.facts["why"].startswith("Sent here because ops did not take it: 503")
    assert second.facts["incident"] == receiver.incidents[0]
    assert second.key == receiver.got[0].key


def test_a_fallback_that_has_the_message_or_takes_none_gets_none(ada: User) -> None:
    make_incident(by=ada, targets=[make_target("ops").pk, make_target("spare", fallback=True).pk])
    deliver(at(NOW), {"webhook": Receiver(Rejected("404"))})
    assert Delivery.objects.filter(fallback_of__isnull=False).count() == 0


def test_pagerduty_jira_and_opsgenie_get_no_updates(ada: User) -> None:
    make_incident(
        by=ada,
        targets=[
            make_target("pager", "pagerduty").pk,
            make_target("tickets", "jira").pk,
            make_target("genie", "apprise", {"url": "opsgenie://key/#ops"}).pk,
            make_target("meant", "console", intended_channel="pagerduty").pk,
            make_target("gone", origin="environment", enabled=False).pk,
            make_target("off", enabled=False).pk,
        ],
    )
    assert [each.target.name for each in Delivery.objects.all()] == ["off"], "a dead letter, which people see"


def test_silences_hide_no_incident(incident: Incident, ada: User) -> None:
    draft = SilenceDraft({}, NOW, NOW + timedelta(hours=1), "maintenance", None, confirmed=True)
    silences.create(draft, NOW, by=ada, actor="ada")
    assert len(sent(Receiver()).got) == 2


def test_an_incident_without_targets_is_recorded_all_the_same(ada: User) -> None:
    incident = make_incident(by=ada)
    assert write_update(incident.pk, "Kept here.", NOW, by=ada).number == 2
    assert not Delivery.objects.exists()


def test_a_record_without_a_severity_can_be_told_of(incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(severity=None, import_key="x")
    with transaction.atomic():
        tell_of(lock(incident.pk), "status", "Opened again.", NOW, actor="ada")
    assert incident.updates.get(number=2).severity is None
    assert "severity" not in Delivery.objects.filter(sequence=2).first().payload["incident"]  # type: ignore[union-attr]


def test_each_act_promises_the_next_update_by_the_severity(incident: Incident, ada: User) -> None:
    incident.refresh_from_db()
    assert incident.next_update_at == NOW + 30 * MINUTE
    assert change_severity(incident.pk, 2, NOW, by=ada, why="w").next_update_at == NOW + 60 * MINUTE
    assert change_severity(incident.pk, 3, NOW, by=ada, why="w").next_update_at is None
    change_severity(incident.pk, 1, NOW, by=ada, why="w")
    change_status(incident.pk, "resolved", NOW, by=ada)
    incident.refresh_from_db()
    assert incident.next_update_at is None


def test_an_update_stands_in_the_timeline_without_its_secrets(incident: Incident, ada: User) -> None:
    secret = "Bearer " + "q" * 40
    update = write_update(incident.pk, f"First line.\r\nAuthorization: {secret}", NOW, by=ada)
    line = incident.timeline.get(kind=TimelineLine.Kind.UPDATE)
    assert line.text == "Update 2: First line."
    for kept in (update.text, line.body, *(each.facts["incident"]["text"] for each in sent(Receiver()).got)):
        assert secret not in kept
    assert update.text.startswith("First line.\nAuthorization: ")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST + 1), "a\0b", "a\ud800"])
def test_a_text_that_says_nothing_is_too_long_or_cannot_be_stored_is_refused(
    incident: Incident, ada: User, text: str
) -> None:
    with pytest.raises(IncidentInputError, match=r"^text: "):
        write_update(incident.pk, text, NOW, by=ada)


def test_one_written_on_what_is_no_longer_so_is_refused(incident: Incident, ada: User) -> None:
    incident.refresh_from_db()
    change_status(incident.pk, "mitigated", NOW, by=ada)
    with pytest.raises(IncidentConflict):
        write_update(incident.pk, "It is open.", NOW, by=ada, seen=incident.revision)


def test_of_two_who_tell_at_once_the_second_is_told_who_was_first(incident: Incident, ada: User) -> None:
    write_update(incident.pk, "First.", NOW, by=ada, after=1)
    with pytest.raises(IncidentConflict, match=r"ada told of it meanwhile \(update 2\)"):
        write_update(incident.pk, "Second.", NOW, by=make_user("bob"), after=1)
    assert write_update(incident.pk, "Second.", NOW, by=ada, after=2).number == 3


def test_a_closed_one_is_told_of_only_by_whom_may_change_such(incident: Incident, ada: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(status="closed", closed_at=NOW, resolved_at=NOW)
    with pytest.raises(IncidentConflict, match="is closed"):
        write_update(incident.pk, "More.", NOW, by=ada)
    ada.is_superuser = True
    assert write_update(incident.pk, "More.", NOW, by=ada).status == "closed"


def test_who_takes_over_is_told_and_paged(incident: Incident) -> None:
    owner = make_owner("sre", make_target("sre"), make_target("pager", "pagerduty"), make_target("tickets", "jira"))
    with transaction.atomic():
        assert tell_owner(lock(incident.pk), owner, "You command it.", NOW, "Ada")
    told = Delivery.objects.filter(kind="incident_due").order_by("target__name")
    assert [(each.target.name, each.payload["incident"]["event"]) for each in told] == [
        ("pager", "told"),
        ("sre", "told"),
    ]
    assert told[0].payload["episode"] == Delivery.objects.filter(kind="incident").first().payload["episode"]  # type: ignore[union-attr]


def test_the_same_owner_is_told_twice_of_two_things(incident: Incident) -> None:
    owner = make_owner("sre", make_target("sre"))
    for text in ("You command it.", "You command it again."):
        with transaction.atomic():
            assert tell_owner(lock(incident.pk), owner, text, NOW, "Ada")
    receiver = sent(Receiver())
    assert [f["text"] for f in receiver.incidents if f["event"] == "told"] == [
        "You command it.",
        "You command it again.",
    ]


def test_an_owner_whom_no_target_reaches_is_not_told(incident: Incident) -> None:
    with transaction.atomic():
        assert not tell_owner(lock(incident.pk), make_owner("nobody"), "You command it.", NOW, "Ada")


@pytest.mark.django_db(transaction=True)
def test_two_updates_at_the_same_moment_have_two_numbers(ada: User) -> None:
    incident = make_incident(by=ada, targets=[make_target("ops").pk])
    race(lambda number: write_update(incident.pk, f"Text {number}.", NOW, by=ada), people=2)
    assert sorted(incident.updates.values_list("number", flat=True)) == [1, 2, 3]
    receiver = Receiver(Sent("ok"))
    deliver(at(NOW), {"webhook": receiver})
    assert [each["number"] for each in receiver.incidents] == [1, 2, 3]
