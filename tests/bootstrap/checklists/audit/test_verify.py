"""Tampering past the triggers (a superuser of the database can) is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from bootstrap.checklists.audit import heads_file as heads_file_of
from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.chain_head import parse_head
from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.audit.note_head import head_at, keep
from bootstrap.checklists.audit.verify import AuditReport, _hashed, verify_audit
from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, Item, RestoreRecord, SignOff
from bootstrap.checklists.signing.sign import sign
from bootstrap.management.commands import verify_audit as verify_command
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


def audit(head: str = "") -> AuditReport:
    return verify_audit([parse_head(head)] if head else [])


def note(acts: list[SignOff]) -> None:
    """Keep a head after each of the acts, as their commits do."""
    for act in acts:
        assert keep(head_at(act, NOON))


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
    assert [finding for finding in audit().findings if f"before sign-off {acts[2].pk}" in finding]


def test_acts_cut_off_at_the_end_are_noticed_against_a_hash_noted_earlier(acts: list[SignOff]) -> None:
    head = acts[-1].hash
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[-1].pk).delete()
    assert audit().findings == ()
    (finding,) = audit(head).findings
    assert finding == (
        f"the chain does not contain {head} (--head): acts were removed from its end, or it was rewritten"
    )


def test_a_whole_chain_without_any_head_is_said_to_be_unproven(
    acts: list[SignOff], heads_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"4 sign-offs, no fault found; head {acts[-1].pk}:{acts[-1].hash}"
    assert lines[-1].startswith("Not proven: that the chain is whole: no head of it is known outside of the database")
    assert f"({heads_file} does not exist)" in lines[-1]
    assert len(lines) == 4


def test_a_head_from_elsewhere_is_proof_up_to_it(acts: list[SignOff], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit", head=f"{acts[2].pk}:{acts[2].hash}")
    printed = capsys.readouterr().out
    assert printed.startswith(f"4 sign-offs, intact up to sign-off {acts[2].pk}; head {acts[3].pk}:{acts[3].hash}\n")
    assert f"Proven: up to sign-off {acts[2].pk}, 3 of 4 acts, the chain is what it was" in printed
    assert "this holds against the owner of this machine too" in printed
    assert "Not proven: what came after" in printed


def test_the_file_of_heads_is_no_proof_against_the_machines_owner(
    acts: list[SignOff], heads_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(acts[:3])
    call_command("verify_audit")
    printed = capsys.readouterr().out
    assert f"Proven: up to sign-off {acts[2].pk}, 3 of 4 acts, the chain is what it was" in printed
    assert "; 3 heads compared." in printed
    assert f"Not proven: anything against those who can write to this machine: they reach {heads_file}" in printed


def test_an_old_head_from_elsewhere_says_nothing_for_the_acts_after_it(acts: list[SignOff], heads_file: Path) -> None:
    """They are covered by the file alone, which the owner of the machine can write."""
    note(acts)
    report = audit(f"{acts[0].pk}:{acts[0].hash}")
    assert report.proven[-1].startswith(f"up to sign-off {acts[0].pk}, 1 of 4 acts, ")
    assert report.proven[-1].endswith("this holds against the owner of this machine too")
    assert report.not_proven[-1].startswith(
        f"the acts after sign-off {acts[0].pk} against those who can write to this machine: they reach {heads_file}"
    )
    whole = audit(acts[-1].hash)
    assert whole.proven[-1].startswith(f"up to sign-off {acts[-1].pk}, 4 of 4 acts, ")
    assert not [sentence for sentence in whole.not_proven if "write to this machine" in sentence]


def test_the_newest_act_deleted(acts: list[SignOff]) -> None:
    note(acts)
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[-1].pk).delete()
    assert audit().findings == (
        f"acts were removed from its end: the chain had 4 acts and ended with sign-off {acts[3].pk} (line 4 of "
        f"{settings.AUDIT_HEADS_FILE}, 2026-06-12 12:00 UTC); now it has 3 acts and ends with sign-off {acts[2].pk}",
    )


def test_all_acts_deleted(acts: list[SignOff]) -> None:
    note(acts)
    with past_the_triggers():
        SignOff.objects.all().delete()
    with pytest.raises(CommandError, match=r"all acts were removed: the chain had 4 acts .*; now it is empty"):
        call_command("verify_audit")


def test_a_chain_that_was_written_anew(acts: list[SignOff]) -> None:
    """With every hash right, as who reads the source can do it."""
    note(acts)
    previous = acts[0].hash
    for act in acts[1:]:
        act.note, act.previous_hash = "never checked", previous
        previous = _hashed(act).digest()
        change(SignOff, act.pk, note=act.note, previous_hash=act.previous_hash, hash=previous)
    findings = audit().findings
    assert [finding.split(" is ")[0] for finding in findings] == [f"sign-off {act.pk}" for act in acts[1:]]
    assert all(finding.endswith("the chain was rewritten") for finding in findings)


def test_the_end_replaced_by_other_acts(acts: list[SignOff]) -> None:
    """The acts before the end are those that they were, and the new end is chained to them."""
    note(acts)
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[-1].pk).delete()
    last = acts[-1]
    sign(ActRequest(last.run, last.item, last.by, NOON, note="another"))
    assert audit().findings == (
        f"sign-off {last.pk} is gone: the chain ended with it (line 4 of {settings.AUDIT_HEADS_FILE}, "
        "2026-06-12 12:00 UTC)",
    )


def test_a_file_of_heads_that_was_cut_off_proves_only_what_is_left(acts: list[SignOff], heads_file: Path) -> None:
    """Together with the database: then only a head from elsewhere tells."""
    note(acts)
    heads_file.write_bytes(b"".join(heads_file.read_bytes().splitlines(keepends=True)[:2]))
    with past_the_triggers():
        SignOff.objects.filter(pk__gt=acts[1].pk).delete()
    report = audit()
    assert report.findings == ()
    assert f"up to sign-off {acts[1].pk}, 2 of 2 acts" in report.proven[-1]
    assert any("then removed from the end" in sentence for sentence in report.not_proven)
    (finding,) = audit(f"{acts[3].pk}:{acts[3].hash}").findings
    assert finding.startswith(f"acts were removed from its end: the chain ended with sign-off {acts[3].pk} (--head)")


def test_a_file_of_heads_that_cannot_be_read_is_a_finding(acts: list[SignOff], heads_file: Path) -> None:
    note(acts[:1])
    with heads_file.open("a") as file:
        file.write("{}\n")
    assert audit().findings == (f"line 2 of {heads_file} is no head and was not compared",)


HASH = "a" * 64
NO_HEADS = [
    *("", "abc", "1:abc", f"x:{HASH}", "A" * 64, f"1:{'A' * 64}", f":{HASH}", f"0:{HASH}", f"01:{HASH}", f"-1:{HASH}"),
    *(f"\u0661:{HASH}", f"+1:{HASH}", f"1 :{HASH}", f"1:2:{HASH}", f"{'9' * 19}:{HASH}", f"{HASH}a", f"1:{HASH}:"),
]


@pytest.mark.parametrize("head", [HASH, f"1:{HASH}", f" 12:{HASH}\n"])
def test_what_is_a_head_is_read(head: str) -> None:
    read = parse_head(head)
    assert (read.hash, read.number) == (HASH, int(head.strip().rpartition(":")[0] or 0))


@pytest.mark.parametrize("head", [f"-1:{HASH}", "--verbosity", ""])
def test_whatever_follows_the_option_is_judged_as_a_head(
    head: str, db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        verify_command.Command().run_from_argv(["bin/manage", "verify_audit", "--head", head])
    assert f"--head {head!r} is no head. Allowed: NUMBER:HASH or HASH" in " ".join(capsys.readouterr().err.split())


def test_before_a_fault_the_acts_up_to_a_known_head_are_still_proven(
    acts: list[SignOff], heads_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(acts)
    change(SignOff, acts[2].pk, note="fine")
    with pytest.raises(CommandError) as failure:
        call_command("verify_audit")
    lines = str(failure.value).splitlines()
    assert f"sign-off {acts[2].pk}" in lines[0]
    assert lines[1:] == [
        f"Proven: up to sign-off {acts[1].pk}, 2 of 4 acts, the chain is still what it was when its head was noted "
        f"(line 2 of {heads_file}, 2026-06-12 12:00 UTC).",
        f"Not proven: the acts after sign-off {acts[1].pk}.",
        f"Not proven: anything against those who can write to this machine: they reach {heads_file} like the database. "
        "Compare with a head that was kept elsewhere, e.g. from the daily message: --head NUMBER:HASH.",
    ]


def test_a_head_beyond_the_fault_proves_nothing_before_it(acts: list[SignOff]) -> None:
    change(SignOff, acts[2].pk, note="fine")
    report = audit(f"{acts[3].pk}:{acts[3].hash}")
    assert report.proven == ()
    assert report.not_proven == (
        f"any act: up to sign-off {acts[1].pk}, 2 of 4 acts, each has the hash of the one before it, but no known head "
        "ends there or before",
    )
    change(SignOff, acts[0].pk, note="fine")
    assert audit().not_proven == ("any act: there is none before the first fault",)


def test_a_head_from_elsewhere_before_the_fault_needs_no_other(acts: list[SignOff]) -> None:
    change(SignOff, acts[2].pk, note="fine")
    report = audit(f"{acts[0].pk}:{acts[0].hash}")
    assert [sentence.split(", the chain")[0] for sentence in report.proven] == [
        f"up to sign-off {acts[0].pk}, 1 of 4 acts"
    ]
    assert report.not_proven == (f"the acts after sign-off {acts[0].pk}",)


def test_a_rewritten_act_is_a_fault_and_acts_before_it_are_proven(acts: list[SignOff], heads_file: Path) -> None:
    note(acts[:2])
    assert keep(replace(head_at(acts[2], NOON), hash="f" * 64))
    assert audit().proven[0].startswith(f"up to sign-off {acts[1].pk}, 2 of 4 acts, the chain is still")


def test_with_acts_removed_from_the_end_those_left_are_proven(acts: list[SignOff], heads_file: Path) -> None:
    note(acts)
    with past_the_triggers():
        SignOff.objects.filter(pk=acts[-1].pk).delete()
    report = audit()
    assert report.findings
    assert report.proven[0].startswith(f"up to sign-off {acts[2].pk}, 3 of 3 acts, the chain is still")


@pytest.mark.parametrize("head", NO_HEADS)
def test_what_is_no_head_is_refused(head: str, db: None) -> None:
    with pytest.raises(CommandError, match=r"is no head\.\s+Allowed: NUMBER:HASH or HASH"):
        call_command("verify_audit", head=head)


def test_restores_are_named(acts: list[SignOff], capsys: pytest.CaptureFixture[str]) -> None:
    RestoreRecord.objects.create(at=NOON, backup_at=NOON, by_name="ops", file="/b.tar", sha256="0" * 64)
    call_command("verify_audit")
    line = "Restored: backup of 2026-06-12 12:00 UTC restored on 2026-06-12 12:00 UTC by ops"
    assert line in capsys.readouterr().out.splitlines()


def test_whoever_is_renamed_has_signed_under_the_old_name(acts: list[SignOff]) -> None:
    User.objects.filter(username="admin").update(username="mallory")
    assert "signed by admin," in SignOff.objects.get(pk=acts[0].pk).describe()
    assert audit().findings == ()


def test_an_act_from_before_names_were_kept_is_still_whole(acts: list[SignOff]) -> None:
    of_now = HashedAct(1, 1, "A", "a", "w", 1, "done", 1, NOON, "", {}, "")
    assert of_now.digest() == "44bd85f2261cc8015e95e130c8ee66ea39e2dd0c47033d8431919b84d9af6060"
    assert HashedAct(1, 1, "A", "a", "w", 1, "done", 1, NOON, "", {}, "", by_name="ada").digest() != of_now.digest()


def test_files_left_alone_tell_that_their_acts_are_gone(acts: list[SignOff]) -> None:
    kept = builders.file(acts[0].run, acts[0].item)
    assert audit().findings == (f"files without their sign-off: 1 ({kept.pk}): the chain may have been emptied",)


@pytest.mark.parametrize("model", [SignOff, EvidenceFile, RestoreRecord])
def test_the_tables_cannot_be_emptied(model: type[Model], db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL opsconsole.allow_truncate = off")
        with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic():
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        cursor.execute("SET LOCAL opsconsole.allow_truncate = on")
        cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


def test_log_and_file_hold_the_head(
    acts: list[SignOff], caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    items = Item.objects.filter(section__slug="core").select_related("section__version")
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        act = sign(ActRequest(acts[0].run, items[4], acts[0].by, NOON, note="checked"))
    assert (act.pk, act.hash) in [(vars(each).get("number"), vars(each).get("head")) for each in caplog.records]
    (kept,) = heads_file_of.read(settings.AUDIT_HEADS_FILE).heads
    assert (kept.number, kept.hash, kept.acts) == (act.pk, act.hash, 5)
