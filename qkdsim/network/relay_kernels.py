"""Compiled steps of a relay: key set aside on all hops of a route, and used on all of them.

`accounts` are those of all key stores of a network, shape (links, ACCOUNT_LENGTH); see `qkdsim.keystore`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qkdsim.kernel import kernel
from qkdsim.keystore import AUTHENTICATION, DELIVERED, HELD, IS_BLOCK, LEFT, RELAYED, RESERVED

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@kernel
def reserve(
    accounts: Ints, epsilons: Floats, held_bits: Ints, falls_below: Ints, links: Ints, bits: int, left_out: Ints
) -> tuple[int, int, float]:
    """Set `bits` aside on every link whose oldest block suffices.

    How many links were left out (which ones stands in `left_out`), how many levels fell below a watermark, and the
    epsilon of what was set aside.
    """
    missing, crossed, epsilon = 0, 0, 0.0
    for link in links:
        if accounts[link, LEFT] <= bits or accounts[link, IS_BLOCK] == 0:
            left_out[missing] = link
            missing += 1
            continue
        accounts[link, LEFT] -= bits
        accounts[link, HELD] -= bits
        accounts[link, RESERVED] += bits
        held_bits[link] = accounts[link, HELD]
        crossed += held_bits[link] < falls_below[link]
        epsilon += epsilons[link]
    return missing, crossed, epsilon


@kernel
def use(accounts: Ints, links: Ints, bits: int, tag_bits: int) -> None:
    """The key set aside on every link is used: on the first it is the key, on the others it has encrypted it."""
    for hop in range(len(links)):
        link = links[hop]
        accounts[link, RESERVED] -= bits + tag_bits
        accounts[link, DELIVERED if hop == 0 else RELAYED] += bits
        accounts[link, AUTHENTICATION] += tag_bits
