"""What a laboratory can do with a continuous-variable device."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from qkdsim.evaluation.specimen.cv_processing import CvBlocks
from qkdsim.evaluation.specimen.cv_quadratures import NO_ATTACK, QuadratureAttack, QuadratureMoments
from qkdsim.evaluation.specimen.observations import Reading


class QuadratureBench(Protocol):
    """Instruments for continuous-variable devices. Raw records are in the receiver's own units."""

    def modulation_variance(self, generator: np.random.Generator) -> Reading:
        """Of either quadrature at the transmitter's port, in SNU: twice the mean photon number on a power meter."""
        ...

    def records(
        self, loss_db: float, values: float, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> QuadratureMoments:
        """Averages over so many quadratures with Alice's values beside them, one block."""
        ...

    def covered_records(
        self, values: float, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> QuadratureMoments:
        """The same with the laboratory's cap on the signal port: shot noise and electronics, local oscillator on."""
        ...

    def dark_records(self, values: float, generator: np.random.Generator) -> QuadratureMoments:
        """The same with the local oscillator off: electronics alone."""
        ...

    def blocks(
        self, loss_db: float, blocks: int, generator: np.random.Generator, attack: QuadratureAttack = NO_ATTACK
    ) -> CvBlocks:
        """The log of so many blocks of the running device."""
        ...

    def secure_bits(self, loss_db: float, attack: QuadratureAttack = NO_ATTACK) -> float:
        """Greatest secret length of a block, from the truth: for judging released bits, nothing else.

        I(A:B) - chi(B:E) for the symbols that nobody intercepted, reconciliation taken as perfect; those that were
        intercepted hold no secret, since Bob's data then follow from what the eavesdropper sent.
        """
        ...
