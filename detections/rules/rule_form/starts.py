"""What the form of a new rule begins with: nothing, a copy of a rule, a shipped one, or the fields in the address."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django import forms
from django.http import QueryDict

from detections.rules import packs
from detections.rules.active_rules import spec_of
from detections.rules.models import Rule
from detections.rules.rule_form.as_meant import as_meant
from detections.rules.rule_form.differences import FIELDS, PARTS
from detections.rules.spec import form_fields
from detections.rules.spec.schema import RuleSpec
from opsconsole.lib.lookup import close_matches

COPY, SHIPPED = "copy", "shipped"
NOT_GIVEN = {*PARTS, "reason", "version"}  # of the form's fields: those that an address cannot fill


@dataclass
class FormStart:
    """The initial values by field; `said` tells where they come from, and what in the address was not understood."""

    initial: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def start_of(query: QueryDict) -> FormStart:
    """What the address of a new rule asks for; fields in it go before those of the rule that is copied."""
    start = FormStart()
    for name, spec_named in ((COPY, _stored), (SHIPPED, _shipped)):
        if identifier := query.get(name, ""):
            if (spec := spec_named(identifier)) is None:
                start.said.append(f"There is no rule {identifier} to begin with{_nearest(name, identifier) or '.'}")
            else:
                start.initial = form_fields.to_fields(spec)
                start.said.append(f"Begun as a copy of {identifier}. It is a rule of its own once it is saved.")
    _fill(start, query)
    values, notes = as_meant(start.initial, set(query))
    start.initial |= values
    start.said += notes
    return start


def _fill(start: FormStart, query: QueryDict) -> None:
    """Takes the fields of the query over, and says of each that is not understood why it is left out."""
    for name in query:
        if name in (COPY, SHIPPED):
            continue
        if name == "identifier":
            start.initial[name] = query[name]
        elif name not in FIELDS or name in NOT_GIVEN:
            known = ", ".join(sorted(FIELDS.keys() - NOT_GIVEN))
            start.said.append(f"The address names {name[:40]}, which is no field that it can fill; there are: {known}.")
        else:
            several = isinstance(FIELDS[name], forms.MultipleChoiceField)
            try:
                start.initial[name] = FIELDS[name].clean(query.getlist(name) if several else query[name])
            except forms.ValidationError as error:
                label = FIELDS[name].label or name.replace("_", " ").capitalize()
                start.said.append(f"{label} of the address is left out: {' '.join(error.messages)}")


def shipped() -> list[packs.PackedRule]:
    """The rules that ship with the console, by identifier."""
    files = sorted(packs.FOLDER.glob("*.yaml"))
    return [packed for path in files for packed in _parsed(path.read_text(), path.name)]


@lru_cache(maxsize=64)  # by content: parsing all takes 90 ms, reading them one
def _parsed(text: str, name: str) -> tuple[packs.PackedRule, ...]:
    return tuple(packs.parse(text, name))


def _stored(identifier: str) -> RuleSpec | None:
    rule = Rule.objects.select_related("current").filter(identifier=identifier).first()
    return spec_of(rule.current) if rule else None


def _shipped(identifier: str) -> RuleSpec | None:
    return next((packed.spec for packed in shipped() if packed.identifier == identifier), None)


def _nearest(name: str, identifier: str) -> str:
    known = (
        [packed.identifier for packed in shipped()]
        if name == SHIPPED
        else list(Rule.objects.filter(current__isnull=False).values_list("identifier", flat=True))
    )
    similar = close_matches(identifier, known, limit=1)
    return f"; did you mean {similar[0]}?" if similar else ""
