"""Targets in the admin: each problem at its field, and what was typed is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.html import strip_tags

from bootstrap.systems.models import App
from detections.probes import gate
from detections.probes.definition import as_file, definition_of, secrets_of
from detections.probes.models import ProbeTarget
from detections.probes.program import probe
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import User
from tests.bootstrap.builders import environment
from tests.detections.probes import rows
from tests.detections.probes.admin import forms
from tests.detections.probes.admin.forms import ADMIN, STATUS, add, change, refused, shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("name", {"name": "Größe"}),
        ("project_environment", {"project_environment": "raptor/\0"}),
        ("slug", {"slug": "two words"}),
        ("base", {"base": "ftp://shop.example"}),
        ("base", {"base": "https://user:hunter2@shop.example"}),
        ("endpoint", {"endpoint": "healthz"}),
        ("method", {"method": "FETCH"}),
        ("interval_minutes", {"interval_minutes": 0}),
        ("samples", {"samples": 10_001}),
        ("concurrency", {"concurrency": 65}),
        ("timeout_ms", {"timeout_ms": 999}),
        ("samples", {"samples": 10_000}),
        ("window_minutes", {"interval_minutes": 10}),
        ("headers", {"headers": "no colon"}),
        ("headers", {"headers": "Host: other.example"}),
        ("headers", {"headers": "Authorization: Bearer hunter2"}),
        ("headers", {"headers": "X-A: 1", "secret_headers": "x-a: 2"}),
        ("debug_headers", {"debug_headers": "a b: 1"}),
        ("debug_headers", {"debug_headers": "X-Api-Key: hunter2"}),
        ("secret_headers", {"secret_headers": "hunter2"}),
        ("secret_headers", {"secret_headers": "Content-Length: 3"}),
        ("body", {"body": "{", "body_kind": "json"}),
        ("body", {"body": '{"a": "\\u0000"}', "body_kind": "json"}),
        ("ok_statuses", {"ok_statuses": "200, 302"}),
        ("webhook_url", {"webhook_url": "https://10.0.0.5/hook"}),
        ("webhook_url", {"webhook_url": "nowhere"}),
        ("webhook_token", {"webhook_url": "https://203.0.112.9/hook", "webhook_token": "two words"}),
        ("webhook_url", {"webhook_token": "hunter2"}),
        ("opens_checklist", {"opens_checklist": "no-such-one"}),
        ("split_header", forms.split(("control", "1", "", ""), header="")),
        ("split_header", {"split_header": "a b"}),
        ("split_variants", forms.split(("control", "0.5", "", ""))),
        ("split_variants", forms.split(("control", "many", "", ""))),
        ("split_variants", forms.split(("control", "nan", "", ""))),
        ("split_variants", forms.split(("", "0.5", "", ""))),
        ("split_variants", forms.split(("a", "0.5", "", ""), ("a", "0.5", "", ""))),
        ("split_variants", forms.split(("a", "1", "", "0.5"))),
        ("split_min_samples", {"split_header": "x-variant", "split_min_samples": 3}),
        ("split_window_hours", {"split_header": "x-variant", "split_window_hours": 0}),
    ],
)
def test_what_is_not_allowed_is_said_at_its_field(admin_client: Client, field: str, changed: dict[str, Any]) -> None:
    found = refused(admin_client, **changed)
    assert found.keys() == {field}
    assert "hunter2" not in str(found)


def test_a_window_in_which_two_runs_never_are_is_said_with_the_least_that_is_none(admin_client: Client) -> None:
    found = refused(admin_client, interval_minutes=60)
    assert found == {
        "window_minutes": "Runs start every 60 minutes, so that two are never within 10 minutes, and elevated_failures "
        "cannot trigger. At least 61."
    }
    add(admin_client, interval_minutes=60, enabled=None)
    ProbeTarget.objects.all().delete()
    add(admin_client, interval_minutes=60, window_minutes=61)


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("0.kind", {"kind": "", "path": "a"}),
        ("0.path", {**STATUS, "path": "a..b"}),
        ("0.value", {**STATUS, "value": ""}),
        ("0.value", {**STATUS, "operator": "at_most"}),
        ("0.value", {**STATUS, "value": '"\\u0000"'}),
        ("0.min", {**STATUS, "min": "3"}),
        ("0.check_id", {**STATUS, "check_id": "Not A Check"}),
        ("0.map", {"kind": "bucket_map", "bucket": "a", "variant": "b", "map": "0-9"}),
        ("0.max_ms", {"kind": "latency", "max_ms": "many"}),
    ],
)
def test_what_an_invariant_cannot_have_is_said_at_its_field(
    admin_client: Client, field: str, row: dict[str, str]
) -> None:
    assert refused(admin_client, row).keys() == {field}


def test_a_target_has_a_hundred_invariants_at_most(admin_client: Client) -> None:
    assert "invariants" in refused(admin_client, *[STATUS] * 101)


def test_all_fields_are_kept_as_they_were_typed(admin_client: Client) -> None:
    target = add(
        admin_client,
        {"kind": "present", "paths": "meta\r\nmeta.id"},
        {"kind": "bucket_map", "bucket": "meta.b", "variant": "meta.v", "map": "0-9 canary\r\n10-99 control"},
        method="POST",
        headers="Accept: application/json\r\nx-id: {session_id}",
        body='{\r\n "message": "ping"}',
        body_kind="json",
        ok_statuses="200,204",
        webhook_url="https://203.0.112.9/hook",
        webhook_token="hunter2",
        secret_headers="Authorization: Bearer hunter2",
        **forms.split(("control", "0.9", "0.88", ""), ("canary", "0.1", "", "0.12")),
    )
    given = as_file(target)
    assert given["headers"] == {"Accept": "application/json", "x-id": "{session_id}"}
    assert given["body"] == {"message": "ping"}
    assert given["ok_statuses"] == [200, 204]
    assert given["split"]["variants"] == {"control": {"share": 0.9, "min": 0.88}, "canary": {"share": 0.1, "max": 0.12}}
    assert [each["kind"] for each in given["invariants"]] == ["present", "bucket_map"]
    assert given["invariants"][0]["paths"] == ["meta", "meta.id"]
    assert given["invariants"][1]["map"] == {"0-9": "canary", "10-99": "control"}
    assert secrets_of(target) == ({"authorization": "Bearer hunter2"}, "hunter2")
    assert definition_of(target).headers["authorization"] == "Bearer hunter2"
    assert "hunter2" not in str(given)


def test_the_slug_stays_and_invariants_keep_their_order(admin_client: Client) -> None:
    target = add(admin_client, STATUS, {"kind": "latency", "max_ms": 800})
    ids = list(target.invariants.values_list("pk", flat=True))
    stored = [
        {**STATUS, "id": ids[0]},
        {"kind": "latency", "max_ms": 700, "id": ids[1]},
        {"kind": "tls_expiry", "min_days": 9},
    ]
    sent = {**forms.rows(*stored, stored=2), "invariants-0-DELETE": "on"}
    target = change(admin_client, target, **{**sent, "slug": "another"})
    assert target.slug == "shop-health"
    assert [each.as_json() for each in target.invariants.all()] == [
        {"kind": "latency", "max_ms": 700},
        {"kind": "tls_expiry", "min_days": 9},
    ]
    history = shown(admin_client, f"{target.pk}/history/")
    assert 'status must equal "ok"' in history


def test_a_target_that_was_frozen_is_switched_off_and_not_deleted(admin_client: Client) -> None:
    target = add(admin_client)
    gate.freeze(target, User.objects.get(), "canary looks odd", rows.NOON)
    answer = admin_client.post(f"{ADMIN}/{target.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Switch it off instead" in strip_tags(answer.content.decode())
    assert ProbeTarget.objects.exists()


def test_deleting_a_target_asks_in_numbers(admin_client: Client) -> None:
    target = rows.stored_target()
    for number in range(3):
        rows.done(target, at=rows.NOON + number * rows.MINUTE * 5)
    page = shown(admin_client, f"{target.pk}/delete/")
    assert "5 invariants" in page
    assert "3 runs, with samples and checks" in page
    admin_client.post(f"{ADMIN}/{target.pk}/delete/", {"post": "yes"})
    assert not ProbeTarget.objects.exists()


def test_lists_of_runs_checks_and_freezes_are_only_shown(admin_client: Client) -> None:
    target = rows.stored_target()
    run = rows.done(target)
    freeze = gate.freeze(target, User.objects.get(), "canary looks odd", rows.NOON)
    for model, row in (("proberun", run), ("probecheck", run.checks.first()), ("probefreeze", freeze)):
        assert row
        assert target.name in admin_client.get(f"/admin/detections/{model}/?q=").content.decode()
        assert admin_client.get(f"/admin/detections/{model}/{row.pk}/change/").status_code == 200
        assert admin_client.get(f"/admin/detections/{model}/add/").status_code == 403
        assert admin_client.post(f"/admin/detections/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_saved_form_that_is_saved_again_changes_nothing(admin_client: Client) -> None:
    target = add(
        admin_client,
        STATUS,
        headers="Accept: */*",
        body='{"a": 1}',
        body_kind="json",
        **forms.split(("control", "0.9", "", ""), ("canary", "0.1", "0.05", "0.15")),
    )
    before = as_file(target)
    page = admin_client.get(f"{ADMIN}/{target.pk}/change/")
    form = page.context["adminform"].form
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    assert sorted(sent["split_variants"]) == [("canary", "0.1", "0.05", "0.15"), ("control", "0.9", "", "")]
    row = {**STATUS, "id": target.invariants.get().pk}
    target = change(
        admin_client,
        target,
        headers="Accept: */*",
        body=sent["body"],
        body_kind=sent["body_kind"],
        **forms.split(*sent["split_variants"]),
        **forms.rows(row, stored=1),
    )
    assert as_file(target) == before
    assert LogEntry.objects.latest("pk").get_change_message() == "No fields changed."


def test_a_new_target_starts_with_the_defaults_of_the_probe(admin_client: Client) -> None:
    form = admin_client.get(f"{ADMIN}/add/").context["adminform"].form
    assert {name: form[name].value() for name in probe.NUMBERS} == {
        name: bounds.default for name, bounds in probe.NUMBERS.items()
    }
    assert re.search(r"start from a template or a file", admin_client.get(f"{ADMIN}/add/").content.decode())


def test_an_environment_that_sent_nothing_is_made_when_the_target_is_saved(admin_client: Client) -> None:
    system = environment("prod", "night").system
    project = Project.objects.create(
        slug="shop", name="Shop", app=App.objects.create(system=system, slug="shop", name="Shop")
    )
    assert refused(admin_client, project_environment="shop/prod", samples=0).keys() == {"samples"}
    assert not ProjectEnvironment.objects.filter(project=project).exists()
    target = add(admin_client, project_environment="shop/prod")
    assert target.project_environment == ProjectEnvironment.objects.get(project=project)
    assert target.project_environment.environment
