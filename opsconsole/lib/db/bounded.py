"""A bound on how long this thread waits for PostgreSQL, also where it accepts connections and never answers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

# The key of WSGI's environ that says whether PostgreSQL has not answered this process at all for seconds.
AWAY = "opsconsole.database_away"
_INTERVAL = 0.1  # seconds after which psycopg looks for signals while it waits


@contextlib.contextmanager
def within(seconds: float, *, starts_services: bool = False) -> Iterator[None]:
    """In the block this thread waits `seconds` for PostgreSQL, all together; then OperationalError is raised.

    Its own work does not count. No timeout of PostgreSQL can do this, since a hung server enforces none. Embedded
    servers that do not run are started only with `starts_services`. In a block within a block both bounds hold.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    outer: _Bound | None = wrapper.__dict__.get("waiting_bound")
    bound = _Bound(seconds if outer is None else min(seconds, outer.left))
    given = bound.left
    new: dict[str, Any] = {"get_new_connection": partial(_connect, wrapper)}
    with _attributes(wrapper, waiting_bound=bound, starts_services=starts_services, **new):
        if wrapper.connection is not None:
            _watch(wrapper, wrapper.connection)
        try:
            yield
        finally:
            if outer is not None:
                outer.left -= given - bound.left
            if wrapper.connection is not None and wrapper.connection.closed:
                with contextlib.suppress(Exception):
                    wrapper.close()  # the next statement connects anew


class _Bound:
    """The seconds that are left for waiting."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Takes the time of the block from what is left."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.left -= time.monotonic() - begin


@contextlib.contextmanager
def _attributes(wrapper: Any, **values: Any) -> Iterator[None]:
    """Sets attributes of this very object in the block, and restores what it had."""
    before = {name: wrapper.__dict__[name] for name in values if name in wrapper.__dict__}
    wrapper.__dict__.update(values)
    try:
        yield
    finally:
        for name in values:
            del wrapper.__dict__[name]
        wrapper.__dict__.update(before)


def _connect(wrapper: Any, parameters: dict[str, Any]) -> Any:
    """Django's connection, made in a thread: looking names up, and each of many addresses, have times of their own.

    A thread that took too long ends by those, and closes what it made.
    """
    bound: _Bound = wrapper.waiting_bound
    if bound.left <= 0:  # another attempt would wait at the server, which counts it
        raise psycopg.OperationalError("PostgreSQL did not answer in time")
    attempt = _Attempt(partial(type(wrapper).get_new_connection, wrapper, parameters))
    with bound.waiting():
        link = attempt.result(bound.left)
    _watch(wrapper, link)
    return link


class _Attempt:
    """A connection that is being made."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._abandoned = False
        self._link: Any = None
        self._error: BaseException | None = None

    def result(self, seconds: float) -> Any:
        """Makes it. Raises what making it raises, and psycopg's OperationalError after `seconds`."""
        threading.Thread(target=self._run, name="connecting", daemon=True).start()
        self._ended.wait(seconds)
        with self._lock:
            self._abandoned = not self._ended.is_set()
        if self._abandoned:
            raise psycopg.OperationalError("PostgreSQL cannot be connected to in time")
        if self._error is not None:
            raise self._error
        return self._link

    def _run(self) -> None:
        try:
            self._link = self._make()
        except BaseException as error:
            self._error = error
        with self._lock:
            self._ended.set()
            if self._abandoned and self._link is not None:
                self._link.close()


def _watch(wrapper: Any, link: Any) -> None:
    """Has a psycopg connection look at the bound of its thread whenever it waits."""
    if "wait" not in link.__dict__:
        link.wait = partial(_wait, wrapper, link)


def _wait(wrapper: Any, link: Any, gen: Any, interval: float = _INTERVAL, timeout: float | None = None) -> Any:
    """psycopg's `Connection.wait`; a connection that keeps silent for too long is closed."""
    bound: _Bound | None = wrapper.__dict__.get("waiting_bound")
    if bound is None or timeout is not None:
        return type(link).wait(link, gen, interval, timeout)
    if bound.left <= 0:  # psycopg would send the statement before it looks at the time
        gen.close()
        link.close()
        raise psycopg.OperationalError("PostgreSQL did not answer in time")
    try:
        with bound.waiting():
            return type(link).wait(link, gen, interval, bound.left)
    except psycopg.errors._WaitTimeout:
        link.close()
        raise psycopg.OperationalError("PostgreSQL did not answer in time") from None
