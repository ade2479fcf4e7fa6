"""Postures told in prose become proposals, once, which wait for people."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parsed_runbook import PostureNote
from bootstrap.importer.parser.postures import PostureProposal, proposal
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.postures.models import Posture
from tests.bootstrap import builders

TEXT = """# Demo

- Owner: the demo team

## Setup checklist

### Cache (FLAG_CACHE)

| Var | Required when | Default |
|---|---|---|
| `REDIS_URL` | `FLAG_CACHE=1` | none |

- [ ] `REDIS_URL` provisioned

**Staging posture (2026-06-01):** no `REDIS_URL`, as `FLAG_CACHE` is off there and one worker serves.
"""


def note(text: str) -> PostureNote:
    return PostureNote("staging", "2026-06-01", "cache", text, 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("No A_B: FLAG_X is off.", PostureProposal("A_B", "FLAG_X=0", "warning", "critical", "")),
        ("No A_B. One worker serves.", PostureProposal("A_B", "workers=1", "warning", "critical", "")),
        (
            "No A_B while FLAG_X is disabled; severity: info instead of warning. `heroku x:y --app z`",
            PostureProposal("A_B", "FLAG_X=0", "info", "warning", ""),
        ),
        (
            "No A_B, FLAG_X is OFF.\n\n```\nheroku x:y --app z\n```",
            PostureProposal("A_B", "FLAG_X=0", "warning", "critical", "heroku x:y --app z >/dev/null 2>&1"),
        ),
        ("No C_D: FLAG_X is off.", None),
        ("No A_B, we like it so. FLAG_X may be on.", None),
    ],
)
def test_what_prose_proposes(text: str, wanted: PostureProposal | None) -> None:
    assert proposal(note(text), {"A_B"}) == wanted


@pytest.mark.django_db
def test_an_import_proposes_once_and_who_imports_counts_as_the_author() -> None:
    app = builders.environment("staging").system.apps.get()
    ada = builders.person("ada")
    [posture] = load_runbook(read_runbook(TEXT), TEXT, app, "demo", ada).proposed
    assert (posture.guard, posture.approved_at, posture.author) == ("FLAG_CACHE=0 and workers=1", None, ada)
    assert posture.source_line == TEXT.split("\n").index(TEXT.split("\n")[-2]) + 1
    assert load_runbook(read_runbook(TEXT), TEXT, app, "demo", ada).proposed == []
    longer = TEXT + "\nMore.\n"
    assert load_runbook(read_runbook(longer), longer, app, "demo", ada).proposed == []
    assert Posture.objects.count() == 1


@pytest.mark.django_db
def test_where_the_application_does_not_run_nothing_is_proposed() -> None:
    app = builders.environment("prod").system.apps.get()
    assert load_runbook(read_runbook(TEXT), TEXT, app, "demo").proposed == []


@pytest.mark.django_db
def test_shipped_by_nobody_it_is_the_owners() -> None:
    app = builders.environment("staging").system.apps.get()
    [posture] = load_runbook(read_runbook(TEXT), TEXT, app, "demo").proposed
    assert (posture.author, posture.author_name) == (None, "the demo team")
