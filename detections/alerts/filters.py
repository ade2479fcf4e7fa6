"""The filters of lists of alerts, on the page and in the API (pure: no ORM)."""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "open"
ANY = "any"
CONDITIONS = {
    OPEN: "Open (firing or recovering)",
    "firing": "Firing",
    "recovering": "Recovering",
    "pending": "Pending",
    "resolved": "Resolved",
    "inactive": "Inactive (a pending that passed)",
    ANY: "Any status",
}
# With these statuses there are at most as many alerts as scopes.
BOUNDED = frozenset({OPEN, "firing", "recovering", "pending"})
# With these alerts of one cause are one line; lists of what is over show each episode.
GROUPED = frozenset({OPEN, "firing", "recovering"})
HANDLINGS = {"unacknowledged": "Unacknowledged", "acknowledged": "Acknowledged"}
SEVERITIES = {"critical": 3, "high": 2, "medium": 1}
UNJUDGED = "unjudged"
DISPOSITIONS = {
    UNJUDGED: "Not judged yet",
    "true_positive": "True positive",
    "false_positive": "False positive",
    "expected": "Expected",
}
ME, NOBODY = "me", "nobody"  # of a responder, beside user names


@dataclass(frozen=True)
class AlertCriteria:
    """What alerts are filtered by; '' for no filter.

    `rule` is an identifier, `project` a slug, `severity` a word, `label` `name=value` of the rule's version. A
    `responder` is the user name of who acknowledged it or is assigned, or NOBODY.
    """

    rule: str = ""
    condition: str = OPEN
    handling: str = ""
    project: str = ""
    severity: str = ""
    label: str = ""
    responder: str = ""
    disposition: str = ""
