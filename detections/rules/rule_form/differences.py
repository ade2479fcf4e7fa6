"""Pure: what differs between two contents of a rule, in sentences and by field of the form (no ORM)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detections.rules.rule_form import choices
from detections.rules.rule_form.chance_field import ChanceField, shown
from detections.rules.rule_form.counting_fields import CountingFields
from detections.rules.rule_form.fields import AnswerFields, NameAndSelectorFields, OtherKindFields
from detections.rules.rule_form.probe_fields import ProbeFields
from detections.rules.spec import describe, form_fields
from detections.rules.spec.conditions import ProbeCheckCondition
from detections.rules.spec.schema import RuleSpec, brief

FIELDS = {
    name: field
    for group in (NameAndSelectorFields, CountingFields, OtherKindFields, ProbeFields, AnswerFields)
    for name, field in group.base_fields.items()
}
NOTHING = "nothing"
# Parts of a rule that are lists or mappings; each entry is compared by itself.
PARTS = (
    *("sources", "tags", "variables", "probe_targets", "probe_checks"),
    *("signatures", "escalation", "guardrails", "labels", "fixtures"),
)


@dataclass(frozen=True)
class RuleFieldChange:
    """A field whose value differs. Of lists `old` and `new` have only the entries that one of them is without; of a
    long text, `lines` are the changed ones as (mark, text)."""

    name: str
    label: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """`High from: 3 → 4`."""
        if self.lines:
            return f"{self.label} was rewritten"
        return f"{self.label}: {'; '.join(self.old) or NOTHING} → {'; '.join(self.new) or NOTHING}"


@dataclass(frozen=True)
class Differences:
    """The sentences that describe the rule as (mark, text), mark being `-`, `+` or a blank, and the changed fields."""

    sentences: tuple[tuple[str, str], ...]
    fields: tuple[RuleFieldChange, ...]

    def __bool__(self) -> bool:
        return bool(self.fields)

    @property
    def rewritten(self) -> bool:
        """Whether any of the sentences differ."""
        return any(mark != " " for mark, _ in self.sentences)

    def summary(self, most: int = 4) -> str:
        """The first changed fields in a line, and how many more there are."""
        words = [change.words if len(change.words) <= 120 else f"{change.label} changed" for change in self.fields]
        rest = len(words) - most
        return "; ".join(words[:most]) + (f"; and {rest} more" if rest > 0 else "")


def differences(old: RuleSpec, new: RuleSpec) -> Differences:
    """What `new` says otherwise than `old`."""
    before, after = _shown(old), _shown(new)
    names = [name for name in FIELDS if before.get(name, ()) != after.get(name, ())]
    return Differences(_marked(_sentences(old), _sentences(new)), tuple(_change(n, before, after) for n in names))


def _change(name: str, before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> RuleFieldChange:
    old, new, label = before.get(name, ()), after.get(name, ()), str(FIELDS[name].label or _words(name))
    if name == "documentation":
        lines = tuple(each for each in _marked(_text(old), _text(new)) if each[0] != " ")
        return RuleFieldChange(name, label, (), (), lines)
    if name not in PARTS:
        return RuleFieldChange(name, label, old, new)
    moved = set(old) == set(new)  # or the same entry more than once
    gone, come = [e for e in old if e not in new], [e for e in new if e not in old]
    return RuleFieldChange(name, label, tuple(old if moved else gone), tuple(new if moved else come))


def _sentences(spec: RuleSpec) -> list[str]:
    return [describe.selects(spec), *describe.thresholds(spec)]


def _marked(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Not by `ndiff`, which compares each line with each other by letters: minutes for a text rewritten throughout."""
    found: list[tuple[str, str]] = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if what == "equal":
            found += [(" ", text) for text in old[i:j]]
        else:
            found += [*(("-", text) for text in old[i:j]), *(("+", text) for text in new[k:m])]
    return tuple(found)


def _shown(spec: RuleSpec) -> dict[str, tuple[str, ...]]:
    """By field, its value in words; without the fields that do not belong to the rule's kind."""
    fields = form_fields.to_fields(spec)
    kind = str(fields["kind"])
    of_kind = {name for name in fields if name not in PARTS and choices.belongs(name, kind)}
    values = {name: _words_of(name, fields[name]) for name in of_kind}
    return values | {name: tuple(entries) for name, entries in _parts(spec).items()}


def _parts(spec: RuleSpec) -> dict[str, list[str]]:
    selector, whole = spec.selector, brief(spec)
    found = {name: [_entry(each) for each in whole.get(name, ())] for name in ("signatures", "escalation")}
    found |= {name: [_entry(each) for each in whole.get(name, ())] for name in ("guardrails", "fixtures")}
    found["sources"] = [_source(brief(source)) for source in selector.sources]
    found["tags"] = [f"{key}:{value}" for key, value in selector.tags.items()]
    found["labels"] = [f"{key}: {value}" for key, value in spec.labels.items()]
    found["variables"] = [name for c in spec.conditions for name in getattr(c, "variables", ())]
    probed = spec.condition_of(ProbeCheckCondition)
    found["probe_targets"] = list(probed.targets if probed else ())
    found["probe_checks"] = list(probed.checks if probed else ())
    return found


def _source(source: Mapping[str, Any]) -> str:
    needs = ", ".join(source.get("prerequisites", ()))
    return f"{describe.source_name(source['source'])}{f', needs {needs}' if needs else ''}"


def _entry(value: Any) -> str:
    """An entry of a list: a word, or `name: …, cause: …`."""
    if not isinstance(value, Mapping):
        return str(value)
    texts = [f"{_words(key).lower()} {_plain(each)}" for key, each in value.items()]
    return ", ".join(texts) if len(texts) > 1 else str(next(iter(value.values()), ""))


def _plain(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _words_of(name: str, value: Any) -> tuple[str, ...]:
    field = FIELDS.get(name)
    if value in (None, "") or value == []:
        return ()
    if isinstance(field, ChanceField):
        return (shown(value),)
    labels = dict(getattr(field, "choices", ()))
    if isinstance(value, list):
        return tuple(str(labels.get(each, each)) for each in sorted(value))
    return (str(labels.get(value, str(value).removesuffix(".0") if isinstance(value, float) else value)),)


def _text(value: Iterable[str]) -> list[str]:
    return "\n".join(value).splitlines()


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
