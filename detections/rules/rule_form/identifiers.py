"""The name that a new rule is offered: the next free one that fits its title."""

from __future__ import annotations

import re
import unicodedata

from detections.rules.models import Rule

LONGEST_WORD = 20
NUMBERED = re.compile(r"-(\d{1,6})$")
# Words of a title that tell no rule from another.
COMMON = frozenset(
    {
        "A",
        "AN",
        "ALL",
        "AND",
        "ANY",
        "ARE",
        "AT",
        "BY",
        "FAILS",
        "FAIL",
        "FOR",
        "FROM",
        "IN",
        "IS",
        "OF",
        "ON",
        "OR",
        "THE",
        "TO",
        "TOO",
        "MANY",
        "MORE",
        "WITH",
    }
)
FALLBACK = "RULE"


def proposal(title: str) -> str:
    """`DET-`, the first telling word of the title, and the next free number: DET-ORDERS-001. One query."""
    prefix = f"DET-{_word(title)}-"
    taken = Rule.objects.filter(identifier__istartswith=prefix).values_list("identifier", flat=True)
    numbers = [int(found[1]) for name in taken if (found := NUMBERED.search(name)) and len(name) > len(prefix)]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"


def _word(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z0-9]+", plain)
    return next((word for word in words if word not in COMMON), words[0] if words else FALLBACK)[:LONGEST_WORD]
