"""The console's own health on the overview, one check a room (pure); `dashboard.console_health` measures it."""

from __future__ import annotations

from dataclasses import dataclass

from detections.dashboard.console_health import LIMITS, Health
from opsconsole.lib.text import humanize

# Of each measured age: the room's name, and what is said while nothing waits.
ROOMS = (
    ("oldest_undigested_age", "Digest", "nothing waits"),
    ("slot_lag", "Evaluation", "every due minute is judged"),
    ("slots_ahead", "Clock", "no minute was judged early"),
    ("oldest_unapplied_age", "Alerts", "every verdict is applied"),
    ("oldest_unsent_age", "Delivery", "no message waits"),
)


@dataclass(frozen=True)
class Check:
    """One part of the console: `state` is ok or late; `said` tells the number behind it."""

    name: str
    state: str
    said: str


def checks(measured: Health, quarantined: int) -> list[Check]:
    """One check a room, and one on events that could not be digested: they block nothing, but somebody has to look."""
    events = f"{quarantined:,} event{'' if quarantined == 1 else 's'} set aside"
    rooms = [_check(name, room, calm, measured) for name, room, calm in ROOMS]
    return [*rooms, Check("Quarantine", "late" if quarantined else "ok", events)]


def worst(found: list[Check]) -> str:
    """The state of the whole."""
    return "late" if any(check.state != "ok" for check in found) else "ok"


def _check(name: str, room: str, calm: str, measured: Health) -> Check:
    age: float = getattr(measured, name)
    said = f"the oldest waits {humanize.duration(age)}" if age >= 1 else calm
    if name == "slots_ahead" and age >= 1:
        said = f"it was set back: minutes up to {humanize.duration(age)} ahead of it were judged"
    if name == "oldest_undigested_age" and measured.inbox_depth:
        said = f"{measured.inbox_depth:,} waiting, {said}"
    return Check(room, "late" if age > LIMITS[name] else "ok", said)
