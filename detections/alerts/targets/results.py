"""What the last attempts to reach a target gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from detections.alerts.channels.notification import DeliveryOutcome, Sent
from detections.alerts.routing_models import Target, TargetResult


class Recovered(NamedTuple):
    """A target that took a message after its last attempt had failed, and when it took one before; None: never."""

    target_id: int
    last_success_at: datetime | None


@transaction.atomic
def record_results(outcomes: Iterable[tuple[Target, DeliveryOutcome]], now: datetime) -> list[Recovered]:
    """Notes at each target the time of a success, and an error with its time; those that work again. At most three
    statements.

    Locks all the targets first, in one order: senders that note successes and errors of the same targets would
    otherwise wait for each other for ever."""
    successes: dict[int, TargetResult] = {}
    errors: dict[int, TargetResult] = {}
    for target, outcome in outcomes:
        if isinstance(outcome, Sent):
            successes[target.pk] = TargetResult(target=target, last_success_at=now)
        else:
            errors[target.pk] = TargetResult(target=target, last_error_at=now, last_error=outcome.response)
    recovered = []
    if locked := {*successes, *errors}:
        rows = Target.objects.filter(pk__in=locked).order_by("pk").select_for_update(no_key=True, of=("self",))
        for pk, success, error in rows.values_list("pk", "result__last_success_at", "result__last_error_at"):
            if pk in successes and error is not None and (success is None or error >= success):
                recovered.append(Recovered(pk, success))
    _note(successes, ["last_success_at"])
    _note(errors, ["last_error_at", "last_error"])
    return recovered


def _note(results: Mapping[int, TargetResult], fields: list[str]) -> None:
    rows = [results[target] for target in sorted(results)]
    TargetResult.objects.bulk_create(rows, update_conflicts=True, unique_fields=["target"], update_fields=fields)
