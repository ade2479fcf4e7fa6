"""Texts of runbooks in every format of items, to be edited."""

from __future__ import annotations

MIXED = """---
owner: ops
---
# Go-live checklist

Read it first.

## Before

<div>- [ ] no item</div>

- [ ] Take a backup
  of the database <!-- key: backup; kind: provision -->
  - [ ] Restore it once
  - [ ] Take a backup
- [ ] `API_TOKEN` is set
- no box, part of the item above
1. [ ] Tell the team
2. [x] Tell the team

## Switch

| Step | Owner | Done |
|---|---|---|
| Lower the TTL | ops | |
| Raise `a|b` the limit | ops | x |
| Point the name over | ops | |

### [ ] The heading is an item
☐ Watch the graphs
☐ Watch the log
  for ten minutes

* [ ] Last one (optional)

      code beneath it

\t* [ ] Deeper by a tab

After
-----

- [ ] Tell the team (two-person)

- [ ] Remove the old host

  It costs money.

- [ ] Needs a look: needs `backup`
"""
NO_BOXES = """# Review checklist

1. Read the diff
2. Run the tests
   - in a clean checkout
3. Ask a second person
"""
SHORT = "- [ ] only\n- [ ] other"
ALL = {
    "mixed": MIXED,
    "with carriage returns": MIXED.replace("\n", "\r\n"),
    "without boxes": NO_BOXES,
    "without an end": SHORT,
}
