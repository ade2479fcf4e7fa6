"""Previews that take longer than a second, in Redis with a time to live: what was asked, how far it is, what came out.

A person has one of each rule (and one of new ones): the next replaces it, and the task stops at it. Without Redis there
is none; what is small enough is judged at once. A key is forgotten after KEEP, whether anybody looked or not.
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
SENT = 15  # seconds in which looks send no other: it may wait behind other tasks


class Job(msgspec.Struct):
    """A preview under way, or done: then `judged` of its outcome is `total`."""

    user: int
    asked: Asked
    outcome: PreviewOutcome | None = None
    done: bool = False


def start(user: int, asked: Asked) -> str | None:
    """Makes the person's job, or finds it where the same is asked; returns its id, None without Redis."""
    try:
        job = _continued(user, asked)
        name = blake2b(msgspec.json.encode((user, job.asked)), digest_size=12).hexdigest()
        client().set(_newest(job), name, ex=KEEP)
        client().set(_key(name), msgspec.json.encode(job), ex=KEEP, nx=True)
        client().set(_sent(name), 1, ex=SENT)
    except redis.RedisError:
        return None
    send(name)
    return name


def _continued(user: int, asked: Asked) -> Job:
    """A job for what is asked. Where the person's last one differs only by the scope of its chart, with what that one
    found, over the same span: then nothing but the chart is left to do."""
    job = Job(user, asked)
    newest = client().get(_newest(job))
    last = _read(newest.decode()) if isinstance(newest, bytes) else None
    if last is None or not last.done:
        return job
    of_last = msgspec.structs.replace(asked, end=last.asked.end)
    same = msgspec.structs.replace(last.asked, scope=asked.scope) == of_last
    return Job(user, of_last, last.outcome) if same else job


def find(name: str, user: int) -> Job | None:
    """The person's job; None where it was forgotten, replaced or never was. One that nobody works on is sent again."""
    try:
        job = _read(name)
        if job is None or job.user != user or not _is_newest(name, job):
            return None
        if not job.done and not client().exists(_claim(name)) and client().set(_sent(name), 1, nx=True, ex=SENT):
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
        done = not outcome.waiting
        after = Job(job.user, job.asked, outcome, done)
        client().set(_key(name), msgspec.json.encode(after), ex=KEEP, xx=True)
        return not done
    finally:
        client().delete(_claim(name))


def _read(name: str) -> Job | None:
    stored = client().get(_key(name))
    return msgspec.json.decode(stored, type=Job) if stored else None


def _is_newest(name: str, job: Job) -> bool:
    return bool(client().get(_newest(job)) == name.encode())


def _key(name: str) -> str:
    return f"opsconsole:preview:{name}"


def _claim(name: str) -> str:
    return f"opsconsole:preview:{name}:claim"


def _sent(name: str) -> str:
    return f"opsconsole:preview:{name}:sent"


def _newest(job: Job) -> str:
    return f"opsconsole:preview:of:{job.user}:{job.asked.rule or 'new'}"
