"""Who has an alert, whom it can be handed to, and who is told next: a part of its page as a template context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from detections.alerts.escalation.describe import EscalationLine, describe
from detections.alerts.escalation.models import Escalation
from detections.alerts.escalation.plan import EscalationPlan, read_plan
from detections.alerts.escalation.reach import can_be_told, with_reach
from detections.alerts.escalation.rows import escalation_of, state_of
from detections.alerts.handling.acknowledge import name_of
from detections.alerts.models import Alert
from detections.alerts.pages.next_steps import HandTo, Situation
from detections.rules.spec.schema import RuleSpec
from opsconsole.accounts.models import Owner, User
from opsconsole.accounts.owners import NamedOwner, is_behind


def context(alert: Alert, spec: RuleSpec | None) -> dict[str, Any]:
    """Two queries, of the owners and of the responders. Load the alert with assignee and escalation."""
    escalation = escalation_of(alert)
    plan = read_plan(escalation.plan) if escalation else None
    conditions = _conditions(alert, spec)
    owners = _owners(alert, conditions, plan)
    by_name = {owner.name: owner for owner in owners}
    return {
        "assignee": next((_hand_to(each.name, "", each) for each in owners if each.pk == alert.assignee_id), None),
        "hand_to": tuple(_hand_to(name, when, by_name.get(name)) for name, when in conditions.items()),
        "responders": list(alert.responders.filter(stopped_at__isnull=True).select_related("owner")),
        "escalation": escalation,
        "escalation_line": line_of(alert, escalation, plan),
        "cannot_be_told": _cannot_be_told(plan, owners) if alert.dedup_key is not None else [],
    }


def with_owners(
    situation: Situation, alert: Alert, user: AbstractBaseUser | AnonymousUser, hand_to: tuple[HandTo, ...]
) -> Situation:
    """The situation with whom the alert can be handed to, and to whom it was. One query where that is a group."""
    return replace(
        situation,
        hand_to=hand_to,
        assignee=str(alert.assignee or ""),
        handed_to_user=isinstance(user, User) and alert.assignee is not None and is_behind(user, alert.assignee),
    )


def line_of(alert: Alert, escalation: Escalation | None, plan: EscalationPlan | None) -> EscalationLine | None:
    """The escalation in words; None without one."""
    if escalation is None or plan is None:
        return None
    taken_by = name_of(alert.acknowledged_by) if alert.acknowledged_by else ""
    return describe(plan, state_of(escalation), held_back=escalation.held_back, taken_by=taken_by)


def _conditions(alert: Alert, spec: RuleSpec | None) -> dict[str, str]:
    """By name of each owner whom the alert or its rule names, when it is called: first response first."""
    names = {alert.owner: "first response"} if alert.owner else {}
    for step in spec.escalation if spec else ():
        names.setdefault(step.owner, step.when or "first response")
    return names


def _owners(alert: Alert, names: Iterable[str], plan: EscalationPlan | None) -> list[Owner]:
    ids = {each.id for step in plan.steps for each in step.owners} if plan else set()
    wanted = Q(name__in=list(names)) | Q(pk__in=ids) | Q(pk=alert.assignee_id)
    return list(with_reach(Owner.objects.select_related("user", "group").filter(wanted)))


def _hand_to(name: str, when: str, owner: Owner | None) -> HandTo:
    return HandTo(
        name=name,
        when=when,
        known=owner is not None,
        can_be_told=owner is not None and can_be_told(owner),
        bound_to=owner.bound_to if owner else "",
        admin_url=NamedOwner(name, owner).admin_url,
    )


def _cannot_be_told(plan: EscalationPlan | None, owners: Iterable[Owner]) -> list[HandTo]:
    """The owners of the escalation whom no target reaches."""
    named = {each.id for step in plan.steps for each in step.owners} if plan else set()
    return [_hand_to(each.name, "", each) for each in owners if each.pk in named and not can_be_told(each)]
