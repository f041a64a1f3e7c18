"""Block after block: two ends with a pool of authentication key each, refilled before any key is released."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qkdsim.crypto import TAG_KEY_BITS, TagKey
from qkdsim.postprocessing.ledger import POOL_EMPTY
from qkdsim.postprocessing.pool import SecretPool
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.session import DistilledBlock, Session, refused_before_start
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK, Secrets


class _Device:
    """What one end keeps from block to block."""

    def __init__(self, initial_secret: Bits) -> None:
        self.key = TagKey.from_bits(initial_secret[:TAG_KEY_BITS])
        self.pool = SecretPool(initial_secret[TAG_KEY_BITS:])

    def secrets(self, tag_bits: int) -> Secrets:
        """Pads for the next block, gone from the pool whatever happens."""
        return Secrets(self.key, self.pool.take(TAGS_PER_BLOCK * tag_bits).reshape(TAGS_PER_BLOCK, tag_bits))

    def refilled(self, key: Bits, capacity_bits: int) -> Bits:
        """Fill the pool up from the front of a new key; what is left of the key."""
        refill = min(len(key), capacity_bits - len(self.pool))
        self.pool.add(key[:refill])
        return key[refill:].copy()  # a view would carry what went into the pool along


class KeyChain:
    """The key processing of a link.

    Each end starts with the same initial secret, `initial_secret_bits` long, and from then on holds what it computed.
    When the pools cannot pay for a block the chain is dry: it never leaves out a tag.

    **The last tag of a block.** Whoever suppresses it leaves Bob with a key and a refill that Alice does not have.
    Pools are queues: the ends go on in step until those bits come to be spent. From then on every tag fails, and the
    link makes no more key until it gets a new initial secret: no key is given away, but the link is lost. This
    simulation refuses such a block at both ends, and does not show that.
    """

    def __init__(self, session: Session, initial_secret: Bits) -> None:
        """Raises ValueError if the initial secret is not of the length that the processing asks for."""
        if len(initial_secret) != initial_secret_bits(session):
            raise ValueError(f"initial secret of {len(initial_secret)} bits, expected {initial_secret_bits(session)}")
        self._session = session
        self._alice, self._bob = _Device(initial_secret), _Device(initial_secret)
        self.is_dry = False

    @property
    def processing(self) -> KeyProcessing:
        """What the two ends agreed on."""
        return self._session.processing

    @property
    def _held_bits(self) -> int:
        """What both pools can pay."""
        return min(len(self._alice.pool), len(self._bob.pool))

    def spend(self, bits: int) -> bool:
        """Take bits from both pools for a tag outside of blocks; False where they do not hold as many."""
        if self._held_bits < bits:
            return False
        self._alice.pool.take(bits)
        self._bob.pool.take(bits)
        return True

    def distil(self, emissions: Emissions, detections: Detections, random: np.random.Generator) -> DistilledBlock:
        """Process the next block; what refills the pools is taken from the front of the key."""
        processing = self._session.processing
        if self._held_bits < processing.block_tag_bits:
            self.is_dry = True
            return refused_before_start(processing, detections, POOL_EMPTY)
        alice, bob = self._alice.secrets(processing.tag_bits), self._bob.secrets(processing.tag_bits)
        block = self._session.distil(emissions, detections, alice, bob, random)
        alice_key = self._alice.refilled(block.alice_key, processing.pool_bits)
        bob_key = self._bob.refilled(block.bob_key, processing.pool_bits)
        refill = block.ledger.secret_bits - len(bob_key)
        return DistilledBlock(replace(block.ledger, pool_refill_bits=refill), alice_key, bob_key)


def initial_secret_bits(session: Session) -> int:
    """Length of the secret that both ends share before the first block: the keys of the hash, and a full pool."""
    return TAG_KEY_BITS + session.processing.pool_bits
