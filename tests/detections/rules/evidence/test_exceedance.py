"""The record behind a firing: its numbers follow from each other, also after the database's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.evidence import exceedance
from detections.rules.statistics import estimator

SLOT = datetime(2026, 6, 12, 15, 6, tzinfo=UTC)


def figures(**changes):
    values = {
        "hour": SLOT.replace(minute=0),
        "established": True,
        "covered_hours": 168.0,
        "missing_hours": 0.0,
        "excluded_hours": 0,
        "down_weighted_hours": 1,
        "events": 806.4,
        "exposure": 2016.0,
        "factor_events": 100.0,
        "factor_expected": 101.0,
        "dispersion_raw": 1.7,
        "hour_dispersion_raw": 1.4,
        "hour_exposure": 168.0,
        "mean": 0.4,
        "factor": 1.0,
        "dispersion": 1.7,
        "exceed": 4,
        "high": 6,
        "hour_limit": 15,
        "alpha": 0.00135,
    }
    return exceedance.BaselineFigures(**{**values, **changes})


def record(**changes):
    values = {
        "engine": exceedance.ENGINE,
        "rule": "DET-OPS-002",
        "version": 1,
        "project": "raptor",
        "environment": "prod",
        "group": "/api/x",
        "source": "sentry",
        "slot_end": SLOT,
        "window_minutes": 5,
        "count": 7,
        "busiest": 8,
        "busiest_end": SLOT,
        "before": 0,
        "hour": 7,
        "severity": 2,
        "reasons": ["above usual"],
        "limit": 4,
        "method": "nb_tail",
        "events": [],
    }
    return exceedance.ExceedanceEvidence(**{**values, **changes})


@given(st.lists(st.integers(0, 300), min_size=168, max_size=168), st.integers(1, 5000))
def test_p_can_be_recomputed_from_the_stored_record(week, count):
    total = np.array([week], dtype=float) * 5
    cells = estimator.Cells(np.full((1, 168), 60.0), total, total**2 / 50, 5, np.arange(168) % 24)
    e = estimator.estimate(cells, 9)
    sums = {
        name: float(getattr(e, name)[0])
        for name in ("events", "exposure", "factor_events", "factor_expected", "dispersion_raw")
    }
    f = figures(**sums)
    p, z = exceedance.chance(count, f, "nb_tail")
    stored = json.loads(json.dumps(record(count=count, baseline=f, p=p, z=z).as_data()))
    assert exceedance.ExceedanceEvidence.read(stored).recompute() == p


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"baseline": figures(), "p": 1 / 41_234, "busiest": 7},
            "7 errors in 5 minutes where 0.4 are usual (fires from 4); by chance once in 40,000 windows.",
        ),
        (  # the same number as the evaluation's; p is of the seven of the aligned window, and bounds that of eight
            {"baseline": figures(), "p": 1 / 41_234},
            "8 errors in 5 minutes where 0.4 are usual (fires from 4); by chance less than once in 40,000 windows.",
        ),
        ({"baseline": figures(), "p": 0.7}, "8 errors in 5 minutes where 0.4 are usual (fires from 4)."),
        (
            {
                "count": 5,
                "busiest": 5,
                "limit": 1,
                "reasons": ["floor 3"],
                "baseline": figures(established=False, covered_hours=77),
            },
            "5 errors in 5 minutes. Baseline: 3.2 of 7 days; fires from 1 while it is learnt.",
        ),
        (
            {
                "count": 0,
                "busiest": 1,
                "reasons": ["signature refused", "floor 1"],
                "cause": "INTERNAL_API_SECRET mismatch",
            },
            "Likely cause: INTERNAL_API_SECRET mismatch.",
        ),
        (
            {"count": 0, "busiest": 1, "reasons": ["signature refused"], "signature": "refused"},
            "1 error in 5 minutes, matching the known failure “refused”.",
        ),
    ],
)
def test_sentences(changes, says):
    assert says in record(**changes).sentence()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"baseline": figures()}, "8 errors in 5 min, 20 times the usual"),
        ({"baseline": figures(mean=0.0)}, "8 errors in 5 min where almost none are usual"),
        ({"baseline": figures(mean=0.001)}, "8 errors in 5 min where almost none are usual"),
        ({"baseline": figures(mean=7.0)}, "8 errors in 5 min, fires from 4"),
        ({"baseline": figures(established=False)}, "8 errors in 5 min, fires from 4 while it is learnt"),
        ({"limit": None}, "8 errors in 5 min"),
        ({"reasons": ["signature refused"], "signature": "refused"}, "8 errors in 5 min, a known failure"),
        ({"reasons": ["signature refused", "floor 3"], "signature": "refused", "baseline": figures()}, "20 times"),
    ],
)
def test_headlines(changes, says):
    assert says in record(**changes).headline()


@given(st.integers(0, 500), st.integers(0, 500))
def test_every_text_names_the_largest_count(count, busiest):
    largest = f"{max(count, busiest)} error"
    made = record(count=count, busiest=busiest, baseline=figures(), p=0.001)
    assert made.sentence().startswith(largest)
    assert made.headline().startswith(largest)
    assert dict(made.rows())["Busiest 5 min"] == str(max(count, busiest))


def test_no_p_without_a_baseline():
    assert record().recompute() is None
    assert record(baseline=figures(established=False)).recompute() is None
