"""Bounds on the expected value behind an observed count, selectable by name.

Each takes the observed counts, the total they are drawn from, and the probability of failure of one side; all
arguments broadcast. A count is a sum of independent indicators, not necessarily of equal probability.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betainccinv, betaincinv

FloatArray = NDArray[np.float64]
TailBound = Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


def hoeffding(count: FloatArray, total: FloatArray, epsilon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds n ∓ sqrt(N/2 ln(1/eps)), as printed in Lim et al. 2014, Eq. (2) ff., and Rusca et al. 2018.

    W. Hoeffding, J. Am. Stat. Assoc. 58, 13 (1963). The lower side may be negative: the decoy formulas take it so.
    """
    deviation = np.sqrt(total / 2.0 * np.log(1.0 / epsilon))
    return count - deviation, count + deviation


def chernoff(count: FloatArray, total: FloatArray, epsilon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Expected from observed: n + b + sqrt(2bn + b²) above, n - b/2 - sqrt(2bn + b²/4) below, b = ln(1/eps).

    H.-L. Yin et al., Sci. Rep. 10, 14312 (2020). `total` is not needed: the bound depends on the count alone.
    """
    b = np.log(1.0 / epsilon) + 0.0 * total
    lower = count - b / 2.0 - np.sqrt(2.0 * b * count + b**2 / 4.0)
    return np.maximum(lower, 0.0), count + b + np.sqrt(2.0 * b * count + b**2)


def clopper_pearson(count: FloatArray, total: FloatArray, epsilon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Exact binomial limits, N times the quantiles of beta distributions.

    C. J. Clopper, E. S. Pearson, Biometrika 26, 404 (1934). Valid for unequal probabilities too: the binomial tail
    bounds that of the sum of unequal indicators with the same mean, W. Hoeffding, Ann. Math. Stat. 27, 713 (1956).
    """
    count, total, epsilon = np.broadcast_arrays(count, total, epsilon)
    inside = np.minimum(count, total)
    low = _lower_quantile(np.maximum(inside, 1e-300), total - inside + 1.0, epsilon)
    with np.errstate(invalid="ignore"):  # nan at the ends, replaced below
        high = betainccinv(inside + 1.0, np.maximum(total - inside, 1e-300), epsilon)
    lower = np.where(inside <= 0.0, 0.0, total * low)
    upper = np.where(inside >= total, total, total * high)
    return lower, upper


def _lower_quantile(a: FloatArray, b: FloatArray, epsilon: FloatArray) -> FloatArray:
    """Quantile of beta distributions, checked against their distribution function.

    scipy's inverse goes astray for some arguments (a = 1000 exactly with b above 1e8, in version 1.17); where the check
    fails, a slightly smaller `a` is taken, which can only lower the bound, and at last 0.
    """
    with np.errstate(invalid="ignore"):  # nan at the ends, replaced by the caller
        found = np.array(betaincinv(a, b, epsilon), dtype=np.float64)
        for nudge in (1e-9, 1e-6, 1.0):
            # at counts of 1e12 the check is good to a fifth, which moves no bound; astray is off by powers of ten
            astray = np.abs(betainc(a, b, found) - epsilon) > 0.5 * epsilon
            if not astray.any():
                break
            smaller = np.maximum(a[astray] * (1.0 - nudge), 1e-300)
            found[astray] = betaincinv(smaller, b[astray], epsilon[astray]) if nudge < 1.0 else 0.0
    return found


def unbounded(count: FloatArray, total: FloatArray, epsilon: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The observed count itself: infinite data. Not a bound."""
    same = count + 0.0 * (total + epsilon)
    return same, same


TAIL_BOUNDS: dict[str, TailBound] = {
    "hoeffding": hoeffding,
    "chernoff": chernoff,
    "clopper-pearson": clopper_pearson,
    "none": unbounded,
}
