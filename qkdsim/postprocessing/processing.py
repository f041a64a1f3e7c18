"""How a pair of modules processes its blocks: fixed beforehand, known to everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.crypto import forgery_bound
from qkdsim.postprocessing.reconciliation import Reconciliation
from qkdsim.postprocessing.verification import collision_bound
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK
from qkdsim.protocols import Counts, Security, Theory, secret_key
from qkdsim.protocols.keylength import DecoySettings, KeyLength


@dataclass(frozen=True, slots=True)
class KeyProcessing:
    """Key-length theory, security parameters and protocols of a pair of modules.

    measured_basis_probability  (2,) Bob's share of each basis
    tag_bits                    length of an authentication tag
    pool_bits                   authentication key that each end holds when its pool is full
    """

    theory: Theory
    settings: DecoySettings
    security: Security
    qber_abort: float
    discard_doubles: bool
    reconciliation: Reconciliation
    measured_basis_probability: NDArray[np.float64]
    tag_bits: int
    pool_bits: int

    @property
    def verification_bits(self) -> int:
        """Length of the verification tag."""
        return int(self.security.verification_bits)

    @property
    def block_tag_bits(self) -> int:
        """Pads set aside for one block, whatever becomes of it: so both ends stay in step."""
        return TAGS_PER_BLOCK * self.tag_bits

    def key_length(self, counts: Counts, leak_bits: float) -> KeyLength:
        """What the theory leaves after a disclosure of `leak_bits`, both bases together."""
        return secret_key(counts, self.theory, self.settings, self.security, leak_ec_bits=np.array([leak_bits]))

    def epsilon_secrecy(self, secret_bits: int) -> float:
        """Secrecy parameter of a key of this length, 0 without key."""
        length = np.array(float(secret_bits))
        return float(self.security.key_epsilon_secrecy(length, both_bases=self.theory.both_bases))

    def epsilon_correctness(self, length_bits: int, secret_bits: int) -> float:
        """Probability that unequal keys pass verification: the claim, or the bound of the hash where that is worse."""
        if secret_bits == 0:
            return 0.0
        return max(self.security.epsilon_correctness, collision_bound(length_bits, self.verification_bits))

    def epsilon_authentication(self, transcript_bits: int) -> float:
        """Probability that any of a block's tags is forged: the claim, or the bound of the hash where that is worse."""
        return max(self.security.epsilon_authentication, TAGS_PER_BLOCK * forgery_bound(self.tag_bits, transcript_bits))
