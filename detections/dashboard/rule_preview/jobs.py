"""Previews that take longer than a second, in Redis with a time to live: what was asked, how far it is, what came out.

A person has one: the next replaces it, and the task stops at it. Without Redis there is none; what is small enough is
judged at once. A key is forgotten after KEEP, whether anybody looked or not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

import msgspec
import redis
from kombu.exceptions import OperationalError

from detections.dashboard.rule_preview.outcome import PreviewOutcome
from detections.dashboard.rule_preview.run import Asked, go_on
from opsconsole.celery import app
from opsconsole.lib.redis import client
from opsconsole.lib.task_names import RULE_PREVIEW

KEEP = 600  # seconds
CLAIMED = 60  # seconds; of a worker that ended in its turn the next look sends another


class Job(msgspec.Struct):
    """A preview under way, or done: then `judged` of its outcome is `total`."""

    user: int
    asked: Asked
    outcome: PreviewOutcome | None = None
    done: bool = False


def start(user: int, asked: Asked) -> str | None:
    """Makes the person's job, or finds it where the same is asked; returns its id, None without Redis."""
    name = blake2b(msgspec.json.encode((user, asked)), digest_size=12).hexdigest()
    try:
        client().set(_newest(user), name, ex=KEEP)
        client().set(_key(name), msgspec.json.encode(Job(user, asked)), ex=KEEP, nx=True)
    except redis.RedisError:
        return None
    send(name)
    return name


def find(name: str, user: int) -> Job | None:
    """The person's job; None where it was forgotten, replaced or never was. One that nobody works on is sent again."""
    try:
        job = _read(name)
        if job is None or job.user != user or not _is_newest(name, job):
            return None
        if not job.done and not client().exists(_claim(name)):
            send(name)
    except redis.RedisError:
        return None
    return job


def send(name: str) -> None:
    """Has the task take a turn; where it cannot be sent the next look sends it."""
    try:
        app.send_task(RULE_PREVIEW, args=[name], retry=False, expires=CLAIMED)
    except OperationalError:
        return


def work(name: str, now: datetime, more: Callable[[], bool]) -> bool:
    """One turn; returns whether another one is needed. Twice at once or again changes nothing."""
    if not client().set(_claim(name), 1, nx=True, ex=CLAIMED):
        return False
    try:
        job = _read(name)
        if job is None or job.done or not _is_newest(name, job):
            return False
        outcome = go_on(job.asked, job.outcome, now, more)
        done = outcome.judged >= outcome.total
        after = Job(job.user, job.asked, outcome, done)
        client().set(_key(name), msgspec.json.encode(after), ex=KEEP, xx=True)
        return not done
    finally:
        client().delete(_claim(name))


def _read(name: str) -> Job | None:
    stored = client().get(_key(name))
    return msgspec.json.decode(stored, type=Job) if stored else None


def _is_newest(name: str, job: Job) -> bool:
    return bool(client().get(_newest(job.user)) == name.encode())


def _key(name: str) -> str:
    return f"opsconsole:preview:{name}"


def _claim(name: str) -> str:
    return f"opsconsole:preview:{name}:claim"


def _newest(user: int) -> str:
    return f"opsconsole:preview:of:{user}"
