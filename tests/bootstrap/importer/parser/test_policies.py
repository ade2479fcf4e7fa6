"""What a policy says for itself, and dates and references as runbooks write them."""

from __future__ import annotations

from datetime import date

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parser.policies import date_in, is_examples, policy_text, references_in

TEXT = """# Demo

## State — the policy

It has reasons.

| State | Where |
|---|---|
| of a user | `Postgres` |

```python
x = 1
```

### Review checklist

- [ ] Is it safe?

#### Deeper

Words of the checklist.

### Incidents

| Incident | Date |
|---|---|
| Signups fail | 2026-05-25 |

## Another policy

| Good | Bad |
|---|---|
| `/a` | `/b` |
"""


def test_incidents_and_the_checklist_are_no_part_of_the_text() -> None:
    runbook = read_runbook(TEXT)
    first, second = (policy_text(runbook, policy) for policy in runbook.policies)
    assert first.text.startswith("It has reasons.")
    for gone in ("Is it safe", "Words of the checklist", "Signups", "### Incidents", "### Review"):
        assert gone not in first.text
    assert [table.header for table in first.tables] == [("State", "Where")]
    assert [code.text for code in first.examples] == ["x = 1"]
    assert first.checklist is runbook.checklists[0]
    assert second.checklist is None
    assert [is_examples(table) for table in (*first.tables, *second.tables)] == [False, True]


def test_a_policy_with_nothing_beneath_its_heading_has_no_text() -> None:
    runbook = read_runbook("# Demo\n\n## Key policy\n")
    assert policy_text(runbook, runbook.policies[0]).text == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-05-25", (date(2026, 5, 25), "day")),
        ("on 2026-05-25, at night", (date(2026, 5, 25), "day")),
        ("2026-04", (date(2026, 4, 1), "month")),
        ("2026-04-xx", (date(2026, 4, 1), "month")),
        ("2026-13-45", (None, "")),
        ("(see PR #3030)", (None, "")),
        ("", (None, "")),
    ],
)
def test_dates(text: str, wanted: tuple[date | None, str]) -> None:
    assert date_in(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PR #2728", ["PR #2728"]),
        ("PR #1, #2 and https://example.org/3", ["PR #1", "#2", "https://example.org/3"]),
        ("the RCA", ["the RCA"]),
        ("—", []),
        ("", []),
    ],
)
def test_references(text: str, wanted: list[str]) -> None:
    assert references_in(text) == wanted
