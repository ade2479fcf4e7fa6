"""What the words of an incident say (pure): its severity, its contributing factors, the variables that it names."""

from __future__ import annotations

import re

from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, patterns

_FACTORS = patterns("incident.factor")
_SEVERITY = re.compile(r"\bSEV[- ]?([1-5])\b", re.IGNORECASE)


def severity_in(text: str) -> int | None:
    """The worst of `SEV-1` to `SEV-5` that the text names; None where it names none."""
    return min(map(int, _SEVERITY.findall(text)), default=None)


def factors_in(text: str) -> tuple[str, ...]:
    """The names of the contributing factors that the text tells of."""
    return tuple(name for name, told in _FACTORS if told.search(text))


def variables_in(text: str) -> tuple[str, ...]:
    """What looks like the name of a variable, without flags, each once."""
    return tuple(dict.fromkeys(name for name in IDENTIFIER.findall(text) if not FLAG.fullmatch(name)))
