"""Edits of the rules in question: an alert may have opened because its limits were changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange
from detections.rules.lifecycle.history import ModeChange, mode_changes_between
from detections.rules.models import RuleVersion

NAME, VERSION = "Rule", "ruleversion"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """Four queries; none without a rule."""
    if not question.rules:
        return []
    identifiers = {rule.pk: rule.identifier for rule in question.rules}
    versions = RuleVersion.objects.filter(
        question.unread(VERSION), rule__in=question.rules, **question.within("created_at")
    )
    newest = versions.select_related("author").order_by("-created_at", "-id")[: question.most]
    modes = mode_changes_between(identifiers, question.start, question.end, most=question.most, unread=question.unread)
    edits = [_edited(row, identifiers[row.rule_id]) for row in newest]
    return edits + [_set(change, identifiers[change.rule_id]) for change in modes]


def _edited(row: RuleVersion, identifier: str) -> RecentChange:
    words = f"Version {row.number} published{f': {row.reason}' if row.reason else ''}"
    return _change(row.created_at, words, f"{VERSION}:{row.pk}", identifier, _who(row))


def _set(change: ModeChange, identifier: str) -> RecentChange:
    return _change(change.at, f"Set from {change.old} to {change.new}", change.ref, identifier, change.who)


def _change(at: datetime, words: str, ref: str, identifier: str, who: str) -> RecentChange:
    return RecentChange(NAME, at, words, ref, identifier, who, reverse("rule", args=[identifier]))


def _who(row: RuleVersion) -> str:
    return (row.author.get_full_name() or row.author.get_username()) if row.author else row.author_name


SOURCE = ChangeSource(NAME, read)
