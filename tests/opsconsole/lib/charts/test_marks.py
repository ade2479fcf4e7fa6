"""Marks of a time chart: no head and no label lies on another, and nothing is left out of what is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.charts.marks import HEAD_SHARE, MarkGroup, mark_groups
from opsconsole.lib.charts.time_chart import Mark, TimeChart
from opsconsole.lib.charts.time_chart_svg import draw, plot_height

START = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MARKS = st.lists(
    st.builds(
        Mark,
        st.integers(-60, 4000).map(lambda seconds: START + timedelta(seconds=seconds)),
        st.sampled_from(["deploy 2.4.1", "R-1, high", "ended"]),
        st.sampled_from(["accent", "high", "critical", "ok"]),
    ),
    max_size=12,
)


def chart(*marks: Mark) -> TimeChart:
    return TimeChart("Errors per minute", START, MINUTE, [1] * 60, marks=marks)


def at(minute: float, label: str = "opened", tone: str = "high") -> Mark:
    return Mark(START + MINUTE * minute, label, tone)


def spans(groups: list[MarkGroup]) -> list[tuple[float, float]]:
    """From where to where each group has a head or a label."""
    return sorted((min(group.x, group.x + group.room), max(group.x, group.x + group.room)) for group in groups)


@given(MARKS)
def test_no_head_and_no_label_lies_on_another(marks: list[Mark]) -> None:
    groups = mark_groups(chart(*marks))
    assert all(after.x - before.x >= HEAD_SHARE for before, after in pairwise(groups))
    assert all(after[0] >= before[1] - 1e-9 for before, after in pairwise(spans(groups)))
    assert all(left >= 0 and right <= 1 + 1e-9 for left, right in spans(groups))


@given(MARKS)
def test_each_mark_within_the_time_is_in_one_group(marks: list[Mark]) -> None:
    drawn = chart(*marks)
    grouped = [mark for group in mark_groups(drawn) for mark in group.marks]
    assert grouped == sorted((mark for mark in marks if START <= mark.at <= drawn.end), key=lambda mark: mark.at)


def test_near_marks_share_a_head_of_the_gravest_tone_and_a_label_with_their_number() -> None:
    (group,) = mark_groups(chart(at(10, "2.4.1", "accent"), at(11, "R-1", "critical"), at(12, "R-1", "high")))
    assert (group.tone, group.label) == ("critical", "3: 2.4.1, R-1")
    assert len(mark_groups(chart(at(10), at(13)))) == 2


def test_the_last_label_near_the_end_stands_to_the_left() -> None:
    assert [group.room < 0 for group in mark_groups(chart(at(5), at(58)))] == [False, True]
    assert [group.room < 0 for group in mark_groups(chart(at(58)))] == [True]
    assert [group.room < 0 for group in mark_groups(chart(at(5)))] == [False]


def test_a_label_without_room_is_not_drawn_but_its_head_says_it() -> None:
    drawing = draw(chart(at(10, "first"), at(13, "second"), at(40, "third")))
    assert drawing.count("<foreignObject") == 2
    assert "first · 20 Nov 11:10 UTC" in drawing


def test_marks_have_a_row_of_their_own() -> None:
    assert plot_height(chart(at(70))) - plot_height(chart(at(10))) == 16


def test_labels_of_marks_are_escaped() -> None:
    assert "<script>" not in draw(chart(at(3, "<script>alert(1)</script>")))
