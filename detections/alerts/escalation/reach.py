"""Which targets reach an owner: its own, else those of its person or of its group's members under other names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import Owner


def targets_of(owners: Collection[Owner]) -> dict[int, list[int]]:
    """By id of each owner the ids of the targets that reach it, maybe none. At most two queries."""
    found: dict[int, list[int]] = {owner.pk: [] for owner in owners}
    for owner_id, target in _usable(OwnerTarget.objects.filter(owner__in=found)).values_list("owner_id", "target_id"):
        found[owner_id].append(target)
    indirect = [owner for owner in owners if not found[owner.pk] and (owner.user_id or owner.group_id)]
    if indirect:
        by_user, by_group = _of_people(indirect)
        for owner in indirect:
            people = by_user[owner.user_id] if owner.user_id else by_group[owner.group_id]
            found[owner.pk] = list(dict.fromkeys(people))
    return found


def with_reach(owners: QuerySet[Owner]) -> QuerySet[Owner]:
    """The owners annotated with `can_be_told`: whether any target reaches them."""
    own = Q(owner=OuterRef("pk"))
    person = Q(owner__user=OuterRef("user"), owner__user__is_active=True)
    member = Q(owner__user__groups=OuterRef("group"), owner__user__is_active=True)
    return owners.annotate(can_be_told=Exists(_usable(OwnerTarget.objects.filter(own | person | member))))


def can_be_told(owner: Owner) -> bool:
    """Whether any target reaches the owner, which was loaded by `with_reach`."""
    return bool(getattr(owner, "can_be_told", False))


def usable_targets(ids: Iterable[int]) -> list[int]:
    """Those of the targets that are still there, in that order, without those whose variable left the environment."""
    rows = Target.objects.filter(pk__in=ids).exclude(origin=Target.Origin.ENVIRONMENT, enabled=False)
    known = set(rows.values_list("pk", flat=True))
    return [each for each in dict.fromkeys(ids) if each in known]


def _usable(rows: QuerySet[OwnerTarget]) -> QuerySet[OwnerTarget]:
    return rows.exclude(target__origin=Target.Origin.ENVIRONMENT, target__enabled=False)


def _of_people(owners: Collection[Owner]) -> tuple[dict[int | None, list[int]], dict[int | None, list[int]]]:
    """The targets of the people behind these owners, by user and by group."""
    users = {owner.user_id for owner in owners if owner.user_id}
    groups = {owner.group_id for owner in owners if owner.group_id}
    rows = _usable(OwnerTarget.objects.filter(owner__user__is_active=True)).order_by("target__name")
    by_user: dict[int | None, list[int]] = defaultdict(list)
    by_group: dict[int | None, list[int]] = defaultdict(list)
    matching = rows.filter(Q(owner__user__in=users) | Q(owner__user__groups__in=groups))
    for user, group, target in matching.values_list("owner__user_id", F("owner__user__groups"), "target_id"):
        by_user[user].append(target)
        if group is not None:
            by_group[group].append(target)
    return by_user, by_group
