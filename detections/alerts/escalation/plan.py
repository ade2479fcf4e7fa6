"""The steps of an escalation as they are frozen for an alert (pure: no ORM, no clock)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from detections.alerts.escalation.state import EscalationTiming


class PlannedName(msgspec.Struct, frozen=True):
    """A target or an owner by id, with its name as it was."""

    id: int
    name: str


class PlannedStep(msgspec.Struct, frozen=True):
    """A step: the minutes that it waits, and whom it tells."""

    minutes: int
    targets: tuple[PlannedName, ...] = ()
    owners: tuple[PlannedName, ...] = ()

    @property
    def tells(self) -> str:
        """`sre-agent and SEV-1`."""
        return " and ".join(each.name for each in (*self.owners, *self.targets)) or "nobody"


class EscalationPlan(msgspec.Struct, frozen=True):
    """The steps, at least one, and how often all of them are repeated."""

    steps: tuple[PlannedStep, ...]
    repeat: int = 0

    @property
    def timing(self) -> EscalationTiming:
        return EscalationTiming(tuple(timedelta(minutes=step.minutes) for step in self.steps), self.repeat)

    def as_data(self) -> dict[str, Any]:
        """The plan as JSON for its row."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def read_plan(data: object) -> EscalationPlan:
    """The plan of a row."""
    return msgspec.convert(data, EscalationPlan)
