"""Whether the numbers of a target fit its interval, and what is said where they do not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.probes.models import ProbeTarget
from detections.probes.pace import arithmetic, least_window, length_problem, longest, window_problem
from tests.detections.probes.samples import target

AURORA = {"samples": 10, "concurrency": 3, "timeout_ms": 10_000, "retry_count": 1}


@pytest.mark.parametrize(
    ("numbers", "seconds", "words"),
    [
        (
            AURORA,
            100.0,
            "4 rounds (10 samples, 3 at a time) of 2 attempts of 10 s and 1 wait of up to 5 s: "
            "100 s if nothing answers",
        ),
        (
            {"samples": 1, "concurrency": 64, "timeout_ms": 1_000, "retry_count": 0},
            1.0,
            "1 round (1 sample, 64 at a time) of 1 attempt of 1 s: 1 s if nothing answers",
        ),
        (
            {"samples": 300, "concurrency": 64, "timeout_ms": 10_000, "retry_count": 1},
            125.0,
            "5 rounds (300 samples, 64 at a time) of 2 attempts of 10 s and 1 wait of up to 5 s: "
            "125 s if nothing answers",
        ),
    ],
)
def test_the_longest_that_a_run_takes_and_why(numbers: Mapping[str, int], seconds: float, words: str) -> None:
    assert longest(ProbeTarget(**numbers)) == longest(target(**numbers)) == seconds
    assert arithmetic(ProbeTarget(**numbers)) == words


def test_the_rollout_every_minute_is_told_which_timeout_fits() -> None:
    said = length_problem(ProbeTarget(**AURORA), 1)
    assert said.startswith("4 rounds (10 samples, 3 at a time) of 2 attempts of 10 s")
    assert "and the next run starts after 60 s. A timeout of 5,000 ms fits" in said
    assert length_problem(ProbeTarget(**{**AURORA, "timeout_ms": 5_000}), 1) == ""
    assert length_problem(ProbeTarget(**{**AURORA, "timeout_ms": 5_100}), 1) != ""
    assert length_problem(ProbeTarget(**AURORA), 2) == ""


@given(st.integers(1, 10_000), st.integers(1, 64), st.integers(1_000, 60_000), st.integers(0, 3), st.integers(1, 1440))
def test_a_timeout_that_is_offered_fits(samples: int, at_a_time: int, timeout: int, retries: int, minutes: int) -> None:
    paced = ProbeTarget(samples=samples, concurrency=at_a_time, timeout_ms=timeout, retry_count=retries)
    said = length_problem(paced, minutes)
    assert (said == "") == (longest(paced) <= minutes * 60)
    if "A timeout of " in said:
        paced.timeout_ms = int(said.split("A timeout of ")[1].split(" ms")[0].replace(",", ""))
        assert 1_000 <= paced.timeout_ms < timeout
        assert longest(paced) <= minutes * 60


@pytest.mark.parametrize(
    ("window", "interval", "fits"),
    [
        (10, 5, True),
        (6, 5, True),
        (5, 5, False),
        (10, 60, False),
        (1440, 1439, True),
        (1440, 1440, True),
    ],
)
def test_two_runs_of_the_schedule_must_be_within_the_window(window: int, interval: int, fits: bool) -> None:
    said = window_problem(window, interval)
    assert (said == "") == fits
    assert fits or f"At least {least_window(interval)}." in said
