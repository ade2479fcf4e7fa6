"""Who commands an incident and who has roles in it."""

from __future__ import annotations

import pytest

from detections.incidents.record.command import add_role, end_role, hand_over, take
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.accounts.owners import of_person
from tests.detections.incidents.factories import START, make_incident, make_user

pytestmark = pytest.mark.django_db


def test_command_is_taken_and_handed_over() -> None:
    incident, ada, bea = make_incident(), make_user("ada"), make_user("bea")
    take(incident.pk, START, by=ada, seen=0)
    handed = hand_over(incident.pk, of_person(bea), START, by=ada, seen=1)
    assert (str(handed.commander), handed.revision) == ("bea", 2)
    assert [line.text for line in incident.timeline.all()][1:] == ["Command: ada", "Command: ada → bea"]
    assert not hand_over(incident.pk, of_person(bea), START, by=ada, seen=0).changed
    with pytest.raises(IncidentConflict, match=r"ada was faster \(Command: ada → bea\)"):
        take(incident.pk, START, by=make_user("cyd"), seen=1)


def test_roles_are_given_once_and_end() -> None:
    incident, ada = make_incident(), make_user("ada")
    owner = of_person(ada)
    add_role(incident.pk, " communications ", owner, START, by=ada)
    assert not add_role(incident.pk, "Communications", owner, START, by=ada).changed
    role = incident.roles.get()
    end_role(incident.pk, role.pk, START, by=ada)
    assert not end_role(incident.pk, role.pk, START, by=ada).changed
    role.refresh_from_db()
    assert (role.role, role.until) == ("communications", START)
    assert [line.text for line in incident.timeline.all()][1:] == [
        "communications: ada",
        "communications: ada no longer",
    ]
    with pytest.raises(IncidentInputError, match="there is no such role"):
        end_role(incident.pk, role.pk + 1, START, by=ada)
