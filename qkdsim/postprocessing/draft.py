"""The ledger while a block is being processed: an observer of both ends writes it, and neither end reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qkdsim.postprocessing.estimation import efficiency
from qkdsim.postprocessing.ledger import KEY, BlockLedger
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.wire import Traffic, Wire


@dataclass(slots=True)
class Draft:
    """Entries as they become known; what a block never came to stays at its default."""

    raw_bits: int
    double_clicks: int
    sifted_bits: int = 0
    disclosed_bits: int = 0
    estimated_qber: float | None = None
    reconciled_qber: float | None = None
    leak_ec_bits: int = 0
    bob_leak_bits: int = 0
    verification_bits: int = 0
    phase_error_rate: float | None = None
    outcome: int = KEY

    def ledger(self, processing: KeyProcessing, wire: Wire | None, alice_key: Bits, bob_key: Bits) -> BlockLedger:
        """The ledger when the block is through; without a wire nothing was exchanged and nothing spent."""
        traffic, secret = wire.traffic if wire else Traffic(), len(bob_key)
        reconciled = self.reconciled_qber
        return BlockLedger(
            raw_bits=self.raw_bits,
            double_clicks=self.double_clicks,
            sifted_bits=self.sifted_bits,
            disclosed_bits=self.disclosed_bits,
            estimated_qber=self.estimated_qber,
            qber=self.estimated_qber if reconciled is None else reconciled,
            leak_ec_bits=self.leak_ec_bits,
            bob_leak_bits=self.bob_leak_bits,
            ec_efficiency=None if reconciled is None else efficiency(self.leak_ec_bits, self.sifted_bits, reconciled),
            verification_bits=self.verification_bits,
            authentication_bits=processing.block_tag_bits if wire else 0,
            phase_error_rate=self.phase_error_rate,
            secret_bits=secret,
            pool_refill_bits=0,
            epsilon_secrecy=processing.epsilon_secrecy(secret),
            epsilon_correctness=processing.epsilon_correctness(self.sifted_bits, secret),
            epsilon_authentication=processing.epsilon_authentication(wire.transcript_bits) if wire else 0.0,
            outcome=self.outcome,
            keys_equal=bool(np.array_equal(alice_key, bob_key)) if secret else None,
            messages=traffic.messages,
            turns=traffic.turns,
            bits_to_alice=traffic.bits_to_alice,
            bits_to_bob=traffic.bits_to_bob,
            service_channel_s=traffic.duration_s,
            transmission_s=traffic.transmission_s,
        )
