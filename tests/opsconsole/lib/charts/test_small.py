"""Small drawings: valid XML, honest proportions, words for those who do not see them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.charts import small


def parse(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def bars(drawing: str) -> list[ElementTree.Element]:
    return [rect for rect in parse(drawing).iter("rect") if rect.get("class", "").startswith("spark-")]


@given(st.lists(st.none() | st.integers(0, 10**9), max_size=90))
def test_sparkline_has_a_bar_per_count_and_stays_inside(values: list[int | None]) -> None:
    drawn = bars(small.sparkline(values, label="errors"))
    assert len(drawn) == sum(1 for value in values if value)
    for rect in drawn:
        assert 0 <= float(rect.get("y", "")) <= 24
        assert float(rect.get("y", "")) + float(rect.get("height", "")) <= 24


def test_sparkline_says_sum_and_peak_and_marks_since_when_it_burns() -> None:
    drawing = small.sparkline([0, 3, None, 9], label="errors per minute", hot_from=3)
    assert parse(drawing).get("aria-label") == "errors per minute: 12 in total, at most 9"
    assert [rect.get("class") for rect in bars(drawing)] == ["spark-bar", "spark-over"]


@pytest.mark.parametrize(
    ("values", "peak"), [([1, 12_345, None], "12.3k"), ([0, 3], "3"), ([0, None], None), ([], None)]
)
def test_sparkline_has_its_peak_beside_the_bars(values: list[int | None], peak: str | None) -> None:
    drawing = parse(small.sparkline(values, label="errors", width=96))
    assert [text.text for text in drawing.iter("text")] == ([peak] if peak else [])
    assert all(96 < float(text.get("x", "")) < float(drawing.get("width", "")) for text in drawing.iter("text"))
    assert all(8 <= float(text.get("y", "")) <= 24 for text in drawing.iter("text"))


def test_sparkline_of_one_lone_error_is_low() -> None:
    (rect,) = bars(small.sparkline([0, 1, 0], label="x"))
    assert float(rect.get("height", "")) < 24 / 2


def test_sparkline_without_data_says_so() -> None:
    assert "no data" in small.sparkline([None, None], label="errors")


def test_labels_are_escaped() -> None:
    assert "<script>" not in small.sparkline([1], label="<script>alert(1)</script>")
    assert "<script>" not in small.ring(1, 2, label="<script>")


@pytest.mark.parametrize(
    ("done", "total", "percentage"),
    [(0, 0, "0%"), (0, 24, "0%"), (1, 1000, "1%"), (7, 24, "29%"), (6, 9, "66%"), (999, 1000, "99%"), (24, 24, "100%")],
)
def test_ring_rounds_towards_honesty(done: int, total: int, percentage: str) -> None:
    text = next(parse(small.ring(done, total, label="items")).iter("text"))
    assert text.text == percentage
    assert f"items: {done} of {total}" in small.ring(done, total, label="items")


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_bar_never_leaves_its_track(value: float, maximum: float) -> None:
    filled = list(parse(small.bar(value, maximum)).iter("rect"))[1]
    assert 0 <= float(filled.get("width", "")) <= small.BAR_WIDTH


def test_no_drawing_uses_inline_style() -> None:
    drawings = [small.sparkline([1, 2], label="x"), small.ring(1, 2), small.bar(1, 2, tone="high")]
    assert not [drawing for drawing in drawings if "style=" in drawing]
