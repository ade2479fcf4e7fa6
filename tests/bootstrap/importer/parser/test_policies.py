"""What a policy says for itself."""

from __future__ import annotations

from bootstrap.importer import read_runbook
from bootstrap.importer.parser.policies import is_examples, policy_text

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
