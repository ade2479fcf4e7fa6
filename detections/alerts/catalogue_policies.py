"""The policies of catalogues: rules that come with a team's documents, and that name their catalogue by a label.

Each is made once, at the first start that knows it, on existing consoles too. Whatever a person makes of it afterwards,
renaming and deleting it too, stays. It matches alerts of its own catalogue only. The targets are labels: the console
shows what would be sent to them until somebody binds them to a channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q

from detections.alerts.default_policies import escalation_policy
from detections.alerts.routing_models import NotificationPolicy, Target

LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.catalogue_policies'))"
STEP = 10  # by which other policies move up where there is no room before them


@dataclass(frozen=True)
class _Shipped:
    """A policy that ships; `below`: the name of its parent, which takes what none of its children does."""

    name: str
    matchers: Mapping[str, Sequence[str]]
    targets: Sequence[str]
    below: str = ""
    tags: Sequence[str] = field(default=())
    escalates: bool = False  # by the shipped escalation policy
    continues: bool = False  # whether later policies are told as well


# By name, the channel that is meant and the address in it.
TARGETS = {
    "SignUpFlow operations": ("email", "ops@signupflow.io"),
    "SignUpFlow #alerts": ("slack", "#alerts"),
    "SignUpFlow #engineering": ("slack", "#engineering"),
    "SignUpFlow #infrastructure": ("slack", "#infrastructure"),
    "SignUpFlow solver team": ("email", "solver-team@signupflow.io"),
    "SignUpFlow Jira": ("jira", "Solver failures"),
    "SignUpFlow PagerDuty P1": ("pagerduty", "P1"),
    "SignUpFlow PagerDuty P2": ("pagerduty", "P2"),
    "Causal Organism #alerts": ("slack", "#alerts"),
    "Causal Organism e-mail": ("email", "recipients of Causal Organism"),
    "Causal Organism PagerDuty": ("pagerduty", "P1"),
    "Causal Organism webhook": ("webhook", "custom integrations"),
    "Rollout PagerDuty": ("pagerduty", "P1"),
}
_CAUSAL = ("Causal Organism #alerts", "Causal Organism e-mail", "Causal Organism webhook")
POLICIES = (
    _Shipped("SignUpFlow", {"label:catalogue": ["signupflow"]}, ["SignUpFlow #alerts"]),
    _Shipped(
        "SignUpFlow: high error rate",
        {"label:rule": ["high-error-rate"]},
        ["SignUpFlow operations", "SignUpFlow #alerts", "SignUpFlow PagerDuty P2"],
        "SignUpFlow",
    ),
    _Shipped(
        "SignUpFlow: new error type",
        {"label:rule": ["new-error-type"]},
        ["SignUpFlow #engineering"],
        "SignUpFlow",
        tags=["needs-triage"],
    ),
    _Shipped(
        "SignUpFlow: solver failures",
        {"label:component": ["solver"]},
        ["SignUpFlow solver team", "SignUpFlow Jira"],
        "SignUpFlow",
    ),
    _Shipped(
        "SignUpFlow: database connection",
        {"label:rule": ["database-connection"]},
        ["SignUpFlow #infrastructure", "SignUpFlow PagerDuty P1"],
        "SignUpFlow",
        escalates=True,
    ),
    _Shipped("Causal Organism", {"label:catalogue": ["causal-organism"]}, _CAUSAL),
    _Shipped(
        "Causal Organism: critical",
        {"severity": ["critical"]},
        [*_CAUSAL, "Causal Organism PagerDuty"],
        "Causal Organism",
    ),
    # A rollout that breaks pages at once, besides whom every high alert tells; a warn check is medium and never here.
    _Shipped("Probes: high", {"category": ["probe"], "severity": ["high"]}, ["Rollout PagerDuty"], continues=True),
)


@transaction.atomic
def load() -> list[str]:
    """Makes the policies that were never there; returns a line for each. Consoles that start at once wait for each
    other."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    made_before = _names_ever()
    missing = [policy for policy in POLICIES if policy.name not in made_before]
    return [*(_make(missing) if missing else ()), *_connect()]


def _names_ever() -> set[str]:
    """The names of all policies that are or were there, by their history."""
    history = apps.get_model("detections", "NotificationPolicyEvent")
    now = NotificationPolicy.objects.values_list("name", flat=True)
    return {*now, *history.objects.values_list("name", flat=True).distinct()}


def _make(missing: Sequence[_Shipped]) -> Iterator[str]:
    first = _room_for(len([policy for policy in missing if not policy.below]))
    parents = {policy.name: policy for policy in NotificationPolicy.objects.filter(parent=None)}
    for shipped in missing:
        parent = parents.get(shipped.below)
        if shipped.below and parent is None:
            continue  # a person deleted or renamed it; its other children are theirs, too
        order = _free_order() if parent else first
        first += 0 if parent else 1
        policy = NotificationPolicy.objects.create(
            name=shipped.name,
            order=order,
            parent=parent,
            matchers=dict(shipped.matchers),
            tags=list(shipped.tags),
            continue_matching=shipped.continues,
        )
        policy.targets.set([_target(name) for name in shipped.targets])
        if parent is None:
            parents[policy.name] = policy
        yield f"policy {policy} added"


def _connect() -> Iterator[str]:
    """Gives the policies that escalate their escalation, also those that were made before it shipped: once, and none
    that a person has edited."""
    history = apps.get_model("detections", "NotificationPolicyEvent")
    for name in [policy.name for policy in POLICIES if policy.escalates]:
        for policy in NotificationPolicy.objects.filter(name=name, escalation=None):
            of_policy = history.objects.filter(pgh_obj_id=policy.pk)
            by_person = Q(pgh_context__metadata__user__isnull=False)
            if of_policy.filter(by_person | Q(escalation__isnull=False)).exists():
                continue
            policy.escalation = escalation_policy()
            policy.save(update_fields=["escalation"])
            yield f"policy {policy} escalates by {policy.escalation}"


def _target(name: str) -> Target:
    channel, address = TARGETS[name]
    target, _ = Target.objects.get_or_create(name=name, defaults={"intended_channel": channel, "address": address})
    return target


def _room_for(number: int) -> int:
    """The first of `number` free orders before the first policy at the top that does not continue: behind it they
    would never be tried. Where there are too few, the policies from there on move up."""
    stop = NotificationPolicy.objects.filter(parent=None, continue_matching=False).order_by("order").first()
    if stop is None:
        return _free_order()
    before = NotificationPolicy.objects.filter(order__lt=stop.order).order_by("-order").first()
    free_from = before.order + 1 if before else 0
    if stop.order - free_from < number:
        for policy in NotificationPolicy.objects.filter(order__gte=stop.order).order_by("-order"):
            policy.order += STEP + number  # from the last, since each order is there once
            policy.save(update_fields=["order"])
        return stop.order + STEP
    return stop.order - number


def _free_order() -> int:
    """After all: among the children of a policy only their own orders count."""
    last = NotificationPolicy.objects.order_by("-order").first()
    return last.order + 1 if last else 0
