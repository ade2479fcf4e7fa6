"""Every page of the admin opens, with rows and without; what asks first, asks first."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox
from detections.telemetry.models import ProjectKey
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.detections import builders

pytestmark = pytest.mark.slow

MODELS = [model for model in admin.site._registry if model._meta.app_label in {"accounts", "bootstrap", "detections"}]
# Raw, unscrubbed and gone within seconds; what a trigger copies from the rules; what workers note to group alerts and
# messages, and what the self-watch does: pages of alerts and the status page tell of them, nothing is edited; the
# timeline of an incident, which its page shows line by line; the words that issues are searched by; the
# samples of runs, which their pages show.
NOT_SHOWN = {
    *("Inbox", "RuleSelection"),
    *("AlertGroup", "GroupedAlert", "MessageGroup"),
    *("FailingCheck", "SelfWatch"),
    *("TimelineLine", "TimelineMark", "TimelineFile"),
    "IssueText",
    "ProbeSample",
}


@pytest.fixture
def ada(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("ada"))
    return client


def test_every_model_has_its_place_in_the_admin() -> None:
    shown = set(admin.site._registry)
    missing = {
        model.__name__
        for label in ("accounts", "bootstrap", "detections")
        for model in apps.get_app_config(label).get_models()
        if model not in shown and not model.__name__.endswith("Event") and not hasattr(model, "pgh_tracked_model")
    }
    inlines = {inline.model.__name__ for registered in shown for inline in admin.site._registry[registered].inlines}
    assert missing - inlines <= NOT_SHOWN


def test_lists_break_no_word() -> None:
    """A cell is as wide as its longest word, up to a limit: `anywhere` would make it narrower than that."""
    css = Path(finders.find("opsconsole/css/admin.css") or "").read_text()
    of_lists = [body for names, body in re.findall(r"([^{}]*)\{([^{}]*)\}", css) if ".results" in names]
    assert any("overflow-wrap: break-word" in body for body in of_lists)
    assert not any("anywhere" in body or "break-all" in body for body in of_lists)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_list_and_add_pages_open(ada: Client, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert ada.get(reverse(f"{name}_changelist")).status_code == 200
    assert ada.get(reverse(f"{name}_changelist"), {"q": "x"}).status_code in {200, 302}
    assert ada.get(reverse(f"{name}_add")).status_code in {200, 403}


def test_pages_of_what_was_received_open(ada: Client) -> None:
    project = builders.project()
    now = clock.now()  # lists of large tables show the last day by default
    builders.arrive(project, builders.event(timestamp=now.isoformat()), at=now)
    digest_batch(now)
    for model in ("project", "projectkey", "projectenvironment", "issue", "series", "event"):
        page = ada.get(reverse(f"admin:detections_{model}_changelist"))
        row = page.context["cl"].result_list[0]
        assert ada.get(reverse(f"admin:detections_{model}_change", args=[row.pk])).status_code == 200


def test_a_key_is_revoked_after_asking(ada: Client) -> None:
    key = builders.project().keys.get()
    act = {"action": "revoke", "_selected_action": [key.pk]}
    url = reverse("admin:detections_projectkey_changelist")
    assert b"can send nothing more" in ada.post(url, act).content
    assert ProjectKey.objects.get(pk=key.pk).revoked_at is None
    ada.post(url, {**act, "confirmed": "yes"})
    assert ProjectKey.objects.get(pk=key.pk).revoked_at is not None


def test_a_token_is_revoked_after_asking(ada: Client) -> None:
    token, text = tokens.create(User.objects.get(), "script", ApiToken.Scope.READ)
    act = {"action": "revoke", "_selected_action": [token.pk]}
    url = reverse("admin:accounts_apitoken_changelist")
    ada.post(url, act)
    now = datetime.now(UTC)
    assert tokens.verify(text, now)
    ada.post(url, {**act, "confirmed": "yes"})
    assert tokens.verify(text, now) is None


def test_what_could_not_be_digested_is_tried_again(ada: Client) -> None:
    from detections.ingest.inbox_row import InboxRow
    from detections.ingest.quarantine import set_aside

    stored = builders.inbox(builders.project(), b"not an envelope")
    row = InboxRow(*(getattr(stored, name) for name in InboxRow._fields))
    aside = set_aside(row, ValueError("no"), builders.NOON)
    assert not Inbox.objects.exists()
    url = reverse("admin:detections_quarantined_changelist")
    ada.post(url, {"action": "try_again", "_selected_action": [aside.pk]})
    assert Inbox.objects.count() == 1
