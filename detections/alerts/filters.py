"""Which alerts a page or the API shows, from the query string (pure: no ORM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

OPEN = "open"
ANY = "any"
CONDITIONS = {
    OPEN: "Open (firing or recovering)",
    "firing": "Firing",
    "recovering": "Recovering",
    "pending": "Pending",
    "resolved": "Resolved",
    "inactive": "Inactive (a pending that passed)",
    ANY: "Any condition",
}
HANDLINGS = {"unacknowledged": "Unacknowledged", "acknowledged": "Acknowledged"}
SEVERITIES = {"critical": 3, "high": 2, "medium": 1}


@dataclass(frozen=True)
class Filters:
    """Empty text means no filter. `rule` is an identifier, `project` a slug, `severity` a word."""

    rule: str = ""
    condition: str = OPEN
    handling: str = ""
    project: str = ""
    severity: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the condition is chosen."""
        return bool(self.rule or self.handling or self.project or self.severity)


def from_query(query: Mapping[str, str]) -> Filters:
    """Filters of an address; a word that is not known filters nothing, so that an old link still shows a page."""
    words = {field.name: query.get(field.name, "").replace("\x00", "").strip() for field in fields(Filters)}
    return Filters(
        rule=words["rule"],
        project=words["project"],
        condition=_known(words["condition"], CONDITIONS) or OPEN,
        handling=_known(words["handling"], HANDLINGS),
        severity=_known(words["severity"], SEVERITIES),
    )


def _known(word: str, words: Mapping[str, object]) -> str:
    return word if word in words else ""
