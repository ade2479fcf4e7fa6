"""Tampering past the triggers (a superuser of the database can) is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bootstrap.checklists.models import ChecklistVersion, Item, SignOff
from bootstrap.checklists.sign import Request, sign
from bootstrap.checklists.verify import verify_audit
from bootstrap.content import load
from opsconsole.accounts.models import User
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts() -> list[SignOff]:
    load()
    admin = User.objects.create_superuser("admin")
    items = Item.objects.filter(section__slug="core").select_related("section__version")
    run = items[0].section.version.runs.get(environment__slug="prod")
    return [sign(Request(run, item, admin, NOON, note="checked")) for item in items[:4]]


@contextmanager
def past_the_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def change(model: type[SignOff] | type[Item] | type[ChecklistVersion], pk: int, **values: object) -> None:
    with past_the_triggers():
        assert model.objects.filter(pk=pk).update(**values) == 1


Tamper = Callable[[list[SignOff]], object]
TAMPERING: list[tuple[Tamper, str]] = [
    (lambda acts: change(SignOff, acts[1].pk, note="fine"), "FLASK_ENV, signed by admin.* was changed"),
    (lambda acts: change(SignOff, acts[1].pk, at="2026-06-01T00:00Z"), "was changed"),
    (lambda acts: change(SignOff, acts[1].pk, evidence={"link": "https://example.org"}), "was changed"),
    (lambda acts: change(SignOff, acts[1].pk, by=User.objects.create(username="eve")), "was changed"),
    (lambda acts: change(Item, acts[2].item_id, text="`DATABASE_URL` seen"), "DATABASE_URL.* was changed"),
    (lambda acts: change(ChecklistVersion, acts[0].run.version_id, source="# other"), "the text of .* was changed"),
]


@pytest.mark.parametrize(("tamper", "finding"), TAMPERING)
def test_what_was_changed_is_named(
    acts: list[SignOff], tamper: Callable[[list[SignOff]], object], finding: str
) -> None:
    tamper(acts)
    with pytest.raises(CommandError, match=finding):
        call_command("verify_audit")


def test_a_removed_act_is_noticed(acts: list[SignOff]) -> None:
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[1].pk).delete()
    assert [finding for finding in verify_audit().findings if f"before sign-off {acts[2].pk}" in finding]


def test_acts_cut_off_at_the_end_are_noticed_against_a_hash_noted_earlier(acts: list[SignOff]) -> None:
    head = verify_audit().head
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[-1].pk).delete()
    assert verify_audit().findings == ()
    assert f"does not contain {head}" in verify_audit(head).findings[0]


def test_an_intact_chain(acts: list[SignOff], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit", head=acts[2].hash)
    assert f"4 sign-offs, chain intact; last hash {acts[-1].hash}" in capsys.readouterr().out
