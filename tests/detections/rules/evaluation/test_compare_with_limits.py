"""From counts to a severity: the floors of DET-BETA-003, the gates of DET-OPS-002, signatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import (
    CRITICAL,
    HIGH,
    MEDIUM,
    WindowCounts,
    compare_with_limits,
    threshold_of,
)
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.signature import Signature

ALWAYS = Exceedance(method="mu_plus_k_sigma", floor_mode="always")
GATED = Exceedance()
LIMITS = Limits(exceed=6, high=12, hour=40)


def seen(count, **more):
    return WindowCounts(**{"count": count, "busiest": count, **more})


@pytest.mark.parametrize(
    ("count", "severity"), [(0, None), (1, MEDIUM), (2, MEDIUM), (3, HIGH), (9, HIGH), (10, CRITICAL), (500, CRITICAL)]
)
@pytest.mark.parametrize("condition", [ALWAYS, GATED])
def test_floors_before_the_baseline(condition, count, severity):
    assert compare_with_limits(condition, None, seen(count), []).severity == severity


def test_floors_look_at_the_busiest_sliding_window():
    assert compare_with_limits(ALWAYS, None, seen(2, busiest=3), []).severity == HIGH


@pytest.mark.parametrize(("count", "severity"), [(0, None), (1, MEDIUM), (3, HIGH), (10, CRITICAL)])
def test_always_keeps_the_floors_after_the_baseline(count, severity):
    assert compare_with_limits(ALWAYS, LIMITS, seen(count), []).severity == severity


def test_sustained_exceedance_is_high():
    limits = Limits(exceed=2, high=5, hour=9)
    assert compare_with_limits(ALWAYS, limits, seen(2, before=1), []).severity == MEDIUM
    decision = compare_with_limits(ALWAYS, limits, seen(2, before=2), [])
    assert decision.severity == HIGH
    assert "sustained" in decision.reasons


@pytest.mark.parametrize(
    ("counts", "severity"),
    [
        (seen(5), None),
        (seen(5, busiest=50), None),  # the gate looks at the aligned window that the band is drawn for
        (seen(6), MEDIUM),
        (seen(6, before=5), MEDIUM),
        (seen(6, before=6), HIGH),
        (seen(6, hour=40), HIGH),
        (seen(10), MEDIUM),
        (seen(10, before=6), CRITICAL),
        (seen(12), CRITICAL),
    ],
)
def test_gates_after_the_baseline(counts, severity):
    assert compare_with_limits(GATED, LIMITS, counts, []).severity == severity


def test_gated_high_needs_three_errors():
    limits = Limits(exceed=1, high=1, hour=1)
    assert [compare_with_limits(GATED, limits, seen(n), []).severity for n in (1, 2, 3)] == [MEDIUM, MEDIUM, HIGH]


def test_a_floor_that_is_switched_off():
    condition = Exceedance(floors=Floors(medium=None, high=3, critical=None))
    assert [compare_with_limits(condition, None, seen(n), []).severity for n in (2, 3, 99)] == [None, HIGH, HIGH]
    assert compare_with_limits(condition, LIMITS, seen(99), []).severity == HIGH


REFUSED = Signature(name="refused", cause="mismatch", owner="sre", message="x", severity="critical")
HINT = Signature(name="hint", cause="database", owner="dev", message="y")


def test_a_signature_overrides_the_count():
    decision = compare_with_limits(ALWAYS, LIMITS, seen(1), [REFUSED])
    assert (decision.severity, decision.signature) == (CRITICAL, REFUSED)
    assert decision.reasons[0] == "signature refused"


def test_a_signature_without_severity_names_the_cause_only():
    assert compare_with_limits(GATED, LIMITS, seen(1), [HINT]).severity is None
    decision = compare_with_limits(GATED, LIMITS, seen(6), [HINT])
    assert (decision.severity, decision.signature) == (MEDIUM, HINT)


def test_the_first_matched_signature_names_the_cause_the_severest_the_severity():
    decision = compare_with_limits(None, None, seen(1), [HINT, REFUSED])
    assert (decision.severity, decision.signature) == (CRITICAL, HINT)


@given(
    st.sampled_from([ALWAYS, GATED]),
    st.none() | st.builds(Limits, st.integers(1, 20), st.integers(1, 40), st.integers(1, 90)),
    st.integers(0, 60),
)
def test_the_line_that_is_drawn_is_where_it_fires(condition, limits, count):
    limit = threshold_of(condition, limits)
    assert (compare_with_limits(condition, limits, seen(count), []).severity is not None) == (count >= limit)


@given(st.sampled_from([ALWAYS, GATED]), st.none() | st.just(LIMITS), st.integers(0, 60), st.integers(0, 60))
def test_more_is_never_milder(condition, limits, count, more):
    """Judging on arrival depends on it: a minute that goes on can only become worse."""
    low, high = (compare_with_limits(condition, limits, seen(n), []).severity or 0 for n in (count, count + more))
    assert low <= high


@st.composite
def conditions(draw):
    steps = sorted(draw(st.sets(st.integers(1, 40), min_size=3, max_size=3)))
    floors = [draw(st.sampled_from([step, None])) for step in steps]
    return Exceedance(floor_mode=draw(st.sampled_from(["always", "gated"])), floors=Floors(*floors))


COUNTS = st.builds(lambda n, more, before, hour: WindowCounts(n, n + more, before, n + hour), *[st.integers(0, 50)] * 4)


@given(conditions(), COUNTS, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_a_baseline_that_arrives_silent_raises_no_floor(condition, counts, exceed, high, hour):
    silent = Limits(exceed, exceed + high, exceed + hour, silent=True)
    before, after = (compare_with_limits(condition, limits, counts, []).severity or 0 for limits in (None, silent))
    assert after >= before
    first, then = (threshold_of(condition, limits) for limits in (None, silent))
    assert then <= (first or then)


def test_after_a_silent_week_three_errors_are_still_high():
    limits = Limits(exceed=2, high=4, hour=4, silent=True)
    assert [compare_with_limits(GATED, limits, seen(n), []).severity for n in (1, 2, 3, 9, 10)] == [
        MEDIUM,
        MEDIUM,
        HIGH,
        HIGH,
        CRITICAL,
    ]
