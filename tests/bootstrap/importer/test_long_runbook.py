"""A long runbook of many headings is imported without losing a box."""

from __future__ import annotations

import pytest

from bootstrap.checklists.models import Item
from bootstrap.importer.store.import_text import store
from bootstrap.importer.text_to_runbook import read_text
from tests.bootstrap.builders import person
from tests.bootstrap.long_runbook import BOXES, EACH, HEADINGS, long_runbook, texts


@pytest.mark.django_db
def test_every_box_under_ten_headings_becomes_an_item_in_its_place() -> None:
    text = long_runbook()
    assert text.count("[ ]") == BOXES
    versions = store(read_text(text), text, "magpie", person()).checklist_versions
    items = Item.objects.filter(section__version__in=versions).order_by("section__version", "section__order", "order")
    assert [each.text for each in items] == texts()
    assert [each.section.title for each in items] == [heading for heading in HEADINGS for _ in range(EACH)]
    assert {each.depth for each in items} == {0, 1}
    assert [each.key for each in items if each.two_person] == [
        "step-8-of-database-done-by-two-people",
        "step-8-of-secrets-done-by-two-people",
    ]
    assert items.filter(variables__name="DATABASE_URL").exists()
