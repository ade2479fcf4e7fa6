"""Editing items in the browser: a draft, its difference, a new version; two people at once; imports after it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import Checklist, Item
from bootstrap.importer.forms import SHORT
from bootstrap.importer.models import RunbookDraft, RunbookEdit, RunbookImport
from bootstrap.importer.tasks import runbook_imports
from bootstrap.runbooks.models import RunbookVersion
from tests.bootstrap import builders
from tests.bootstrap.people import client_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
TEXT = (
    "# Mailer\n\n- System: Mailer\n\n## Setup checklist\n\n"
    "- [ ] Create the account\n- [ ] Verify the domain\n  - [ ] Wait for the record\n- [ ] Send a test\n"
)
EDIT, ITEM, STORE = "/runbooks/mailer/edit/", "/runbooks/mailer/edit/item/", "/runbooks/mailer/edit/store/"
PART = "setup-checklist"


@pytest.fixture
def ada() -> Client:
    client = client_of("ada", "add_runbookversion")
    client.post("/runbooks/import/", {"text": TEXT, "save": "1"})
    return client


def fields(text: str, **more: str) -> dict[str, str]:
    return {"text": text, "body": "", "kind": "", "condition": "", "needs": "", "evidence": "", "revision": "0", **more}


def keys() -> list[str]:
    newest = Checklist.objects.get().versions.order_by("-number")[0]
    return list(Item.objects.filter(section__version=newest).order_by("order").values_list("key", flat=True))


def act(client: Client, do: str, revision: int, **sent: str) -> int:
    return client.post(EDIT, {"do": do, "revision": str(revision), **sent}).status_code


def test_edits_gather_in_a_draft_and_become_one_version_with_its_reason(ada: Client) -> None:
    added = fields("Warm it up", section=f"{PART}:{PART}", after=f"{PART}:create-the-account", two_person="on")
    assert ada.post(ITEM, added).status_code == 303
    assert act(ada, "item-up", 1, item=f"{PART}:send-a-test", beside=f"{PART}:verify-the-domain") == 303
    assert RunbookVersion.objects.count() == 1
    page = folded(ada.get(STORE).content.decode())
    assert "1 new, 0 changed, 0 gone, 1 moved" in page
    stored = ada.post(STORE, {"reason": "After the outage", "revision": "2"})
    assert stored.status_code == 303
    version = RunbookVersion.objects.get(number=2)
    assert version.source == TEXT.replace(
        "- [ ] Verify", "- [ ] Warm it up (two-person)\n- [ ] Send a test\n- [ ] Verify"
    ).replace("record\n- [ ] Send a test\n", "record\n")
    assert keys() == ["create-the-account", "warm-it-up", "send-a-test", "verify-the-domain", "wait-for-the-record"]
    assert Item.objects.get(key="warm-it-up").two_person
    edit = RunbookEdit.objects.get()
    assert (edit.version_id, edit.base.number, edit.reason, len(edit.acts)) == (version.pk, 1, "After the outage", 2)
    assert not RunbookDraft.objects.exists()
    assert "edited by ada: After the outage" in folded(ada.get("/runbooks/mailer/").content.decode())


def test_the_second_of_two_people_is_told_and_makes_the_edits_on_the_newest_version(ada: Client) -> None:
    bea = client_of("bea", "add_runbookversion")
    sent = fields("Send two tests", item=f"{PART}:send-a-test", keep_key="on")
    assert bea.post(ITEM, sent).status_code == 303
    assert act(bea, "remove", 1, item=f"{PART}:create-the-account") == 303
    assert act(ada, "remove", 0, item=f"{PART}:create-the-account") == 303
    assert ada.post(STORE, {"reason": "Gone", "revision": "1"}).status_code == 303
    late = bea.post(STORE, {"reason": "Mine", "revision": "2"})
    assert late.status_code == 409
    assert "Version 2 was stored meanwhile." in late.content.decode()
    assert act(bea, "take-over", 2) == 303
    page = folded(bea.get(EDIT).content.decode())
    assert "Edits without a place in the newest version" in page
    assert "There is no item create-the-account any more." in page.replace("&#x27;", "'")
    assert bea.post(STORE, {"reason": "Mine", "revision": "3"}).status_code == 303
    newest = RunbookVersion.objects.get(number=3)
    assert "- [ ] Send two tests <!-- key: send-a-test -->" in newest.source
    assert keys() == ["verify-the-domain", "wait-for-the-record", "send-a-test"]


def test_undone_and_thrown_away_edits_leave_the_text_as_it_was(ada: Client) -> None:
    assert act(ada, "split", 0, item=f"{PART}:send-a-test", texts="Send one\nSend another") == 303
    assert act(ada, "join", 1, item=f"{PART}:send-a-test", text="Send both") == 303
    assert act(ada, "undo", 2) == 303
    assert "Send another" in RunbookDraft.objects.get().text
    assert act(ada, "undo", 3) == 303
    assert RunbookDraft.objects.get().text == TEXT
    assert act(ada, "throw-away", 4) == 303
    assert not RunbookDraft.objects.exists()


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        ({"do": "remove", "item": "gone:gone", "revision": "0"}, 422, "There is no item gone any more."),
        ({"do": "dance", "revision": "0"}, 422, "do: one of item-up"),
        ({"do": "move", "item": f"{PART}:send-a-test", "place": "x", "revision": "0"}, 422, "choose where it is to go"),
        ({"do": "rename", "section": f"{PART}:{PART}", "title": "\0", "revision": "0"}, 422, "control characters"),
        ({"do": "rename", "section": f"{PART}:{PART}", "title": "X", "revision": "0"}, 422, "title of the checklist"),
        ({"do": "remove", "item": f"{PART}:send-a-test", "revision": "7"}, 409, "changed in another window"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    ada: Client, sent: Mapping[str, str], status: int, why: str
) -> None:
    answer = ada.post(EDIT, sent)
    assert answer.status_code == status
    assert why in answer.content.decode()
    assert not RunbookDraft.objects.exists()


def test_words_that_ask_for_more_than_the_form_are_refused_at_their_field(ada: Client) -> None:
    answer = ada.post(ITEM, fields("Check it (two-person)", item=f"{PART}:send-a-test"))
    assert answer.status_code == 422
    assert "the words ask for two people" in answer.content.decode()
    answer = ada.post(ITEM, fields("Check it", item=f"{PART}:send-a-test", needs="nothing-such"))
    assert "this checklist has no item nothing-such" in answer.content.decode()


def test_an_import_that_lacks_edits_of_the_page_is_held_until_somebody_says_so(ada: Client) -> None:
    assert act(ada, "remove", 0, item=f"{PART}:create-the-account") == 303
    assert ada.post(STORE, {"reason": "Not needed", "revision": "1"}).status_code == 303
    again = TEXT.replace("Send a test", "Send a mail")
    held = ada.post("/runbooks/import/", {"text": again, "save": "1"})
    page = folded(held.content.decode())
    assert held.status_code == 409
    assert "lacks 1 of these edits" in page
    assert 'removed <span class="mono">create-the-account</span>' in page
    patch = ada.get("/runbooks/mailer/edits.patch").content.decode()
    assert "-- [ ] Create the account\n" in patch
    kept = ada.get("/runbooks/mailer/source.md").content.decode().replace("Send a test", "Send a mail")
    assert ada.post("/runbooks/import/", {"text": kept, "save": "1"}).status_code == 303
    assert act(ada, "remove", 0, item=f"{PART}:send-a-mail") == 303
    assert ada.post(STORE, {"reason": "Not needed", "revision": "1"}).status_code == 303
    assert ada.post("/runbooks/import/", {"text": again, "save": "1", "undo_edits": "1"}).status_code == 303


def test_edits_may_lead_back_to_an_older_text(ada: Client) -> None:
    for revision, (above, moved) in enumerate([("create-the-account", "verify-the-domain")] * 2):
        one, other = (above, moved) if revision else (moved, above)
        assert act(ada, "item-up", 0, item=f"{PART}:{one}", beside=f"{PART}:{other}") == 303
        assert ada.post(STORE, {"reason": "Tried", "revision": "1"}).status_code == 303
    assert keys()[:2] == ["create-the-account", "verify-the-domain"]
    assert RunbookVersion.objects.get(number=3).source == f"{TEXT}\n"


def edited(client: Client, **changes: str) -> None:
    """A version in which the first item is gone."""
    assert act(client, "remove", 0, item=f"{PART}:create-the-account", **changes) == 303
    assert client.post(STORE, {"reason": "Not needed", "revision": "1"}).status_code == 303


def test_a_long_text_undoes_no_edit_in_the_background_until_somebody_says_so(ada: Client) -> None:
    edited(ada)
    long = TEXT + "\n" + "Told at length. " * (SHORT // 15 + 1) + "\n"
    address = ada.post("/runbooks/import/", {"text": long, "save": "1"}).headers["Location"]
    runbook_imports()
    page = folded(ada.get(address).content.decode())
    assert "It would undo 1 edit made on the page of mailer since version 1 was imported: removed create-the" in page
    assert RunbookVersion.objects.count() == 2
    retry = f"/runbooks/import/?from={RunbookImport.objects.get().pk}"
    assert retry in page
    assert 'name="undo_edits"' in ada.post("/runbooks/import/", {"text": long, "preview": "1"}).content.decode()
    ada.post("/runbooks/import/", {"text": long, "save": "1", "undo_edits": "1"})
    runbook_imports()
    assert RunbookVersion.objects.get(number=3).source == long


def test_an_import_under_way_takes_the_word_of_a_second_click(ada: Client) -> None:
    edited(ada)
    long = TEXT + "\n" + "Told at length. " * (SHORT // 15 + 1) + "\n"
    for more in ({}, {"undo_edits": "1"}):
        ada.post("/runbooks/import/", {"text": long, "save": "1", **more})
    runbook_imports()
    assert RunbookImport.objects.get().message.startswith("Stored as version 3")


def test_a_command_refuses_to_undo_edits_dry_or_not_unless_it_is_told_to(
    ada: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(ada)
    file = tmp_path / "mailer.md"
    file.write_text(TEXT.replace("Send a test", "Send a mail"))
    for more in ([], ["--dry-run"]):
        with pytest.raises(CommandError, match=r"removed create-the-account\. Nothing was stored.*--undo-edits"):
            call_command("runbook", "import", str(file), *more)
    call_command("runbook", "import", str(file), "--undo-edits", "--dry-run")
    assert "It would undo 1 edit" in capsys.readouterr().out
    call_command("runbook", "import", str(file), "--undo-edits")
    assert "undoes 1 edit" in capsys.readouterr().err
    assert keys()[0] == "create-the-account"


def test_what_was_moved_or_given_a_level_on_the_page_is_told_as_lost(ada: Client) -> None:
    assert act(ada, "item-up", 0, item=f"{PART}:send-a-test", beside=f"{PART}:verify-the-domain") == 303
    assert ada.post(STORE, {"reason": "Test first", "revision": "1"}).status_code == 303
    held = ada.post("/runbooks/import/", {"text": TEXT + "- [ ] One more\n", "save": "1"})
    assert held.status_code == 409
    assert 'moved <span class="mono">send-a-test</span>' in folded(held.content.decode())
    kept = ada.get("/runbooks/mailer/source.md").content.decode() + "- [ ] One more\n"
    assert ada.post("/runbooks/import/", {"text": kept, "save": "1"}).status_code == 303
    text = kept.replace("Create the account", "Create the account (P1)")
    assert ada.post("/runbooks/import/", {"text": text, "save": "1"}).status_code == 303
    levelled = fields("Send a test (P0)", item=f"{PART}:send-a-test", key="send-a-test")
    assert ada.post(ITEM, levelled).status_code == 303
    assert ada.post(STORE, {"reason": "First of all", "revision": "1"}).status_code == 303
    assert ada.post("/runbooks/import/", {"text": text + "\nWords.\n", "save": "1"}).status_code == 409


def test_who_may_not_import_sees_no_button_and_is_refused(ada: Client) -> None:
    guest = client_of("guest", "view_runbook")
    assert [guest.get(url).status_code for url in (EDIT, ITEM, STORE)] == [403, 403, 403]
    assert EDIT not in guest.get("/runbooks/mailer/").content.decode()
    assert EDIT in ada.get("/runbooks/mailer/").content.decode()


def test_the_pages_take_as_many_queries_whatever_the_number_of_items(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more = TEXT + "".join(f"- [ ] Step number {number}\n" for number in range(30))
    for text in (TEXT + "\n", more):
        ada.post("/runbooks/import/", {"text": text, "save": "1"})
        with django_assert_num_queries(7):
            ada.get(EDIT)
        with django_assert_num_queries(9):
            ada.get(STORE)


def test_a_text_too_long_for_the_page_leads_to_its_file_and_the_import(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bootstrap.importer.editing.store_edit.LONGEST", len(TEXT) - 1)
    page = folded(ada.get(EDIT).content.decode())
    assert "too many to be edited on a page" in page
    assert 'href="/runbooks/mailer/source.md"' in page
    assert 'href="/runbooks/import/"' in page
    assert ada.get("/runbooks/mailer/source.md").content.decode() == TEXT


def test_a_checklist_without_a_runbook_says_on_its_page_what_to_do_instead(ada: Client) -> None:
    run = builders.run(builders.environment())
    said = "its items cannot be edited on a page"
    assert said in folded(ada.get(run.get_absolute_url()).content.decode())
    assert said not in folded(client_of("eve").get(run.get_absolute_url()).content.decode())
