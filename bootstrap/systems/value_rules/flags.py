"""What names a flag, what its values mean, and whether it is wanted (pure): one home for all that recognise flags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bootstrap.systems.value_rules.formats import BOOLEAN_WORDS

PREFIXES: Final = ("FLAG_", "FEATURE_")
LONGEST: Final = 90  # what is longer is no name, and would not fit where names are kept
_PATTERN: Final = (
    rf"(?<![A-Za-z0-9_])(?=\w{{1,{LONGEST}}}(?!\w))(?:{'|'.join(PREFIXES)})[A-Z0-9_]*[A-Z0-9](?![A-Za-z0-9_])"
)
IN_TEXT: Final = re.compile(_PATTERN)
IN_SOURCE: Final = re.compile(_PATTERN.encode())

# The words for off come first, so that an index tells on from off whatever word was used.
OFF_WORDS: Final = (*BOOLEAN_WORDS[: len(BOOLEAN_WORDS) // 2], "")
FLAG_WORDS: Final = (*OFF_WORDS, *BOOLEAN_WORDS[len(BOOLEAN_WORDS) // 2 :])


def wanted_on(values: Mapping[str, str], environment: str) -> bool:
    """Whether an item with these `values` by environment wants its flag on there; on where it names no value."""
    return (values.get(environment, values.get("*")) or "1").lower() not in OFF_WORDS
