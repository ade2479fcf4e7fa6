"""Edits of the alert's own rule: an alert may have opened because its limits were changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange
from detections.rules.lifecycle.history import mode_changes
from detections.rules.models import RuleVersion

NAME = "Rule"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """Three queries."""
    rule = question.rule
    page = reverse("rule", args=[rule.identifier])
    versions = RuleVersion.objects.filter(rule=rule, **question.within("created_at")).select_related("author")
    edits = [
        RecentChange(NAME, row.created_at, _published(row), rule.identifier, _who(row), page)
        for row in versions.order_by("-number")[: question.most]
    ]
    modes = [
        RecentChange(NAME, change.at, f"Set from {change.old} to {change.new}", rule.identifier, change.who, page)
        for change in mode_changes(rule, question.most)
        if question.start <= change.at <= question.end
    ]
    return edits + modes


def _published(row: RuleVersion) -> str:
    return f"Version {row.number} published{f': {row.reason}' if row.reason else ''}"


def _who(row: RuleVersion) -> str:
    return (row.author.get_full_name() or row.author.get_username()) if row.author else row.author_name


SOURCE = ChangeSource(NAME, read)
