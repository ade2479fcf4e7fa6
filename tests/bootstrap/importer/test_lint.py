"""What contradicts itself is found, with its line; what does not is left alone."""

from __future__ import annotations

import pytest

from bootstrap.content.load import HERE
from bootstrap.importer import read_runbook
from bootstrap.importer.lint import lint
from tests.seeds.files import seed_001

FINDINGS = [
    "FLASK_ENV is development by default",
    "WEBAUTHN_RP_NAME has the default Raxx",
    "one flag under two names: sentry_backend and FLAG_SENTRY_BACKEND",
    "FLAG_POSTMARK_DELIVERY_MONITOR is named",
    "the posture of 2026-06-14 is newer than the last review (2026-06-12)",
    "FLAG_RATE_LIMIT_STORAGE_REDIS is named",
    "FLAG_ALPACA_TRADING is named",
    "FLAG_ALPACA_MARKET_DATA is named",
    "gives two orders",
]


def found(text: str) -> list[tuple[int, str]]:
    return [(note.line, note.text) for note in lint(read_runbook(text))]


@pytest.mark.parametrize("source", ["content", "seed"])
def test_the_runbook_of_seed_001(source: str) -> None:
    text = (HERE / "raptor-runbook.md").read_text() if source == "content" else seed_001()
    notes = lint(read_runbook(text))
    assert [next(begin for begin in FINDINGS if note.text.startswith(begin)) for note in notes] == FINDINGS
    lines = text.splitlines()
    for note in notes[1:8]:
        word = next(word for word in note.text.split() if "_" in word or word.startswith("2026"))
        assert word in lines[note.line - 1]


def test_a_consistent_runbook_has_no_findings() -> None:
    text = (
        "# A\n\n- Last reviewed: 2026-06-12\n\n## Setup checklist\n\n### Mail (FLAG_MAIL)\n\n"
        "The service will not start while one is empty.\n\n| Var | Required when | Default |\n|---|---|---|\n"
        "| `MAIL_TOKEN` | Always (fails fast if `MAIL_ENV=live`) | none |\n| `MAIL_ENV` | Always | n/a |\n\n"
        "- [ ] `MAIL_TOKEN` set\n- [ ] `FLAG_MAIL=1` set\n\n**Staging posture (2026-06-01):** none.\n"
    )
    assert found(text) == []


def test_a_default_that_keeps_the_check_on_is_no_finding() -> None:
    row = "| `A_KEY` | Always (fails fast if `A_ENV=live`) | none |\n| `A_ENV` | Always | live |\n"
    assert found(f"# A checklist\n\n| Var | Required when | Default |\n|---|---|---|\n{row}\n- [ ] `A_KEY` set\n") == []
