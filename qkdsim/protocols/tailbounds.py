"""Bounds on the expected value behind an observed count, selectable by name.

Each takes the observed counts, the total they are drawn from, and the probability of failure of one side; all
arguments broadcast. A count is a sum of independent indicators, not necessarily of equal probability.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincc, betainccinv, betaincinv

FloatArray = NDArray[np.float64]
BetaFunction = Callable[..., Any]  # of two shape parameters and a place or a probability
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
    low = _checked(betaincinv, betainc, np.maximum(inside, 1e-300), total - inside + 1.0, epsilon, towards=0.0)
    rest = np.maximum(total - inside, 1e-300)
    high = _checked(betainccinv, betaincc, inside + 1.0, rest, epsilon, towards=1.0)
    lower = np.where(inside <= 0.0, 0.0, total * low)
    upper = np.where(inside >= total, total, total * high)
    return lower, upper


def _checked(
    inverse: BetaFunction, tail: BetaFunction, a: FloatArray, b: FloatArray, epsilon: FloatArray, *, towards: float
) -> FloatArray:
    """Quantiles of beta distributions from an inverse, checked against the distribution function.

    scipy's inverses go astray for some arguments (a = 1000 exactly with b above 1e8, in version 1.17; nan here and
    there in earlier ones). Where the check fails `a` is moved a little to the cautious side, and at last `towards` is
    taken.
    """
    caution = -1.0 if towards == 0.0 else 1.0
    with np.errstate(invalid="ignore"):  # what is nan fails the check
        found = np.array(inverse(a, b, epsilon), dtype=np.float64)
        for nudge in (1e-9, 1e-6, None):
            # at counts of 1e12 the check is good to a fifth, which moves no bound; astray is off by powers of ten
            astray = ~(np.abs(tail(a, b, found) - epsilon) <= 0.5 * epsilon)
            if not astray.any():
                break
            if nudge is None:
                found[astray] = towards
            else:
                found[astray] = inverse(a[astray] * (1.0 + caution * nudge), b[astray], epsilon[astray])
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
