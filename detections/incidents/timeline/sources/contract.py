"""The contract of a source of lines of a timeline.

In: a question. Out: at most `most` lines that the incident does not have yet, the newest. A source reads what others
recorded, with a fixed number of queries, and writes nothing. The `ref` of a line is the key of its row, so that none is
written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from bootstrap.systems.models import Environment
from detections.incidents.models import Incident
from detections.incidents.timeline_models import TimelineLine
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment


@dataclass(frozen=True)
class GatherQuestion:
    """What happened to these alerts, ever, and in these places, environments and rules from `start` to `end`?

    `alerts` are ids: those that belong to the incident now.
    """

    incident: Incident
    alerts: Collection[int]
    places: Collection[ProjectEnvironment]
    environments: Collection[Environment]
    rules: Collection[Rule]
    start: datetime
    end: datetime
    most: int

    def unread(self, kind: str, end: str = "") -> Q:
        """The condition for rows whose line, of the ref `kind:id` or `kind:id:end`, the incident does not have. That
        a ref is not empty is said for the index, which has only such lines."""
        key = [Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()), *([Value(f":{end}")] if end else [])]
        lines = TimelineLine.objects.filter(~Q(ref=""), incident=self.incident, ref=Concat(*key))
        return ~Q(Exists(lines))


@dataclass(frozen=True)
class GatheredLine:
    """A line of a timeline, of the row `ref`: `alertlog:12`. `text` is one sentence; `actor` an id; the rest may be
    empty."""

    ref: str
    kind: TimelineLine.Kind
    at: datetime
    text: str
    where: str = ""
    actor: int | None = None
    actor_name: str = ""
    url: str = ""
    important: bool = False


TimelineSource = Callable[[GatherQuestion], Sequence[GatheredLine]]
