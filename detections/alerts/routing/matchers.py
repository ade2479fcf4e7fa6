"""What an alert is matched by, and whether it matches (pure: no ORM, no clock): of policies and of silences alike.

Matchers are an object of keys with the words that each allows: `{"severity": ["critical"], "label:team": ["solver"]}`.
All keys must match, any word of a key suffices. A word is a whole value, in which `*` stands for any characters. A
label that the alert does not have is matched by no word, `*` included. Silences have the key `tag` too: any of the
alert's tags. Policies have not, since they give the tags.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detections.rules.spec.schema import SEVERITIES, RuleSpec
from detections.telemetry.places.numbers import ID
from detections.telemetry.routes import glob
from opsconsole.lib.db.storable import NO_TEXT, storable

MATCHER_KEYS = ("rule", "category", "severity", "project", "environment", "group")
TAG = "tag"
SILENCE_KEYS = (*MATCHER_KEYS, TAG)
LABEL = "label:"  # before the name of a label
ALLOWED_KEYS = f"{', '.join(MATCHER_KEYS)}, and {LABEL}NAME for a label of the rule, e.g. {LABEL}team"
LABELS_ALLOWED = 'Write NAME=VALUE, several with spaces between them: team=solver component="the solver".'
SOURCE = "source"  # the label with the source that a rule counts

Matchers = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Subject:
    """The facts of an alert that matchers look at; severity as a word (`critical`), the group as in its title."""

    rule: str
    category: str
    severity: str
    project: str
    environment: str
    group: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Sequence[str] = ()  # of a stored alert; while it is routed its policies are still to give them
    never_pages: bool = False  # no matcher: pagers and escalations of the policies are left out

    def value(self, key: str) -> str | None:
        """The value that a key is compared with; None of a label that it does not have."""
        if key.startswith(LABEL):
            return self.labels.get(key.removeprefix(LABEL))
        return str(getattr(self, key))


def labels_of(spec: RuleSpec) -> dict[str, str]:
    """The labels of a rule's alerts: those that it declares, the tags that it selects, and its source where it has one
    only. What it declares wins."""
    sources = [source.source for source in spec.selector.sources]
    source = {SOURCE: str(sources[0])} if len(sources) == 1 else {}
    return {**source, **spec.selector.tags, **spec.labels}


def parse_labels(text: str) -> dict[str, str]:
    """Labels as people type them: `team=solver component="the solver"`, with spaces or commas between them. Raises
    ValueError with what is allowed."""
    splitter = shlex.shlex(text, posix=True, punctuation_chars=False)
    splitter.whitespace_split, splitter.commenters, splitter.escape = True, "", ""
    splitter.whitespace += ","
    try:
        words = list(splitter)
    except ValueError:
        raise ValueError(f"A quote is not closed. {LABELS_ALLOWED}") from None
    labels: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise ValueError(f"{word!r} is no label. {LABELS_ALLOWED}")
        if name in labels:
            raise ValueError(f"The label {name!r} is there twice. {LABELS_ALLOWED}")
        labels[name] = value
    return labels


def mismatch(matchers: Matchers | None, subject: Subject) -> str:
    """Why the subject does not match, e.g. `severity is high, not critical`; empty where it matches."""
    for key, words in (matchers or {}).items():
        if key == TAG:
            if why_not := _tag_mismatch(words, subject.tags):
                return why_not
            continue
        value = subject.value(key)
        if value is None:
            return f"it has no {named(key)}, wanted is {' or '.join(words)}"
        if not any(word_matches(word, value) for word in words):
            return f"{named(key)} is {value or 'empty'}, not {' or '.join(words)}"
    return ""


def _tag_mismatch(words: Sequence[str], tags: Sequence[str]) -> str:
    if any(word_matches(word, tag) for word in words for tag in tags):
        return ""
    return f"its tags are {', '.join(tags)}, not {' or '.join(words)}" if tags else "it has no tags"


def matched_by(matchers: Matchers | None, subject: Subject) -> list[str]:
    """What matched, one sentence for each key: `label team is solver`. Of a subject without a mismatch."""
    return [f"{named(key)} is {subject.value(key)}" for key in matchers or {}]


def word_matches(word: str, value: str) -> bool:
    """Whether a word of a matcher allows the value: equal, or as a pattern with `*`; in linear time. A path matches the
    route that it is counted as: `/invoices/7` goes on to match when the numbers there turn out to be ids."""
    return word == value or ("*" in word and glob(word)(value)) or (ID in value and _is_path_of(word, value))


def _is_path_of(path: str, route: str) -> bool:
    segments, template = path.split("/"), route.split("/")
    pairs = zip(segments[1:], template[1:], strict=False)
    fits = all(part == named or (named == ID and part.isdecimal()) for part, named in pairs)
    return fits and len(segments) == len(template) and segments[0] == template[0] == ""


def matcher_problems(matchers: object, *, tags: bool = False) -> list[str]:
    """Problems of matchers that somebody wrote, a sentence each; empty when they are valid. `tags`: of a silence, which
    may match tags."""
    if not isinstance(matchers, dict):
        return ['Write an object, e.g. {"severity": ["critical"]}.']
    problems = [_no_key(key, tags) for key in matchers if not (is_key(key) or (tags and key == TAG))]
    for key, words in matchers.items():
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            problems.append(f'{key!r} needs a list of words, e.g. ["critical", "high"].')
        elif not all(map(storable, words)):
            problems.append(f"{key!r}: a word {NO_TEXT}.")
        elif key == "severity":
            problems += [
                f"'severity': {word!r} is no severity; allowed: {', '.join(SEVERITIES)}."
                for word in words
                if not any(word_matches(word, severity) for severity in SEVERITIES)
            ]
    return problems


def _no_key(key: str, tags: bool) -> str:
    if key == TAG:
        return (
            "'tag' is for silences: a policy gives tags, so that none can be matched here. Match a label: label:NAME."
        )
    return f"{key!r} is no key; allowed: {f'{TAG}, ' if tags else ''}{ALLOWED_KEYS}."


def is_key(key: str) -> bool:
    """Whether the word is a key of matchers."""
    return key in MATCHER_KEYS or (key.startswith(LABEL) and key.removeprefix(LABEL).strip() != "" and storable(key))


def named(key: str) -> str:
    """A key in a sentence: `severity`, `label team`."""
    return f"label {key.removeprefix(LABEL)}" if key.startswith(LABEL) else key
