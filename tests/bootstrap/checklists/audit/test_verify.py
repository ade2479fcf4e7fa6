"""Tampering past the triggers (a superuser of the database can) is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, Item, SignOff
from bootstrap.checklists.signing.sign import sign
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts(shipped_runbooks: None) -> list[SignOff]:
    admin = User.objects.create_superuser("admin")
    items = Item.objects.filter(section__slug="core").select_related("section__version")
    run = items[0].section.version.runs.get(environment__slug="prod")
    return [sign(ActRequest(run, item, admin, NOON, note="checked")) for item in items[:4]]


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
    (lambda acts: change(SignOff, acts[1].pk, by_name="eve"), "FLASK_ENV, signed by eve.* was changed"),
    (lambda acts: change(SignOff, acts[1].pk, by_name=""), "was changed"),
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


def test_whoever_is_renamed_has_signed_under_the_old_name(acts: list[SignOff]) -> None:
    User.objects.filter(username="admin").update(username="mallory")
    assert "signed by admin," in SignOff.objects.get(pk=acts[0].pk).describe()
    assert verify_audit().findings == ()


def test_an_act_from_before_names_were_kept_is_still_whole(acts: list[SignOff]) -> None:
    of_now = HashedAct(1, 1, "A", "a", "w", 1, "done", 1, NOON, "", {}, "")
    assert of_now.digest() == "44bd85f2261cc8015e95e130c8ee66ea39e2dd0c47033d8431919b84d9af6060"
    assert HashedAct(1, 1, "A", "a", "w", 1, "done", 1, NOON, "", {}, "", by_name="ada").digest() != of_now.digest()


def test_files_left_alone_tell_that_their_acts_are_gone(acts: list[SignOff]) -> None:
    kept = builders.file(acts[0].run, acts[0].item)
    assert verify_audit().findings == (f"files without their sign-off: 1 ({kept.pk}): the chain may have been emptied",)


@pytest.mark.parametrize("model", [SignOff, EvidenceFile])
def test_the_tables_cannot_be_emptied(model: type[SignOff] | type[EvidenceFile], db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL opsconsole.allow_truncate = off")
        with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic():
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        cursor.execute("SET LOCAL opsconsole.allow_truncate = on")
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


def test_logs_hold_the_head(
    acts: list[SignOff], caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    items = Item.objects.filter(section__slug="core").select_related("section__version")
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        act = sign(ActRequest(acts[0].run, items[4], acts[0].by, NOON, note="checked"))
    assert (act.pk, act.hash) in [(vars(each).get("number"), vars(each).get("head")) for each in caplog.records]
