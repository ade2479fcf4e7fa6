"""Pure: tail probabilities of counts and the least counts that exceed them (no ORM).

A count of a window is compared with a mean m and a dispersion d (variance / mean of the prediction, at least 1):
negative binomial with r = m / (d - 1) and success probability 1 / d, the Poisson tail as d -> 1. `scipy.special` is
imported inside the functions: it costs 47 MB and half a second, and only processes that evaluate rules need it.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["nb_tail", "poisson_tail", "mu_plus_k_sigma"]

ONE_SIDED_3_SIGMA = 0.0013498980316300933  # P(Z >= 3): a rule's "3 sigma" as a probability
WINDOWS_PER_WEEK = 2016  # non-overlapping 5-minute windows
OVERLAP = 3  # a 5-minute window judged every minute exceeds about as often as three independent ones
NEARLY_POISSON = 1e-9  # below this excess of dispersion r is beyond 1e9 and the two tails agree to 1e-9


def tail(count: ArrayLike, mean: ArrayLike, dispersion: ArrayLike) -> Floats:
    """P(Y >= count) for Y with `mean` (of the window) and variance `dispersion * mean`; 1 for counts of 0 and less.

    A mean of 0 gives 0 for any positive count: nothing was possible, yet it happened.
    """
    from scipy.special import betainc, gammainc

    y, m, d = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (count, mean, dispersion)))
    usable = (y > 0) & (m > 0)
    k, mu = np.where(usable, y, 1.0), np.where(usable, m, 1.0)
    excess = np.where(d - 1 > NEARLY_POISSON, d - 1, 1.0)
    negative_binomial = betainc(k, mu / excess, excess / (1 + excess))
    p = np.where(d - 1 > NEARLY_POISSON, negative_binomial, gammainc(k, mu))
    return np.where(usable, p, np.where(y > 0, 0.0, 1.0))


def least_count(mean: ArrayLike, dispersion: ArrayLike, alpha: Floats | float) -> Ints:
    """The smallest whole count with `tail(count) <= alpha`; at least 1. Arrays go in and come out elementwise."""
    m, d = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(dispersion, dtype=np.float64))
    low = np.zeros(m.shape, dtype=np.int64)
    high = np.ceil(m + 10 * np.sqrt(m * d) + 10).astype(np.int64)
    while (too_low := tail(high, m, d) > alpha).any():
        low, high = np.where(too_low, high, low), np.where(too_low, 2 * high, high)
    while (open_ := high - low > 1).any():
        middle = (low + high) // 2
        fires = tail(middle, m, d) <= alpha
        high, low = np.where(open_ & fires, middle, high), np.where(open_ & ~fires, middle, low)
    return np.asarray(high, dtype=np.int64)


def least_above_sigma(mean: ArrayLike, dispersion: ArrayLike, k: Floats | float) -> Ints:
    """The smallest whole count strictly greater than mean + k sigma, sigma = sqrt(dispersion * mean)."""
    m, d = np.asarray(mean, dtype=np.float64), np.asarray(dispersion, dtype=np.float64)
    return np.asarray(np.floor(m + k * np.sqrt(d * m)), dtype=np.int64) + 1


def limits(method: Method, mean: ArrayLike, dispersion: ArrayLike, k: Floats | float, alpha: Floats | float) -> Ints:
    """The least counts that exceed the baseline by `method`: what is decided on, drawn and told."""
    if method == "mu_plus_k_sigma":
        return least_above_sigma(mean, dispersion, k)
    if method == "poisson_tail":
        return least_count(mean, np.ones_like(np.asarray(mean, dtype=np.float64)), alpha)
    return least_count(mean, dispersion, alpha)


def z_score(count: float, mean: float, dispersion: float) -> float:
    """(count - mean) / sigma of the window; 0 where there is no spread."""
    sigma = math.sqrt(dispersion * mean)
    return (count - mean) / sigma if sigma > 0 else 0.0


def alpha_of_budget(alarms_per_week: float, series: int) -> float:
    """The level at which `series` series together raise `alarms_per_week` by chance: budget / (n 2016 3)."""
    return min(0.5, alarms_per_week / (max(1, series) * WINDOWS_PER_WEEK * OVERLAP))
