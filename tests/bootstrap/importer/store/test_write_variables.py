"""Imports bring variables up to the text and leave alone what people have decided."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.systems.models import App, ConfigVar
from tests.bootstrap import builders

pytestmark = pytest.mark.django_db
TEXT = """# Demo runbook

## Setup checklist

| Var | Required when | Accepted values / format | Default | Vault path |
|---|---|---|---|---|
| `API_TOKEN` | Always | 32+ char random token | none (routes return 501 if unset) | /Demo/API_TOKEN |
| `PAPER_TOKEN` | Always | | falls back to `API_TOKEN` | /Demo/PAPER_TOKEN |
| `APP_ENV` | Always | production or development | development | set inline |

- [ ] `API_TOKEN` provisioned
"""


@pytest.fixture
def app() -> App:
    app = builders.environment().system.apps.get()
    load(app)
    return app


def load(app: App, text: str = TEXT) -> None:
    load_runbook(read_runbook(text), text, app, "demo")


def one(name: str) -> ConfigVar:
    return ConfigVar.objects.get(name=name)


def test_the_table_becomes_rules(app: App) -> None:
    token, paper, env = one("API_TOKEN"), one("PAPER_TOKEN"), one("APP_ENV")
    assert (token.format_rule, token.failure_mode, token.source_kind) == ("min_length:32", "http_501", "vault")
    assert token.impact == "routes return 501 if unset"
    assert (paper.failure_mode, paper.fallback_to) == ("fallback_to", token)
    assert (env.accepted_values, env.format_rule, env.source_kind) == (["production", "development"], "", "inline")


def test_an_untouched_field_follows_the_text(app: App) -> None:
    load(app, TEXT.replace("32+ char", "48+ char"))
    assert one("API_TOKEN").format_rule == "min_length:48"


def test_what_people_changed_or_emptied_stays_and_the_rest_follows(app: App) -> None:
    mine = {"format_rule": "min_length:20", "impact": "", "required_when": "FLAG_API=1"}
    ConfigVar.objects.filter(name="API_TOKEN").update(**mine)
    ConfigVar.objects.filter(name="PAPER_TOKEN").update(fallback_to=None)
    load(app, TEXT.replace("32+ char", "48+ char").replace("return 501", "return 503").replace("| Always", "| Mostly"))
    token = one("API_TOKEN")
    assert {name: getattr(token, name) for name in mine} == mine
    assert (token.failure_mode, token.accepted) == ("http_503", "48+ char random token")
    assert one("PAPER_TOKEN").fallback_to is None
    assert one("APP_ENV").required_when == "Mostly"


def test_an_edit_that_the_text_catches_up_with_follows_it_from_then_on(app: App) -> None:
    ConfigVar.objects.filter(name="API_TOKEN").update(format_rule="min_length:48")
    load(app, TEXT.replace("32+ char", "48+ char"))
    load(app, TEXT.replace("32+ char", "64+ char"))
    assert one("API_TOKEN").format_rule == "min_length:64"


def test_a_variable_that_people_made_keeps_what_they_wrote() -> None:
    app = builders.environment().system.apps.get()
    ConfigVar.objects.create(app=app, name="API_TOKEN", secret=False, format_rule="nonempty", default="mine")
    load(app)
    token = one("API_TOKEN")
    assert (token.format_rule, token.default, token.secret) == ("nonempty", "mine", False)
    assert (token.failure_mode, token.required_when) == ("http_501", "Always")


def test_a_new_variable_falls_back_to_one_that_is_new_too(app) -> None:
    rows = "| `A_KEY` | falls back to `B_KEY` |\n| `B_KEY` | none |\n| `C_KEY` | falls back to `D_KEY` |\n"
    text = f"# Setup checklist\n\n| Var | Default |\n|---|---|\n{rows}\n- [ ] `A_KEY` set\n"
    load_runbook(read_runbook(text), text, app, "demo")
    assert dict(ConfigVar.objects.filter(name__endswith="_KEY").values_list("name", "fallback_to__name")) == {
        "A_KEY": "B_KEY",
        "B_KEY": None,
        "C_KEY": None,
    }
