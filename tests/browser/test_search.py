"""The search box: completion by keyboard and pointer, and its help."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console import Console


def test_a_search_is_completed_by_keyboard_and_pointer(admin: Page, console: Console) -> None:
    admin.goto(f"{console.url}/issues/")
    box = admin.get_by_role("combobox", name="Search issues")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.fill("")
    box.press_sequentially("!lev")
    suggestions = admin.get_by_role("listbox", name="Suggestions")
    expect(suggestions.get_by_role("option")).to_have_text([re.compile("!level:")])
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    chosen = suggestions.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("!level:")
    expect(box).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    box.press("Enter")
    expect(box).to_have_value("!level:")
    expect(suggestions.get_by_role("option")).to_have_count(5)
    suggestions.get_by_text("!level:warning").click()
    expect(box).to_have_value("!level:warning ")
    expect(suggestions).to_be_hidden()
    box.press_sequentially("is:res")
    expect(suggestions.get_by_role("option").first).to_have_text("is:resolved")
    box.press("Escape")
    expect(suggestions).to_be_hidden()
    expect(box).to_have_value("!level:warning is:res")
    box.press("Enter")
    admin.wait_for_url("**/issues/?q=*")
    expect(admin.get_by_text("is has no “res”")).to_be_visible()


def test_the_help_opens(admin: Page, console: Console) -> None:
    for address, key in (("/issues/", "times-seen"), ("/routes/", "method")):
        admin.goto(f"{console.url}{address}")
        admin.get_by_text("Keys and examples").click()
        expect(admin.get_by_role("rowheader", name=key, exact=True)).to_be_visible()


def test_the_help_fits_a_phone(admin: Page, console: Console) -> None:
    """Whole names and examples beside each other, and no box that scrolls within the page."""
    admin.set_viewport_size({"width": 375, "height": 800})
    admin.goto(f"{console.url}/issues/")
    admin.get_by_text("Keys and examples").click()
    keys = admin.get_by_role("region", name="Keys of the search")
    name, example = keys.get_by_text("first-release", exact=True), keys.get_by_text("first-release:shop@2.4.1")
    name_box, example_box = name.bounding_box(), example.bounding_box()
    assert name_box
    assert example_box
    assert name_box["height"] == example_box["height"] < 30
    assert name_box["x"] + name_box["width"] < example_box["x"]
    assert example_box["x"] + example_box["width"] < 375
    assert keys.evaluate("box => box.scrollHeight <= box.clientHeight")
