"""Closed blocks -> key blocks: abort rule, key length, authentication pool, epsilon."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qkdsim.devices import PostProcessing
from qkdsim.links.accumulate import ClosedBlocks
from qkdsim.links.block import KeyBlocks
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_DETECTIONS, NO_KEY, POOL_EMPTY
from qkdsim.protocols import Counts, Security, Theory, secret_key
from qkdsim.protocols.keylength import DecoySettings, KeyLength, Statistics


@dataclass(frozen=True, slots=True)
class Distiller:
    """How a link turns counts into key."""

    theory: Theory
    settings: DecoySettings
    security: Security
    post_processing: PostProcessing

    def key_length(self, counts: Counts) -> KeyLength:
        """What the theory allows to extract from each block."""
        return secret_key(counts, self.theory, self.settings, self.security)

    def blocks(self, closed: ClosedBlocks, length: KeyLength) -> KeyBlocks:
        """Key blocks before the authentication pool has been charged, from closed blocks and their key length."""
        statistics = Statistics.of(closed.counts)
        both = self.theory.both_bases
        sifted = statistics.sifted_bits + (statistics.swapped.sifted_bits if both else 0.0)
        wrong = statistics.key_errors.sum(axis=-1) + (statistics.test_errors.sum(axis=-1) if both else 0.0)
        qber = np.divide(wrong, sifted, out=np.full_like(sifted, np.nan), where=sifted > 0.0)
        outcome = np.where(length.secret_bits > 0.0, KEY, NO_KEY)
        outcome = np.where(np.nan_to_num(qber) > self.post_processing.qber_abort, ABORTED, outcome)
        outcome = np.where(sifted > 0.0, outcome, NO_DETECTIONS)
        secret = np.where(outcome == KEY, length.secret_bits, 0.0).astype(np.int64)
        return KeyBlocks(
            start_s=closed.start_s,
            end_s=closed.end_s,
            available_s=closed.end_s + self.post_processing.latency_s,
            pulses=closed.counts.pulses,
            sifted_bits=sifted,
            qber=qber,
            phase_error_rate=length.phase_error_rate,
            leak_ec_bits=length.leak_ec_bits,
            secret_bits=secret,
            authentication_bits=np.zeros_like(secret),
            pool_refill_bits=np.zeros_like(secret),
            epsilon=self.security.block_epsilon(secret.astype(np.float64), both_bases=both),
            outcome=outcome.astype(np.int64),
        )


@dataclass(slots=True)
class AuthenticationPool:
    """Key set aside for tags: filled before the link starts, refilled before any key is released.

    Every block spends its tags, also one that fails. When the pool cannot pay for a block the link stops.
    """

    capacity_bits: int
    cost_bits: int
    held_bits: int
    is_dry: bool = False

    @classmethod
    def of(cls, post_processing: PostProcessing) -> AuthenticationPool:
        """A full pool, as the initial authentication key leaves it."""
        capacity = int(post_processing.authentication_pool_bits)
        cost = int(np.ceil(post_processing.authentication_tag_bits * post_processing.authentication_tags_per_block))
        return cls(capacity, cost, capacity)

    def charge(self, blocks: KeyBlocks) -> KeyBlocks:
        """Pay for each block in turn and refill from its key; blocks after the pool has run dry are cut off."""
        refill = np.zeros(len(blocks), dtype=np.int64)
        held, capacity, cost = self.held_bits, self.capacity_bits, self.cost_bits
        for index, secret in enumerate(blocks.secret_bits.tolist()):
            if held < cost:
                self.is_dry = True
                self.held_bits = held
                return self._stopped(blocks, refill, index)
            held -= cost
            refill[index] = taken = min(secret, capacity - held)
            held += taken
        self.held_bits = held
        spent = np.full(len(blocks), cost, dtype=np.int64)
        return replace(blocks, authentication_bits=spent, pool_refill_bits=refill)

    def _stopped(self, blocks: KeyBlocks, refill: np.ndarray, index: int) -> KeyBlocks:
        """The blocks up to `index`, the last of which could not be authenticated and gives nothing."""
        kept = blocks.first(index + 1)
        kept.secret_bits[index] = 0
        kept.epsilon[index] = 0.0
        kept.outcome[index] = POOL_EMPTY
        spent = np.full(index + 1, self.cost_bits, dtype=np.int64)
        spent[index] = 0
        return replace(kept, authentication_bits=spent, pool_refill_bits=refill[: index + 1])
