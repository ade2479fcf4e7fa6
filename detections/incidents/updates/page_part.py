"""The updates on the incident's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detections.incidents.incident_page import IncidentPage
from detections.incidents.updates.promise import overdue
from detections.incidents.updates.told import Receivers, ToldUpdate, receivers, told

SHOWN = 3


@dataclass(frozen=True)
class UpdatesPart:
    """The newest updates with who was told; `overdue`: the promised time has passed."""

    newest: Sequence[ToldUpdate]
    more: bool
    overdue: bool
    receivers: Receivers
    may_write: bool


def context(page: IncidentPage) -> dict[str, Any]:
    """`updates`: what the partial shows. Three queries, and those of rights."""
    found = told(page.incident, SHOWN + 1)
    part = UpdatesPart(
        newest=found[:SHOWN],
        more=len(found) > SHOWN,
        overdue=overdue(page.incident, page.now),
        receivers=receivers(page.incident),
        may_write=page.may("change_incident"),
    )
    return {"updates": part}
