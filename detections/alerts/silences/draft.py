"""A silence as somebody writes it, and what is wrong with it (pure: no ORM, no clock)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detections.alerts.routing.matchers import LABEL, TAG, Matchers, matcher_problems
from detections.alerts.routing.time_windows import WeeklyWindow
from detections.alerts.routing.time_windows import problems as window_problems
from opsconsole.lib.db.storable import NO_TEXT, storable

LONGEST = timedelta(days=366)
MOST_WORDS, LONGEST_WORD = 50, 300
ASKS = "It would hide every alert of this console. Confirm that you mean it."
REASON_LENGTH = 300
FAR_START = f"It starts at most {LONGEST.days} days from now, before or after."


@dataclass(frozen=True)
class SilenceDraft:
    """The values of a silence; `window` are the hours of a recurring one."""

    matchers: Matchers
    starts_at: datetime
    ends_at: datetime
    reason: str
    window: WeeklyWindow | None = None
    confirmed: bool = False  # that it may match every alert


def everything(matchers: Matchers) -> bool:
    """Whether they match every alert: there are none, or only `*`; a label or a tag is not on every alert."""
    return all(
        key != TAG and not key.startswith(LABEL) and any(set(word) == {"*"} for word in words)
        for key, words in matchers.items()
    )


def problems(draft: SilenceDraft, now: datetime) -> dict[str, list[str]]:
    """By field, sentences on what is wrong; empty when it can be kept."""
    found: dict[str, list[str]] = {}
    if wrong := _of_matchers(draft.matchers):
        found["matchers"] = wrong
    elif everything(draft.matchers) and not draft.confirmed:
        found["confirm_all"] = [ASKS]
    found |= _of_times(draft, now)
    if sentence := _of_reason(draft.reason):
        found["reason"] = [sentence]
    if draft.window is not None:
        window = draft.window
        wrong_hours = window_problems(window.zone, sorted(window.weekdays), window.start, window.end)
        found |= {_FIELDS[name]: [message] for name, message in wrong_hours.items()}
    return found


_FIELDS = {"zone": "zone", "weekdays": "weekdays", "start": "window_start", "end": "window_end"}


def in_utc(moment: datetime, now: datetime) -> datetime | None:
    """The moment (aware) in UTC; None where it is further from `now` than any silence may reach. Such a time cannot be
    computed with, since it may be outside of the years 1 to 9999 in UTC, though PostgreSQL stores it."""
    return moment.astimezone(UTC) if abs(moment - now) <= 2 * LONGEST else None


def start_problem(start: datetime, now: datetime) -> str:
    """What is wrong with a start; empty where nothing is."""
    return "" if abs(start - now) <= LONGEST else FAR_START


def _of_times(draft: SilenceDraft, now: datetime) -> dict[str, list[str]]:
    if sentence := start_problem(draft.starts_at, now):
        return {"starts_at": [sentence]}
    start, end = draft.starts_at.astimezone(UTC), in_utc(draft.ends_at, now)
    if (end or draft.ends_at) <= now:
        return {"ends_at": ["The end has passed."]}
    if end is None or end - max(start, now) > LONGEST:
        return {"ends_at": [f"At most {LONGEST.days} days after its start."]}
    return {"ends_at": ["It has to end after its start."]} if end <= start else {}


def _of_matchers(matchers: Matchers) -> list[str]:
    wrong = matcher_problems(matchers, tags=True)
    if wrong:
        return wrong
    words = [word for each in matchers.values() for word in each]
    if len(words) > MOST_WORDS:
        return [f"At most {MOST_WORDS} words; use * to match several values."]
    if any(len(word) > LONGEST_WORD or not word for word in words):
        return [f"A word has 1 to {LONGEST_WORD} characters."]
    return []


def _of_reason(reason: str) -> str:
    if not reason.strip():
        return "Say why, so that others know what they do not hear of."
    if len(reason) > REASON_LENGTH:
        return f"At most {REASON_LENGTH} characters."
    return "" if storable(reason) else f"It {NO_TEXT}."
