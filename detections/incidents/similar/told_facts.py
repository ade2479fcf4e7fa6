"""What an incident of a runbook gives to its record (pure, over rows that are read)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from bootstrap.importer.parser.incident_facts import factors_in, severity_in, variables_in
from bootstrap.importer.parser.incidents import class_of
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
    """What the text says. Its version and policy are loaded with it; its day or month begins at midnight UTC. A row of
    an earlier console has no class, but its policy may be about one; a column of them counts from the next version."""
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
        bug_class=text.bug_class or class_of(text.policy.title if text.policy else ""),
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


def same_incidents(texts: Sequence[IncidentText], earlier: Sequence[IncidentText]) -> dict[IncidentText, IncidentText]:
    """Of `texts` those that tell in other words of an incident of an `earlier` version, with its text there. First by
    title and a date that agrees, then by title alone where no other one has it, then by the most references shared."""
    same: dict[IncidentText, IncidentText] = {}
    for fits in (_dates_agree, _references_agree):
        same |= _by_title([each for each in texts if each not in same], _others(earlier, same), fits)
    for text in texts:
        if text not in same:
            shared = [
                (len({*text.references} & {*other.references}), other)
                for other in _others(earlier, same)
                if _dates_agree(text, other)
            ]
            count, best = max(shared, key=lambda pair: pair[0], default=(0, text))
            same |= {text: best} if count else {}
    return same


def _others(earlier: Sequence[IncidentText], same: Mapping[IncidentText, IncidentText]) -> list[IncidentText]:
    taken = set(same.values())
    return [each for each in earlier if each not in taken]


def _by_title(
    texts: Sequence[IncidentText], earlier: Sequence[IncidentText], fits: Callable[[IncidentText, IncidentText], bool]
) -> dict[IncidentText, IncidentText]:
    """Texts with the one of `earlier` that has their title and fits, where neither fits another one."""
    titled: dict[str, list[IncidentText]] = {}
    for other in earlier:
        titled.setdefault(other.title, []).append(other)
    pairs = [(text, other) for text in texts for other in titled.get(text.title, ()) if fits(text, other)]
    new, old = Counter(text for text, _ in pairs), Counter(other for _, other in pairs)
    return {text: other for text, other in pairs if new[text] == old[other] == 1}


def _dates_agree(one: IncidentText, other: IncidentText) -> bool:
    """Whether the dates do not contradict at the coarser precision of both; one that is missing never does."""
    if not (one.date and other.date):
        return True
    if IncidentText.Precision.MONTH in (one.precision, other.precision):
        return (one.date.year, one.date.month) == (other.date.year, other.date.month)
    return one.date == other.date


def _references_agree(one: IncidentText, other: IncidentText) -> bool:
    """Whether they share a reference, or one has none: then a date that differs was corrected."""
    return not (one.references and other.references) or bool({*one.references} & {*other.references})


def _reference(reference: str, addresses: Mapping[str, str]) -> ToldLink:
    if reference.startswith(("http://", "https://")):
        return ToldLink(reference, url=reference)
    number = _NUMBER.search(reference)
    return ToldLink(reference, url=addresses.get(number[1], "") if number else "")
