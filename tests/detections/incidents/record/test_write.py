"""The frame of acts: who made a revision, and who may change what is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from detections.incidents.actions.acts import add
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.models import Incident
from detections.incidents.postmortem.edit import save_version
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.change_status import change_status
from detections.incidents.record.close import Closing, close
from detections.incidents.record.command import add_role, end_role, take
from detections.incidents.record.edit import edit
from detections.incidents.record.links import LinkDraft, add_alerts, add_link, remove_alert, remove_link
from detections.incidents.record.write import IncidentConflict
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import of_person
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user

pytestmark = pytest.mark.django_db
LATER = START + timedelta(minutes=30)


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def test_the_one_is_named_who_made_the_revision_and_not_who_wrote_after(ada: User) -> None:
    incident, cyd = make_incident(severity=3), make_user("cyd")
    change_status(incident.pk, "mitigated", START, by=make_user("bea"))
    add(incident.pk, ActionDraft("Alarm on it"), START, by=cyd, actor="cyd")
    save_version(incident.pk, "What we learned", START, by=cyd, actor="cyd", seen=0)
    with pytest.raises(IncidentConflict, match=r"bea was faster \(Status: Open → Mitigated\)"):
        change_status(incident.pk, "resolved", LATER, by=ada, seen=0)


ACTS: dict[str, Callable[[Incident, User], object]] = {
    "severity": lambda it, by: change_severity(it.pk, 1, LATER, by=by, why="worse"),
    "edit": lambda it, by: edit(it.pk, {"title": "Other"}, LATER, by=by),
    "take": lambda it, by: take(it.pk, LATER, by=by),
    "role": lambda it, by: add_role(it.pk, "scribe", of_person(by), LATER, by=by),
    "end role": lambda it, by: end_role(it.pk, it.roles.get().pk, LATER, by=by),
    "alert": lambda it, by: add_alerts(it.pk, [make_alert().pk], LATER, by=by),
    "alert out": lambda it, by: remove_alert(it.pk, it.alert_links.get().alert_id, LATER, by=by),
    "link": lambda it, by: add_link(it.pk, LinkDraft("variable", "OTHER"), LATER, by=by),
    "link out": lambda it, by: remove_link(it.pk, it.links.get().pk, LATER, by=by),
    "status": lambda it, by: change_status(it.pk, "open", LATER, by=by, why="again"),
}


@pytest.mark.parametrize("act", ACTS)
def test_one_that_was_closed_meanwhile_is_changed_by_who_may_only(ada: User, act: str) -> None:
    incident = make_incident(severity=3, alerts=[make_alert().pk])
    add_role(incident.pk, "lead", of_person(ada), START, by=ada)
    add_link(incident.pk, LinkDraft("variable", "VAULT_KEY"), START, by=ada)
    change_status(incident.pk, "resolved", START, by=ada)
    close(incident.pk, Closing({}), START, by=ada)
    with pytest.raises(IncidentConflict, match="is closed, and you may not"):
        ACTS[act](incident, ada)
    ada.user_permissions.set(Permission.objects.filter(codename__in=["edit_closed_incident", "close_incident"]))
    ACTS[act](incident, User.objects.get(pk=ada.pk))
    assert Incident.objects.get(pk=incident.pk).revision == 5
