"""Importing in the browser: a preview that stores nothing, correcting the text, storing; runbook pages and export."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.content import load
from bootstrap.importer import read_runbook
from bootstrap.importer.review.preview import preview
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import Environment, System
from tests.bootstrap.people import client_of, signer
from tests.markup import folded
from tests.seeds.files import seed_001

pytestmark = pytest.mark.django_db
TEXT = (
    "# Mailer — Runbook\n\n- System: Mailer\n\n## Setup checklist\n\n- [ ] `MAIL_TOKEN` set\n- [ ] `FLAG_MAIL=1` set\n"
)
ADDRESS = "/runbooks/import/"


@pytest.fixture
def owner() -> Client:
    return client_of("ada", "add_runbookversion")


def test_a_preview_tells_what_was_understood_and_stores_nothing(owner: Client) -> None:
    file = SimpleUploadedFile("mailer.md", TEXT.encode())
    page = folded(owner.post(ADDRESS, {"file": file, "preview": "1"}).content.decode())
    assert "item FLAG_MAIL (flag), wants on, waits for mail_token-set" in page
    assert "checklist “setup-checklist” (bootstrap)" in page
    assert "FLAG_MAIL=1` set" in page
    assert 'system <span class="mono">mailer</span>, which is made when you store it' in page
    assert not RunbookVersion.objects.exists()
    assert not System.objects.exists()


def test_a_preview_of_a_text_with_nothing_to_store_says_so_and_offers_no_button(owner: Client) -> None:
    page = folded(owner.post(ADDRESS, {"text": "# Words\n", "preview": "1"}).content.decode())
    assert "There is nothing in it to be stored: no item, no variable, no policy, and no text" in page
    assert "Store this version" not in page
    answer = owner.post(ADDRESS, {"text": "Launch\n======\n\nSee `it <x.html>`_.\n", "preview": "1"})
    assert answer.status_code == 422
    assert "This reads like reStructuredText, no markdown." in answer.content.decode()


def test_points_beneath_a_head_stand_before_its_button(owner: Client) -> None:
    text = (
        "# Mailer\n\n- System: mailer\n\n## Checklist\n\n- [ ] **KPIs:**\n  - Rate is tracked\n  - Delay is tracked\n"
    )
    owner.post(ADDRESS, {"text": text, "save": "1"})
    version = ChecklistVersion.objects.get()
    system = System.objects.get()
    environment = Environment.objects.create(system=system, slug="prod", name="Production")
    run = Run.objects.create(version=version, environment=environment)
    page = signer("bea").get(run.get_absolute_url()).content.decode()
    assert page.index("KPIs:") < page.index("Rate is tracked") < page.index("Delay is tracked") < page.index("/sign/")


def test_what_is_corrected_is_stored_as_a_version_by_name(owner: Client) -> None:
    answer = owner.post(ADDRESS, {"text": TEXT.replace("MAIL_TOKEN", "MAIL_KEY"), "save": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runbooks/mailer-runbook/")
    version = RunbookVersion.objects.select_related("created_by", "runbook__system").get()
    assert (version.created_by.username, version.runbook.system.slug) == ("ada", "mailer")
    assert "MAIL_KEY" in version.source
    assert b"is version 1 already" in owner.post(ADDRESS, {"text": version.source, "save": "1"}, follow=True).content


def test_a_flattened_text_is_mended_on_demand(owner: Client) -> None:
    page = owner.post(ADDRESS, {"text": seed_001(), "mend": "1"}).content.decode()
    assert "### Sentry (FLAG_SENTRY_BACKEND)" in page
    assert "has no mark of a heading" not in page
    assert "contradiction: one flag under two names" in page
    assert page.count('href="#line-') >= 9


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"text": ""}, "The file is empty"),
        ({"text": "just words"}, "nothing in it reads like a runbook"),
        ({"text": TEXT, "system": "not a slug"}, "Enter a valid"),
        ({"text": TEXT, "system": "a" * 500}, "at most 50 characters"),
        ({"text": "# Mailer"}, "There is nothing in it"),
        ({"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7")}, "This is a PDF"),
        ({"file": SimpleUploadedFile("x\u202edm.md", TEXT.encode())}, "x\\u202edm.md has marks in its name"),
    ],
)
def test_refusals_are_told_with_422(owner: Client, data: dict[str, object], message: str) -> None:
    answer = owner.post(ADDRESS, {**data, "save": "1"})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not RunbookVersion.objects.exists()


def test_importing_needs_the_permission() -> None:
    eve = client_of("eve")
    assert eve.get(ADDRESS).status_code == 403
    assert eve.post(ADDRESS, {"text": TEXT, "save": "1"}).status_code == 403
    assert Client().post(ADDRESS, {"text": TEXT}).status_code == 302
    assert not RunbookVersion.objects.exists()


def test_a_runbook_of_the_same_name_for_another_system_is_another_runbook(owner: Client) -> None:
    owner.post(ADDRESS, {"text": TEXT, "save": "1"})
    owner.post(ADDRESS, {"text": TEXT, "system": "other", "save": "1"})
    assert set(Runbook.objects.values_list("slug", "system__slug")) == {
        ("mailer-runbook", "mailer"),
        ("other-mailer-runbook", "other"),
    }


def test_the_page_of_a_runbook_and_its_export() -> None:
    load()
    eve = client_of("eve")
    assert b"/runbooks/raptor/" in eve.get("/runbooks/").content
    page = eve.get("/runbooks/raptor/").content.decode()
    for expected in (
        "PR #3540",
        "one flag under two names",
        "docs/ops/feature-flags-runbook.md",
        "Code-review checklist",
    ):
        assert expected in page
    exported = eve.get("/runbooks/raptor/export.md")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="raptor.md"'
    assert len(read_runbook(exported.content.decode()).checklists[0].sections) == 10
    assert eve.get("/runbooks/nope/").status_code == 404


def test_hostile_text_is_inert(owner: Client) -> None:
    body = "<img src=x onerror=alert(2)> [x](javascript:alert(3))"
    text = f"# <script>alert(1)</script> — Runbook\n\n## Key rule policy\n\n{body}\n"
    for page in (
        owner.post(ADDRESS, {"text": text, "preview": "1"}).content.decode(),
        owner.post(ADDRESS, {"text": text, "save": "1"}, follow=True).content.decode(),
    ):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page


def test_the_preview_covers_every_line_of_the_seed() -> None:
    text = seed_001()
    rows = preview(text, read_runbook(text), ())
    covered = {line for row in rows for line in range(row.first, row.last + 1)}
    assert covered == {number for number, line in enumerate(text.split("\n"), 1) if line.strip()}
    understood = [meaning for row in rows for meaning in row.understood]
    assert sum(meaning.text.startswith("item ") for meaning in understood) == 33
    assert sum(meaning.text.startswith("variable ") for meaning in understood) == 20


def test_a_long_preview_is_shown_in_pages_that_hold_a_line(owner: Client) -> None:
    parts = "".join(f"### Part {number}\n\n- [ ] step {number} done\n\n" for number in range(1, 301))
    text = f"# Long — Runbook\n\n## Setup checklist\n\n{parts}"
    first = folded(owner.post(ADDRESS, {"text": text, "preview": "1"}).content.decode())
    assert first.count('<tr id="line-') == 200
    assert 'aria-current="page" > 1 <' in first
    assert "602 blocks" in first
    last = owner.post(ADDRESS, {"text": text, "line": "1203"}).content.decode()
    assert 'id="line-1203"' in last
    assert last.count('<tr id="line-') == 2
    assert owner.post(ADDRESS, {"text": text, "line": "x"}).content.decode().count('<tr id="line-') == 200


def test_a_long_block_is_folded(owner: Client) -> None:
    text = "# Setup checklist\n\n" + "".join(f"- [ ] step {number} done\n" for number in range(1, 41))
    page = owner.post(ADDRESS, {"text": text, "preview": "1"}).content.decode()
    assert "<summary>- [ ] step 1 done</summary>" in page
    assert "<summary>40 understood</summary>" in page


DOCUMENT = (
    "# Runbook: queue stuck\n\n## Drain it\n\n1. Stop the producers:\n\n   ```sh\n   kubectl scale\n   ```\n\n"
    "2. Wait for [the owner](#the-owner)\n\n## The owner\n\nAda, by <script>alert(1)</script> day.\n"
)


def test_a_text_without_boxes_is_a_document_whose_steps_can_be_linked_to(owner: Client) -> None:
    page = folded(owner.post(ADDRESS, {"text": DOCUMENT, "system": "ops"}).content.decode())
    assert "It has no checklist and is kept as a document, 2 steps in it." in page
    answer = owner.post(ADDRESS, {"text": DOCUMENT, "system": "ops", "save": "1"})
    assert answer.headers["Location"] == "/runbooks/runbook-queue-stuck/"
    page = client_of("eve").get("/runbooks/runbook-queue-stuck/").content.decode()
    for part in ('id="drain-it"', 'id="drain-it-step-2"', 'data-copy="code-1"', 'href="#the-owner"', 'id="the-owner"'):
        assert part in page
    assert "<script>alert" not in page
    assert "Make a checklist of these steps" not in page, "only those who may import are asked"
    listed = folded(owner.get("/runbooks/?q=PRODUCERS+stuck").content.decode())
    assert "A document, without a checklist" in listed
    assert "runbook-queue-stuck" not in owner.get("/runbooks/?q=consumers").content.decode()


def test_a_checklist_is_made_of_steps_on_purpose_and_seen_before_it_is_stored(owner: Client) -> None:
    owner.post(ADDRESS, {"text": DOCUMENT, "system": "ops", "save": "1"})
    link = "/runbooks/import/?runbook=runbook-queue-stuck&amp;steps=in-order"
    assert link in owner.get("/runbooks/runbook-queue-stuck/").content.decode()
    page = folded(owner.get(link.replace("&amp;", "&")).content.decode())
    assert "A new version of runbook-queue-stuck." in page
    assert "waits for stop-the-producers" in page
    assert "1. [ ] Stop the producers:" in page
    assert RunbookVersion.objects.count() == 1
    page = folded(owner.post(ADDRESS, {"text": DOCUMENT, "steps": "each"}).content.decode())
    assert "item stop-the-producers" in page
    assert "waits for" not in page
    assert owner.get("/runbooks/import/?runbook=nope").status_code == 404


def test_a_text_that_would_replace_a_runbook_of_another_title_is_stored_once_a_person_says_as_what(
    owner: Client,
) -> None:
    owner.post(ADDRESS, {"text": "# C setup\n\n- [ ] a\n", "system": "ops", "save": "1"})
    other = {"text": "# C++ setup\n\n- [ ] b\n", "system": "ops"}
    for pressed in ({"preview": "1"}, {"save": "1"}):
        page = folded(owner.post(ADDRESS, {**other, **pressed}).content.decode())
        assert "“C++ setup” would become the next version of “C setup” (c-setup), which has another title." in page
        assert 'name="decide" value="c-setup"' in page
        assert 'name="decide" value="c-setup-2"' in page
        assert "Store this version" not in page
    assert RunbookVersion.objects.count() == 1
    assert owner.post(ADDRESS, {**other, "decide": "c-setup-2"}).headers["Location"] == "/runbooks/c-setup-2/"
    answer = owner.post(ADDRESS, {**other, "slug": "c-setup", "save": "1"})
    assert answer.status_code == 422
    assert "is the title of the runbook c-setup-2 already" in answer.content.decode()


def test_a_runbook_with_checklists_shows_its_text_where_it_is_asked_for(owner: Client) -> None:
    owner.post(ADDRESS, {"text": TEXT, "save": "1"})
    assert "Read the whole text" in owner.get("/runbooks/mailer-runbook/").content.decode()
    assert 'id="setup-checklist"' in owner.get("/runbooks/mailer-runbook/?text").content.decode()
    owner.post(ADDRESS, {"text": TEXT.replace("## Setup", "## New setup"), "save": "1"})
    assert "; no longer in the text" in folded(owner.get("/runbooks/mailer-runbook/").content.decode())
