"""The inline rows of a rule's form: added, moved, removed, completed by keyboard and pointer; and without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Section
from bootstrap.systems.models import System
from tests.browser.conftest import log_in
from tests.browser.served import Served, serve_rules


@pytest.fixture
def console(transactional_db: None, live_server: Any, settings: Any) -> Served:
    """The shipped rules and a checklist with one item."""
    served = serve_rules(live_server, settings)
    system = System.objects.create(slug="shop", name="Shop")
    checklist = Checklist.objects.create(system=system, slug="bring-up", title="Bring-up")
    version = ChecklistVersion.objects.create(checklist=checklist, number=1, content_hash="x")
    section = Section.objects.create(version=version, order=1, slug="errors", title="Errors")
    Item.objects.create(section=section, order=1, key="SENTRY_DSN_BACKEND", text="Set it.")
    return served


def open_form(page: Page, console: Served) -> None:
    page.goto(f"{console.url}/rules/DET-BETA-003/edit/")
    page.evaluate(
        "document.querySelectorAll('.rule-form details:not(.rows-card)').forEach(each => { each.open = true })"
    )


def save(page: Page, why: str) -> None:
    page.locator("#id_reason").fill(why)
    page.locator("button[name=_save]").click()


def rows_of(page: Page, name: str) -> Locator:
    return page.locator(f"#id_{name}")


def names(rows: Locator) -> list[str]:
    return [each.input_value() for each in rows.locator("[data-rows-row]:visible input[name$='-name']").all()]


def test_rows_are_added_moved_and_removed_by_keyboard(admin: Page, console: Served) -> None:
    open_form(admin, console)
    fixtures = rows_of(admin, "fixtures")
    before = names(fixtures)
    assert len(before) == 6  # without the empty one, which the button adds
    second = fixtures.get_by_role("group", name="Fixture 2")
    second.get_by_role("button", name="Move fixture up").press("Enter")
    assert names(fixtures) == [before[1], before[0], *before[2:]]
    expect(fixtures.locator("[data-rows-status]")).to_have_text("Fixture is number 1 of 6.")
    expect(
        fixtures.get_by_role("group", name="Fixture 1").get_by_role("button", name="Move fixture down")
    ).to_be_focused()
    third = fixtures.get_by_role("group", name="Fixture 3")
    third.get_by_role("button", name="Remove fixture").press("Enter")
    expect(fixtures.get_by_text(f"Fixture {before[2]} goes when you save.")).to_be_visible()
    fixtures.get_by_role("button", name="Put back").press("Enter")
    expect(fixtures.get_by_text(f"Fixture {before[2]} goes when you save.")).to_be_hidden()
    fixtures.get_by_role("group", name="Fixture 3").get_by_role("button", name="Remove fixture").press("Enter")
    fixtures.get_by_role("button", name="Add a fixture").press("Enter")
    added = fixtures.get_by_role("group", name="Fixture 6").get_by_role("combobox")
    expect(added).to_be_focused()
    added.press_sequentially("rule_one")
    options = fixtures.get_by_role("option")
    expect(options).to_have_text(["rule_one_error_negative"])
    added.press("ArrowDown")
    added.press("Enter")
    expect(added).to_have_value("rule_one_error_negative")
    save(admin, "A row was tried.")
    admin.wait_for_url("**/rules/DET-BETA-003/*")
    after = [before[1], before[0], *before[3:], "rule_one_error_negative"]
    open_form(admin, console)
    assert names(rows_of(admin, "fixtures")) == after


def test_a_row_within_a_row_is_completed_by_its_kind_and_refused_where_nothing_answers_to_it(
    admin: Page, console: Served
) -> None:
    open_form(admin, console)
    source = rows_of(admin, "sources").get_by_role("group", name="Source 1", exact=True)
    source.get_by_role("button", name="Add a prerequisite").click()
    added = source.get_by_role("group", name="Prerequisite 3")
    added.get_by_label("What").select_option("item")
    box = added.get_by_role("combobox", name="Name")
    box.press_sequentially("sentry_dsn_back")
    source.get_by_role("option", name=re.compile("SENTRY_DSN_BACKEND")).first.click()
    expect(box).to_have_value("SENTRY_DSN_BACKEND")
    box.fill("SENTRY_DSN_BACKENDS")
    save(admin, "A row was tried.")
    source = rows_of(admin, "sources").get_by_role("group", name="Source 1", exact=True)
    refused = source.get_by_role("group", name="Prerequisite 3")
    expect(refused.get_by_text(re.compile("did you mean SENTRY_DSN_BACKEND"))).to_be_visible()
    expect(refused.get_by_role("combobox", name="Name")).to_have_value("SENTRY_DSN_BACKENDS")


def test_signatures_are_cards_that_are_called_by_their_name(admin: Page, console: Served) -> None:
    open_form(admin, console)
    signatures = rows_of(admin, "signatures")
    card = signatures.get_by_role("group", name="Signature 1", exact=True)
    expect(card.get_by_label("Cause")).to_be_hidden()
    card.locator("summary").click()
    card.get_by_label("Name").fill("another name")
    expect(card.locator("[data-rows-title]")).to_have_text("another name")
    signatures.get_by_role("button", name="Add a signature").click()
    added = signatures.locator("[data-rows-row]").last
    expect(added.get_by_label("Name")).to_be_focused()
    expect(added.get_by_label("Times")).to_have_value("1")
    added.get_by_role("button", name="Remove signature").click()
    expect(added).to_be_hidden()
    expect(signatures.get_by_role("button", name="Add a signature")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 375])
def test_without_scripts_there_are_empty_rows_positions_and_boxes(
    browser: Browser, console: Served, width: int
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    page = context.new_page()
    log_in(page, console)
    open_form(page, console)
    labels = rows_of(page, "labels")
    last = labels.locator("[data-rows-row]").last
    expect(last.get_by_label("Label", exact=True)).to_have_value("")
    expect(labels.get_by_label("Position").first).to_have_value("1")
    expect(labels.get_by_role("button")).to_have_count(0)
    last.get_by_label("Label", exact=True).fill(f"width-{width}")
    last.get_by_label("Value").fill("yes")
    save(page, "A row was tried.")
    open_form(page, console)
    labels = rows_of(page, "labels")
    kept = labels.locator("[data-rows-row]").filter(has=page.locator(f"input[value='width-{width}']"))
    kept.get_by_role("checkbox", name="Remove").check()
    save(page, "And taken out.")
    open_form(page, console)
    expect(rows_of(page, "labels").locator(f"input[value='width-{width}']")).to_have_count(0)
    context.close()
