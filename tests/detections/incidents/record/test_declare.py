"""An incident is declared: the record, its alerts and its first line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.handling.hand_over import NOBODY_TOLD
from detections.alerts.routing_models import Target
from detections.incidents.models import Incident
from detections.incidents.record.declare import IncidentDraft, declare
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.accounts.owners import of_person
from tests.at_once import race
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user

pytestmark = pytest.mark.django_db


def test_a_declared_incident_says_who_declared_it_with_which_alerts() -> None:
    user, alert = make_user("ada"), make_alert()
    incident = make_incident(by=user, alerts=[alert.pk], places=[alert.project_environment_id])
    assert (incident.status, incident.severity, incident.declared_by_name) == ("open", 2, "ada")
    assert [link.alert for link in incident.alert_links.all()] == [alert]
    assert list(incident.places.all()) == [alert.project_environment]
    line = incident.timeline.get()
    assert (line.text, line.actor, line.important) == ("Declared as SEV-2: Orders fail", user, True)
    assert str(alert) in line.body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": "  "}, "title: say in a few words what is wrong."),
        ({"title": "x" * 201}, "title: at most 200 characters."),
        ({"severity": 6}, "severity: 1 (the worst) to 5."),
        ({"title": "a\0b"}, "title: without NUL and lone surrogates."),
        (
            {"started_at": START + timedelta(minutes=1)},
            "started_at: not in the future; it is 2026-06-12 14:00 UTC now.",
        ),
        ({"alerts": [12345]}, "alerts: there is no alert 12345."),
        ({"targets": [12345]}, "targets: there is none with the id 12345."),
    ],
)
def test_a_bad_draft_names_the_field_and_makes_nothing(words: dict[str, object], said: str) -> None:
    draft = IncidentDraft(**{"title": "Orders fail", "severity": 2, **words})  # type: ignore[arg-type]
    with pytest.raises(IncidentInputError) as refused:
        declare(draft, START, by=None, actor="somebody")
    assert str(refused.value) == said
    assert not Incident.objects.exists()


def test_declared_again_by_the_same_key_it_is_the_first_one() -> None:
    user, draft = make_user(), IncidentDraft(title="Orders fail", severity=2, client_key="k1")
    first = declare(draft, START, by=user)
    again = declare(draft, START, by=user)
    assert (again.pk, again.changed, first.changed) == (first.pk, False, True)
    assert first.timeline.count() == 1
    assert declare(draft, START, by=make_user()).pk != first.pk


def test_a_commander_is_told_and_where_nobody_could_be_the_line_says_so() -> None:
    ada, bea = make_user("ada"), of_person(make_user("bea"))
    untold = declare(IncidentDraft(title="Orders fail", severity=2, commander=bea), START, by=ada)
    line = untold.timeline.latest("id")
    assert (untold.was_told, line.text, line.body) == (False, "Command: bea", NOBODY_TOLD)
    target = Target.objects.create(name="bea", address="#bea", channel="webhook")
    OwnerTarget.objects.create(owner=bea, target=target)
    told = declare(IncidentDraft(title="Mails late", severity=2, commander=bea), START, by=ada)
    assert (told.was_told, told.timeline.latest("id").body) == (True, "")
    queued = Delivery.objects.filter(target=target).get()
    assert f"ada declares {told} and gives you the command." in str(queued.payload)


def test_who_declares_for_themselves_needs_no_message() -> None:
    ada = make_user("ada")
    incident = declare(IncidentDraft(title="Orders fail", severity=2, commander=of_person(ada)), START, by=ada)
    assert (incident.was_told, incident.timeline.count()) == (False, 1)


def test_an_alert_that_is_in_an_incident_is_declared_again_only_on_purpose() -> None:
    ada, bea, alert = make_user("ada"), make_user("bea"), make_alert()
    draft = IncidentDraft(title="Orders fail", severity=3, alerts=[alert.pk], client_key="k1", commander=of_person(ada))
    first = declare(draft, START, by=ada)
    assert declare(draft, START, by=ada).pk == first.pk  # the same key: no second
    with pytest.raises(IncidentConflict) as refused:
        declare(draft, START, by=bea)
    assert refused.value.message == f"Not declared: it is already in {first} (ada commands it)."
    assert refused.value.incident == first
    assert declare(replace(draft, another=True), START, by=bea).pk != first.pk
    Incident.objects.update(status="closed", closed_at=START, resolved_at=START)
    assert declare(draft, START, by=make_user("cy")).changed


@pytest.mark.django_db(transaction=True)
def test_of_people_who_declare_the_same_alerts_at_once_one_does_and_the_others_are_told() -> None:
    people = [make_user(name) for name in ("ada", "bea", "cyd", "dan")]
    alerts = [make_alert().pk, make_alert().pk]

    def act(number: int) -> Incident:
        person = people[number]
        mine = tuple(alerts[::-1] if number % 2 else alerts)  # in either order: no deadlock
        return declare(IncidentDraft(title="Orders fail", severity=2, alerts=mine), START, by=person)

    results = race(act)
    (made,) = Incident.objects.all()
    told = [result.message for result in results if isinstance(result, IncidentConflict)]
    assert told == [f"Not declared: it is already in {made} (nobody commands it)."] * 3
    assert [result for result in results if isinstance(result, Incident)] == [made]
    assert made.alert_links.count() == 2
