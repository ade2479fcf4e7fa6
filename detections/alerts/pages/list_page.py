"""The list of alerts beside its rows: saved views as links, and what recovers apart from what fires."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from detections.alerts.filters import ME, OPEN, UNJUDGED
from detections.alerts.listing import APART
from detections.alerts.models import Alert
from opsconsole.lib.web.lists.query import ListQuery

# By label, the query string: any other set of filters is saved the same way, as a bookmark of its address.
VIEWS = {
    "Open": "",
    "Unacknowledged": "handling=unacknowledged",
    "Mine": f"responder={ME}",
    "Recovering": "condition=recovering",
    "To judge": f"condition=resolved&disposition={UNJUDGED}",
}


def saved_views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """(label, URL, whether it is shown) of each."""
    now = request.META.get("QUERY_STRING", "")
    return [(label, f"{request.path}{query and '?'}{query}", query == now) for label, query in VIEWS.items()]


def groups(listing: ListQuery, rows: Sequence[Alert]) -> list[tuple[str, list[Alert]]]:
    """What fires and what recovers under headings of their own; empty where the order does not part them, or where
    there is one of the two only."""
    if listing.sort.key not in APART or listing.chosen["condition"] != OPEN:
        return []
    parted = {
        "Firing": [row for row in rows if row.status != Alert.Status.RECOVERING],
        "Recovering": [row for row in rows if row.status == Alert.Status.RECOVERING],
    }
    found = [(label, of_status) for label, of_status in parted.items() if of_status]
    if len(found) < 2:
        return []
    return found[::-1] if listing.reversed else found
