"""Names in the lists of a rule that nothing answers to: with such a prerequisite a source would never count, say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detections.rules.active_rules import spec_of
from detections.rules.lifecycle.name_kinds import KINDS, MOST
from detections.rules.models import Rule
from detections.rules.spec.conditions import ConfigFinding, ProbeCheckCondition
from detections.rules.spec.schema import RuleSpec
from detections.telemetry.routes import glob
from opsconsole.lib.lookup import close_matches

_LISTED = 8  # names that a message lists where none is alike


@dataclass(frozen=True)
class NamedIn:
    """A name of a kind of `KINDS`, and where in the content it stands: `signatures[2].owner`."""

    path: str
    kind: str
    name: str


@dataclass(frozen=True)
class MissingName:
    """A name that nothing answers to, with those that are spelt alike, and the first of those there are."""

    named: NamedIn
    alike: tuple[str, ...]
    there_are: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is wrong, and what may have been meant."""
        called = KINDS[self.named.kind].called
        verb = "matches" if self.named.kind == "variable" else "is called"
        if self.alike:
            advice = f"did you mean {' or '.join(self.alike)}?"
        elif self.there_are:
            advice = f"there are: {', '.join(self.there_are)}"
        else:
            advice = "there are none yet"
        return f"No {called} {verb} {self.named.name}; {advice}"


def missing_names(spec: RuleSpec) -> list[MissingName]:
    """The names in its lists that nothing answers to. At most one query for each kind of name that it has, two for
    owners."""
    by_kind: dict[str, list[NamedIn]] = defaultdict(list)
    for each in names_in(spec):
        by_kind[each.kind].append(each)
    return [missing for kind, found in by_kind.items() for missing in _missing(kind, found)]


def refused_names(spec: RuleSpec, old: RuleSpec | None) -> list[MissingName]:
    """The missing names for which an edit is refused: not those that the rule before it or another rule has, which may
    wait for a runbook; and not owners whom nobody is spelt like, for texts may name owners before they exist."""
    missing = [each for each in missing_names(spec) if each.named.kind != "owner" or each.alike]
    if missing and old is not None:
        missing = _not_in(missing, [old])
    if missing:
        versions = Rule.objects.filter(current__isnull=False).select_related("current")
        missing = _not_in(missing, (found for rule in versions if (found := spec_of(rule.current))))
    return missing


def names_in(spec: RuleSpec) -> Iterator[NamedIn]:
    """The names in the lists of a rule, and its owner."""
    if spec.owner:
        yield NamedIn("owner", "owner", spec.owner)
    for i, source in enumerate(spec.selector.sources):
        for j, predicate in enumerate(source.prerequisites):
            kind, _, name = predicate.partition(":")
            path = f"selector.sources[{i}].prerequisites[{j}]"
            yield NamedIn(path, "app_var" if kind == "var" and "/" in name else kind, name)
    for i, signature in enumerate(spec.signatures):
        if signature.owner:
            yield NamedIn(f"signatures[{i}].owner", "owner", signature.owner)
    for i, called in enumerate(spec.escalation):
        if called.owner:
            yield NamedIn(f"escalation[{i}].owner", "owner", called.owner)
    for i, fixture in enumerate(spec.fixtures):
        yield NamedIn(f"fixtures[{i}]", "fixture", fixture)
    yield from _in_conditions(spec)


def _in_conditions(spec: RuleSpec) -> Iterator[NamedIn]:
    condition = spec.condition_of(ConfigFinding)
    for i, variable in enumerate(condition.variables if condition else ()):
        yield NamedIn(f"conditions[0].variables[{i}]", "variable", variable)
    probed = spec.condition_of(ProbeCheckCondition)
    for i, target in enumerate(probed.targets if probed else ()):
        yield NamedIn(f"conditions[0].probe_targets[{i}]", "probe_target", target)
    for i, check in enumerate(probed.checks if probed else ()):
        yield NamedIn(f"conditions[0].probe_checks[{i}]", "probe_check", check)


def _missing(kind: str, found: Iterable[NamedIn]) -> Iterator[MissingName]:
    known = [each.word for each in KINDS[kind].find("", MOST)]
    names = set(known)
    for each in found:
        if each.name in names or (kind == "variable" and any(map(glob(each.name), known))):
            continue
        if len(known) == MOST and any(each.name == found.word for found in KINDS[kind].find(each.name, MOST)):
            continue  # more names than are compared
        yield MissingName(each, tuple(close_matches(each.name, known, limit=2)), tuple(known[:_LISTED]))


def _not_in(missing: list[MissingName], specs: Iterable[RuleSpec]) -> list[MissingName]:
    said = {(each.kind, each.name) for spec in specs for each in names_in(spec)}
    return [each for each in missing if (each.named.kind, each.named.name) not in said]
