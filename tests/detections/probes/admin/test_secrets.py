"""Secrets of targets in the admin: never shown again, kept, replaced or removed."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from detections.probes.definition import secrets_of
from detections.probes.models import ProbeTarget
from opsconsole.accounts.models import User
from tests.detections.probes.admin.forms import ADMIN, add, change, post, problems, shown

pytestmark = pytest.mark.django_db


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


def test_secrets_that_cannot_be_opened_are_kept_until_they_are_removed_or_replaced(
    admin_client: Client, settings: Settings
) -> None:
    told = {"webhook_url": "https://203.0.112.9/hook"}
    target = add(admin_client, secret_headers="x-api-key: hunter2", webhook_token="hunter4", **told)
    sealed = target.secret
    settings.SECRET_KEY = "another" * 10
    admin_client.force_login(User.objects.get())  # sessions are signed with the key, too
    page = shown(admin_client, f"{target.pk}/change/")
    assert "stored with another SECRET_KEY" in page
    assert "Remove the secrets that cannot be opened" in page
    assert change(admin_client, target, slug=None, samples=5, **told).secret == sealed
    removed = change(admin_client, target, secret_headers_remove=["the secrets that cannot be opened"], **told)
    assert removed.secret == ""
    assert "removed the secrets that cannot be opened." in shown(admin_client, f"{target.pk}/history/")
    ProbeTarget.objects.update(secret=sealed)
    target.refresh_from_db()
    replaced = change(admin_client, target, secret_headers="x-other: hunter5", **told)
    assert secrets_of(replaced) == ({"x-other": "hunter5"}, "")
    acts = [each.get_change_message() for each in LogEntry.objects.order_by("pk")]
    assert acts.count("Removed the secrets that cannot be opened.") == 2
