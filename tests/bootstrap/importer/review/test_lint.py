"""What contradicts itself is found, with its line; what does not is left alone."""

from __future__ import annotations

import pytest

from bootstrap.content.load import HERE
from bootstrap.importer import read_runbook
from bootstrap.importer.review.lint import lint
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


def checklist(rows: str = "", prose: str = "", items: str = "- [ ] one done\n", head: str = "") -> str:
    table = f"| Var | Required when | Default |\n|---|---|---|\n{rows}\n" if rows else ""
    return f"# A\n\n{head}\n\n## Setup checklist\n\n### Part\n\n{prose}\n\n{table}{items}"


ORDERS = "Not before Access has been removed. Access must remain active until {} flag is on."
CHECKED = "| `A_KEY` | Always (fails fast if `A_ENV=live`) | none |\n| `A_ENV` | Always | {} |\n"
REFUSED = "The service {} while one is empty."
DEFAULTED = "| `A_NAME` | Always | Acme |\n"
NAMED = "It goes with FLAG_MAIL_OUT."
POSTURE = "- [ ] one done\n\n**Staging posture ({}):** no Redis.\n"
REVIEWED = "- Last reviewed: 2026-06-12"


@pytest.mark.parametrize(
    ("wrong", "right", "finding"),
    [
        (checklist(prose=ORDERS.format("this")), checklist(prose=ORDERS.format("another")), "gives two orders"),
        (checklist(CHECKED.format("-1")), checklist(CHECKED.format("- (see below)")), "A_ENV is -1 by default"),
        (checklist(CHECKED.format("none-such")), checklist(CHECKED.format("none, yet")), "A_ENV is none-such by"),
        (checklist(CHECKED.format("dev")), checklist(CHECKED.format("live")), "A_ENV is dev by default"),
        (
            checklist(DEFAULTED, REFUSED.format("refuses to start")),
            checklist(DEFAULTED, REFUSED.format("logs an error")),
            "A_NAME has the default Acme",
        ),
        (checklist(prose=NAMED), checklist(prose=NAMED, items="- [ ] `FLAG_MAIL_OUT=1` set\n"), "FLAG_MAIL_OUT is"),
        (
            checklist(prose="See mail_out.", items="- [ ] `FLAG_MAIL_OUT=1` set\n"),
            checklist(prose="See mail_outs.", items="- [ ] `FLAG_MAIL_OUT=1` set\n"),
            "one flag under two names: mail_out and FLAG_MAIL_OUT",
        ),
        (
            checklist(items=POSTURE.format("2026-06-14"), head=REVIEWED),
            checklist(items=POSTURE.format("2026-06-12"), head=REVIEWED),
            "the posture of 2026-06-14",
        ),
    ],
)
def test_each_rule_finds_what_is_wrong_and_leaves_what_is_right(wrong: str, right: str, finding: str) -> None:
    assert [text.startswith(finding) for _, text in found(wrong)] == [True]
    assert found(right) == []
