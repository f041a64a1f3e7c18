"""One block, from two records to two keys: the protocol in the order in which it runs.

    sifting         Bob: detections, tag.  Alice: bases, intensities, published bits, tag.
    reconciliation  Bob: error rate.  Bob and Alice: questions and answers.  Bob: done.  Alice: verification tag.
                    Bob: verdict and key length.  Both: tag.
    amplification   Alice: Toeplitz seed.  Both: tag; only then is the key released.

Names that begin with alice_ or bob_ belong to that end; what crosses goes over the wire. The draft of the ledger is
written by an observer who hears both ends, and neither end reads it. A block that fails goes on to the tags of
reconciliation, so that both ends know it for sure, and stops there. The last tag is the one message whose loss leaves
the ends in different minds; a key manager delivers a key only when both ends have announced it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qkdsim.crypto import equal
from qkdsim.postprocessing.amplification import ToeplitzSeed, seed_length_bits
from qkdsim.postprocessing.draft import Draft
from qkdsim.postprocessing.estimation import block_counts, planned_qber, published_errors
from qkdsim.postprocessing.ledger import (
    ABORTED,
    KEY,
    NO_DETECTIONS,
    NO_KEY,
    NOT_CONVERGED,
    NOT_EQUAL,
    UNAUTHENTIC,
    BlockLedger,
    RefusedError,
)
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits, MessageError
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.sifting import Sifting, answer_detections, detections_message, read_bases, read_detections
from qkdsim.postprocessing.verification import VERIFICATION_KEY_BYTES, verification_tag
from qkdsim.postprocessing.wire import Direction, Message, Secrets, ServiceChannel, Tamper, Wire

_ESTIMATE = struct.Struct("<Bd")  # outcome so far, error rate to plan for
_DONE = struct.Struct("<I")  # frames that failed
_VERDICT = struct.Struct("<BQ")  # outcome, length of the key


@dataclass(frozen=True, slots=True)
class DistilledBlock:
    """What came of a block: the ledger, and the key that each end computed (empty where the block was refused)."""

    ledger: BlockLedger
    alice_key: Bits = field(repr=False)
    bob_key: Bits = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """How two ends process a block: what they agreed on, the channel, and who listens or tampers.

    `wire` makes the connection of a block; another than `Wire` is that of a device whose authentication is at fault.
    """

    processing: KeyProcessing
    channel: ServiceChannel
    on_message: Callable[[Message], None] | None = None
    tamper: Tamper | None = None
    wire: type[Wire] = Wire

    def distil(
        self, emissions: Emissions, detections: Detections, alice: Secrets, bob: Secrets, random: np.random.Generator
    ) -> DistilledBlock:
        """Process one block; `random` is Alice's source of fresh randomness.

        Whatever goes wrong on the wire, the result is a refused block with a ledger, not an error.
        """
        wire = self.wire(alice, bob, self.channel, on_message=self.on_message, tamper=self.tamper)
        draft = Draft(raw_bits=len(detections.slot), double_clicks=detections.doubles)
        alice_key = bob_key = np.empty(0, dtype=np.uint8)
        try:
            alice_key, bob_key = _Protocol(self.processing, wire, draft, random).run(emissions, detections)
        except RefusedError as error:
            draft.outcome = error.outcome
        except MessageError:
            draft.outcome = UNAUTHENTIC
        return DistilledBlock(draft.ledger(self.processing, wire, alice_key, bob_key), alice_key, bob_key)


@dataclass(frozen=True, slots=True)
class _Corrected:
    """Bob's string after reconciliation, the share of it that was wrong, and what he heard and told of it."""

    key: Bits = field(repr=False)
    qber: float
    alice_leak_bits: int
    bob_leak_bits: int


