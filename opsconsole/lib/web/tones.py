"""How severities and states look: shape, tone (a colour of the style sheet), whether a dot is filled (docs/ui.md)."""

from __future__ import annotations

# A severity is shown by word, shape and colour: one reader in twelve cannot rely on colour.
SEVERITY_SHAPES = {
    "critical": "octagon",
    "high": "triangle",
    "medium": "diamond",
    "low": "square",
    "info": "dot",
}
_SEVERITY_TONES = {"info": "quiet"}
_SEVERITY_ALIASES = {"fatal": "critical", "error": "high", "warning": "medium", "warn": "medium", "debug": "info"}
_SEVERITY_ALIASES |= {f"sev-{at}": word for at, word in enumerate(SEVERITY_SHAPES, 1)}

# State to (tone, filled dot). A hollow dot means that nothing is happening.
STATE_TONES: dict[str, tuple[str, bool]] = {
    # status and handling of an alert
    "pending": ("quiet", False),
    "firing": ("critical", True),
    "recovering": ("medium", True),
    "resolved": ("ok", True),
    "inactive": ("quiet", False),
    "unacknowledged": ("critical", False),
    "acknowledged": ("accent", True),
    # mode or state of a rule
    "draft": ("quiet", False),
    "dormant": ("medium", False),
    "shadow": ("low", True),
    "active": ("ok", True),
    "muted": ("quiet", True),
    "retired": ("quiet", False),
    # issues
    "unresolved": ("high", True),
    "regressed": ("critical", True),
    "ignored": ("quiet", False),
    # checklist items and deliveries
    "signed": ("ok", True),
    "done": ("ok", True),
    "open": ("quiet", False),
    "blocked": ("critical", True),
    "finished": ("ok", True),
    "missed": ("high", True),
    "waived": ("low", True),
    "in progress": ("accent", True),
    "complete": ("ok", True),
    "queued": ("quiet", True),
    "suppressed": ("quiet", True),
    "sent": ("ok", True),
    "shown": ("quiet", False),
    "delivered": ("ok", True),
    "failed": ("critical", True),
    "dead": ("critical", True),
    "unknown": ("medium", True),
    # imports
    "waiting": ("quiet", True),
    "reading": ("accent", True),
    "storing": ("accent", True),
    # postures
    "holds": ("ok", True),
    "unverified": ("medium", False),
    "lapsed": ("critical", True),
    "proposed": ("accent", False),
    "ended": ("quiet", False),
    "planned": ("accent", False),
    # incidents
    "impact": ("critical", True),
    "mitigated": ("medium", True),
    "postmortem": ("accent", True),
    # health
    "ok": ("ok", True),
    "late": ("medium", True),
    "silent": ("medium", True),
    "down": ("critical", True),
}


def look_of_severity(word: str) -> tuple[str, str]:
    """Shape and tone of a severity, that of an incident (`sev-1`), or a Sentry level, in small letters."""
    known = _SEVERITY_ALIASES.get(word, word)
    if known not in SEVERITY_SHAPES:
        return "dot", "quiet"
    return SEVERITY_SHAPES[known], _SEVERITY_TONES.get(known, known)
