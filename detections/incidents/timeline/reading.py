"""How a page asks for the timeline, as its address says: which lines, in which order, from which place, in which zone
(pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from detections.incidents.timeline.queries import ALL, IMPORTANT, NOTES
from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists.order import Order, ascending, descending, reverse

NEWEST, OLDEST = "newest", "oldest"
SHOWN = {ALL: "All", IMPORTANT: "Important", NOTES: "Notes"}
ORDERS = {NEWEST: "Newest first", OLDEST: "Oldest first"}
OLDEST_FIRST: Order = (ascending("at", datetime), ascending("pk", int))
NEWEST_FIRST: Order = (descending("at", datetime), descending("pk", int))
# Offered where a zone is chosen; any other IANA name is taken too.
ZONES = (
    *("UTC", "America/Los_Angeles", "America/Chicago", "America/New_York", "America/Sao_Paulo", "Europe/London"),
    *("Europe/Berlin", "Europe/Kyiv", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
)


@dataclass(frozen=True)
class TimelineQuery:
    """What of the timeline is asked for. `place` is that of a line, None for the first page; `remarks` are sentences on
    what was not understood."""

    show: str
    order: str
    zone: ZoneInfo
    own_zone: ZoneInfo
    place: list[cursor.Value] | None = None
    backwards: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def keys(self) -> Order:
        """The keys to sort by."""
        return OLDEST_FIRST if self.order == OLDEST else NEWEST_FIRST

    @property
    def keys_taken(self) -> Order:
        """The keys in the direction in which a page is read from its place."""
        return reverse(self.keys) if self.backwards else self.keys

    def address(self, **changes: str) -> str:
        """The query string with a parameter changed, at the first page unless a place is given; '' where nothing is
        said that is not so anyway."""
        said = {"show": self.show, "order": self.order, "zone": self.zone.key} | changes
        usual = {"show": ALL, "order": NEWEST, "zone": self.own_zone.key}
        told = {name: value for name, value in said.items() if value and value != usual.get(name)}
        return f"?{urlencode(told)}" if told else ""

    @property
    def here(self) -> str:
        """The query string of this page."""
        if self.place is None:
            return self.address()
        return self.address(**{"before" if self.backwards else "after": cursor.encode(self.place)})


def read_query(query: Mapping[str, str], own: ZoneInfo) -> TimelineQuery:
    """The query of an address; `own` is the zone of the person. What is not understood is left out, with a remark."""
    remarks: list[str] = []
    show = _word(query, "show", SHOWN, remarks)
    order = _word(query, "order", ORDERS, remarks)
    name = query.get("zone", "").strip()
    zone = zone_named(name) if name else own
    if zone is None:
        remarks.append(f"“{name[:64]}” is no time zone; write it as IANA does, e.g. Europe/Berlin.")
    asked = TimelineQuery(show, order, zone or own, own, remarks=tuple(remarks))
    return _placed(asked, query)


def zone_named(name: str) -> ZoneInfo | None:
    """The zone with this IANA name; None where there is none."""
    try:
        return ZoneInfo(name) if len(name) <= 64 else None
    except (KeyError, ValueError, OSError):  # also of paths, and of folders such as Europe
        return None


def _word(query: Mapping[str, str], name: str, known: Mapping[str, str], remarks: list[str]) -> str:
    first = next(iter(known))
    value = query.get(name) or first
    if value in known:
        return value
    remarks.append(f"{name} “{value[:50]}” is unknown and was left out; there are: {', '.join(known)}.")
    return first


def _placed(asked: TimelineQuery, query: Mapping[str, str]) -> TimelineQuery:
    name = next((each for each in ("after", "before") if query.get(each)), "")
    if not name:
        return asked
    values = {field: getattr(asked, field) for field in ("show", "order", "zone", "own_zone", "remarks")}
    try:
        place = cursor.decode(query[name], [key.kind for key in asked.keys])
    except cursor.CursorError:
        values["remarks"] = (*asked.remarks, f"“{name}” is no place in this timeline; this is its beginning.")
        return TimelineQuery(**values)
    return TimelineQuery(**values, place=place, backwards=name == "before")
