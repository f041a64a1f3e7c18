"""Eavesdroppers who use the receiver's own detectors: attacks on photon-number tables that know every bit they cause.

Unlike the attacks of `qkdsim.protocols` they rest on what the detectors really do, so that they belong to a specimen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qkdsim.protocols import KEY_BASIS, TEST_BASIS
from qkdsim.protocols.bb84 import Bb84Setup, photon_number_patterns
from qkdsim.protocols.clicktable import ONLY_0
from qkdsim.protocols.photon_numbers import PhotonNumberTables

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FakedStates:
    """Intercept, and make the receiver's detectors click where Eve's own did: nowhere else, and without an error.

    acceptance  probability that her bright pulse becomes a click
    is_blind    detectors that see nothing else: no dark counts either; else noise clicks stay beside hers

    Eve measures each pulse in a random basis close to the transmitter, without loss, and sends a bright pulse in what
    she found. It is bright enough to make one detector click in her basis; in the other one its light is shared and
    none clicks. She leaves out as many as it takes to make the gain of every photon number look like the link's, as far
    as `acceptance` allows. She knows the bit of every click of hers that is kept in sifting:
    L. Lydersen et al., Nat. Photon. 4, 686 (2010); V. Makarov, New J. Phys. 11, 065003 (2009).
    """

    acceptance: float = 1.0
    is_blind: bool = True

    def __call__(self, tables: PhotonNumberTables) -> PhotonNumberTables:
        """The tables behind the attack."""
        patterns = tables.pattern_probability
        usual = patterns[..., ONLY_0:].sum(axis=-1)  # of light and noise, by photon number and setting
        wanted = np.clip(usual - usual[:1], 0.0, 1.0)
        reach = np.minimum(2.0 * wanted, self.acceptance)  # half of her pulses are in the wrong basis
        forced = np.zeros_like(patterns)
        for basis in (KEY_BASIS, TEST_BASIS):
            for bit in range(2):
                own = reach[:, basis, bit] / 2.0  # photons, measured basis
                forced[:, basis, bit, basis, 1 << bit] = own[:, basis]
                for found in range(2):
                    forced[:, basis, bit, 1 - basis, 1 << found] = own[:, 1 - basis] / 2.0
        attacked = _either(forced, np.zeros_like(patterns[0]) if self.is_blind else patterns[0])
        return replace(tables, pattern_probability=attacked)


@dataclass(frozen=True, slots=True)
class TimeShift:
    """Each pulse comes early or late, as Eve chooses, where one detector sees more than the other.

    early, late      (2,) efficiency of each detector at the shifted time over that in the middle of the gate
    removed_loss_db  by how much her channel is better than the link's

    Knowing her shift she guesses the bit of a click: B. Qi, C.-H. F. Fung, H.-K. Lo, X. Ma, Quantum Inf. Comput. 7, 73
    (2007).
    """

    early: tuple[float, float]
    late: tuple[float, float]
    removed_loss_db: float = 0.0

    def __call__(self, tables: PhotonNumberTables) -> PhotonNumberTables:
        """The tables behind the attack."""
        most = len(tables.pattern_probability) - 1
        shifted = [
            photon_number_patterns(_seen_at(tables.setup, share, self.removed_loss_db), most)
            for share in (self.early, self.late)
        ]
        return replace(tables, pattern_probability=(shifted[0] + shifted[1]) / 2.0)

    @property
    def clicks(self) -> float:
        """Efficiency over that in the middle of the gate, averaged over shifts and detectors."""
        return (sum(self.early) + sum(self.late)) / 4.0

    @property
    def known_share(self) -> float:
        """Information about each sifted bit, 1 - h(guess), averaged over the clicks."""
        total = sum(self.early) + sum(self.late)
        if total <= 0.0:
            return 0.0
        return sum(sum(pair) / total * (1.0 - _binary(pair)) for pair in (self.early, self.late) if sum(pair) > 0.0)


def _binary(pair: tuple[float, float]) -> float:
    share = np.array(pair) / sum(pair)
    share = share[share > 0.0]
    return float(-(share * np.log2(share)).sum())


def _seen_at(setup: Bb84Setup, share: tuple[float, float], removed_loss_db: float) -> Bb84Setup:
    seen = setup.transmittance * np.array(share) * 10.0 ** (removed_loss_db / 10.0)
    return replace(setup, transmittance=np.minimum(seen, 1.0))


def _either(forced: FloatArray, noise: FloatArray) -> FloatArray:
    """Patterns of two independent causes: each detector fires where either makes it."""
    together = np.zeros_like(forced)
    quiet = forced.copy()
    quiet[..., 0] = 1.0 - forced[..., ONLY_0:].sum(axis=-1)
    background = noise.copy()
    background[..., 0] = 1.0 - noise[..., ONLY_0:].sum(axis=-1)
    for own in range(4):
        for other in range(4):
            together[..., own | other] += quiet[..., own] * background[..., other]
    return together
