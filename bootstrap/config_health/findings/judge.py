"""From rules, reported states and sign-offs to what is wrong (pure; decision 0007).

A variable is needed always, by a condition that holds, or not at all: what its `required when` answers to the facts of
the newest report. Prose answers nothing; then it is in use while a checklist item about it applies. Its absence breaks
where the start fails or requests answer 501 or 503 (`BREAKS`). Severities, w for warning:

| finding                   | always                              | by condition             | in use  | not needed |
|---------------------------|-------------------------------------|--------------------------|---------|------------|
| missing, empty            | critical                            | breaks: critical, else w | warning | none       |
| bad_format, wrong_literal | breaks or unknown: critical, else w | breaks: critical, else w | warning | info       |
| fallback_active           | warning                             | warning                  | info    | none       |

A `wrong_literal` is none of the accepted words, or another one than the checklist's items want in this environment.

Critical are also `forbidden_present`, `must_equal_broken`, `must_differ_broken` and `stale`: somebody relies on what is
not so. `changed_since_sign_off` and `flag_without_coverage` are warnings: nothing is broken, but nobody has looked.

A posture outranks the table: its severity holds while it stands, the full one once it has lapsed.

A variable that a report leaves out is judged by what was told of it last. Nothing is claimed of one that was never
reported, of a literal judged by another manifest than today's, of values without fingerprints, nor of a partner whose
report is stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bootstrap.config_health.variable_status import EMPTY, FRESH, NOT_REPORTED, SET, UNSET, Judged, is_fresh
from bootstrap.systems.value_rules.expected_values import is_as_wanted
from bootstrap.systems.value_rules.flags import FLAG_WORDS, OFF_WORDS, PREFIXES

CRITICAL, WARNING, INFO = "critical", "warning", "info"
BREAKS: Final = frozenset({"boot_fail", "http_501", "http_503", "http_5xx"})
FALLS_BACK: Final = "fallback_to"
ALWAYS, CONDITIONAL, UNKNOWN, NOT_NEEDED = "always", "conditional", "unknown", "not needed"


@dataclass(frozen=True)
class VariableRule:
    """What a variable has to be in one deployment. `need` is one of the four words above; `told` is `required when`.

    `accepted` are the words that its table names, `expected` the one that items want (empty: any), `words` all that the
    agent judges it by, as the manifest asks. `aliases` are the other names of a flag.
    """

    name: str
    need: str
    told: str = ""
    accepted: tuple[str, ...] = ()
    expected: str = ""
    words: tuple[str, ...] = ()
    failure_mode: str = ""
    fallback_to: str = ""
    forbidden: bool = False
    is_flag: bool = False
    aliases: tuple[str, ...] = ()
    empty_is_unset: bool = True


@dataclass(frozen=True)
class Group:
    """Variables whose values must be equal, or differ, wherever they are reported; `name` is their fingerprint's."""

    name: str
    must_equal: bool
    members: tuple[tuple[int, str], ...]  # (deployment id, variable)


@dataclass(frozen=True)
class Place:
    """One deployment as it is known. `at_sign_off`: by variable, (group, fingerprint) when its item was signed.

    `accepted`: by variable that a posture speaks of, the severity that its absence has now, and why.
    `covered` are the flags that an open checklist names, None where no checklist is open; `waiting_since` is when the
    oldest live token was made; `literals_known` says that the agent judged by today's manifest.
    """

    id: int
    name: str
    rules: Sequence[VariableRule] = ()
    states: Mapping[str, Judged] = field(default_factory=dict)
    other_names: Sequence[str] = ()
    covered: frozenset[str] | None = None
    accepted: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    at_sign_off: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    literals_known: bool = True
    reported_at: datetime | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True)
class Violation:
    """Something wrong; `detail` is a sentence that stays the same while nothing changes."""

    subject: str
    kind: str
    severity: str
    detail: str


def flag_is_on(accepted: Sequence[str], judged: Judged) -> bool | None:
    """On, off, or None where it is set to no known word or was not reported. Unset and empty are off."""
    if judged.state in (UNSET, EMPTY):
        return False
    if judged.state != SET or judged.accepted_index is None or judged.accepted_index >= len(accepted):
        return None
    return accepted[judged.accepted_index].lower() not in OFF_WORDS


def any_is_on(told: Iterable[Judged]) -> bool | None:
    """Of a flag that goes by several names: on where one is on; off where none is, and one says so or nothing is
    set; None where nothing was reported, or what is set is no known word.
    """
    known = [judged for judged in told if judged.state != NOT_REPORTED]
    states = [flag_is_on(FLAG_WORDS, judged) for judged in known]
    if True in states:
        return True
    said_off = any(on is False and judged.state == SET for on, judged in zip(states, known, strict=True))
    return False if said_off or (known and None not in states) else None


def verdicts(place: Place, groups: Sequence[Group], peers: Mapping[int, Place], now: datetime) -> list[Violation]:
    """All that is wrong with `place`; `peers` by id, itself among them, are compared with by `groups`."""
    found = [*_staleness(place, now)]
    for rule in place.rules:
        judged = place.states.get(rule.name)
        if judged is not None:
            found += _of_variable(rule, judged, place)
    found += _groups(place, groups, peers, now)
    found += _flags(place)
    return found


