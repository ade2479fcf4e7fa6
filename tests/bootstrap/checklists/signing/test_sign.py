"""Acts on items: who may, in which order, two people at once, what is refused and with which message."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, close_old_connections, connection, transaction
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import _hashed, verify_audit
from bootstrap.checklists.evidence_files import read_attachment
from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.checklists.queries import item_progress_by_run
from bootstrap.checklists.refusals import (
    AlreadySigned,
    AnswerWrong,
    Blocked,
    EvidenceMissing,
    NothingToTakeBack,
    PasswordsNeeded,
    ReasonMissing,
    Refusal,
    RunClosed,
    SecondPersonNeeded,
)
from bootstrap.checklists.signing.sign import mark_not_applicable, sign, take_back
from bootstrap.checklists.signing.sign_many import sign_many
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
LOG = read_attachment("drill.log", b"restored 1,204 tables\n", 1000)


def signer(name: str = "ada") -> User:
    person = builders.person(name)
    person.user_permissions.add(Permission.objects.get(codename="add_signoff"))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def run() -> Run:
    return builders.run(builders.environment())


@pytest.fixture
def item(run: Run) -> Item:
    return builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")


def state(run: Run, item: Item) -> str:
    return item_progress_by_run([run], NOON)[run.pk][item.pk].state.value


def test_signing_taking_back_and_signing_again(run: Run, item: Item) -> None:
    first = sign(ActRequest(run, item, signer(), NOON, note="as agreed", evidence={"link": "https://example.org/1"}))
    assert (first.act, first.sequence, first.note) == ("done", 1, "as agreed")
    assert state(run, item) == "done"
    assert take_back(ActRequest(run, item, signer("bob"), NOON)).sequence == 2
    assert state(run, item) == "open"
    assert sign(ActRequest(run, item, signer(), NOON)).sequence == 3
    assert verify_audit().findings == ()


def test_only_those_with_the_permission(run: Run, item: Item) -> None:
    for act in (sign, take_back, mark_not_applicable):
        with pytest.raises(PermissionDenied):
            act(ActRequest(run, item, builders.person("eve"), NOON, note="x"))


def test_a_signed_item_is_not_signed_again(run: Run, item: Item) -> None:
    sign(ActRequest(run, item, signer(), NOON))
    with pytest.raises(AlreadySigned, match="MAIL_TOKEN: signed by ada, 2026-06-12 12:00 UTC"):
        sign(ActRequest(run, item, signer("bob"), NOON))


def test_an_act_on_an_older_state_is_refused_with_what_happened(run: Run, item: Item) -> None:
    sign(ActRequest(run, item, signer(), NOON, seen=0))
    take_back(ActRequest(run, item, signer("bob"), NOON, seen=1))
    with pytest.raises(AlreadySigned, match="taken back by bob"):
        sign(ActRequest(run, item, signer("eve"), NOON, seen=0))


def test_a_blocked_item_says_what_it_waits_for(run: Run, item: Item) -> None:
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=item)
    with pytest.raises(Blocked, match="FLAG_MAIL waits for MAIL_TOKEN"):
        sign(ActRequest(run, flag, signer(), NOON))
    sign(ActRequest(run, item, signer(), NOON))
    assert sign(ActRequest(run, flag, signer(), NOON)).act == "done"


def test_two_person_items_need_a_second_different_person(run: Run) -> None:
    item = builders.item(run, "failover", two_person=True)
    assert sign(ActRequest(run, item, signer(), NOON)).act == "signed"
    assert state(run, item) == "signed"
    with pytest.raises(SecondPersonNeeded, match="has to be another person's"):
        sign(ActRequest(run, item, signer(), NOON))
    assert sign(ActRequest(run, item, signer("bob"), NOON)).act == "done"


def test_evidence_where_it_is_asked_for(run: Run) -> None:
    item = builders.item(run, "restore", evidence_required=True)
    with pytest.raises(EvidenceMissing):
        sign(ActRequest(run, item, signer(), NOON, note="  "))
    assert sign(ActRequest(run, item, signer(), NOON, evidence={"link": "https://example.org/"})).act == "done"


def test_not_applicable_needs_a_reason(run: Run, item: Item) -> None:
    with pytest.raises(ReasonMissing):
        mark_not_applicable(ActRequest(run, item, signer(), NOON))
    mark_not_applicable(ActRequest(run, item, signer(), NOON, note="no mail here"))
    assert state(run, item) == "not_applicable"


def test_nothing_to_take_back_and_closed_runs(run: Run, item: Item) -> None:
    with pytest.raises(NothingToTakeBack):
        take_back(ActRequest(run, item, signer(), NOON))
    Run.objects.update(closed_at=NOON)
    with pytest.raises(RunClosed):
        sign(ActRequest(run, item, signer(), NOON))


def test_sign_offs_cannot_be_changed_or_deleted(run: Run, item: Item) -> None:
    act = sign(ActRequest(run, item, signer(), NOON))
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        SignOff.objects.filter(pk=act.pk).update(note="rewritten")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        act.delete()


def test_many_are_signed_in_the_order_they_wait_for_each_other(run: Run, item: Item) -> None:
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=item)
    signed = sign_many([(run, flag), (run, item)], signer(), NOON)
    assert [made.key for made, _ in signed] == ["MAIL_TOKEN", "FLAG_MAIL"]
    again = sign_many([(run, flag), (run, item)], signer("bob"), NOON)
    assert {act.by.username for _, act in again} == {"ada"}, "what was signed keeps its signer"


def test_many_are_signed_all_or_none(run: Run, item: Item) -> None:
    other = builders.item(run, "other")
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=item)
    with pytest.raises(Blocked, match="waits for MAIL_TOKEN"):
        sign_many([(run, other), (run, flag)], signer(), NOON)
    assert not SignOff.objects.exists()


def test_the_statements_of_a_sign_off_do_not_grow_with_the_checklist(run: Run, item: Item) -> None:
    person = signer()
    sign(ActRequest(run, builders.item(run, "warm-up"), person, NOON))
    counts = []
    for size in (3, 60):
        for n in range(size):
            builders.item(run, f"{size}-{n}")
        with CaptureQueriesContext(connection) as queries:
            sign(ActRequest(run, builders.item(run, f"last-{size}"), person, NOON))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins_and_the_other_hears_who_was_first() -> None:
    run = builders.run(builders.environment())
    item = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")
    people = [signer(name) for name in ("ada", "bob", "eve", "dan")]
    together = Barrier(len(people))

    def attempt(person: User) -> SignOff | Refusal:
        together.wait(timeout=10)
        try:
            return sign(ActRequest(run, item, person, NOON, seen=0))
        except Refusal as refusal:
            return refusal
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = list(pool.map(attempt, people))
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, SignOff)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, AlreadySigned)]
    assert len(lost) == 3
    assert all(f"signed by {won.by.username}" in str(refusal) for refusal in lost)
    assert SignOff.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_acts_on_many_items_at_once_stay_one_chain() -> None:
    run = builders.run(builders.environment())
    items = [builders.item(run, f"item-{n}") for n in range(24)]
    person = signer()

    def attempt(item: Item) -> None:
        sign(ActRequest(run, item, person, NOON))
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(attempt, items))
    report = verify_audit()
    assert (report.acts, report.findings) == (24, ())


def question(run: Run) -> Item:
    return builders.item(run, "is-it-read-only", kind="question", text="Is it read only?")


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_question_is_answered_and_the_chain_holds_the_answer(run: Run, answer: str) -> None:
    act = sign(ActRequest(run, question(run), signer(), NOON, answer=answer))
    assert (act.act, act.answer) == ("done", answer)
    assert act.describe() == f"answered {answer} by ada, 2026-06-12 12:00 UTC"
    assert verify_audit().findings == ()
    assert replace(_hashed(act), answer="").digest() != act.hash


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_a_question_is_not_signed_without_yes_or_no(run: Run, answer: str) -> None:
    with pytest.raises(AnswerWrong, match="is-it-read-only is a question: answer yes or no"):
        sign(ActRequest(run, question(run), signer(), NOON, answer=answer))


def test_what_asks_nothing_takes_no_answer(run: Run, item: Item) -> None:
    with pytest.raises(AnswerWrong, match="MAIL_TOKEN asks nothing: sign it"):
        sign(ActRequest(run, item, signer(), NOON, answer="yes"))


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        ("file", {"note": "seen", "evidence": {"link": "https://example.org"}}, "a file as evidence"),
        ("link", {"note": "seen", "file": LOG}, "a link to evidence"),
        ("", {}, "evidence: add a note, a link or a file"),
    ],
)
def test_evidence_of_the_wrong_kind_does_not_do(run: Run, kind: str, given: dict[str, Any], missing: str) -> None:
    item = builders.item(run, "drill", evidence_required=True, evidence_kind=kind)
    with pytest.raises(EvidenceMissing, match=f"drill asks for {missing}"):
        sign(ActRequest(run, item, signer(), NOON, **given))
    right = {"file": {"file": LOG}, "link": {"evidence": {"link": "https://example.org"}}, "": {"note": "seen"}}[kind]
    assert sign(ActRequest(run, item, signer(), NOON, **right)).act == "done"


def test_a_script_is_neither_of_two_people(run: Run) -> None:
    item = builders.item(run, "ROTATED", two_person=True)
    with pytest.raises(PasswordsNeeded, match="each with their password: sign it in the browser"):
        sign_many([(run, item)], signer(), NOON)
