"""Targets in the admin: each problem at its field, secrets that are never shown, internal addresses asked for once."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from detections.probes import gate
from detections.probes.definition import as_file, definition_of, secrets_of
from detections.probes.models import ProbeTarget
from detections.probes.program import probe
from opsconsole.accounts.models import User
from opsconsole.env.parsers import as_networks
from tests.detections.probes import rows
from tests.detections.probes.admin import forms
from tests.detections.probes.admin.forms import ADMIN, add, change, fields, post, problems

pytestmark = pytest.mark.django_db
STATUS = {"kind": "json", "path": "status", "operator": "equals", "value": "ok"}
INTERNAL = "127.0.0.1 127.0.0.1/32"


def refused(admin: Client, *invariants: dict[str, Any], **changed: Any) -> dict[str, str]:
    answer = admin.post(f"{ADMIN}/add/", fields(*invariants, **changed))
    assert answer.status_code == 200
    assert not ProbeTarget.objects.exists()
    return problems(answer)


def shown(admin: Client, address: str) -> str:
    return " ".join(unescape(strip_tags(admin.get(f"{ADMIN}/{address}").content.decode())).split())


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


def test_a_secret_is_never_shown_again_and_kept_until_it_is_replaced_or_removed(admin_client: Client) -> None:
    told = {"webhook_url": "https://203.0.112.9/hook"}
    typed = {"secret_headers": "X-Api-Key: hunter2\r\nCookie: hunter3", "webhook_token": "hunter4"}
    target = add(admin_client, **typed, **told)
    page = admin_client.get(f"{ADMIN}/{target.pk}/change/").content.decode()
    assert "hunter" not in page
    assert "Set: x-api-key, cookie." in page
    assert "hunter" not in admin_client.get(f"{ADMIN}/{target.pk}/history/").content.decode()
    target = change(admin_client, target, slug=None, samples=5, **told)
    assert secrets_of(target) == ({"x-api-key": "hunter2", "cookie": "hunter3"}, "hunter4")
    target = change(admin_client, target, secret_headers="x-api-key: hunter5", secret_headers_remove=["cookie"], **told)
    assert secrets_of(target) == ({"x-api-key": "hunter5"}, "hunter4")
    target = change(admin_client, target, webhook_token_remove="on", **told)
    assert secrets_of(target) == ({"x-api-key": "hunter5"}, "")
    history = shown(admin_client, f"{target.pk}/history/")
    for act in (
        "set the secret header x-api-key.",
        "removed the secret header cookie.",
        "removed the webhook's token.",
    ):
        assert act in history


def test_a_secret_is_asked_for_again_where_it_would_go_elsewhere(admin_client: Client) -> None:
    target = add(admin_client, secret_headers="x-api-key: a", webhook_url="https://203.0.112.9/a", webhook_token="b")
    moved = {"base": "https://203.0.112.8", "webhook_url": "https://203.0.112.10/a"}
    assert problems(post(admin_client, target, **moved)).keys() == {"secret_headers", "webhook_token"}
    stays = {"endpoint": "/other", "webhook_url": "https://203.0.112.9/b"}
    assert secrets_of(change(admin_client, target, **stays)) == ({"x-api-key": "a"}, "b")
    typed = {"secret_headers": "x-api-key: c", "webhook_token": "d"}
    target = change(admin_client, target, **moved, **typed)
    assert secrets_of(target) == ({"x-api-key": "c"}, "d")
    without = change(admin_client, target, base=moved["base"], webhook_url="")
    assert secrets_of(without).webhook_token == ""


def test_an_internal_address_is_asked_for_once_and_recorded(admin_client: Client, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    internal = {"base": "http://127.0.0.1:9", "reach": [INTERNAL]}
    asked = admin_client.post(f"{ADMIN}/add/", fields(base="http://127.0.0.1:9"))
    assert "Tick below" in problems(asked)["base"]
    assert f'value="{INTERNAL}"' in asked.content.decode()
    target = add(admin_client, **internal)
    assert (target.allow, target.allowed_by_name) == (["127.0.0.1/32"], "admin")
    at = target.allowed_at
    assert at
    page = shown(admin_client, f"{target.pk}/change/")
    assert "Allowed by admin at" in page
    target = change(admin_client, target, samples=5, **internal)
    assert target.allowed_at == at
    assert "127.0.0.1/32" in shown(admin_client, f"{target.pk}/history/")
    other = post(admin_client, target, base="http://127.0.0.2:9", reach=[INTERNAL])
    assert "127.0.0.2 is a loopback address, reached in the clear" in problems(other)["base"]
    target = change(admin_client, target, base="https://203.0.112.7")
    assert (target.allow, target.allowed_by_name, target.allowed_at) == ([], "", None)


def test_an_internal_address_that_the_operator_does_not_name_is_refused(admin_client: Client) -> None:
    found = refused(admin_client, base="https://10.0.0.5", reach=["10.0.0.5 10.0.0.5/32"])
    assert "OPSCONSOLE_OUTBOUND_ALLOW" in found["base"]
    assert "untick" in found["reach"]


def test_only_an_administrator_lets_a_target_reach_an_internal_address(client: Client, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    user = User.objects.create_user("olga", is_staff=True)
    codes = ("add_probetarget", "change_probetarget", "view_probetarget", "add_probeinvariant", "view_probeinvariant")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    internal = {"base": "http://127.0.0.1:9", "reach": [INTERNAL]}
    assert refused(client, **internal).keys() == {"reach"}
    user.groups.add(Group.objects.get_or_create(name="Admin")[0])
    target = add(client, **internal)
    user.groups.clear()
    assert change(client, target, samples=5, **internal).allow == ["127.0.0.1/32"]


def test_who_may_only_look_sees_the_target_and_changes_nothing(client: Client, admin_client: Client) -> None:
    target = add(admin_client, STATUS, secret_headers="x-api-key: hunter2")
    user = User.objects.create_user("vera", is_staff=True)
    codes = ("view_probetarget", "view_probeinvariant", "view_proberun")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    page = shown(client, f"{target.pk}/change/")
    assert 'status must equal "ok"' in page
    assert "hunter2" not in page
    assert client.post(f"{ADMIN}/{target.pk}/change/", fields(name="Other")).status_code == 403
    assert client.get(f"{ADMIN}/from-file/").status_code == 403
    assert client.get(f"{ADMIN}/{target.pk}/export/file/").status_code == 200
    user.user_permissions.clear()
    assert client.get(f"{ADMIN}/{target.pk}/export/file/").status_code == 403


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
