"""When a policy's messages go: group wait, group interval and repeat interval, as in Alertmanager (pure: no clock).

Messages of alerts below high that have equal values of the policy's keys go as one. Critical and high ones go each by
itself, at once, whatever a policy says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from detections.alerts.routing.durations import written
from detections.alerts.routing.matchers import ALLOWED_KEYS, Subject, is_key, named
from detections.rules.spec.schema import SEVERITIES
from opsconsole.lib.text.humanize import duration

PER_EVENT = SEVERITIES["high"]  # alerts of this severity and above never wait for a group
LONGEST_KEY = 200
# Least and most. A wait of more than an hour, or a repeat of less than five minutes, would be a mistake.
BOUNDS = {
    "group_wait": (timedelta(seconds=1), timedelta(hours=1)),
    "group_interval": (timedelta(seconds=30), timedelta(days=1)),
    "repeat_interval": (timedelta(minutes=5), timedelta(days=7)),
}


@dataclass(frozen=True)
class PolicyTiming:
    """`wait` and `interval` are both there where a policy groups; without `repeat` nothing is sent again."""

    group_by: tuple[str, ...] = ()
    wait: timedelta | None = None
    interval: timedelta | None = None
    repeat: timedelta | None = None

    def groups(self, severity: int) -> bool:
        """Whether messages of alerts of this severity wait for others."""
        return self.wait is not None and severity < PER_EVENT


AT_ONCE = PolicyTiming()


def group_key(group_by: Sequence[str], subject: Subject) -> str:
    """Equal for alerts that go as one message: their values as JSON, beyond LONGEST_KEY characters a hash of it. A
    label that is missing differs from an empty one."""
    key = json.dumps([subject.value(name) for name in group_by], ensure_ascii=False)
    return key if len(key) <= LONGEST_KEY else sha256(key.encode("utf-8", "replace")).hexdigest()


def group_words(group_by: Sequence[str], subject: Subject) -> str:
    """What the alerts of a group have in common: `rule DET-BETA-003, label team solver`; empty without keys."""
    return ", ".join(f"{named(name)} {subject.value(name) or 'none'}" for name in group_by)


def timing_problems(timing: PolicyTiming, *, summary: bool = False, mutes: bool = False) -> dict[str, str]:
    """By field of the policy, a sentence on what is wrong; empty when it is valid."""
    problems: dict[str, str] = {}
    values = {"group_wait": timing.wait, "group_interval": timing.interval, "repeat_interval": timing.repeat}
    for name, value in values.items():
        least, most = BOUNDS[name]
        if value is not None and not least <= value <= most:
            problems[name] = f"From {written(least)} to {written(most)}."
    if wrong := [key for key in timing.group_by if not is_key(key)]:
        problems["group_by"] = f"{wrong[0]!r} is no key; allowed: {ALLOWED_KEYS}."
    elif len(set(timing.group_by)) < len(timing.group_by):
        problems["group_by"] = "Name each key once."
    elif timing.group_by and timing.wait is None:
        problems["group_wait"] = "How long does the first message wait for others? E.g. 30s."
    if timing.wait is not None and timing.interval is None:
        problems.setdefault("group_interval", "How long after a message may the next one of the group go? E.g. 5m.")
    if timing.interval is not None and timing.wait is None:
        problems.setdefault("group_wait", "An interval needs a wait: how long does the first message wait? E.g. 30s.")
    if timing.repeat and timing.interval and timing.repeat < timing.interval:
        problems.setdefault("repeat_interval", f"At least the group interval, {written(timing.interval)}.")
    if summary and (timing != AT_ONCE or mutes):
        problems["delivery"] = "The daily summary has a time of its own: clear grouping, repeat and mute timings."
    return problems


def words_for(timing: PolicyTiming, subject: Subject) -> list[str]:
    """What the timing means for one alert, in sentences."""
    sentences = ["It goes at once."]
    if timing.groups(SEVERITIES[subject.severity]) and timing.wait and timing.interval:
        wait, interval = duration(timing.wait.total_seconds()), duration(timing.interval.total_seconds())
        same = group_words(timing.group_by, subject)
        sentences = [
            f"It waits {wait} for others{f' of {same}' if same else ''}, and goes with them; or {interval} after their "
            "last message."
        ]
    if timing.repeat is not None:
        sentences.append(f"Again every {duration(timing.repeat.total_seconds())} while unacknowledged.")
    return sentences


def timing_words(timing: PolicyTiming) -> list[str]:
    """The timing in sentences."""
    sentences = []
    if timing.wait is None or timing.interval is None:
        sentences.append("Each alert by itself, at once.")
    else:
        wait, interval = duration(timing.wait.total_seconds()), duration(timing.interval.total_seconds())
        keys = " and ".join(named(key) for key in timing.group_by)
        same = f" with the same {keys}" if keys else ""
        sentences += [
            f"Alerts below high{same}: the first waits {wait} for others, one message lists all, the next one follows "
            f"after {interval} at the earliest.",
            "Critical and high: each by itself, at once.",
        ]
    if timing.repeat is not None:
        sentences.append(f"Again every {duration(timing.repeat.total_seconds())} while unacknowledged.")
    return sentences
