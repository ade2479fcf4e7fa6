"""Texts that are long or wide: bounded previews, pages that read no text; and what a new version would leave out."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.content import load
from bootstrap.importer import forms, jobs, read_runbook, views
from bootstrap.importer.markdown.blocks import Prose
from bootstrap.importer.models import RunbookImport
from bootstrap.importer.store import version_summary
from bootstrap.importer.tasks import runbook_imports
from bootstrap.runbooks.models import Runbook, RunbookVersion
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.people import client_of
from tests.seeds.files import seed_001

pytestmark = pytest.mark.django_db
ADDRESS = "/runbooks/import/"
TEXT = "# Mailer — Runbook\n\n- System: Mailer\n\n## Setup checklist\n\n- [ ] `MAIL_TOKEN` set\n"


@pytest.fixture
def owner() -> Client:
    return client_of("ada", "add_runbookversion")


def test_the_preview_names_what_a_new_version_leaves_out(owner: Client) -> None:
    assert "A new version of" not in owner.post(ADDRESS, {"text": TEXT}).content.decode()
    owner.post(ADDRESS, {"text": seed_001(), "save": "1"})
    slug = Runbook.objects.get().slug
    page = owner.post(ADDRESS, {"text": seed_001()}).content.decode()
    assert f"This text is version 1 of {slug} already: storing it makes no new version.</span>" in page
    longer = f"{seed_001()}\nOne more line.\n"
    assert f"A new version of {slug}.</span>" in owner.post(ADDRESS, {"text": longer}).content.decode()
    page = owner.post(ADDRESS, {"text": "# raptor\n\n- [ ] a", "slug": slug}).content.decode()
    assert f"A new version of {slug}: 10 sections, 33 items, 3 policies of it are not in this text." in page


def test_a_text_with_nothing_in_it_is_refused_everywhere(owner: Client, tmp_path: Path) -> None:
    empty = tmp_path / "mailer.md"
    empty.write_text("# Mailer\n")
    with pytest.raises(CommandError, match="There is nothing in it"):
        call_command("runbook", "import", str(empty))
    job = jobs.ask("# Mailer\n", "", "", builders.person(), clock.now())
    runbook_imports()
    job.refresh_from_db()
    assert (job.state, "There is nothing in it" in job.message) == (RunbookImport.State.FAILED, True)
    assert not RunbookVersion.objects.exists()


@pytest.mark.parametrize("more", [[], ["--create"]])
def test_a_slug_longer_than_its_column_is_refused(tmp_path: Path, more: list[str]) -> None:
    file = tmp_path / "mailer.md"
    file.write_text(TEXT)
    with pytest.raises(CommandError, match="at most 50"):
        call_command("runbook", "import", str(file), "--system", "a" * 500, *more)


def test_the_page_of_a_runbook_reads_no_text(
    owner: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner.post(ADDRESS, {"text": seed_001(), "save": "1"})
    monkeypatch.setattr(views, "read_runbook", None)
    monkeypatch.setattr(views, "document_of", None)
    address = f"/runbooks/{Runbook.objects.get().slug}/"
    assert "one flag under two names" in owner.get(address).content.decode()
    with django_assert_num_queries(15):
        owner.get(address)


def test_a_version_keeps_the_summary_of_its_text() -> None:
    load()
    version = RunbookVersion.objects.get(runbook__slug="raptor", number=1)
    assert version.summary == version_summary.summarise(read_runbook(version.source))
    assert version.summary["facts"]


def test_a_text_too_long_for_a_preview_can_be_stored_unseen(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (forms, views):
        monkeypatch.setattr(module, "LONGEST_PREVIEW", 100)
    monkeypatch.setattr(forms, "SHORT", 50)
    text = TEXT + "- [ ] another step done\n"
    page = owner.post(ADDRESS, {"text": text, "preview": "1"})
    assert page.status_code == 200
    assert "too many for a preview" in page.content.decode()
    assert "Store this version" in page.content.decode()
    assert owner.post(ADDRESS, {"text": text, "save": "1"}).status_code == 303
    assert RunbookImport.objects.get().source == text


def test_a_text_is_read_once_for_its_preview(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "read_runbook", None)
    assert owner.post(ADDRESS, {"text": TEXT, "preview": "1"}).status_code == 200


@pytest.mark.parametrize(("columns", "is_table"), [(200, True), (201, False), (5000, False)])
def test_a_table_of_very_many_columns_stays_lines(columns: int, is_table: bool) -> None:
    row = "|" + "x|" * columns + "\n"
    text = "# Wide\n\n" + row + "|" + "---|" * columns + "\n" + row * 20
    found = read_runbook(text)
    assert (len(found.tables) == 1) is is_table
    assert is_table or found.blocks[1] == Prose(text.split("\n\n", 1)[1].rstrip("\n"), 3, 24)
