"""Forms of the admin for policies and windows; the checks are in `routing`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.forms.fields import InvalidJSONInput

from detections.alerts import queries
from detections.alerts.routing.match_policies import PolicyNode, tree_problems
from detections.alerts.routing.matchers import matcher_problems
from detections.alerts.routing.time_windows import problems
from detections.alerts.routing_models import NotificationPolicy, TimeWindow
from opsconsole.lib.db import storable


class TimeWindowForm(forms.ModelForm[TimeWindow]):
    """Hours of the week."""

    weekdays = SimpleArrayField(
        forms.IntegerField(), help_text="0 Monday … 6 Sunday, comma-separated: 0,1,2,3,4 for working days."
    )
    holidays = SimpleArrayField(
        forms.DateField(),
        required=False,
        help_text="Dates on which the window does not start, comma-separated: 2026-07-03,2026-11-26.",
    )

    class Meta:
        model = TimeWindow
        fields = ("name", "zone", "weekdays", "start", "end", "holidays")
        help_texts = {
            "start": "HH:MM, included; the wall clock of the zone.",
            "end": "HH:MM, not included; 24:00 is midnight. Before the start: it runs over midnight and belongs to the "
            "weekday on which it starts.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for field, message in problems(data["zone"], data["weekdays"], data["start"], data["end"]).items():
                self.add_error(field, message)
        return data


class MatchersField(forms.JSONField):
    """A JSON field that reports every fault as an error of the field: Django's own raises on numbers of thousands of
    digits and on deep nesting."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            value = super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)
        return InvalidJSONInput(data) if storable.problem(value) else value  # shown again as it was typed


class NotificationPolicyForm(forms.ModelForm[NotificationPolicy]):
    """One policy; invalid where the tree with it would leave alerts without a target."""

    class Meta:
        model = NotificationPolicy
        fields = (
            "order",
            "name",
            "parent",
            "matchers",
            "window",
            "outside_window",
            "targets",
            "delivery",
            "continue_matching",
        )
        field_classes = {"matchers": MatchersField}
        help_texts = {
            "order": "Policies are tried from the lowest; the last one must match everything.",
            "parent": "Tried only where the parent matches; the parent takes what none of its children matches.",
            "matchers": 'e.g. {"severity": ["critical"], "rule": ["DET-BETA-*"]}; keys: rule, category, severity, '
            "project, environment; all keys must match, any of a key's values. Empty: everything.",
            "continue_matching": "Go on to the next policies even if this one matches.",
        }

    def clean_matchers(self) -> dict[str, list[str]]:
        matchers = self.cleaned_data["matchers"] or {}
        wrong = matcher_problems(matchers)
        if wrong:
            raise forms.ValidationError(wrong)
        return dict(matchers)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("outside_window") and not data.get("window"):
            self.add_error("outside_window", "Outside of which window? Choose one, or clear this.")
        if not self.errors:
            for problem in tree_problems(_tree_with(self.instance.pk, data)):
                self.add_error(None, problem)
        return data


def tree_without(removed: set[int]) -> list[PolicyNode]:
    """The routing tree without these policies and their descendants."""
    left = [node for node in queries.routing_tree() if node.id not in removed]
    orphans = {node.id for node in left if node.parent in removed}
    return tree_without(removed | orphans) if orphans else left


def _tree_with(pk: int | None, data: dict[str, Any]) -> list[PolicyNode]:
    """The routing tree with the policy saved; a new policy has the id 0."""
    changed = PolicyNode(
        id=pk or 0,
        order=data["order"],
        name=data["name"],
        parent=data["parent"].pk if data["parent"] else None,
        matchers=data["matchers"],
        window=queries.window_of(data["window"]) if data["window"] else None,
        targets=tuple(target.pk for target in data["targets"]),
    )
    others = [node for node in queries.routing_tree() if node.id != pk]
    return [*others, replace(changed, continue_matching=data["continue_matching"])]
