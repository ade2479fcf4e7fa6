"""Reading runbooks: markdown text in, a typed runbook with line numbers out, then rows.

`flattened` mends markdown that lost its marks, `gfm` turns text into blocks, `outline` reads blocks as checklists,
policies, incidents and references, `items` and `dependencies` read single items; all of that is pure. `load` writes a
runbook as a new version; `coverage` asks whether checklists cover the flags that an application's source names.
Promises: every source line that is not blank lies in some block; the same text gives the same keys.
"""

from bootstrap.importer.parsed import Runbook
from bootstrap.importer.read import read_file, read_runbook

__all__ = ["Runbook", "read_file", "read_runbook"]
