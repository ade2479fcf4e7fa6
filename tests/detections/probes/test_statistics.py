"""The tests of a split against scipy, and the sequential one by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import gammaln

from detections.probes.program import probe

SHARES = st.lists(st.integers(1, 100), min_size=2, max_size=3).map(lambda parts: [part / sum(parts) for part in parts])


@given(st.floats(0.0001, 500), st.integers(1, 20))
def test_the_tail_of_chi_square(statistic: float, degrees: int) -> None:
    assert probe.chi_square_tail(statistic, degrees) == pytest.approx(
        stats.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-300
    )


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_two_variants_are_tested_as_by_the_binomial_test(one: int, two: int, share: float) -> None:
    wanted = stats.binomtest(one, one + two, share).pvalue if one + two else 1.0
    assert probe.exact_multinomial([one, two], [share, 1 - share]) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


@given(SHARES, st.data())
@settings(deadline=None, max_examples=40)
def test_all_outcomes_that_are_no_likelier_are_summed(shares: list[float], data: st.DataObject) -> None:
    counts = [data.draw(st.integers(0, 12)) for _ in shares]
    total, fixed = sum(counts), stats.multinomial(sum(counts), shares)
    bound = fixed.pmf(counts) * (1 + 1e-7)
    outcomes = [(one, total - one) for one in range(total + 1)]
    if len(shares) == 3:
        outcomes = [(one, two, total - one - two) for one in range(total + 1) for two in range(total - one + 1)]  # type: ignore[misc]
    wanted = sum(chance for chance in (fixed.pmf(outcome) for outcome in outcomes) if chance <= bound)
    assert probe.exact_multinomial(counts, shares) == pytest.approx(min(wanted, 1), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("counts", [[9_000, 900, 100], [0, 10_000, 0], [60_000, 39_000, 1_000], [500_000, 0, 1]])
def test_what_is_too_unlikely_to_be_summed_takes_no_time(counts: list[int]) -> None:
    assert probe.p_value(counts, [0.6, 0.4 - 1e-6, 1e-6])[0] < 1e-15


@given(st.integers(0, 300), st.floats(0.001, 0.5))
@settings(deadline=None)
def test_the_bound_of_what_is_too_unlikely_is_none_below_the_truth(count: int, share: float) -> None:
    wanted = stats.binomtest(count, 300, share).pvalue
    value = probe.exact_multinomial([count, 300 - count], [share, 1 - share])
    assert value == pytest.approx(wanted, rel=1e-6, abs=1e-12)
    assert value > 0 or wanted < 1e-12


def test_large_counts_are_tested_exactly_too() -> None:
    counts, shares = [2_850, 22, 8], [0.989, 0.01, 0.001]
    value, test = probe.p_value(counts, shares)
    assert test == "exact multinomial"
    assert 0.001 < value < 0.05


def test_the_rarest_of_many_are_taken_together_where_their_sum_would_take_long() -> None:
    shares, counts = [0.25, 0.25, 0.25, 0.249, 0.001], [400, 600, 500, 499, 1]
    together = probe.exact_multinomial([600, 500, 900], [0.25, 0.25, 0.5])
    assert probe.p_value(counts, shares)[0] == pytest.approx(together, rel=1e-6)


def test_chi_square_where_enough_are_expected() -> None:
    value, test = probe.p_value([270, 30], [0.9, 0.1])
    assert (value, test) == (pytest.approx(1.0), "chi-square")
    assert probe.p_value([250, 50], [0.9, 0.1])[0] == pytest.approx(stats.chisquare([250, 50], [270, 30]).pvalue)


# -- The sequential test


@pytest.mark.parametrize("shares", [[0.9, 0.1], [0.5, 0.3, 0.2]])
def test_it_is_a_fair_bet_against_the_shares(shares: list[float]) -> None:
    """Its mean is 1 where they hold, at any sample size: the sum over all outcomes of chance times value."""
    total = 12
    outcomes = [(one, total - one) for one in range(total + 1)]
    if len(shares) == 3:
        outcomes = [(one, two, total - one - two) for one in range(total + 1) for two in range(total - one + 1)]  # type: ignore[misc]
    chances = stats.multinomial(total, shares)
    mean = math.fsum(chances.pmf(outcome) * math.exp(probe.log_e_value(outcome, shares)) for outcome in outcomes)
    assert mean == pytest.approx(1)


def _all_at_once(canary: NDArray[np.float64], total: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """`log_e_value` of many pairs of counts, for two variants."""
    odds = np.array(probe._ODDS)[:, None, None]
    bets = canary * np.log(odds) - total * np.log(1 - share + odds * share)
    spread = probe._SPREAD
    broad = gammaln(spread) - gammaln(spread + total)
    for part, count in ((share, canary), (1 - share, total - canary)):
        broad = broad + gammaln(spread * part + count) - gammaln(spread * part) - count * np.log(part)
    moved = np.logaddexp.reduce(bets, axis=0) - math.log(len(probe._ODDS)) + math.log(1 - probe._BROAD)
    return np.logaddexp(moved, broad + math.log(probe._BROAD))


def _runs(share: float, looks: int, days: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The canary's count and the total at each look of many days, ten samples a look."""
    counts = np.random.default_rng(seed).binomial(10, share, (days, looks))
    return counts.cumsum(axis=1).astype(float), np.arange(10, 10 * looks + 1, 10, dtype=float)


