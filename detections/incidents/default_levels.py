"""What the severities mean and ask for until somebody says otherwise. The console's own choice."""

from __future__ import annotations

from dataclasses import dataclass

from detections.incidents.models import SeverityLevel


@dataclass(frozen=True)
class DefaultLevel:
    """`update_minutes` and `postmortem_days` None: none is asked for."""

    severity: int
    meaning: str
    update_minutes: int | None
    postmortem_days: int | None


LEVELS = (
    DefaultLevel(1, "Most users cannot use the product, or data is lost or exposed.", 30, 5),
    DefaultLevel(2, "A main function fails, or fails for many users.", 60, 10),
    DefaultLevel(3, "A function fails in part, or there is a way around it.", None, None),
    DefaultLevel(4, "A nuisance; nobody is kept from their work.", None, None),
    DefaultLevel(5, "Nobody has noticed: a weakness that is worth a record.", None, None),
)


def load() -> list[str]:
    """Creates the severities that are missing, and returns a line for each. Those that are there stay as people made
    them."""
    created = []
    for level in LEVELS:
        values = {
            "meaning": level.meaning,
            "update_minutes": level.update_minutes,
            "postmortem_days": level.postmortem_days,
        }
        _, new = SeverityLevel.objects.get_or_create(severity=level.severity, defaults=values)
        if new:
            created.append(f"severity SEV-{level.severity} added")
    return created