def _staleness(place: Place, now: datetime) -> Iterator[Violation]:
    hours = int(FRESH.total_seconds() // 3600)
    since = place.reported_at or place.waiting_since
    if since is None or is_fresh(since, now):
        return
    if place.reported_at is None:
        yield Violation("", "stale", CRITICAL, f"No report yet, though a token was made {since:%Y-%m-%d %H:%M} UTC")
    else:
        yield Violation("", "stale", CRITICAL, f"No report for {hours} h; the last is of {since:%Y-%m-%d %H:%M} UTC")


def _of_variable(rule: VariableRule, judged: Judged, place: Place) -> Iterator[Violation]:
    if judged.state in (UNSET, EMPTY):
        yield from _absence(rule, judged, place)
        return
    if judged.state != SET:
        return
    if rule.forbidden:
        yield Violation(rule.name, "forbidden_present", CRITICAL, "Set, but must not be set here")
    if judged.format_ok is False:
        yield Violation(rule.name, "bad_format", _wrong_severity(rule), f"Set, but malformed{_because(rule)}")
    if place.literals_known and (wrong := _wrong_literal(rule, judged.accepted_index)):
        yield Violation(rule.name, "wrong_literal", _wrong_severity(rule), wrong)
    signed = place.at_sign_off.get(rule.name)
    if signed and judged.fingerprints.get(signed[0], signed[1]) != signed[1]:
        yield Violation(
            rule.name, "changed_since_sign_off", WARNING, "Its value is another than when its item was signed"
        )


def _wrong_literal(rule: VariableRule, index: int | None) -> str:
    """What is wrong with a value that is the word of that index, or none of the words; empty where nothing is."""
    if index is None:
        if rule.accepted:
            return f"Set to none of: {', '.join(rule.accepted)}"
        return f"Set, but not to {rule.expected}, which its checklist item wants" if rule.expected else ""
    if not rule.expected or index >= len(rule.words) or is_as_wanted(rule.words[index], rule.expected):
        return ""
    return f"Set to {rule.words[index]}, but its checklist item wants {rule.expected}"


def _absence(rule: VariableRule, judged: Judged, place: Place) -> Iterator[Violation]:
    own_value = judged.state == EMPTY and not rule.empty_is_unset
    word, kind = ("Empty", "empty") if judged.state == EMPTY else ("Unset", "missing")
    if rule.name in place.accepted and not own_value:
        severity, why = place.accepted[rule.name]
        yield Violation(rule.name, kind, severity, f"{word}; {why}")
        return
    if rule.need == NOT_NEEDED or rule.forbidden or rule.is_flag or own_value:
        return
    partner = place.states.get(rule.fallback_to) if rule.fallback_to else None
    if partner is not None and partner.state == SET:
        severity = INFO if rule.need == UNKNOWN else WARNING
        detail = f"{word}, so that {rule.fallback_to} is used in its place{_because(rule)}"
        yield Violation(rule.name, "fallback_active", severity, detail)
        return
    yield Violation(rule.name, kind, _absence_severity(rule), f"{word}{_because(rule)}")


def _absence_severity(rule: VariableRule) -> str:
    if rule.need == ALWAYS:
        return CRITICAL
    return CRITICAL if rule.need == CONDITIONAL and rule.failure_mode in BREAKS else WARNING


def _wrong_severity(rule: VariableRule) -> str:
    if rule.need == NOT_NEEDED:
        return INFO
    breaks = rule.failure_mode in BREAKS or (rule.need == ALWAYS and not rule.failure_mode)
    return CRITICAL if breaks and rule.need != UNKNOWN else WARNING


def _because(rule: VariableRule) -> str:
    if rule.need == ALWAYS:
        return "; always required"
    if rule.need == NOT_NEEDED:
        return ", though nothing needs it now"
    return f"; required when: {rule.told}" if rule.told else "; its checklist item applies here"


def _groups(place: Place, groups: Sequence[Group], peers: Mapping[int, Place], now: datetime) -> Iterator[Violation]:
    if not is_fresh(place.reported_at, now):
        return
    for group in groups:
        for own_id, name in group.members:
            if own_id == place.id:
                yield from _compared(place, name, group, peers, now)


def _compared(place: Place, name: str, group: Group, peers: Mapping[int, Place], now: datetime) -> Iterator[Violation]:
    mine = _fingerprint(place, name, group, now)
    others = {
        (peers[pk].name, other): fingerprint
        for pk, other in group.members
        if (pk, other) != (place.id, name)
        and pk in peers
        and (fingerprint := _fingerprint(peers[pk], other, group, now))
    }
    if mine is None or not others:
        return
    wrong = sorted(where for where, fingerprint in others.items() if (fingerprint == mine) is not group.must_equal)
    if wrong:
        named = ", ".join(f"{other} of {where}" for where, other in wrong)
        kind, word = ("must_equal_broken", "Differs from") if group.must_equal else ("must_differ_broken", "Equal to")
        rule = "must be equal" if group.must_equal else "must differ"
        yield Violation(name, kind, CRITICAL, f"{word} {named}, but they {rule}")


def _fingerprint(place: Place, name: str, group: Group, now: datetime) -> str | None:
    judged = place.states.get(name)
    if judged is None or judged.state != SET or not is_fresh(place.reported_at, now):
        return None
    return judged.fingerprints.get(group.name)


def _flags(place: Place) -> Iterator[Violation]:
    if place.covered is None:
        return
    for rule in place.rules:
        names = (rule.name, *rule.aliases)
        told = [place.states[name] for name in names if name in place.states]
        if rule.is_flag and place.covered.isdisjoint(names) and any_is_on(told):
            yield _uncovered(rule.name)
    present = {name for name in place.other_names if name.startswith(PREFIXES)}
    yield from map(_uncovered, sorted(present - place.covered))


def _uncovered(name: str) -> Violation:
    return Violation(name, "flag_without_coverage", WARNING, "Set, but no open checklist names it")
