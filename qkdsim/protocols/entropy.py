"""Binary entropy and the repeaterless bound."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlog1py, xlogy

FloatArray = NDArray[np.float64]
_LN2 = math.log(2.0)


def binary_entropy(x: ArrayLike) -> FloatArray:
    """h(x) = -x log2 x - (1-x) log2(1-x), elementwise; 0 at both ends."""
    p = np.asarray(x, dtype=np.float64)
    return np.asarray(-(xlogy(p, p) + xlog1py(1.0 - p, -p)) / _LN2)


def plob_bound_bits_per_use(transmittance: ArrayLike) -> FloatArray:
    """Largest secret key per channel use without a repeater: -log2(1 - eta).

    S. Pirandola, R. Laurenza, C. Ottaviani, L. Banchi, Nat. Commun. 8, 15043 (2017). `log1p` keeps it exact at high
    loss.
    """
    with np.errstate(divide="ignore"):  # a lossless channel has no bound: infinite
        return np.asarray(-np.log1p(-np.asarray(transmittance, dtype=np.float64)) / _LN2)
