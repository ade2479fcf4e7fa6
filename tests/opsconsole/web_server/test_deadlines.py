"""A head, a body and an answer have a time, longer only as bytes pass."""

from __future__ import annotations

from opsconsole.web_server.deadlines import ANSWER_RATE, BODY_RATE, STALL_SECONDS, Arrival, Sending, TransferDeadlines

ALLOWED = TransferDeadlines(head=10, body=30, answer=60, idle=75)


def late(arrival: Arrival, now: float) -> str:
    found = arrival.late(ALLOWED, now)
    return found[1] if found else ""


def test_a_head_has_its_time_however_its_bytes_come() -> None:
    arrival = Arrival(100, 100)
    for second in range(100, 110):
        arrival.received(second, None)
        assert not late(arrival, second)
    assert late(arrival, 110) == "allowed: 10 s for its headers"


def test_a_body_has_its_own_time_and_more_where_it_comes_fast_enough() -> None:
    arrival = Arrival(100, 100)
    arrival.received(109, 0)
    for second in range(110, 149):
        arrival.received(second, (second - 109) * BODY_RATE // 4)
        assert not late(arrival, second)
    assert late(arrival, 149) == "allowed: 30 s and a second for each 50 kB"


def test_a_body_that_stalls_is_late_before_its_time() -> None:
    arrival = Arrival(100, 100)
    arrival.received(101, 5_000_000)
    assert not late(arrival, 101 + STALL_SECONDS - 1)
    assert late(arrival, 101 + STALL_SECONDS) == "allowed: 10 s without a byte"


def test_time_in_which_nobody_read_does_not_count() -> None:
    arrival = Arrival(100, 100)
    arrival.received(105, None)
    arrival.wait(200)
    assert not late(arrival, 204)
    assert late(arrival, 205)


def test_an_answer_must_be_taken() -> None:
    assert not Sending(100, 5000).late(ALLOWED, 5000, 159)
    assert Sending(100, 5000).late(ALLOWED, 5000, 160)
    assert not Sending(100, 5000).late(ALLOWED, 5000 + 10 * ANSWER_RATE, 169)
    assert Sending(100, 5000).late(ALLOWED, 5000 + 10 * ANSWER_RATE, 170)
