"""The tails against scipy.stats, the exact conditional test, and the integer limits against their definition."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.statistics.tails import (
    ONE_SIDED_3_SIGMA,
    alpha_of_budget,
    least_above_sigma,
    least_count,
    limits,
    tail,
    z_score,
)

means = st.floats(1e-3, 1e4)
dispersions = st.floats(1.0, 50.0)
alphas = st.floats(1e-9, 0.4)


@pytest.fixture
def stats() -> ModuleType:
    """scipy.stats, which takes half a second to import: not in the processes that only collect."""
    from scipy import stats

    return stats


@pytest.mark.parametrize("mean", [0.004, 0.4, 7.0, 350.0])
@pytest.mark.parametrize("dispersion", [1.001, 1.5, 9.0])
def test_tail_is_the_negative_binomials(stats, mean, dispersion):
    counts = np.arange(0, 60)
    expected = stats.nbinom.sf(counts - 1, mean / (dispersion - 1), 1 / dispersion)
    np.testing.assert_allclose(tail(counts, mean, dispersion), expected, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("mean", [0.004, 0.4, 7.0, 350.0])
def test_tail_becomes_the_poissons(stats, mean):
    counts = np.arange(0, 60)
    expected = stats.poisson.sf(counts - 1, mean)
    np.testing.assert_allclose(tail(counts, mean, 1.0), expected, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(tail(counts, mean, 1 + 2e-9), expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(("seen", "windows", "count"), [(0, 2016, 1), (3, 2016, 2), (40, 500, 3), (900, 2016, 6)])
def test_tail_is_the_exact_conditional_test(stats, seen, windows, count):
    """With Poisson spread and no hour factor p is that of "count of seen + count fall in 1 of windows + 1 windows"."""
    mean, dispersion = (seen + 1) / windows, 1 + 1 / windows
    exact = stats.binom.sf(count - 1, seen + count, 1 / (windows + 1))
    assert tail(count, mean, dispersion) == pytest.approx(exact, rel=1e-9)


def test_edges_of_the_tail():
    assert tail(0, 0.5, 2.0) == 1
    assert tail(1, 0.0, 2.0) == 0
    assert tail(0, 0.0, 1.0) == 1


@given(means, dispersions, alphas)
def test_least_count_is_the_first_that_fires(mean, dispersion, alpha):
    limit = int(least_count(mean, dispersion, alpha))
    assert limit >= 1
    assert tail(limit, mean, dispersion) <= alpha
    assert limit == 1 or tail(limit - 1, mean, dispersion) > alpha


def test_least_count_of_many_at_once_is_that_of_each():
    rng = np.random.default_rng(1)
    m, d = rng.uniform(0.001, 500, 300), rng.uniform(1, 20, 300)
    together = least_count(m, d, ONE_SIDED_3_SIGMA)
    assert together.tolist() == [int(least_count(a, b, ONE_SIDED_3_SIGMA)) for a, b in zip(m, d, strict=True)]


@given(means, dispersions, st.floats(1, 10))
def test_mu_plus_k_sigma_is_strictly_greater(mean, dispersion, k):
    limit = int(least_above_sigma(mean, dispersion, k))
    edge = mean + k * math.sqrt(dispersion * mean)
    assert limit > edge
    assert limit - 1 <= edge


def test_an_edge_that_is_a_whole_count_does_not_fire():
    assert least_above_sigma(4.0, 1.0, 3) == 11  # 4 + 3 * 2 = 10


def test_methods(stats):
    assert limits("nb_tail", 2.0, 3.0, 3, 0.01) == least_count(2.0, 3.0, 0.01)
    assert limits("poisson_tail", 2.0, 3.0, 3, 0.01) == stats.poisson.isf(0.01, 2.0) + 1
    assert limits("mu_plus_k_sigma", 2.0, 2.0, 3, 0.01) == 9


def test_z_is_the_windows():
    assert z_score(10, 4.0, 1.0) == 3
    assert z_score(10, 0.0, 1.0) == 0


def test_budget_sets_the_level():
    assert alpha_of_budget(1, 1) == pytest.approx(1 / 6048)
    assert alpha_of_budget(2, 100) == pytest.approx(2 / (100 * 6048))
    assert alpha_of_budget(1e9, 1) == 0.5


def test_three_sigma_is_the_normals(stats):
    assert stats.norm.sf(3) == pytest.approx(ONE_SIDED_3_SIGMA, rel=1e-14)
