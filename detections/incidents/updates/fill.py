"""Fills a template of an update (pure): names in braces, which nothing else is looked up by."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES = ("name", "title", "summary", "severity", "status", "commander", "affected", "started")
BLANK = "___"  # what the author of an update fills in
_NAME = re.compile(r"\{([^{}\n]*)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The text with the values in place of the names. What is not known is an underscore for its author to fill; braces
    with other words stay."""
    return _NAME.sub(lambda found: values.get(found[1]) or BLANK if found[1] in NAMES else found[0], template)


def unknown_names(template: str) -> list[str]:
    """The names in braces that nothing fills."""
    return sorted({name for name in _NAME.findall(template) if name not in NAMES})
