"""The first screen of an alert's page: what, how many people, since when, which release, likely cause, who has it; then
what changed in the hour before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from detections.alerts.affected import Affected, affected
from detections.alerts.changes.contract import RecentChange
from detections.alerts.changes.registry import changes_before
from detections.alerts.models import Alert
from detections.alerts.pages.evidence_timeline import fires_no_more
from detections.rules.evidence.base import EvidenceRecord
from detections.telemetry.routes import MORE
from opsconsole.lib.text import humanize
from opsconsole.lib.text.releases import short_release

CHANGES_AT_ONCE = 5  # shown without opening the rest


def context(
    alert: Alert, kind: type[EvidenceRecord], record: EvidenceRecord | None, present: str, now: datetime
) -> dict[str, Any]:
    """The context. `present` is the sentence on what holds now. The queries of `affected` and `changes_before`."""
    concerned, changes = affected(alert, now), changes_before(alert)
    return {
        "headline": headline_of(alert, record),
        "present": present if fires_no_more(alert) else "",
        "affected": concerned,
        "releases": releases_of(record, concerned),
        "release_news": _release_news(changes, releases_of(record, concerned), alert.opened_at),
        "guesses_cause": kind.guesses_cause,
        "lasted": humanize.duration((alert.resolved_at - alert.opened_at).total_seconds()) if alert.resolved_at else "",
        "changes": changes[:CHANGES_AT_ONCE],
        "changes_rest": changes[CHANGES_AT_ONCE:],
    }


def headline_of(alert: Alert, record: EvidenceRecord | None) -> str:
    """Why the alert fired, in a few words; the rule's title where its evidence cannot be read."""
    if alert.group_key != MORE:
        return record.headline() if record else alert.cause or alert.rule.title
    if not alert.members_firing:
        return "More groups fired at once than have alerts of their own"
    groups = "1 more group fires" if alert.members_firing == 1 else f"{alert.members_firing:,} more groups fire"
    severest = record.headline().partition(",")[0] if record else ""
    return f"{groups} at once, the severest with {severest}" if severest else f"{groups} at once"


def releases_of(record: EvidenceRecord | None, concerned: Affected | None) -> tuple[str, ...]:
    """The releases of the events; else that of the report, for what is judged on reports."""
    reported = record.message_facts().get("release", "") if record else ""
    return concerned.releases if concerned else (reported,) if reported else ()


def _release_news(changes: Sequence[RecentChange], releases: Sequence[str], opened_at: datetime) -> str:
    """`3.2.0 was first seen 4 min before it opened`, of the newest release that came in the hour before; '' without."""
    new = [change for change in changes if change.release]
    change = next((change for change in new if change.release in releases), next(iter(new), None))
    if change is None:
        return ""
    before = (opened_at - change.at).total_seconds()
    when = f"{humanize.duration(before)} before it opened" if before >= 1 else "as it opened"
    return f"{short_release(change.release)} was first seen {when}"
