"""How flags are recognised in text and code, what their values mean, and whether one is wanted on (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bootstrap.systems.value_rules.formats import BOOLEAN_WORDS

PREFIXES: Final = ("FLAG_", "FEATURE_")
LONGEST: Final = 90  # longer words are not names, and would not fit into the columns for names
_PATTERN: Final = (
    rf"(?<![A-Za-z0-9_])(?=\w{{1,{LONGEST}}}(?!\w))(?:{'|'.join(PREFIXES)})[A-Z0-9_]*[A-Z0-9](?![A-Za-z0-9_])"
)
IN_TEXT: Final = re.compile(_PATTERN)
IN_SOURCE: Final = re.compile(_PATTERN.encode())

# The words for off come first, so that the index of a word shows whether it means on or off.
OFF_WORDS: Final = (*BOOLEAN_WORDS[: len(BOOLEAN_WORDS) // 2], "")
FLAG_WORDS: Final = (*OFF_WORDS, *BOOLEAN_WORDS[len(BOOLEAN_WORDS) // 2 :])


def wanted_on(values: Mapping[str, str], environment: str) -> bool:
    """Whether an item with these `values` by environment wants its flag on there; True where it gives no value."""
    return (values.get(environment, values.get("*")) or "1").lower() not in OFF_WORDS
