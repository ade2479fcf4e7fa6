"""What the escalation of an imagined alert would do: its steps, when each runs, and whom it tells by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep
from detections.alerts.escalation.reach import targets_of, usable_targets
from detections.alerts.routing.match_policies import Match
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import Owner
from opsconsole.lib.text import humanize


@dataclass(frozen=True)
class TriedReceiver:
    """An owner, or a target itself, with the targets that reach it: none, and it cannot be told."""

    name: str
    targets: Sequence[Target]


@dataclass(frozen=True)
class TriedStep:
    """A step of the first round: `after` the first message in words, and when that is."""

    number: int
    after: str
    at: datetime
    tells: Sequence[TriedReceiver]


@dataclass(frozen=True)
class TriedEscalation:
    """The escalation that would run, by which notification policy, and those of other policies that would not."""

    policy: EscalationPolicy
    chosen_by: str
    steps: Sequence[TriedStep]
    others: Sequence[str]


def tried_escalation(matches: Sequence[Match], at: datetime) -> TriedEscalation | None:
    """That of the first match that has one, where the first message goes at `at`; None: nobody is told later, as where
    there is no first message. No query without one, else at most seven."""
    having = [match for match in matches if match.node.escalation is not None and not match.node.summary]
    if not having or not any(match.node.targets for match in matches):
        return None
    policy = EscalationPolicy.objects.filter(pk__in=[having[0].node.escalation]).first()
    if policy is None:
        return None
    steps = list(policy.steps.prefetch_related("owners", "targets"))
    receivers = _receivers(steps)
    waited, found = timedelta(0), []
    for number, step in enumerate(steps, 1):
        waited += timedelta(minutes=step.wait_minutes)
        after = humanize.duration(waited.total_seconds())
        found.append(TriedStep(number, after, at + waited, receivers[step.pk]))
    others = [match.node.name for match in having[1:] if match.node.escalation != policy.pk]
    return TriedEscalation(policy, having[0].node.name, found, others)


def _receivers(steps: Sequence[EscalationStep]) -> Mapping[int, list[TriedReceiver]]:
    """By id of each step its owners and targets."""
    owners = {owner.pk: owner for step in steps for owner in step.owners.all()}
    by_owner = targets_of(list[Owner](owners.values())) if owners else {}
    own = usable_targets([target.pk for step in steps for target in step.targets.all()])
    ids = {*own, *(pk for reached in by_owner.values() for pk in reached)}
    targets = Target.objects.in_bulk(ids)
    return {
        step.pk: [
            *(TriedReceiver(str(each), [targets[pk] for pk in by_owner[each.pk]]) for each in step.owners.all()),
            *(TriedReceiver("", [targets[each.pk]]) for each in step.targets.all() if each.pk in targets),
            *(TriedReceiver(each.name, []) for each in step.targets.all() if each.pk not in targets),
        ]
        for step in steps
    }
