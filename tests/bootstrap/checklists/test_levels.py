"""Levels from the text to the run: page, print, export, API, and a version that gives an item another one."""

from __future__ import annotations

import pytest

from bootstrap.checklists.models import ChecklistVersion, Item, Run
from bootstrap.checklists.runs.open_run import move_run, open_run
from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.models import App
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import client_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
TEXT = """# Launch checklist

| Check name | Description | Basic | Full |
|---|---|---|---|
| Backups | A copy is kept | x | x |
| Restore | A copy was read back | | x |
"""


def imported(text: str = TEXT, slug: str = "launch") -> ChecklistVersion:
    app = App.objects.get(slug="demo-api")
    (version,) = load_runbook(read_runbook(text), text, app, slug).checklist_versions
    return version


@pytest.fixture
def run() -> Run:
    place = builders.environment()
    return open_run(imported(), place, User.objects.create_superuser("root"))


def test_the_version_and_its_items_keep_what_the_text_says(run: Run) -> None:
    assert run.version.levels == ["Basic", "Full"]
    levels = Item.objects.filter(section__version=run.version).order_by("order").values_list("key", "level")
    assert list(levels) == [("backups", "Basic"), ("restore", "Full")]


def test_the_page_of_a_run_leads_to_the_first_open_item_of_each_level(run: Run) -> None:
    builders.act(run, Item.objects.get(key="backups"))
    html = folded(client_of("eve").get(run.get_absolute_url()).content.decode())
    assert "Basic: 1 of 1" in html
    assert '<a href="#item-restore">Full</a>: 0 of 1' in html
    assert '<span class="badge">Full</span>' in html
    assert "(level Full)" in client_of("bob").get(f"{run.get_absolute_url()}print/").content.decode()


def test_the_export_is_read_with_the_same_levels(run: Run) -> None:
    text = client_of("eve").get(f"{run.get_absolute_url()}export.md").content.decode()
    assert "  - Level: Basic\n" in text
    (again,) = read_runbook(text).checklists
    assert again.levels == ("Basic", "Full")
    assert [item.level for section in again.sections for item in section.items] == ["Basic", "Full"]


def test_another_level_keeps_the_signature_and_is_told(run: Run) -> None:
    text = "# Setup checklist\n\n## Basic\n\n- [ ] a\n{}\n## Full\n\n- [ ] b\n{}"
    root = User.objects.get(username="root")
    run = open_run(imported(text.format("", "- [ ] c\n"), "setup"), run.environment, root)
    builders.act(run, item := Item.objects.get(key="c"))
    newer = imported(text.format("- [ ] c\n", ""), "setup")
    html = folded(client_of("eve").get(f"{run.get_absolute_url()}changes/").content.decode())
    assert "Needed for another level" in html
    assert "Full → Basic; its sign-off stays" in html
    following = move_run(run, newer, root, NOON)
    assert [(act.item.key, act.item.level) for act in following.sign_offs.all()] == [(item.key, "Basic")]


def test_a_legend_outside_of_the_checklist_makes_a_new_version() -> None:
    builders.environment()
    text = "# Handbook\n\n{}\n\n## Launch checklist\n\n- [ ] 🟢 a\n- [ ] 🔵 b\n"
    assert imported(text.format("Colours help.")).levels == []
    newer = imported(text.format("🟢 basic, 🔵 full"))
    assert (newer.number, newer.levels) == (2, ["basic", "full"])
