"""The time chart: whole y ticks, round UTC x ticks, what is drawn equals the numbers in the table."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.charts.time_chart import Band, Limit, Mark, TimeChart, describe, rows
from opsconsole.lib.charts.time_chart_svg import draw, nice_ceiling, plot_height, tick_step, ticks, view

START = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def chart(counts: list[int | None], **more: object) -> TimeChart:
    return TimeChart("Errors per minute", START, MINUTE, counts, **more)  # type: ignore[arg-type]


def elements(drawing: str, css: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(drawing).iter() if css in each.get("class", "").split()]


@given(st.floats(0, 1e7))
def test_the_y_axis_is_high_enough_and_has_whole_ticks(highest: float) -> None:
    top = nice_ceiling(highest)
    assert top >= highest
    assert top % 4 == 0
    assert top <= max(4, highest * 2.5)


@given(st.lists(st.none() | st.integers(0, 10**6), min_size=1, max_size=120))
def test_drawing_has_a_bar_per_count_a_gap_per_unknown_and_a_hover_per_bucket(counts: list[int | None]) -> None:
    drawing = draw(chart(counts))
    assert len(elements(drawing, "chart-bar")) == sum(1 for count in counts if count)
    assert len(elements(drawing, "chart-missing")) == counts.count(None)
    assert len(elements(drawing, "chart-hit")) == len(counts)


def test_bar_height_is_proportional() -> None:
    drawn = chart([5, 10, 20])
    heights = [float(bar.get("height", "")) for bar in elements(draw(drawn), "chart-bar")]
    assert heights == pytest.approx([plot_height(drawn) * n / 20 for n in (5, 10, 20)], abs=0.01)


def test_limit_is_drawn_labelled_with_its_integer_and_what_reaches_it_stands_out() -> None:
    drawing = draw(chart([1, 9, 10, 12], limits=[Limit("critical", [10, 10, 10, 10])]))
    assert len(elements(drawing, "chart-over")) == 2
    (label,) = elements(drawing, "chart-limit-label")
    assert label.text == "critical ≥ 10"


def test_a_bar_has_the_tone_of_the_highest_limit_that_it_reaches() -> None:
    limits = [Limit("medium", [1, 1, 1], "medium"), Limit("critical", [10, 10, 10], "critical")]
    drawing = draw(chart([0, 5, 11], limits=limits))
    assert [bar.get("class") for bar in elements(drawing, "chart-over")] == [
        "chart-over tone-medium",
        "chart-over tone-critical",
    ]


def test_a_limit_far_above_does_not_flatten_the_counts_but_is_named_in_the_legend() -> None:
    shown = view(chart([1, 2, 1], limits=[Limit("critical", [500, 500, 500])]))
    heights = [float(bar.get("height", "")) for bar in elements(shown.svg, "chart-bar")]
    assert max(heights) > 40
    assert shown.limits[0].words == "critical at 500 (above the chart)"


def test_a_limit_that_is_not_known_yet_is_not_drawn() -> None:
    shown = view(chart([1, 2], limits=[Limit("high", [None, None])]))
    assert not elements(shown.svg, "chart-limit")
    assert shown.limits[0].words == "high: not known yet"


def test_rows_carry_the_same_numbers() -> None:
    band = Band([0.4, 0.4, None], [0, 0, None], [2, 2, None])
    table = rows(chart([3, None, 0], band=band, limits=[Limit("high", [3, 3, 3])]))
    assert [(row.count, row.expected, row.limits, row.over) for row in table] == [
        (3, 0.4, (3,), True),
        (None, 0.4, (3,), False),
        (0, None, (3,), False),
    ]
    assert table[1].start == START + MINUTE


def test_hover_tells_time_count_expectation_and_limits() -> None:
    drawing = draw(chart([7], band=Band([0.4], [0], [2]), limits=[Limit("high", [3], "high")]))
    (hit,) = elements(drawing, "chart-hit")
    assert hit[0].text == "20 Nov 11:00 UTC\n7 errors, reaches high\nusual 0.4\nhigh from 3"


def test_band_is_shaded_over_the_known_buckets() -> None:
    drawing = draw(chart([1, 1, 1], band=Band([1, 1, None], [0, 0, None], [3, 3, None])))
    (area,) = elements(drawing, "chart-band")
    assert area.get("d", "").count(" L") == 7  # two steps of two corners, above and below


def test_a_gap_in_what_is_usual_stays_a_gap() -> None:
    drawing = draw(chart([1, 1, 1], band=Band([1, None, 1], [0, None, 0], [3, None, 3])))
    (area,) = elements(drawing, "chart-band")
    (line,) = elements(drawing, "chart-expected")
    assert area.get("d", "").count("Z") == 2
    assert line.get("d", "").count("M") == 2


def test_labels_of_near_limits_do_not_lie_on_each_other() -> None:
    limits = [Limit(name, [n]) for name, n in (("medium", 1), ("high", 2), ("critical", 40))]
    labels = elements(draw(chart([30], limits=limits)), "chart-limit-label")
    heights = [float(label.get("y", "")) for label in labels]
    assert all(lower - upper >= 13 for lower, upper in itertools.pairwise(heights))


def test_a_limit_is_labelled_where_it_holds() -> None:
    limit = Limit("high", [8, 8, 8, 8, None, 20, 20, 20, 20, 20])
    found = elements(draw(chart([30] * 10, limits=[limit])), "chart-limit-label")
    assert {(label.text, label.get("x")) for label in found} == {("high ≥ 8", "0%"), ("high ≥ 20", "100%")}
    ended = elements(draw(chart([30] * 10, limits=[Limit("high", [8] * 6 + [None] * 4)])), "chart-limit-label")
    assert [(label.text, label.get("x")) for label in ended] == [("high ≥ 8", "0%")]  # it does not hold at the end


def test_a_value_that_held_shortly_has_no_room_for_a_label() -> None:
    limit = Limit("high", [8] * 47 + [9] * 3 + [10] * 50)
    found = elements(draw(chart([30] * 100, limits=[limit])), "chart-limit-label")
    assert {label.text for label in found} == {"high ≥ 8", "high ≥ 10"}
    assert view(chart([30] * 100, limits=[limit])).limits[0].words == "high at 10, 8 to 10 in this time"


@given(st.lists(st.lists(st.sampled_from([None, 1, 2, 3, 30]), min_size=12, max_size=12), min_size=1, max_size=3))
def test_no_label_lies_on_another(values: list[list[int | None]]) -> None:
    limits = [Limit(name, line) for name, line in zip(("medium", "high", "critical"), values, strict=False)]
    found = elements(draw(chart([30] * 12, limits=limits)), "chart-limit-label")
    places = [(float((label.get("x") or "").rstrip("%")), float(label.get("y") or "")) for label in found]
    for one, other in itertools.combinations(places, 2):
        assert abs(one[0] - other[0]) >= 9 or abs(one[1] - other[1]) >= 12.99


def test_each_colour_is_in_the_legend() -> None:
    limits = [Limit("medium", [2, 2, 2], "medium"), Limit("critical", [10, 10, 10], "critical")]
    marks = [Mark(START, "R-1, high", "high"), Mark(START, "ended", "ok"), Mark(START - MINUTE, "before", "medium")]
    shown = view(chart([1, 11, 1], limits=limits, marks=marks, partial_last=True))
    assert [line.words for line in shown.limits] == ["medium at 2", "critical at 10"]
    assert [(line.kind, line.tone, line.words) for line in shown.others] == [
        ("over", "critical", "reaches critical"),
        ("mark", "high", "high alert opened"),
        ("mark", "ok", "alert ended"),
        ("partial", "", "still running"),
    ]
    assert view(chart([1, 0], partial_last=True)).others == []


def test_marks_outside_the_time_are_left_out() -> None:
    marks = [Mark(START + MINUTE, "Deploy 2.4.1"), Mark(START - MINUTE, "earlier")]
    drawing = draw(chart([1, 1, 1], marks=marks))
    assert len(elements(drawing, "chart-mark")) == 1
    assert "Deploy 2.4.1 · 20 Nov 11:01 UTC" in drawing
    assert [label.text for label in elements(drawing, "chart-mark-label")] == ["Deploy 2.4.1"]
    assert not elements(draw(chart([1, 1, 1], marks=marks[1:])), "chart-mark-head")


def test_description_for_screen_readers() -> None:
    assert describe(chart([3, None, 7], limits=[Limit("high", [5, 5, 5])])) == (
        "10 errors from 20 Nov 11:00 UTC to 20 Nov 11:03 UTC, at most 7 at once. 1 of 2 intervals reach a limit."
    )
    assert describe(chart([None])) == "No data in this time."


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (timedelta(minutes=15), timedelta(minutes=2)),
        (timedelta(hours=1), timedelta(minutes=10)),
        (timedelta(hours=24), timedelta(hours=3)),
        (timedelta(days=7), timedelta(days=1)),
        (timedelta(days=90), timedelta(days=14)),
    ],
)
def test_ticks_are_few_and_round(span: timedelta, step: timedelta) -> None:
    assert tick_step(span) == step
    odd = START + timedelta(minutes=7)
    shown = list(ticks(odd, odd + span))
    assert 5 <= len(shown) <= 9
    for at, _ in shown:
        assert odd <= at <= odd + span
        assert (at.hour * 60 + at.minute) % min(step / MINUTE, 1440) == 0


def test_midnight_is_shown_as_its_date() -> None:
    shown = dict(ticks(datetime(2026, 11, 19, 22, 0, tzinfo=UTC), datetime(2026, 11, 20, 2, 0, tzinfo=UTC)))
    assert shown[datetime(2026, 11, 20, 0, 0, tzinfo=UTC)] == "20 Nov"
    assert shown[datetime(2026, 11, 19, 23, 0, tzinfo=UTC)] == "23:00"


def test_no_inline_style_and_labels_escaped() -> None:
    drawing = draw(chart([1], marks=[Mark(START, "<b>x</b>")], limits=[Limit("<i>", [1])]))
    assert "style=" not in drawing
    assert "<b>" not in drawing
    assert "<i>" not in drawing
