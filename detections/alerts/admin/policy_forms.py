"""Forms of the admin for policies and windows; the checks are in `routing`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField

from detections.alerts import routing_queries
from detections.alerts.routing.durations import parse_duration, written
from detections.alerts.routing.match_policies import PolicyNode, tree_problems
from detections.alerts.routing.matchers import matcher_problems
from detections.alerts.routing.time_windows import problems
from detections.alerts.routing.timing import PolicyTiming, timing_problems
from detections.alerts.routing_models import NotificationPolicy, TimeWindow
from opsconsole.lib.web.admin_forms import AnyJSONField


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


class IntervalField(forms.CharField):
    """A duration as `30s`, `5m`, `1h30m`; empty: None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> timedelta | None:
        text = super().clean(value)
        try:
            return parse_duration(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class NotificationPolicyForm(forms.ModelForm[NotificationPolicy]):
    """One policy; invalid where the tree with it would leave alerts without a target."""

    tags = SimpleArrayField(
        forms.CharField(max_length=50),
        required=False,
        help_text="Given to the alerts that it takes and shown in its messages, comma-separated: needs-triage.",
    )
    group_by = SimpleArrayField(
        forms.CharField(max_length=200),
        required=False,
        help_text="Alerts with equal values of these keys go as one message, comma-separated: rule,environment. Keys: "
        "rule, category, severity, project, environment, group, label:NAME. Empty with a wait: all of the policy.",
    )
    group_wait = IntervalField(
        help_text="How long the first message of a group waits for others: 30s, 5m, at most 1h. Empty: no groups."
    )
    group_interval = IntervalField(help_text="Least time between two messages of a group: 5m, 1h, at most 1d.")
    repeat_interval = IntervalField(
        help_text="Sends the message of an open alert again while nobody has acknowledged it, critical and high ones "
        "too: 30m, 4h, at most 7d. Empty: never."
    )

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
            "escalation",
            "continue_matching",
            "tags",
            "group_by",
            "group_wait",
            "group_interval",
            "repeat_interval",
            "mute_windows",
            "mute_critical",
        )
        field_classes = {"matchers": AnyJSONField}
        help_texts = {
            "order": "Policies are tried from the lowest; the last one must match everything.",
            "parent": "Tried only where the parent matches; the parent takes what none of its children matches.",
            "matchers": 'e.g. {"severity": ["critical"], "rule": ["DET-BETA-*"], "label:team": ["solver"]}; keys: '
            "rule, category, severity, project, environment, group, and label:NAME for a label: those that the rule "
            "declares, the tags that it selects, and source. All keys must match, any of a key's words; * stands for "
            "any characters. Empty: everything.",
            "mute_windows": "Time windows in which this policy sends nothing. Its messages wait until the window ends, "
            "or until the alert does; the end of an alert is still sent to whoever was told that it fires.",
            "mute_critical": "Hold critical messages too. Otherwise these windows do not hold them.",
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
        if data.get("escalation") and data.get("delivery") == NotificationPolicy.Delivery.SUMMARY:
            self.add_error("escalation", "What waits for the daily summary is not escalated.")
        if data.get("outside_window") and not data.get("window"):
            self.add_error("outside_window", "Outside of which window? Choose one, or clear this.")
        self._check_timing(data)
        if not self.errors:
            for problem in tree_problems(_tree_with(self.instance.pk, data)):
                self.add_error(None, problem)
        return data

    def _check_timing(self, data: dict[str, Any]) -> None:
        fields = ("group_by", "group_wait", "group_interval", "repeat_interval")
        if any(field in self.errors for field in fields):
            return
        by, wait, interval, repeat = (data.get(field) for field in fields)
        summary = data.get("delivery") == NotificationPolicy.Delivery.SUMMARY
        timing = PolicyTiming(tuple(by or ()), wait, interval, repeat)
        for field, problem in timing_problems(timing, summary=summary, mutes=bool(data.get("mute_windows"))).items():
            self.add_error(field, problem)


def tree_without(removed: set[int]) -> list[PolicyNode]:
    """The routing tree without these policies and their descendants."""
    left = [node for node in routing_queries.routing_tree() if node.id not in removed]
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
        window=routing_queries.window_of(data["window"]) if data["window"] else None,
        targets=tuple(target.pk for target in data["targets"]),
    )
    others = [node for node in routing_queries.routing_tree() if node.id != pk]
    return [*others, replace(changed, continue_matching=data["continue_matching"])]
