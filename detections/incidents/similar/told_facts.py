"""What an incident of a runbook gives to its record (pure, over rows that are read)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from bootstrap.importer.parser.incident_facts import factors_in, severity_in, variables_in
from bootstrap.runbooks.version_contents import IncidentText
from detections.incidents.models import TITLE_LENGTH, Incident

# Fields of a record that follow its text until a person changes them.
FOLLOWING = ("title", "summary", "severity", "started_at", "started_precision", "date_text")
# Those that move with its date; without a date they say when the text was stored first.
FOLLOWING_DATE = ("declared_at", "closed_at")
_PULL = re.compile(r"https?://[^\s()<>\[\]\"'`]{1,300}?/(?:pull|pulls|issues|merge_requests)/(?P<number>\d{1,9})\b")
_NUMBER = re.compile(r"#(\d{1,9})\Z")
_PRECISION = {"day": Incident.Precision.DAY, "month": Incident.Precision.MONTH, "": Incident.Precision.NONE}


@dataclass(frozen=True)
class ToldLink:
    """A reference or a variable: its text, with the address or the name where it has one."""

    text: str
    url: str = ""
    variable: str = ""


@dataclass(frozen=True)
class ToldFacts:
    """`fields` are those of FOLLOWING and FOLLOWING_DATE; `bug_class` is the name that the text gives."""

    fields: Mapping[str, Any]
    bug_class: str
    factors: tuple[str, ...]
    links: tuple[ToldLink, ...]
    words: frozenset[str]


def addresses_in(source: str) -> dict[str, str]:
    """The address of each pull request or issue that the text links, by its number; none where it has several."""
    found: dict[str, set[str]] = {}
    for match in _PULL.finditer(source):
        found.setdefault(match["number"], set()).add(match.group())
    return {number: urls.pop() for number, urls in found.items() if len(urls) == 1}


def facts_of(text: IncidentText, addresses: Mapping[str, str]) -> ToldFacts:
    """What the text says. Its version is loaded with it; its day or month begins at midnight UTC."""
    told = f"{text.title} {text.failure}"
    started = datetime.combine(text.date, time(), UTC) if text.date else None
    known_at = started or text.version.created_at
    return ToldFacts(
        fields={
            "title": text.title[:TITLE_LENGTH],
            "summary": text.failure,
            "severity": severity_in(told),
            "started_at": started,
            "started_precision": _PRECISION[text.precision],
            "date_text": text.date_text,
            "declared_at": known_at,
            "closed_at": known_at,
        },
        bug_class=text.bug_class,
        factors=factors_in(told),
        links=(
            *(_reference(each, addresses) for each in dict.fromkeys(text.references)),
            *(ToldLink(name, variable=name) for name in variables_in(told)),
        ),
        words=frozenset(re.findall(r"\w+", told.lower())),
    )


def keys_of(slug: str, texts: Sequence[IncidentText]) -> list[str]:
    """The import key of each text of one version: runbook, title and date, with a number where these are the same."""
    seen: dict[str, int] = {}
    keys = []
    for text in texts:
        key = f"{slug}/{text.title}/{text.date_text}"[:480]
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else f"{key}/{seen[key]}")
    return keys


def same_incident(text: IncidentText, earlier: Sequence[IncidentText]) -> IncidentText | None:
    """The text of an earlier version that tells of the same incident in other words: it shares most references, and its
    date does not contradict. None where no reference is shared."""
    shared = [
        (len({*text.references} & {*other.references}), other)
        for other in earlier
        if other.date == text.date or not (other.date and text.date)
    ]
    best = max(shared, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] else None


def _reference(reference: str, addresses: Mapping[str, str]) -> ToldLink:
    if reference.startswith(("http://", "https://")):
        return ToldLink(reference, url=reference)
    number = _NUMBER.search(reference)
    return ToldLink(reference, url=addresses.get(number[1], "") if number else "")
