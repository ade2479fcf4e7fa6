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
from opsconsole.lib.text.secrets import scrub_text

KEEP = 600  # seconds
CLAIMED = 60  # seconds; of a worker that ended in its turn the next look sends another
FAILURE_LENGTH = 300  # characters kept of what was raised
SENT = 15  # seconds in which looks send no other: it may wait behind other tasks


class Job(msgspec.Struct):
    """A preview under way, or done: then `judged` of its outcome is `total`. `failed` says what kept it from being
    judged: then nobody goes on with it until it is asked for again."""

    user: int
    asked: Asked
    outcome: PreviewOutcome | None = None
    done: bool = False
    failed: str = ""


def start(user: int, asked: Asked) -> str | None:
    """Makes the person's job, or finds it where the same is asked; returns its id, None without Redis."""
    try:
        job = _continued(user, asked)
        name = blake2b(msgspec.json.encode((user, job.asked)), digest_size=12).hexdigest()
        client().set(_newest(job), name, ex=KEEP)
        known = _read(name)
        client().set(_key(name), msgspec.json.encode(job), ex=KEEP, nx=known is None or not known.failed)
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
        idle = not (job.done or job.failed or client().exists(_claim(name)))
        if idle and client().set(_sent(name), 1, nx=True, ex=SENT):
            send(name)
    except redis.RedisError:
        return None
    return job


def again(name: str, user: int) -> None:
    """Has the person's job that failed judged once more, from its beginning."""
    job = find(name, user)
    if job is not None and job.failed:
        start(user, job.asked)


def send(name: str) -> None:
    """Has the task take a turn; where it cannot be sent the next look sends it."""
    try:
        app.send_task(RULE_PREVIEW, args=[name], retry=False, expires=CLAIMED)
    except OperationalError:
        return


def work(name: str, now: datetime, more: Callable[[], bool]) -> bool:
    """One turn; returns whether another one is needed. Twice at once or again changes nothing. What is raised while it
    judges stays with the job, for whoever waits for it, and is raised on."""
    if not client().set(_claim(name), 1, nx=True, ex=CLAIMED):
        return False
    try:
        job = _read(name)
        if job is None or job.done or job.failed or not _is_newest(name, job):
            return False
        try:
            outcome = go_on(job.asked, job.outcome, now, more)
        except Exception as error:
            _store(name, Job(job.user, job.asked, failed=_in_words(error)))
            raise
        _store(name, Job(job.user, job.asked, outcome, done=not outcome.waiting))
        return bool(outcome.waiting)
    finally:
        client().delete(_claim(name))


def _store(name: str, job: Job) -> None:
    client().set(_key(name), msgspec.json.encode(job), ex=KEEP, xx=True)


def _in_words(error: Exception) -> str:
    """The kind of error and what it says, in one line without secrets."""
    return scrub_text(" ".join(f"{type(error).__name__}: {error}".split()))[:FAILURE_LENGTH]


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
