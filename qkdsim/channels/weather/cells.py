"""Weather cells: every hour the Earth is cut anew, and all places in one cell draw the same random number.

The cuts are random great circles, a Poisson number of them. A circle parts two places at an angle theta with
probability theta/pi, so with a mean of pi R/d0 circles two places a distance d apart share a cell, and with it the
number, with probability exp(-d/d0); in different cells their numbers are independent (the argument of the Poisson line
tessellation: R. E. Miles, PNAS 52, 901 (1964), on a sphere).

A place's number depends on the seed, the hour and the place alone. So neither other stations, nor their order, nor
satellites, nor the span that is simulated change its weather: what a draw of correlated normal variables over the
listed stations (a Gaussian copula) cannot offer, since there a station's draw depends on those listed before it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qkdsim.channels.weather.site import EARTH_RADIUS_KM
from qkdsim.rng import stream

BLOCK_H = 256  # hours drawn at once: arrays of 100 kB, which stay in the cache
UniformArray = NDArray[np.float64]


def shared_probability(distance_km: float, decorrelation_distance_km: float) -> float:
    """Probability that two places draw the same number in an hour."""
    return math.exp(-distance_km / decorrelation_distance_km)


def uniform_block(
    directions: NDArray[np.float64], decorrelation_distance_km: float, seed: int, block: int
) -> UniformArray:
    """The numbers, uniform in [0, 1), of the hours 256 block ... 256 block + 255 since 1970-01-01 UTC.

    directions: unit vectors (sites, 3). Returns (sites, 256).
    """
    random = stream(seed, "weather", "cells", block)
    circles = random.poisson(math.pi * EARTH_RADIUS_KM / decorrelation_distance_km, BLOCK_H)
    # one more row each hour, that counts for every place: the cell on the far side of all circles needs a number too
    first = np.concatenate([[0], np.cumsum(circles + 1)[:-1]])
    total = int(circles.sum()) + BLOCK_H
    x, y, z = random.standard_normal((3, total))
    words = random.integers(0, 2**64, total, dtype=np.uint64)
    cells = np.empty((len(directions), BLOCK_H), np.uint64)
    for row, (east, north, up) in enumerate(directions):
        # place by place, never as one matrix product: its rounding would depend on how many places there are
        inside = x * east + y * north + z * up > 0.0
        inside[first] = True
        cells[row] = np.bitwise_xor.reduceat(words * inside, first)
    return (_mixed(cells) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A bijection of 64-bit words that hides their linear relations: XORs of three cells would fix that of a fourth.

    The finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, variant 13 of D. Stafford).
    """
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
