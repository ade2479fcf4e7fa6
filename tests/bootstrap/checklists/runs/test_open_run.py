"""Opening runs, moving them to a newer version, and what the pages of both say."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import Checklist, Item, Run, SignOff
from bootstrap.checklists.queries import item_progress_by_run
from bootstrap.checklists.refusals import AlreadyOpen, RunClosed, SecondPersonNeeded
from bootstrap.checklists.runs.open_run import move_run, open_run
from bootstrap.checklists.signing.sign import mark_not_applicable, sign
from bootstrap.checklists.version_changes import compare
from bootstrap.checklists.version_queries import wordings
from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
FIRST = """# Demo

## Setup checklist

### Mail (FLAG_MAIL)

| Var | Default |
|---|---|
| `MAIL_TOKEN` | none |

- [ ] `MAIL_TOKEN` provisioned
- [ ] Account confirmed
- [ ] Sender named
- [ ] `FLAG_MAIL=1` set
"""
# One item reworded, one gone, one new; the flag now waits for another set of items.
SECOND = FIRST.replace("Account confirmed", "Account confirmed by the provider").replace(
    "- [ ] Sender named\n", "- [ ] `MAIL_TOKEN` rotated\n"
)
TWO = FIRST.replace("Account confirmed", "Account confirmed (two-person)")


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("admin")


def load(text: str) -> None:
    app = builders.environment().system.apps.get()
    load_runbook(read_runbook(text), text, app, "demo")


@pytest.fixture
def run(admin: User) -> Run:
    load(FIRST)
    version = Checklist.objects.get().versions.get()
    return open_run(version, builders.environment(), admin)


def item(run: Run, key: str) -> Item:
    return Item.objects.get(section__version=run.version, key=key)


def newest(run: Run) -> object:
    return run.version.checklist.versions.first()


def states(run: Run) -> dict[str, str]:
    found = item_progress_by_run([run], NOON)[run.pk]
    return {each.key: found[each.pk].state.value for each in Item.objects.filter(section__version=run.version)}


def test_one_open_run_of_a_checklist_in_an_environment(run: Run, admin: User) -> None:
    """Of another version neither: what the one proves the other may have taken back."""
    load(SECOND)
    for version in (run.version, newest(run)):
        with pytest.raises(AlreadyOpen, match="A run of Setup checklist is open in demo/prod already: go on with it"):
            open_run(version, run.environment, admin)
    assert open_run(run.version, builders.environment("staging"), admin).started_by == admin


def test_changes_between_versions(run: Run) -> None:
    load(SECOND)
    changes = compare(wordings(run.version_id), wordings(newest(run).pk))
    assert tuple(changes.added) == ("account-confirmed-by-the-provider", "MAIL_TOKEN-2")
    assert tuple(changes.removed) == ("account-confirmed", "sender-named")
    assert [(each.key, each.what) for each in changes.changed] == [("FLAG_MAIL", ("needs",))]
    assert changes.same == ("MAIL_TOKEN",)


def test_a_moved_run_keeps_what_is_the_same_and_opens_the_rest(run: Run, admin: User) -> None:
    sign(ActRequest(run, item(run, "MAIL_TOKEN"), admin, NOON, note="from the vault"))
    for key in ("account-confirmed", "sender-named", "FLAG_MAIL"):
        mark_not_applicable(ActRequest(run, item(run, key), admin, NOON, note="no"))
    load(SECOND)
    bob = User.objects.create_superuser("bob")
    moved = move_run(run, newest(run), bob, NOON)
    assert states(moved) == {
        "MAIL_TOKEN": "done",
        "account-confirmed-by-the-provider": "open",
        "MAIL_TOKEN-2": "open",
        "FLAG_MAIL": "blocked",
    }
    act = SignOff.objects.get(run=moved)
    assert act.by == bob
    assert act.note == "Taken over from version 1: signed by admin, 2026-06-12 12:00 UTC. from the vault"
    run.refresh_from_db()
    assert (run.closed_at, moved.continues, run.continued_by) == (NOON, run, moved)
    assert verify_audit().findings == ()
    with pytest.raises(RunClosed):
        move_run(run, newest(run), bob, NOON)


def test_half_of_two_signatures_is_not_taken_over(run: Run, admin: User) -> None:
    """The mover would stand for the first signer, who could then sign a second time."""
    load(TWO)
    moved = move_run(run, newest(run), admin, NOON)
    ada, bob = User.objects.create_superuser("ada"), User.objects.create_superuser("bob")
    key = "account-confirmed"
    sign(ActRequest(moved, item(moved, key), ada, NOON))
    load(f"{TWO}- [ ] One more\n")
    third = move_run(moved, newest(moved), bob, NOON)
    assert states(third)[key] == "open"
    sign(ActRequest(third, item(third, key), ada, NOON))
    with pytest.raises(SecondPersonNeeded):
        sign(ActRequest(third, item(third, key), ada, NOON))
    sign(ActRequest(third, item(third, key), bob, NOON))
    load(f"{TWO}- [ ] One more\n- [ ] And another\n")
    last = move_run(third, newest(third), admin, NOON)
    assert "signed by bob, 2026-06-12 12:00 UTC; first signed by ada" in SignOff.objects.get(run=last).note


def test_all_acts_are_taken_over_in_one_statement(run: Run, admin: User) -> None:
    """The chain is locked meanwhile: nobody else can sign."""
    for key in ("MAIL_TOKEN", "account-confirmed", "sender-named"):
        sign(ActRequest(run, item(run, key), admin, NOON))
    load(f"{FIRST}- [ ] One more\n")
    with CaptureQueriesContext(connection) as queries:
        moved = move_run(run, newest(run), admin, NOON)
    assert SignOff.objects.filter(run=moved).count() == 3
    assert sum('INSERT INTO "bootstrap_signoff"' in query["sql"] for query in queries) == 1
    assert verify_audit().findings == ()


def test_opening_and_moving_need_the_permission(run: Run) -> None:
    eve = User.objects.create(username="eve")
    with pytest.raises(PermissionDenied):
        open_run(run.version, builders.environment("staging"), eve)
    with pytest.raises(PermissionDenied):
        move_run(run, run.version, eve, NOON)


def test_the_run_tells_of_a_newer_version_and_moves_to_it(run: Run) -> None:
    client = client_of("dan", "add_run", "add_signoff")
    assert b"is newer" not in client.get(run.get_absolute_url()).content
    assert b"newest version" in client.get(f"{run.get_absolute_url()}changes/").content
    load(SECOND)
    assert b"Version 2 of this checklist is newer" in client.get(run.get_absolute_url()).content
    page = client.get(f"{run.get_absolute_url()}changes/").content.decode()
    assert "account-confirmed-by-the-provider" in page
    assert "sender-named" in page
    answer = client.post(f"{run.get_absolute_url()}move/")
    moved = Run.objects.get(continues=run)
    assert (answer.status_code, answer.headers["Location"]) == (303, moved.get_absolute_url())
    assert client_of("eve").post(f"{moved.get_absolute_url()}move/").status_code == 403


def test_a_form_starts_a_run_of_the_newest_version_within_one_system(run: Run) -> None:
    load(SECOND)
    client = client_of("dan", "add_run")
    staging, elsewhere = builders.environment("staging"), builders.environment("prod", "other")
    form = {"version": newest(run).pk, "environment": staging.pk}
    assert b"Start one" in client.get("/checklists/").content
    client.post("/checklists/start/", form)
    assert Run.objects.get(environment=staging).version.number == 2
    assert b"is open in demo/staging already" in client.post("/checklists/start/", form, follow=True).content
    refused = client.post("/checklists/start/", {**form, "environment": elsewhere.pk})
    assert refused.status_code == 422
    assert b"of another system" in refused.content
    assert client.post("/checklists/start/", {**form, "version": run.version.pk}).status_code == 422
    assert b"Start one" not in client_of("eve").get("/checklists/").content
    assert Client().post("/checklists/start/", form).status_code == 302


def test_a_run_as_markdown_with_its_sign_offs(run: Run, admin: User) -> None:
    sign(
        ActRequest(
            run, item(run, "MAIL_TOKEN"), admin, NOON, note="from\nthe vault", evidence={"link": "https://x.org/1"}
        )
    )
    answer = client_of("eve").get(f"{run.get_absolute_url()}export.md")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="demo-setup-checklist-demo-prod.md"'
    text = answer.content.decode()
    assert (
        "- [x] `MAIL_TOKEN` provisioned\n  - signed by admin, 2026-06-12 12:00 UTC: from the vault (https://x.org/1)"
        in text
    )
    assert "- [ ] `FLAG_MAIL=1` set\n  - waits for account-confirmed, sender-named" in text
    exported = read_runbook(text).checklists[0].sections[0]
    assert [each.key for each in exported.items] == ["MAIL_TOKEN", "account-confirmed", "sender-named", "FLAG_MAIL"]


def test_what_people_wrote_is_text_in_markdown(run: Run) -> None:
    note = "<img src=x onerror=alert(1)> & ![a](https://evil.example) `<b>`"
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), note=note, evidence={"link": "https://a.example/?b=<i>[c]"})
    text = client_of("eve").get(f"{run.get_absolute_url()}export.md").content.decode()
    shown = r"&lt;img src=x onerror=alert(1)&gt; &amp; !\[a\](https://evil.example) \`&lt;b&gt;\`"
    assert f"{shown} (https://a.example/?b=%3Ci%3E%5Bc%5D)" in text
