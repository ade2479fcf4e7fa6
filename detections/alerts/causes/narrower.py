"""Whether a narrower rule, which names a wider one as its parent, fires on what the wider one does."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from detections.alerts.models import Alert, AlertMember
from detections.telemetry.routes import MORE, matches

OPEN_NOW = Q(status__in=[Alert.Status.FIRING, Alert.Status.RECOVERING])


def related_by_rule(alert: Alert) -> list[Alert]:
    """The open alerts in the alert's environment that hold it back, or that it holds back. One query, one more for each
    kind of shared alert among them."""
    parent = parent_of(alert)
    narrower = Q(version__spec__parent=alert.rule.identifier)
    rules = narrower | Q(rule__identifier=parent) if parent else narrower
    found = Alert.objects.filter(OPEN_NOW, rules, project_environment=alert.project_environment_id)
    others = [other for other in found.select_related("rule", "version") if other.pk != alert.pk]
    if not others:
        return []
    groups = groups_of([alert, *others])
    return [o for o in others if holds_back(alert, o, groups) or holds_back(o, alert, groups)]


def parent_of(alert: Alert) -> str:
    """The identifier of the wider rule that the alert's names; empty without one."""
    return str(alert.version.spec.get("parent") or "")


def holds_back(narrow: Alert, wide: Alert, groups: dict[int, set[str]]) -> bool:
    """Whether the narrower alert covers all of the wider one's group keys. `groups` as of `groups_of`."""
    return parent_of(narrow) == wide.rule.identifier and _covers(narrow, groups.get(wide.pk, {wide.group_key}), groups)


def groups_of(alerts: Collection[Alert]) -> dict[int, set[str]]:
    """By id of each shared alert among them, the groups that fire within it; all its groups where none does any more.
    One query where there is any, and one where such an alert is over."""
    return groups_of_shared({alert.pk for alert in alerts if alert.group_key == MORE})


def groups_of_shared(alert_ids: Collection[int]) -> dict[int, set[str]]:
    """By id of each of these alerts, which scopes share in a flood, the groups that fire within it; all its groups
    where none does any more. One query where there is any, and one where such an alert is over."""
    groups: dict[int, set[str]] = {pk: set() for pk in alert_ids}
    members = AlertMember.objects.values_list("alert_id", "scope__group_key")
    if groups:
        for pk, group in members.filter(alert__in=groups, cleared_at__isnull=True):
            groups[pk].add(group)
    if over := [pk for pk, firing in groups.items() if not firing]:
        for pk, group in members.filter(alert__in=over):
            groups[pk].add(group)
    return groups


def _covers(narrow: Alert, keys: Collection[str], groups: dict[int, set[str]]) -> bool:
    """Whether all keys are the narrower alert's: those of a shared one, else what its glob matches."""
    if narrow.pk in groups:
        return groups[narrow.pk].issuperset(keys)
    return not narrow.group_key or all(matches(narrow.group_key, key) for key in keys)
