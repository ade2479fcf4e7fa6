"""Markdown that lost its marks: tables, lists, headings and code are found again, each with its lines."""

from __future__ import annotations

import pytest

from bootstrap.content.load import HERE
from bootstrap.importer.flattened.repair import is_flattened, repair
from bootstrap.importer.flattened.split_code import CodeSplitter
from bootstrap.importer.markdown.blocks import Code, Heading, Listing, Table
from bootstrap.importer.text_to_runbook import read_runbook

TEXT = """Demo — Runbook
System: Demo (demo-api)
Setup checklist
Work through it.
Mail (FLAG_MAIL)
Mail is sent by one service and
read by another.
| Var | Key |
Required when |
|---|---|---|
MAIL_TOKEN |
n/a (read by mail.py) | FLAG_MAIL=1 |
| MAIL_HOST | MAIL_HOST |
Always |
- [ ]
MAIL_TOKENprovisioned - [ ] Account confirmed (see
docs/mail.md) - [ ]
FLAG_MAIL=1set
Retry policy
Retries are bounded, see:
def retry(n: int) -> int:
return n + 1
That is all.
"""


def test_a_whole_text() -> None:
    runbook = read_runbook(TEXT)
    section = runbook.checklists[0].sections[0]
    assert (section.slug, section.gate_flags, section.line) == ("mail", ("FLAG_MAIL",), 5)
    assert [(row.name, row.required_when, row.line) for row in section.variables] == [
        ("MAIL_TOKEN", "FLAG_MAIL=1", 11),
        ("MAIL_HOST", "Always", 13),
    ]
    assert [(item.key, item.text, item.line) for item in section.items] == [
        ("MAIL_TOKEN", "`MAIL_TOKEN` provisioned", 15),
        ("account-confirmed", "Account confirmed (see docs/mail.md)", 16),
        ("FLAG_MAIL", "`FLAG_MAIL=1` set", 17),
    ]
    assert [policy.title for policy in runbook.policies] == ["Retry policy"]
    assert dict(runbook.facts) == {"System": "Demo (demo-api)"}
    assert [block for block in runbook.blocks if isinstance(block, Code)] == [
        Code("", "def retry(n: int) -> int:\nreturn n + 1", 21, 22)
    ]


def test_every_line_is_in_some_block_and_in_order() -> None:
    blocks = read_runbook(TEXT).blocks
    covered = {line for block in blocks for line in range(block.first, block.last + 1)}
    assert covered == set(range(1, len(TEXT.splitlines()) + 1))
    assert [block.first for block in blocks] == sorted(block.first for block in blocks)


def test_guesses_are_noted_with_their_lines() -> None:
    notes = {note.line: note.text for note in read_runbook(TEXT).unsure}
    assert "guessed" in notes[1]
    assert "level 2: Setup checklist" in notes[3]
    assert "level 3: Mail (FLAG_MAIL)" in notes[5]


@pytest.mark.parametrize(
    "text",
    [
        (HERE / "raptor-runbook.md").read_text(),
        "# A\n\n- [ ] one\n- [ ] two\n",
        "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "Just a line - [ ] no",
    ],
)
def test_ordinary_markdown_is_left_alone(text: str) -> None:
    assert not is_flattened(text)


def test_rows_with_too_few_or_too_many_cells_are_kept_and_noted() -> None:
    text = "T\n| A | B |\nC |\n|---|---|---|\n1 |\n2 | 3 | 4 |\n| 5 | 6 |\n| 7 | 8 | 9 |\n- [ ]\nx\n"
    runbook = read_runbook(text)
    table = next(block for block in runbook.blocks if isinstance(block, Table))
    assert [row.cells for row in table.rows] == [("1", "2", "3 | 4"), ("5", "6", ""), ("7", "8", "9")]
    assert {5, 7} <= {note.line for note in runbook.unsure}


@pytest.mark.parametrize(
    ("joined", "apart"),
    [
        ("SECRET_KEYprovisioned", "`SECRET_KEY` provisioned"),
        ("FLASK_ENV=productionset", "`FLASK_ENV=production` set"),
        ("provisioned ifFLAG_X=1", "provisioned if `FLAG_X=1`"),
        ("written after create_app()returns", "written after `create_app()` returns"),
        ("removed from api.demo.appfirst", "removed from `api.demo.app` first"),
        ("app.configorapp.extensionsis fine", "`app.config` or `app.extensions` is fine"),
        ("set (prod) orstage.demo.dev/ here", "set (prod) or `stage.demo.dev/` here"),
        ("FLAG_X=1set after", "`FLAG_X=1` set after"),
        ("nothing joined in FLAG_X here", "nothing joined in FLAG_X here"),
        ("oracle.com is no or", "oracle.com is no or"),
    ],
)
def test_code_is_separated_from_words(joined: str, apart: str) -> None:
    known = "Elsewhere: api.demo.app and app.config or app.extensions are named alone."
    text, _ = CodeSplitter(known).split(joined, 1)
    assert text == apart


def test_a_quote_sign_within_a_paragraph_does_not_become_a_quote() -> None:
    text = "T\nEvery call must have\n>/dev/null appended.\n- [ ]\nx\n"
    assert "\\>/dev/null" in repair(text).text


def test_points_that_run_together_over_lines() -> None:
    text = "T\n- [ ]\nA_B set\nReferences\n- One:\ndocs/one.md - Two:\ndocs/two.md - Three: docs/three.md\n"
    runbook = read_runbook(text)
    assert isinstance(runbook.blocks[0], Heading)
    assert [(row.title, row.target, row.line) for row in runbook.references] == [
        ("One", "docs/one.md", 5),
        ("Two", "docs/two.md", 6),
        ("Three", "docs/three.md", 7),
    ]
    assert isinstance(runbook.blocks[-1], Listing)
