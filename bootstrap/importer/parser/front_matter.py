"""The settings at the head of a document (pure): YAML between `---` or TOML between `+++`, as sites keep them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bootstrap.importer.markdown.blocks import Block, Prose
from bootstrap.importer.markdown.parse import front_matter

# Only settings of one line: a list or a nested table is nothing to be shown beside a title.
_LINE = re.compile(r"(?P<key>\w[\w -]{0,60}?)\s{0,9}[:=]\s{1,9}(?P<value>[^\s|>\[{&*].{0,300})")


def settings_in(blocks: Sequence[Block]) -> dict[str, str]:
    """Its settings of one line by their names as written; empty without front matter."""
    head = blocks[0] if blocks else None
    lines = head.text.split("\n") if isinstance(head, Prose) and head.first == 1 else [""]
    found = (_LINE.fullmatch(line) for line in lines[1 : front_matter(lines)])
    return {match["key"]: _bare(match["value"]) for match in found if match}


def _bare(value: str) -> str:
    text = value.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else re.sub(r"\s+#.*", "", text)
