"""Imports runbooks: markdown becomes a parsed runbook with line numbers, then rows.

`flattened` repairs text that lost its marks to ordinary markdown, `markdown` gives its blocks, `parser` the checklists,
policies and other parts, by the words in `vocabulary.toml`; all of that is pure. `review` shows the result, `store`
writes it as a new version; `flag_coverage` compares checklists with the flags that an application's source names.
Every source line that is not blank is in some block, and the same text gives the same keys.
"""

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.text_to_runbook import read_file, read_runbook

__all__ = ["ParsedRunbook", "read_file", "read_runbook"]
