"""Reading runbooks: markdown text in, a typed runbook with line numbers out, then rows.

`gfm` turns text into blocks, `outline` reads blocks as checklists, policies, incidents and references, `items` and
`dependencies` read single items; all of that is pure. `load` writes a runbook as a new version.
Promises: every source line that is not blank lies in exactly one block; the same text gives the same keys.
"""

from bootstrap.importer.gfm import read_blocks
from bootstrap.importer.outline import read_outline
from bootstrap.importer.runbook import Runbook

__all__ = ["Runbook", "read_runbook"]


def read_runbook(text: str) -> Runbook:
    """The runbook in a markdown text."""
    return read_outline(read_blocks(text))
