"""Every column of sealed secrets is sealed anew, what no key opens is named, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from pytest_django import Settings

from opsconsole.lib.db.reseal import reseal
from opsconsole.lib.db.sealed_field import SealedField
from opsconsole.lib.sealed import seal, unseal

pytestmark = pytest.mark.django_db
OLD, NEW, OTHER = "o" * 50, "n" * 50, "x" * 50


@pytest.fixture
def registry() -> Iterator[Apps]:
    with isolate_apps("opsconsole") as apps:
        yield apps


@pytest.fixture
def receivers(registry: Apps, settings: Settings) -> Any:
    """A table with a column of secrets, and one with that name that is no such column."""

    class Receiver(models.Model):
        name = models.TextField(primary_key=True)
        secret = SealedField(purpose="receiver", blank=True)

        class Meta:
            app_label = "opsconsole"

    class Plain(models.Model):
        secret = models.TextField()

        class Meta:
            app_label = "opsconsole"

    with connection.schema_editor() as editor:
        editor.create_model(Receiver)
        editor.create_model(Plain)
    settings.SECRET_KEY = OLD
    Receiver.objects.create(name="slack", secret=seal("hunter2", purpose="receiver"))
    Receiver.objects.create(name="none", secret="")
    Plain.objects.create(secret="v1:plain")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    return Receiver


def test_secrets_open_without_the_former_key_afterwards(registry: Apps, receivers: Any, settings: Settings) -> None:
    assert vars(reseal(registry)) == {"resealed": 1, "current": 0, "broken": []}
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(receivers.objects.get(name="slack").secret, purpose="receiver") == "hunter2"
    assert receivers.objects.get(name="none").secret == ""
    assert registry.get_model("opsconsole", "plain")._base_manager.get().secret == "v1:plain"


def test_a_second_time_changes_nothing(registry: Apps, receivers: Any) -> None:
    reseal(registry)
    sealed = receivers.objects.get(name="slack").secret
    assert vars(reseal(registry)) == {"resealed": 0, "current": 1, "broken": []}
    assert receivers.objects.get(name="slack").secret == sealed


def test_what_no_key_opens_is_named_and_stays(registry: Apps, receivers: Any, settings: Settings) -> None:
    """The others are sealed nevertheless."""
    settings.SECRET_KEY = OTHER
    receivers.objects.create(name="broken", secret=seal("lost", purpose="receiver"))
    settings.SECRET_KEY = NEW
    sealed = receivers.objects.get(name="broken").secret
    report = reseal(registry)
    assert (report.resealed, report.broken) == (1, ["opsconsole.Receiver broken secret"])
    assert receivers.objects.get(name="broken").secret == sealed


def test_the_command_says_what_it_did(
    registry: Apps,
    receivers: Any,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("opsconsole.management.commands.reseal.apps", registry)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(
        CommandError, match=r"1 cannot be opened .*\n  opsconsole\.Receiver slack secret\n.*enter these"
    ):
        call_command("reseal")
    settings.SECRET_KEY_FALLBACKS = [OLD]
    call_command("reseal")
    assert capsys.readouterr().out.splitlines()[-1] == "1 sealed anew, 0 had the present key."


def test_a_migration_keeps_the_purpose() -> None:
    *_, options = SealedField(purpose="receiver", blank=True).deconstruct()
    assert options == {"purpose": "receiver", "blank": True}