@dataclass(frozen=True, slots=True)
class _Protocol:
    processing: KeyProcessing
    wire: Wire
    draft: Draft
    random: np.random.Generator

    def run(self, emissions: Emissions, bob: Detections) -> tuple[Bits, Bits]:
        """The keys of both ends.

        Raises RefusedError or MessageError.
        """
        alice_sifted, sifting = self._sift(emissions, bob)
        bob_sifted = bob.bit[sifting.is_key]
        self.draft.sifted_bits, self.draft.disclosed_bits = len(bob_sifted), int(sifting.is_test.sum())
        alice_qber, bob_qber = self._estimate(sifting, bob)
        corrected = self._reconcile(alice_sifted, bob_sifted, alice_qber, bob_qber, sifting.seed)
        alice_length_bits, bob_length_bits = self._verify(alice_sifted, corrected, sifting, bob)
        return self._amplify(alice_sifted, corrected.key, alice_length_bits, bob_length_bits)

    def _sift(self, emissions: Emissions, bob: Detections) -> tuple[Bits, Sifting]:
        both_bases = self.processing.theory.both_bases
        received = self.wire.to_alice("detections", detections_message(bob))
        # Alice says nothing of her bases before Bob is bound to what he detected
        self.wire.authenticate(Direction.TO_ALICE, "sifting")
        slot, bob_basis = read_detections(received)
        seed = int(self.random.integers(0, 1 << 63))
        answer, alice_sifted = answer_detections(emissions, slot, bob_basis, both_bases=both_bases, seed=seed)
        answer = self.wire.to_bob("bases", answer)
        self.wire.authenticate(Direction.TO_BOB, "sifting")
        intensities = len(self.processing.settings.probability)
        return alice_sifted, read_bases(answer, bob.basis, intensities, both_bases=both_bases)

    def _estimate(self, sifting: Sifting, bob: Detections) -> tuple[float, float]:
        """The error rate for which reconciliation is planned, as Alice received it and as Bob sent it."""
        errors, tested = published_errors(sifting, bob.bit)
        qber = planned_qber(errors, tested)
        outcome = KEY
        if not sifting.is_key.any():
            outcome = NO_DETECTIONS
        elif tested == 0:
            outcome = NO_KEY  # nothing would bound the phase error
        else:
            self.draft.estimated_qber = errors / tested
            outcome = ABORTED if errors > self.processing.qber_abort * tested else KEY
        body = self.wire.to_alice("estimate", _ESTIMATE.pack(outcome, qber))
        alice_outcome, alice_qber = _ESTIMATE.unpack(_sized(body, _ESTIMATE.size))
        self._go_on_if_both(alice_outcome, outcome)
        if not 0.0 < alice_qber <= 0.5:
            raise MessageError("an error rate out of range")
        return alice_qber, qber

    def _reconcile(self, alice_key: Bits, bob_key: Bits, alice_qber: float, bob_qber: float, seed: int) -> _Corrected:
        protocol, bob_received_bits = self.processing.reconciliation, 0
        alice = protocol.reference(alice_key, alice_qber, seed)
        bob = protocol.corrector(bob_key, bob_qber, seed)
        while (question := bob.question()) is not None:
            answer = alice.answer(self.wire.to_alice("question", question))
            # the ledger counts as Alice says it, whatever becomes of it on the way
            self.draft.leak_ec_bits += _told_bits(answer)
            received = self.wire.to_bob("answer", answer)
            bob.learn(received)
            bob_received_bits += _told_bits(received)
        corrected, failed_frames = bob.corrected, bob.failed_frames
        qber = float(np.count_nonzero(corrected != bob_key) / len(bob_key))
        self.draft.bob_leak_bits, self.draft.reconciled_qber = bob.disclosed_bits, qber
        done = self.wire.to_alice("done", _DONE.pack(failed_frames))
        (alice_failed_frames,) = _DONE.unpack(_sized(done, _DONE.size))
        self._go_on_if_both(*(NOT_CONVERGED if failed else KEY for failed in (alice_failed_frames, failed_frames)))
        return _Corrected(corrected, qber, bob_received_bits, bob.disclosed_bits)

    def _verify(self, alice_key: Bits, corrected: _Corrected, sifting: Sifting, bob: Detections) -> tuple[int, int]:
        """Length of the key as each end knows it, once both know that their strings are equal."""
        length = self.draft.verification_bits = self.processing.verification_bits
        hash_key = self.random.bytes(VERIFICATION_KEY_BYTES)
        tag = np.packbits(verification_tag(alice_key, hash_key, length)).tobytes()
        body = _sized(self.wire.to_bob("verification", hash_key + tag), VERIFICATION_KEY_BYTES + (length + 7) // 8)
        own = np.packbits(verification_tag(corrected.key, body[:VERIFICATION_KEY_BYTES], length)).tobytes()
        outcome, bob_length_bits = NOT_EQUAL, 0
        if equal(own, body[VERIFICATION_KEY_BYTES:]):
            outcome, bob_length_bits = self._key_length(corrected, sifting, bob)
        verdict = _sized(self.wire.to_alice("verdict", _VERDICT.pack(outcome, bob_length_bits)), _VERDICT.size)
        alice_outcome, alice_length_bits = _VERDICT.unpack(verdict)
        self._go_on_if_both(alice_outcome, outcome)
        self._both_authenticate("reconciliation")
        if alice_length_bits > len(alice_key):
            raise MessageError("a key longer than what it is made from")
        return alice_length_bits, bob_length_bits

    def _key_length(self, corrected: _Corrected, sifting: Sifting, bob: Detections) -> tuple[int, int]:
        """Bob's computation: he knows intensities from Alice and all her bits by correction."""
        processing = self.processing
        if corrected.qber > processing.qber_abort:
            return ABORTED, 0
        share = processing.measured_basis_probability
        counts = block_counts(sifting, bob.bit, corrected.key, share, bob.doubles)
        leak_bits = corrected.alice_leak_bits
        leak_bits += corrected.bob_leak_bits if processing.reconciliation.subtracts_bob else 0
        # a published sample of the key is one more disclosure; where a basis is published, the theory knows
        sample_bits = int(np.count_nonzero(sifting.is_test)) if processing.theory.both_bases else 0
        length = processing.key_length(counts, float(leak_bits + sample_bits))
        self.draft.phase_error_rate = float(length.phase_error_rate[0])
        # decoy estimates of few counts may find more secret bits than there are bits; no string has more than it is
        # long, less what was told of it (the sample is not part of it any more)
        length_bits = max(min(int(length.secret_bits[0]), len(corrected.key) - leak_bits), 0)
        return (KEY if length_bits else NO_KEY), length_bits

    def _amplify(
        self, alice_string: Bits, bob_string: Bits, alice_length_bits: int, bob_length_bits: int
    ) -> tuple[Bits, Bits]:
        # a fresh seed for each block, made when the block has been detected: it is known to Eve from here on
        seed = self.random.bytes((seed_length_bits(len(alice_string), alice_length_bits) + 7) // 8)
        bob_seed = self.wire.to_bob("seed", seed)
        bob_seed = _sized(bob_seed, (seed_length_bits(len(bob_string), bob_length_bits) + 7) // 8)
        matrix = _toeplitz(seed, len(alice_string), alice_length_bits)
        alice_key = matrix.hash(alice_string)
        # public data: where both ends have the same, what one prepared from it serves the other, and nothing is shared
        if (bob_seed, len(bob_string), bob_length_bits) != (seed, len(alice_string), alice_length_bits):
            matrix = _toeplitz(bob_seed, len(bob_string), bob_length_bits)
        bob_key = matrix.hash(bob_string)
        self._both_authenticate("amplification")
        return alice_key, bob_key

    def _go_on_if_both(self, alice_outcome: int, bob_outcome: int) -> None:
        """Where Bob gives the block up, both ends make sure of it, and stop.

        Raises RefusedError.
        """
        if bob_outcome != KEY or alice_outcome != KEY:
            self._both_authenticate("reconciliation")
            # tags that fit by luck over two different outcomes are forged all the same
            raise RefusedError(UNAUTHENTIC if bob_outcome == KEY else bob_outcome)

    def _both_authenticate(self, phase: str) -> None:
        self.wire.authenticate(Direction.TO_BOB, phase)
        self.wire.authenticate(Direction.TO_ALICE, phase)


def refused_before_start(processing: KeyProcessing, detections: Detections, outcome: int) -> DistilledBlock:
    """A block of which not a message was exchanged, and no tag spent."""
    draft = Draft(raw_bits=len(detections.slot), double_clicks=detections.doubles, outcome=outcome)
    nothing = np.empty(0, dtype=np.uint8)
    return DistilledBlock(draft.ledger(processing, None, nothing, nothing), nothing, nothing)


def _toeplitz(seed: bytes, length_bits: int, secret_bits: int) -> ToeplitzSeed:
    """The hash that a seed message stands for."""
    count = seed_length_bits(length_bits, secret_bits)
    return ToeplitzSeed(np.unpackbits(np.frombuffer(seed, dtype=np.uint8), count=count), length_bits, secret_bits)


def _told_bits(answer: bytes) -> int:
    """Parities or syndrome bits in an answer, by its head."""
    return int.from_bytes(answer[:4], "little")


def _sized(body: bytes, size: int) -> bytes:
    """The body of a message whose length is known beforehand.

    Raises MessageError.
    """
    if len(body) != size:
        raise MessageError(f"a message of {len(body)} bytes, expected {size}")
    return body
