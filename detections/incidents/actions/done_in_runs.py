"""Whether what became an item of a checklist is done in a run of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bootstrap.checklists.models import SignOff
from detections.incidents.action_models import ActionInChecklist


@dataclass(frozen=True)
class DoneInRun:
    """The run in which the item was done last: its address and environment, who signed and when."""

    url: str
    environment: str
    signer: str
    at: datetime


def done_in_runs(places: Collection[ActionInChecklist]) -> dict[int, DoneInRun]:
    """By the id of the action item, where the newest act on its item says done, in a run of that version or a later
    one. One query; none where there are no places."""
    if not places:
        return {}
    wanted = Q()
    for place in places:
        wanted |= Q(
            item__key=place.key,
            run__version__checklist=place.version.checklist_id,
            run__version__number__gte=place.version.number,
        )
    newest = (
        SignOff.objects.filter(wanted)
        .order_by("run_id", "item_id", "-pk")
        .distinct("run_id", "item_id")
        .select_related("run__environment__system", "run__version", "by", "item")
        .defer("run__version__source", "run__version__intro")
    )
    done = sorted((act for act in newest if act.act == SignOff.Act.DONE), key=lambda act: act.pk)
    found: dict[int, DoneInRun] = {}
    for place in places:
        for act in done:
            if act.item.key == place.key and act.run.version.checklist_id == place.version.checklist_id:
                environment = act.run.environment.path
                found[place.action_id] = DoneInRun(act.run.get_absolute_url(), environment, act.signer, act.at)
    return found
