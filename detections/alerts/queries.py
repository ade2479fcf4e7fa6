"""Reads of alerts."""

from __future__ import annotations

from detections.alerts.models import Route, TimeWindow
from detections.alerts.routing import Node
from detections.alerts.windows import Window


def routing_tree() -> tuple[Node, ...]:
    """All routes as the pure tree of `routing.decide`, in order. Two queries."""
    rows = Route.objects.select_related("window").prefetch_related("targets")
    return tuple(_node(row) for row in rows)


def _node(row: Route) -> Node:
    return Node(
        id=row.pk,
        order=row.order,
        name=row.name,
        parent=row.parent_id,
        matchers=row.matchers,
        window=window_of(row.window) if row.window else None,
        outside_window=row.outside_window,
        continue_matching=row.continue_matching,
        digest=row.delivery == Route.Delivery.DIGEST,
        targets=tuple(target.pk for target in row.targets.all()),
    )


def window_of(row: TimeWindow) -> Window:
    """The pure window of a row."""
    return Window(row.name, row.zone, frozenset(row.weekdays), row.start, row.end, frozenset(row.holidays))
