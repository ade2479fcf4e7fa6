"""What is read of a bucket: its time, count, limits and marks in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.lib.charts.readout import readouts
from opsconsole.lib.charts.time_chart import Limit, Mark, TimeChart

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def read(
    counts: list[int | None], step: timedelta = MINUTE, start: datetime = START, **more: object
) -> list[list[str]]:
    chart = TimeChart("Errors", start, step, counts, **more)  # type: ignore[arg-type]
    return [words.split("\n") for words in readouts(chart)]


@pytest.mark.parametrize(
    ("start", "step", "words"),
    [
        (START, MINUTE, "20 Nov 00:00 UTC"),
        (START, 5 * MINUTE, "20 Nov 00:00 to 00:05 UTC"),
        (START, HOUR, "20 Nov 00:00 to 01:00 UTC"),
        (START, DAY, "20 Nov 2026"),
        (START, 7 * DAY, "20 Nov to 26 Nov 2026"),
        (START + HOUR, DAY, "20 Nov 01:00 UTC to 21 Nov 01:00 UTC"),
    ],
)
def test_the_time_is_that_of_the_whole_bucket(start: datetime, step: timedelta, words: str) -> None:
    assert read([1], step, start)[0][0] == words


def test_a_count_says_which_limit_it_reaches() -> None:
    limits = [Limit("from the baseline", [3, 3, 3], "high"), Limit("critical", [9, None, 9], "critical")]
    assert [lines[1:] for lines in read([10, 4, None], limits=limits)] == [
        ["10 errors, reaches critical", "from the baseline from 3", "critical from 9"],
        ["4 errors, reaches from the baseline", "from the baseline from 3"],
        ["no data", "from the baseline from 3", "critical from 9"],
    ]


def test_marks_are_read_in_their_bucket_and_the_last_says_that_it_runs() -> None:
    marks = [
        Mark(START + 2 * MINUTE, "at the end"),
        Mark(START + MINUTE / 2, "deploy 2.4.1"),
        Mark(START - MINUTE, "-"),
    ]
    assert [lines[1:] for lines in read([1, 0], marks=marks, partial_last=True)] == [
        ["1 errors", "00:00 deploy 2.4.1"],
        ["0 errors", "still running", "00:02 at the end"],
    ]
