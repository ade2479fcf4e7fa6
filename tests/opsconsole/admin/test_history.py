"""Histories in whole sentences: who did what when, with the values before and after."""

from __future__ import annotations

import re

import pghistory
import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.html import strip_tags

from bootstrap.systems.models import App, System
from detections.alerts.routing_models import Target
from detections.telemetry.models import Project
from opsconsole.accounts.models import Owner, User
from opsconsole.admin_site.history import FieldChange, history_of, shown

pytestmark = pytest.mark.django_db


def sentences(client: Client, address: str) -> list[str]:
    html = client.get(address).content.decode()
    found = re.findall(r'<span class="history-at">.*?</span>\s*<div>(.*?)</div>', html, re.DOTALL)
    return [" ".join(strip_tags(each).split()) for each in found]


def raptor() -> Project:
    with pghistory.context(user=User.objects.create_user("ada").pk):
        return Project.objects.create(slug="raptor", name="Raptor")


def test_a_change_is_a_sentence_with_both_values(client: Client) -> None:
    project = raptor()
    client.force_login(User.objects.create_superuser("grace"))
    form = {"slug": "raptor", "name": "Raptor", "enabled": "", "events_per_minute_limit": "", **management()}
    assert client.post(f"/admin/detections/project/{project.pk}/change/", form).status_code == 302
    at = f"/admin/detections/project/{project.pk}/history/"
    assert sentences(client, at) == ["grace changed enabled from yes to no.", "ada added this."]


def management() -> dict[str, str]:
    return {f"keys-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}


def test_what_no_person_did_the_console_did() -> None:
    project = Project.objects.create(slug="raptor", name="Raptor")
    assert [(each.who, each.did) for each in history_of(project, [])] == [("The console", "added this.")]


def test_several_fields_and_related_rows_are_named() -> None:
    project = raptor()
    app = App.objects.create(system=System.objects.create(slug="r", name="Raptor"), slug="api", name="Raptor API")
    project.app, project.name, project.events_per_minute_limit = app, "Raptor 2", 500
    project.save()
    newest = history_of(project, [])[0]
    assert newest.changes == (
        FieldChange("app", "nothing", str(app)),
        FieldChange("name", "Raptor", "Raptor 2"),
        FieldChange("events per minute limit", "nothing", "500"),
    )


def test_a_related_row_that_is_gone_is_said() -> None:
    project = raptor()
    app = App.objects.create(system=System.objects.create(slug="r", name="Raptor"), slug="api", name="Raptor API")
    Project.objects.filter(pk=project.pk).update(app=app)
    Project.objects.filter(pk=project.pk).update(app=None)
    gone = app.pk
    app.delete()
    assert history_of(project, [])[0].changes == (FieldChange("app", f"one that is gone ({gone})", "nothing"),)


def test_no_secret_is_in_a_history() -> None:
    target = Target.objects.create(name="SEV-1", channel="slack", address="#a", secret='{"url": "https://hooks/T0P"}')
    target.secret, target.address = '{"url": "https://hooks/N3W"}', "#b"
    target.save()
    said = str(history_of(target, []))
    assert "#b" in said
    assert "T0P" not in said
    assert "N3W" not in said


def test_acts_and_rows_edited_with_it_are_told_beside_the_table(client: Client) -> None:
    """Django's own words are left out where the table of changes says it with values."""
    project, person = raptor(), User.objects.create_superuser("grace")
    client.force_login(person)
    messages = (
        "Revoked.",
        '[{"changed": {"fields": ["Enabled"]}}]',
        '[{"added": {"name": "project key", "object": "Raptor · Default"}}]',
    )
    for text in messages:
        LogEntry.objects.create(
            user=person,
            content_type_id=content_type(project),
            object_id=str(project.pk),
            action_flag=2,
            change_message=text,
        )
    said = sentences(client, f"/admin/detections/project/{project.pk}/history/")
    assert sorted(said) == ["ada added this.", "grace added project key “Raptor · Default”.", "grace revoked."]


def content_type(row: Project) -> int:
    from django.contrib.contenttypes.models import ContentType

    return int(ContentType.objects.get_for_model(row).pk)


def test_a_model_without_a_table_of_changes_has_the_admins_entries(client: Client) -> None:
    person = User.objects.create_superuser("grace")
    client.force_login(person)
    owner = Owner.objects.create(name="sre")
    form = {"name": "sre", "description": "On call", "user": "", "group": "", **empty("targets"), **empty("reached_by")}
    client.post(f"/admin/accounts/owner/{owner.pk}/change/", form)
    said = sentences(client, f"/admin/accounts/owner/{owner.pk}/history/")
    assert len(said) == LogEntry.objects.count()


def empty(prefix: str) -> dict[str, str]:
    return {f"{prefix}-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}


def test_what_nobody_changed_says_so(admin_client: Client) -> None:
    owner = Owner.objects.create(name="sre")
    html = admin_client.get(f"/admin/accounts/owner/{owner.pk}/history/").content.decode()
    assert "Nobody has changed this in the admin" in html


def test_values_read_as_people_write_them() -> None:
    assert [shown(each) for each in (True, False, {"a": ["ü"]}, "x" * 500)] == [
        "yes",
        "no",
        '{"a": ["ü"]}',
        "x" * 159 + "…",
    ]
