"""A body has a time to arrive in, longer only as it comes."""

from __future__ import annotations

import socket
import threading
import time

from detections.ingest.http.deadlines import BYTES_PER_SECOND, Deadlines


def test_a_read_that_waits_returns_once_the_time_is_up() -> None:
    here, there = socket.socketpair()
    deadlines = Deadlines(30)
    with here, there, deadlines.watch(here) as body:
        started = time.monotonic()
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(here.recv(1)))
        reader.start()

        deadlines.expire(started + 29)
        assert not body.late
        deadlines.expire(started + 31)
        reader.join()

    assert body.late
    assert found == [b""]


def test_what_comes_fast_enough_has_longer() -> None:
    here, there = socket.socketpair()
    deadlines = Deadlines(30)
    with here, there, deadlines.watch(here) as body:
        now = time.monotonic()
        body.received(10 * BYTES_PER_SECOND)

        deadlines.expire(now + 39)
        assert not body.late
        deadlines.expire(now + 41)
        assert body.late


def test_a_body_that_has_arrived_is_not_ended() -> None:
    here, there = socket.socketpair()
    deadlines = Deadlines(30)
    with here, there:
        with deadlines.watch(here):
            pass
        deadlines.expire(time.monotonic() + 99)
        there.sendall(b"x")

        assert here.recv(1) == b"x"
