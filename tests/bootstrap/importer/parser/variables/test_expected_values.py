"""What the items of a text expect of variables: told plainly, by environment, and never where it might be untrue."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parser.variables.expected_values import expected_values
from bootstrap.importer.review.lint import lint
from bootstrap.importer.review.preview import preview
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.models import App, ConfigVar
from tests.bootstrap import builders

ITEM = "- [ ] `APP_ENV=production` set\n"


def text(items: str) -> str:
    names = ("APP_ENV", "RP_ID", "API_TOKEN", "POOL_SIZE")
    table = "".join(f"| `{name}` | Always |\n" for name in names)
    return f"# Demo\n\n## Setup checklist\n\n| Var | Required when |\n|---|---|\n{table}\n{items}"


def wanted(items: str) -> dict[str, dict[str, str]]:
    return expected_values(read_runbook(text(items)))


@pytest.mark.parametrize(
    ("item", "values"),
    [
        ("`APP_ENV=production` set", {"APP_ENV": {"*": "production"}}),
        ("`APP_ENV=production` set (not development)", {"APP_ENV": {"*": "production"}}),
        ("`APP_ENV=production` set to enable the checks", {"APP_ENV": {"*": "production"}}),
        ("`RP_ID=a.app` set (prod) or `b.dev` (staging)", {"RP_ID": {"prod": "a.app", "staging": "b.dev"}}),
        ("`RP_ID=a.app` set (prod) or `<your domain>` (staging)", {"RP_ID": {"prod": "a.app"}}),
        ("`POOL_SIZE=4`", {"POOL_SIZE": {"*": "4"}}),
    ],
)
def test_an_item_wants(item: str, values: dict[str, dict[str, str]]) -> None:
    assert wanted(f"- [ ] {item}\n") == values


@pytest.mark.parametrize(
    "item",
    [
        "`APP_ENV` set",
        "`APP_ENV=<value>` set",
        "`APP_ENV=$ENV` set",
        "`APP_ENV=...` set",
        "`APP_ENV=string` set",
        "`APP_ENV=production` or `development` set",
        "`POOL_SIZE=2 or more` set",
        "`POOL_SIZE=2` is the default",
        "`APP_ENV=development` changed to `APP_ENV=production`",
        "`APP_ENV=development` is not set",
        "`APP_ENV=development` must never be set",
        "Never leave `APP_ENV=development` on",
        "`APP_ENV` set, e.g. `APP_ENV=production`",
        "`APP_ENV=production` set if `FLAG_CHECKS=1`",
        "`APP_ENV=production` set (optional)",
        "Is `APP_ENV=production` set?",
        "`API_TOKEN=hunter2` set",
        "`FLAG_X=1` set",
        f"`APP_ENV={'a' * 201}` set",
    ],
)
def test_an_item_that_wants_nothing_of_reports(item: str) -> None:
    assert wanted(f"- [ ] {item}\n") == {}


def test_where_items_disagree_none_is_kept_and_lint_says_so() -> None:
    two = "- [ ] `APP_ENV=production` set\n- [ ] `APP_ENV=development` set\n"
    assert wanted(two) == {}
    (note,) = [note for note in lint(read_runbook(text(two))) if "has to be two things" in note.text]
    assert text(two).splitlines()[note.line - 1] == "- [ ] `APP_ENV=development` set"
    assert "production and development" in note.text
    assert wanted(ITEM * 2) == {"APP_ENV": {"*": "production"}}
    assert not [note for note in lint(read_runbook(text(ITEM * 2))) if "two things" in note.text]


def test_a_disagreement_about_one_environment_leaves_the_others() -> None:
    one, other = "- [ ] `RP_ID=a.app` (prod) `b.dev` (staging)\n", "- [ ] `RP_ID=a.app` (prod) `c.dev` (staging)\n"
    assert wanted(one + other) == {"RP_ID": {"prod": "a.app"}}
    # Where another holds everywhere else, it must not speak for the environment that is disputed.
    assert wanted("- [ ] `RP_ID=d.app` set\n" + one + other) == {
        "RP_ID": {"*": "d.app", "prod": "a.app", "staging": ""}
    }


def test_the_preview_says_what_reports_are_compared_with() -> None:
    source = text("- [ ] `APP_ENV=production` set\n- [ ] `RP_ID=a.app` (prod) `b.dev` (staging)\n")
    found = read_runbook(source)
    told = [said.text for row in preview(source, found, []) for said in row.understood]
    assert "variable APP_ENV, compared with production" in told
    assert "variable RP_ID, compared with prod: a.app, staging: b.dev" in told
    assert "variable POOL_SIZE" in told


@pytest.fixture
def app(db: None) -> App:
    return builders.environment().system.apps.get()


def load(app: App, items: str) -> None:
    source = text(items)
    load_runbook(read_runbook(source), source, app, "demo")


def expected(name: str = "APP_ENV") -> dict[str, str]:
    return dict(ConfigVar.objects.get(name=name).expected_values)


def test_imports_follow_the_text_until_a_person_says_otherwise(app: App) -> None:
    load(app, ITEM)
    assert expected() == {"*": "production"}
    load(app, ITEM.replace("production", "live"))
    assert expected() == {"*": "live"}
    ConfigVar.objects.filter(name="APP_ENV").update(expected_values={"*": "live", "staging": "test"})
    load(app, ITEM)
    assert expected() == {"*": "live", "staging": "test"}
    ConfigVar.objects.filter(name="APP_ENV").update(expected_values={})
    load(app, ITEM.replace("production", "live"))
    assert expected() == {}


def test_what_no_item_wants_any_more_is_not_expected(app: App) -> None:
    load(app, ITEM)
    load(app, "- [ ] `APP_ENV` set\n")
    assert expected() == {}


def test_a_variable_that_people_call_secret_gets_none(app: App) -> None:
    ConfigVar.objects.create(app=app, name="APP_ENV", secret=True)
    load(app, ITEM)
    variable = ConfigVar.objects.get(name="APP_ENV")
    assert (variable.expected_values, variable.imported["expected_values"]) == ({}, {})
    ConfigVar.objects.filter(name="APP_ENV").update(secret=False)
    load(app, ITEM + "- [ ] another\n")
    assert expected() == {"*": "production"}


def before_expectations() -> None:
    for variable in ConfigVar.objects.all():
        del variable.imported["expected_values"]
        variable.expected_values = {}
        variable.save()


def test_a_row_of_an_earlier_release_takes_it_from_a_new_text(app: App) -> None:
    load(app, ITEM)
    before_expectations()
    load(app, ITEM + "- [ ] another\n")
    assert expected() == {"*": "production"}


def test_a_row_of_an_earlier_release_takes_it_from_the_newest_text_again(app: App) -> None:
    load(app, ITEM.replace("production", "live"))
    load(app, ITEM)
    before_expectations()
    load(app, ITEM.replace("production", "live"))  # an older version says nothing any more
    assert expected() == {}
    load(app, ITEM)
    assert expected() == {"*": "production"}
    ConfigVar.objects.filter(name="APP_ENV").update(expected_values={})
    load(app, ITEM)
    assert expected() == {}


@pytest.mark.parametrize("known", [False, True])
def test_queries_do_not_grow_with_expectations(app: App, known: bool, django_assert_max_num_queries) -> None:
    def many(number: int, word: str) -> str:
        names = [f"SET_{index}" for index in range(number)]
        table = "".join(f"| `{name}` | Always |\n" for name in names)
        items = "".join(f"- [ ] `{name}={word}` set\n" for name in names)
        return f"# Demo\n\n## Setup checklist\n\n| Var | Required when |\n|---|---|\n{table}\n{items}"

    if known:
        load_runbook(read_runbook(many(300, "one")), many(300, "one"), app, "demo")
    with django_assert_max_num_queries(60):
        load_runbook(read_runbook(many(300, "two")), many(300, "two"), app, "demo")
    assert ConfigVar.objects.filter(expected_values={"*": "two"}).count() == 300