def _of_day(canary: NDArray[np.float64], total: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """`log_e_of_day` at each look, twelve looks an hour."""
    looks = canary.shape[1]
    parts = [_all_at_once(canary, total, share) + math.log(probe._FROM_DAWN)]
    for hour in range(1, 24):
        first = 12 * hour
        later = np.zeros_like(canary)
        if first < looks:
            before = canary[:, first - 1 : first], total[first - 1]
            later[:, first:] = _all_at_once(canary[:, first:] - before[0], total[first:] - before[1], share)
        parts.append(later + math.log((1 - probe._FROM_DAWN) / 23))
    return np.logaddexp.reduce(parts, axis=0)


def test_the_simulation_computes_what_the_probe_does() -> None:
    canary, total = _runs(0.1, 40, 3, seed=5)
    fast = _of_day(canary, total, 0.1)
    for day, look in ((0, 5), (1, 25), (2, 39)):
        hours: dict[int, list[int]] = {}
        steps = np.diff(canary[day], prepend=0)
        for at in range(look + 1):
            have = hours.setdefault(at // 12, [0, 0])
            have[0] += int(steps[at])
            have[1] += 10 - int(steps[at])
        assert probe.log_e_of_day(hours, [0.1, 0.9]) == pytest.approx(fast[day, look])


@pytest.mark.parametrize("share", [0.1, 0.01, 0.5])
def test_false_alarms_are_one_day_in_a_thousand_at_most(share: float) -> None:
    canary, total = _runs(share, 288, 4_000, seed=11)
    alarms = (_of_day(canary, total, share).max(axis=1) >= -math.log(probe.ALPHA)).mean()
    assert alarms <= 0.002, "0.001 and three standard errors of 4,000 days"


def test_ten_percent_that_became_seven_is_confirmed_within_2000_samples_in_four_of_five_runs() -> None:
    canary, total = _runs(0.07, 200, 1_500, seed=12)
    found = (_of_day(canary, total, 0.1).max(axis=1) >= -math.log(probe.ALPHA)).mean()
    assert found >= 0.78, "0.81 in 20,000 runs"


def test_a_split_that_changes_late_in_the_day_is_found_as_well() -> None:
    rng = np.random.default_rng(13)
    counts = np.concatenate([rng.binomial(10, 0.1, (300, 144)), rng.binomial(10, 0.04, (300, 144))], axis=1)
    total = np.arange(10, 2_881, 10, dtype=float)
    found = (_of_day(counts.cumsum(axis=1).astype(float), total, 0.1).max(axis=1) >= -math.log(probe.ALPHA)).mean()
    assert found >= 0.9
