"""What the first start brings, and that the second changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from detections.alerts.routing_models import NotificationPolicy
from detections.rules.models import Rule
from detections.telemetry.models import Project
from opsconsole.accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_first_start_brings_every_room_and_the_second_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_content")
    assert Project.objects.select_related("app").get(slug="raptor").app.slug == "raxx-api"
    assert Rule.objects.filter(identifier="DET-BETA-003").exists()
    assert NotificationPolicy.objects.exists()
    output = capsys.readouterr().out
    assert "checklist Env-bootstrap checklist v1 opened for raptor/prod" in output
    call_command("load_content")
    assert capsys.readouterr().out == "content is up to date\n"


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        ("Viewer", "bootstrap.view_run", "bootstrap.add_signoff"),
        ("Responder", "detections.change_alert", "bootstrap.add_signoff"),
        ("Rule editor", "detections.change_rule", "detections.change_alert"),
        ("Checklist signer", "bootstrap.add_signoff", "detections.change_rule"),
        ("Admin", "detections.delete_rule", "accounts.change_user"),
    ],
)
def test_what_each_group_may_do(group: str, may: str, may_not: str) -> None:
    call_command("load_content")
    person = User.objects.create(username="ada")
    person.groups.add(Group.objects.get(name=group))
    assert person.has_perm(may)
    assert not person.has_perm(may_not)


def test_a_group_keeps_what_it_was_given_since() -> None:
    call_command("load_content")
    Group.objects.get(name="Viewer").permissions.clear()
    call_command("load_content")
    assert not Group.objects.get(name="Viewer").permissions.exists()
