"""The part of a rule form that the lookup of routes reads: what is typed, before the form is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django import forms
from django.http import QueryDict

from detections.rules.matching.places import Places
from detections.rules.matching.unmatched import EVERYTHING
from detections.rules.spec.schema import CHOICES
from detections.rules.spec.selector import ERROR_LEVELS, Level, Selector

LONGEST = 300


class SelectorFields(forms.Form):
    """The fields of a selector, all optional; named as in the form of a rule."""

    route = forms.CharField(required=False, max_length=2000, strip=False)
    project = forms.CharField(required=False, max_length=100)
    environment = forms.CharField(required=False, max_length=100)
    exception_type = forms.CharField(required=False, max_length=LONGEST)
    levels = forms.MultipleChoiceField(choices=[(level, level) for level in CHOICES["levels"]], required=False)


@dataclass(frozen=True)
class LookupAsked:
    """A route as it is written, the rest of the selector, and sentences on what was read differently or not at all."""

    route: str
    selector: Selector
    notes: tuple[str, ...]
    places: Places


def asked(data: QueryDict, *, only_these: bool) -> LookupAsked | dict[str, list[str]]:
    """What the fields ask for, or their errors by field. `only_these`: other fields are said to be unknown."""
    form = SelectorFields(data)
    if not form.is_valid():
        return {field: [str(message) for message in messages] for field, messages in form.errors.items()}
    fields = form.cleaned_data
    places = Places()
    project, of_project = places.project_named(fields["project"])
    environment, of_environment = places.environment_named(fields["environment"], project)
    levels: tuple[Level, ...] = tuple(fields["levels"]) or ERROR_LEVELS
    selector = msgspec.structs.replace(
        EVERYTHING,
        project=project,
        environment=environment,
        levels=levels,
        exception_type=fields["exception_type"],
    )
    notes = [note for note in (of_project, of_environment) if note]
    return LookupAsked(fields["route"], selector, (*notes, *(_unknown(data) if only_these else ())), places)


def _unknown(data: Mapping[str, object]) -> tuple[str, ...]:
    """A sentence on fields that are not read."""
    known = list(SelectorFields.base_fields)
    others = sorted(set(data) - set(known))
    shown = ", ".join(name[:40] for name in others[:5])
    return (f"Not understood and not used: {shown}. Understood are {', '.join(known)}.",) if others else ()
