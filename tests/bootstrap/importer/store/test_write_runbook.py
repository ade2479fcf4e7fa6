"""Runbooks become versions; a version is never changed, and only changed checklists get a new one."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Section
from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.models import ConfigVar, Flag
from tests.bootstrap import builders

pytestmark = pytest.mark.django_db
TEXT = """# Demo runbook

## Setup checklist

### Mail (FLAG_MAIL)

| Var | Required when | Default |
|---|---|---|
| `MAIL_TOKEN` | `FLAG_MAIL=1` | none |

- [ ] `MAIL_TOKEN` provisioned
- [ ] `FLAG_MAIL=1` set

## Review checklist

- [ ] Is it tested?
"""


@pytest.fixture
def app():
    return builders.environment().system.apps.get()


def load(app, text=TEXT):
    return load_runbook(read_runbook(text), text, app, "demo")


def test_first_import(app) -> None:
    outcome = load(app)
    assert [version.checklist.slug for version in outcome.checklist_versions] == [
        "demo-setup-checklist",
        "demo-review-checklist",
    ]
    flag_item = Item.objects.get(key="FLAG_MAIL")
    assert flag_item.flag.name == "FLAG_MAIL"
    assert [need.needs_item.key for need in flag_item.needs.all()] == ["MAIL_TOKEN"]
    section = Section.objects.get(slug="mail")
    assert [flag.name for flag in section.gate_flags.all()] == ["FLAG_MAIL"]
    row = section.variables.get()
    assert row.variable.secret
    assert row.cells == [["Var", "`MAIL_TOKEN`"], ["Required when", "`FLAG_MAIL=1`"], ["Default", "none"]]
    assert list(Item.objects.get(key="MAIL_TOKEN").variables.all()) == [row.variable]


def test_the_same_text_again_writes_nothing(app) -> None:
    load(app)
    before = ChecklistVersion.objects.count()
    assert not load(app).created
    assert ChecklistVersion.objects.count() == before


def test_only_the_checklist_that_changed_gets_a_new_version(app) -> None:
    load(app)
    outcome = load(app, TEXT.replace("Is it tested?", "Is it tested well?"))
    assert outcome.version.number == 2
    assert [(v.checklist.slug, v.number) for v in outcome.checklist_versions] == [("demo-review-checklist", 2)]


def test_a_flag_known_by_its_alias_is_not_made_twice(app) -> None:
    Flag.objects.create(system=app.system, name="mail", aliases=["FLAG_MAIL"])
    load(app)
    assert Item.objects.get(key="FLAG_MAIL").flag.name == "mail"
    assert Flag.objects.count() == 1


def test_a_variable_follows_the_newest_text_and_keeps_what_people_decided(app) -> None:
    load(app)
    ConfigVar.objects.update(secret=False)
    load(app, TEXT.replace("| none |", "| empty |"))
    variable = ConfigVar.objects.get()
    assert (variable.default, variable.secret) == ("empty", False)


@pytest.mark.parametrize("model", [ChecklistVersion, Section, Item])
def test_a_version_cannot_be_changed_or_deleted(app, model) -> None:
    load(app)
    row = model.objects.first()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{"source" if model is ChecklistVersion else "order": 7})
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


def test_statements_do_not_grow_with_items(app) -> None:
    def statements(items: int) -> int:
        text = TEXT.replace(
            "- [ ] `MAIL", "".join(f"- [ ] step {n} of {items}\n" for n in range(items)) + "- [ ] `MAIL"
        )
        with CaptureQueriesContext(connection) as queries:
            load(app, text)
        return len(queries)

    statements(1)
    assert statements(50) == statements(3)


def test_a_title_that_runbook_and_checklist_share_is_told_once_in_the_slug(app) -> None:
    text = "# Shop checklist\n\n## Shop checklist\n\n- [ ] one\n"

    def load_as(text: str):
        return load_runbook(read_runbook(text), text, app, "shop-checklist").checklist_versions[0]

    first, second = load_as(text), load_as(f"{text}- [ ] two\n")
    assert (first.checklist.slug, first.checklist, second.number) == ("shop-checklist", second.checklist, 2)


def test_a_checklist_that_was_named_twice_before_keeps_its_name(app) -> None:
    text = "# Shop checklist\n\n## Shop checklist\n\n- [ ] one\n"

    def load_as(text: str):
        return load_runbook(read_runbook(text), text, app, "shop-checklist").checklist_versions[0].checklist

    stored = load_as(text)
    Checklist.objects.filter(pk=stored.pk).update(slug="shop-checklist-shop-checklist")
    again = load_as(f"{text}- [ ] two\n")
    assert (again, again.slug) == (stored, "shop-checklist-shop-checklist")


def test_a_checklist_of_another_runbook_with_the_same_slug_is_left_alone(app) -> None:
    def load_as(slug: str, title: str):
        text = f"# X\n\n## {title}\n\n- [ ] one\n"
        return load_runbook(read_runbook(text), text, app, slug).checklist_versions[0].checklist

    first, second = load_as("mail", "Box checklist"), load_as("mail-box", "Checklist")
    assert (first.slug, second.slug, first.runbook != second.runbook) == (
        "mail-box-checklist",
        "mail-box-checklist-2",
        True,
    )
    assert (
        load_runbook(read_runbook("# Y\n\n## Checklist\n\n- [ ] two\n"), "two", app, "mail-box")
        .checklist_versions[0]
        .checklist
        == second
    )


def test_names_too_long_for_their_columns_are_stored_as_words(app) -> None:
    long = "A_" + "B" * 300
    text = (
        f"# {'T' * 400}\n\n## {'S' * 400} checklist (FLAG_{long})\n\n| Var | Default |\n|---|---|\n| `{long}` | x |\n\n"
        f"- [ ] `{long}` set if {'c' * 400}\n- [ ] `FLAG_{long}=1` set\n- [ ] {'w' * 400}\n"
    )
    load(app, text)
    assert [item.kind for item in Item.objects.order_by("order")] == ["set", "set", "attest"]
    assert not ConfigVar.objects.exists()


def test_a_variable_told_outside_of_the_checklist_is_known_to_its_items(app) -> None:
    text = (
        "# X\n\n## Settings\n\n| Var | Default |\n|---|---|\n| `MAIL_HOST` | none |\n\n"
        "## Setup checklist\n\n- [ ] `MAIL_HOST` set\n"
    )
    load(app, text)
    assert [variable.name for variable in Item.objects.get().variables.all()] == ["MAIL_HOST"]
    assert ConfigVar.objects.get().default == "none"


def test_a_value_of_a_block_of_settings_is_not_taken(app) -> None:
    load(app, "# Setup checklist\n\n```env\nMAIL_TOKEN=hunter2\n```\n\n- [ ] `MAIL_TOKEN` set\n")
    assert ConfigVar.objects.get().default == ""
    assert "hunter2" not in repr(list(Section.objects.get().variables.values_list("cells")))
