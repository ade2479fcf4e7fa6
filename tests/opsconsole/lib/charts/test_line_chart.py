"""Line charts, histograms and bars of states: what they say, and that what they draw stays within them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.charts import histogram, line_chart_svg
from opsconsole.lib.charts.histogram import MOST_BINS, Histogram, width_for
from opsconsole.lib.charts.line_chart import ChartLine, ExpectedLine, LineChart, describe, in_words, readouts, rows
from opsconsole.lib.charts.status_bars import StatusBar, status_bars

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
VALUES = st.one_of(st.none(), st.floats(0, 1e6))


def chart(*values: float | None, **more: object) -> LineChart:
    return LineChart("Latency", START, HOUR, (ChartLine("p50", values),), "ms", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (1234.5, "1,234"), (100.0, "100"), (56.78, "56.8"), (10.0, "10"), (8.914, "8.91")]
)
def test_numbers_are_as_long_as_they_tell(value: float, words: str) -> None:
    assert in_words(value) == words


def test_each_bucket_is_read_with_its_time_value_and_what_is_expected() -> None:
    expected = ExpectedLine([10.0, 10.0], [8.0, None], [12.0, None])
    shown = chart(9.5, None, expected=expected)
    assert readouts(shown) == [
        "20 Nov 00:00 to 01:00 UTC\np50: 9.5 ms\nexpected 10 ms, allowed 8 to 12",
        "20 Nov 01:00 to 02:00 UTC\np50: no data\nexpected 10 ms",
    ]
    assert [row.values for row in rows(shown)] == [("9.5",)]


def test_it_is_described_in_a_sentence() -> None:
    said = "From 20 Nov 00:00 UTC to 20 Nov 03:00 UTC: p50 at last 7 ms, from 5 to 7."
    assert describe(chart(5.0, None, 7.0)) == said
    assert describe(chart(None, None)) == "No data in this time."


def test_a_value_without_a_neighbour_is_a_dot_and_gaps_are_gaps() -> None:
    drawn = line_chart_svg.draw(chart(1.0, None, 2.0, 3.0))
    assert drawn.count("chart-dot") == 1
    assert len(re.findall(r'class="chart-line"[^>]* d="M[^M]+"', drawn)) == 1


def test_no_line_goes_across_a_break_which_is_drawn_and_told() -> None:
    shown = chart(1.0, 2.0, 3.0, 4.0, breaks={2: "the split is another one"})
    drawn = line_chart_svg.draw(shown)
    assert len(re.findall(r"M[0-9.]+ [0-9.]+ L", drawn.split('class="chart-line"')[1].split("/>")[0])) == 2
    assert drawn.count("chart-mark") == 1
    assert "\nthe split is another one\np50: 3 ms" in readouts(shown)[2]
    assert describe(shown).endswith(" From 20 Nov 02:00 UTC on: the split is another one.")


@given(st.lists(VALUES, min_size=1, max_size=30), st.booleans())
def test_every_value_is_within_the_axis_whose_ticks_are_round(values: list[float | None], from_zero: bool) -> None:
    shown = chart(*values, from_zero=from_zero)
    low, high = shown.y_range
    assert 0 <= low < high
    assert all(low - 1e-6 <= value <= high * (1 + 1e-9) + 1e-6 for value in shown.known())
    for y in re.findall(r'cy="(-?[\d.]+)"', line_chart_svg.draw(shown)):
        assert 0 <= float(y) <= line_chart_svg.plot_height(shown)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_intervals_hold_every_value_and_are_few(one: float, other: float) -> None:
    usual, most = sorted((one, other))
    width, number, open_end = width_for(usual, most)
    assert 1 <= number <= MOST_BINS
    assert open_end or most < number * width
    assert usual <= MOST_BINS * width


def test_a_histogram_says_where_most_values_are() -> None:
    shown = Histogram("Latency", 10, [1, 5, 2], "ms", "answers", (("p95", 29.0),), open_end=True)
    assert histogram.describe(shown) == "8 answers; p95 29 ms; most of them in 10 to 20 ms."
    assert histogram.view(shown).rows == [("0 to 10 ms", 1), ("10 to 20 ms", 5), ("20 ms and more", 2)]
    assert "20 ms and more\n2 answers" in histogram.draw(shown)


def test_bars_of_states_differ_by_height_and_say_what_they_are() -> None:
    bars = [StatusBar(tone, f"<{tone}>") for tone in ("", "ok", "medium", "high")]
    drawn = status_bars(bars, label="Last hours")
    heights = [float(each) for each in re.findall(r'height="([\d.]+)" rx', drawn)]
    assert heights == sorted(set(heights))
    assert "&lt;high&gt;" in drawn
    assert 'aria-label="Last hours"' in drawn
