"""One block taken apart: what every stage of key processing was given and what it had to give.

For whoever verifies a key-processing device: the inputs are fed to it, its outputs are compared (results.vectors).
Messages come from the wire. What an end computed for itself is computed once more here, by the functions of that
stage, and must agree with the messages and with the keys of the block.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qkdsim.crypto import TAG_KEY_BITS, TagKey, TranscriptTag
from qkdsim.errors import RunError
from qkdsim.links.distillation import distill
from qkdsim.links.link import QkdLink
from qkdsim.links.parity_checks import parity_checks
from qkdsim.links.sampled import SampledBlock, initial_secret
from qkdsim.links.stages import StageTable, stage_table
from qkdsim.postprocessing.amplification import seed_length_bits, toeplitz_hash
from qkdsim.postprocessing.estimation import block_counts, planned_qber, published_errors
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.sifting import Sifting, answer_detections, detections_message, read_bases, read_detections
from qkdsim.postprocessing.verification import VERIFICATION_KEY_BYTES, verification_tag
from qkdsim.postprocessing.wire import PHASES, TAGS_PER_BLOCK, Direction, Message
from qkdsim.protocols.clicktable import BOTH, ONLY_0, ONLY_1

HASH_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class StageVectors:
    """The stages of one block, in order, and what they were made from.

    made_from  profile with its hash, seed, fibre, size of the block, reconciliation
    agreed     what both ends of the device know beforehand
    ledger     the ledger of the block
    """

    made_from: dict[str, Any]
    agreed: dict[str, Any]
    ledger: dict[str, Any]
    stages: tuple[StageTable, ...] = field(repr=False)


def stage_vectors(link: QkdLink, seed: int) -> StageVectors:
    """Sample and process the first block of a laboratory link, and take it apart.

    Raises InputError for a bad seed, RunError if the block gives no key: then there is nothing to compare with.
    """
    messages: list[Message] = []
    block = next(distill(link, seed=seed, on_message=lambda _, message: messages.append(message)))
    ledger = block.distilled.ledger
    if ledger.aborted:
        hint = "a larger --block-bits or less loss may give key"
        raise RunError(f"{link.profile_name}: the block gives no key to write vectors of: {ledger.reason}; {hint}")
    secret = initial_secret(seed, link.id, TAG_KEY_BITS + block.processing.block_tag_bits)
    return StageVectors(
        made_from={
            "profile": link.profile_name,
            "profile_sha256": link.receiver.sha256,
            "seed": seed,
            "length_km": link.length_km,
            "loss_db": link.loss_db,
            "block_size_bits": _block_size_bits(link),
            "reconciliation": link.reconciliation,
            "bounds": link.bounds,
            "coverage": str(link.coverage),
        },
        agreed=_agreed(block),
        ledger=ledger.as_dict(),
        stages=tuple(_Block(block, _by_kind(messages), messages, secret, link.reconciliation).tables()),
    )


def _block_size_bits(link: QkdLink) -> float | None:
    post = link.receiver.profile.post_processing
    return None if post is None else float(post.block_size_bits)


def _agreed(block: SampledBlock) -> dict[str, Any]:
    processing = block.processing
    theory, security = processing.theory, processing.security
    return {
        "intensities": processing.settings.mean_photon_number.tolist(),
        "probabilities": processing.settings.probability.tolist(),
        "measured_basis_probability": processing.measured_basis_probability.tolist(),
        "key_from_both_bases": theory.both_bases,
        "discard_double_clicks": processing.discard_doubles,
        "qber_abort": processing.qber_abort,
        "proof": theory.proof,
        "tail_bound": theory.tail_bound,
        "sampling_bound": theory.sampling_bound,
        "epsilon_secrecy": security.epsilon_secrecy,
        "epsilon_secrecy_per_bit": security.epsilon_secrecy_per_bit,
        "epsilon_correctness": security.epsilon_correctness,
        "epsilon_authentication": security.epsilon_authentication,
        "verification_bits": processing.verification_bits,
        "tag_bits": processing.tag_bits,
        "pool_bits": processing.pool_bits,
    }


def _by_kind(messages: Sequence[Message]) -> dict[str, bytes]:
    """Bodies of the messages that a block has once."""
    return {message.kind: message.body for message in messages if message.kind not in {"tag", "question", "answer"}}


@dataclass(frozen=True, slots=True)
class _Block:
    """A block with what passed on its wire; `body` holds the messages that a block has once, by kind."""

    block: SampledBlock
    body: dict[str, bytes]
    messages: Sequence[Message]
    secret: Bits
    reconciliation: str

    def tables(self) -> Iterator[StageTable]:
        """The stages in order. Raises RunError if one contradicts what happened."""
        yield from self._records()
        seed, alice_sifted, sifting, sifted_slot = self._sift()
        yield from self._sifting(seed, sifting)
        errors, tested = published_errors(sifting, self.block.bob.bit)
        qber = planned_qber(errors, tested)
        yield stage_table("alice-sifted", slot=sifted_slot, bit=alice_sifted)
        yield stage_table("bob-sifted", slot=sifted_slot, bit=self.block.bob.bit[sifting.is_key])
        yield stage_table(
            "estimate",
            errors=np.array([errors]),
            tested=np.array([tested]),
            planned_qber=np.array([qber]),
            body=[self.body["estimate"]],
        )
        if self.reconciliation == "ldpc":
            yield parity_checks(len(alice_sifted), qber, seed)
        yield self._reconciliation()
        yield stage_table("corrected", bit=alice_sifted)
        yield from self._verification(alice_sifted)
        yield self._counts(sifting, alice_sifted)
        yield from self._amplification(alice_sifted)

    def _records(self) -> Iterator[StageTable]:
        alice, bob, clicks = self.block.alice, self.block.bob, self.block.raw.clicks
        coin = np.zeros(len(clicks), dtype=np.uint8)
        if not self.block.processing.discard_doubles:
            is_double = clicks.pattern == BOTH
            coin[is_double] = bob.bit[is_double]
        intensity, basis = (axis.ravel().astype(np.uint8) for axis in np.indices(alice.sent.shape))
        yield stage_table("alice-raw", slot=alice.slot, intensity=alice.intensity, basis=alice.basis, bit=alice.bit)
        yield stage_table("alice-sent", intensity=intensity, basis=basis, pulses=alice.sent.ravel())
        yield stage_table(
            "bob-raw",
            slot=clicks.slot,
            basis=clicks.setting.astype(np.uint8) & 1,  # the last axis of the settings
            detector_0=(clicks.pattern & ONLY_0).astype(np.uint8),
            detector_1=(clicks.pattern & ONLY_1 != 0).astype(np.uint8),
            coin=coin,
        )
        yield stage_table("initial-secret", bit=self.secret)
        yield stage_table("bob-detections", slot=bob.slot, basis=bob.basis, bit=bob.bit)
        _same("detections message", detections_message(bob), self.body["detections"])
        yield stage_table("detections-message", body=[self.body["detections"]])

    def _sift(self) -> tuple[int, Bits, Sifting, np.ndarray]:
        body, both_bases = self.body["bases"], self.block.processing.theory.both_bases
        seed = int.from_bytes(body[:8], "little")
        slot, bob_basis = read_detections(self.body["detections"])
        answer, alice_sifted = answer_detections(self.block.alice, slot, bob_basis, both_bases=both_bases, seed=seed)
        _same("bases message", answer, body)
        sifting = read_bases(body, bob_basis, len(self.block.alice.sent), both_bases=both_bases)
        return seed, alice_sifted, sifting, slot[sifting.is_key]

    def _sifting(self, seed: int, sifting: Sifting) -> Iterator[StageTable]:
        yield stage_table("shuffle-seed", seed=np.array([seed]))
        if self.block.processing.theory.both_bases:
            yield stage_table("published-sample", slot=self.block.bob.slot[sifting.is_test])
        yield stage_table("bases-message", body=[self.body["bases"]])

    def _reconciliation(self) -> StageTable:
        talk = [message for message in self.messages if message.kind in {"question", "answer", "done"}]
        parities = [int.from_bytes(one.body[:4], "little") if one.kind == "answer" else 0 for one in talk]
        _same("leaked bits", sum(parities), self.block.distilled.ledger.leak_ec_bits)
        return stage_table(
            "reconciliation",
            to=np.array([one.direction for one in talk], dtype=np.uint8),
            parity_bits=np.array(parities, dtype=np.int64),
            body=[one.body for one in talk],
        )

    def _verification(self, alice_sifted: Bits) -> Iterator[StageTable]:
        body = self.body["verification"]
        key, tag = body[:VERIFICATION_KEY_BYTES], body[VERIFICATION_KEY_BYTES:]
        own = verification_tag(alice_sifted, key, self.block.processing.verification_bits)
        _same("verification tag", np.packbits(own).tobytes(), tag)
        yield stage_table("verification-key", hash_key=[key[:HASH_KEY_BYTES]], mix_key=[key[HASH_KEY_BYTES:]])
        yield stage_table("verification", tag=[tag], body=[body])

    def _counts(self, sifting: Sifting, alice_sifted: Bits) -> StageTable:
        share, bob = self.block.processing.measured_basis_probability, self.block.bob
        bits = block_counts(sifting, bob.bit, alice_sifted, share, bob.doubles).bits[0]
        axes = [axis.ravel().astype(np.uint8) for axis in np.indices(bits.shape)]
        names = ("intensity", "alice_basis", "alice_bit", "bob_basis", "bob_bit")
        return stage_table("counts", **dict(zip(names, axes, strict=True)), detections=bits.ravel().astype(np.int64))

    def _amplification(self, alice_sifted: Bits) -> Iterator[StageTable]:
        distilled = self.block.distilled
        _, secret_bits = struct.unpack("<BQ", self.body["verdict"])
        _same("key length", secret_bits, distilled.ledger.secret_bits)
        seed = np.unpackbits(np.frombuffer(self.body["seed"], dtype=np.uint8))
        used = seed[: seed_length_bits(len(alice_sifted), secret_bits)]
        key, refill = toeplitz_hash(alice_sifted, used, secret_bits), distilled.ledger.pool_refill_bits
        for released in (distilled.alice_key, distilled.bob_key):
            _same("key", key[refill:].tobytes(), released.tobytes())
        yield stage_table("verdict", secret_bits=np.array([secret_bits]), body=[self.body["verdict"]])
        yield stage_table("toeplitz-seed", bit=seed)
        yield self._authentication()
        yield stage_table("final-key", bit=key, to_pool=(np.arange(secret_bits) < refill).astype(np.uint8))

    def _authentication(self) -> StageTable:
        transcript = TranscriptTag(TagKey.from_bits(self.secret[:TAG_KEY_BITS]))
        pads = self.secret[TAG_KEY_BITS:].reshape(TAGS_PER_BLOCK, -1)
        rows: list[tuple[int, Direction, int, bytes, bytes]] = []
        for message in self.messages:
            if message.kind != "tag":
                transcript.feed(message.body, message.direction)
                continue
            phase = len(rows) // len(Direction)  # each phase ends with a tag of either end
            pad = pads[len(Direction) * phase + message.direction]
            _same(f"tag of {PHASES[phase]}", np.packbits(transcript.tag(pad)).tobytes(), message.body)
            length_bytes = transcript.hashed_bits // 8
            rows.append((phase, message.direction, length_bytes, np.packbits(pad).tobytes(), message.body))
        phases, to, lengths, packed_pads, tags = zip(*rows, strict=True)
        return stage_table(
            "authentication",
            phase=np.array(phases, dtype=np.uint8),
            to=np.array(to, dtype=np.uint8),
            transcript_bytes=np.array(lengths, dtype=np.int64),
            pad=packed_pads,
            tag=tags,
        )


def _same(what: str, computed: object, happened: object) -> None:
    """Raise RunError where a stage, computed once more, differs from what the ends did: such vectors would mislead."""
    if computed != happened:
        raise RunError(f"stage vectors: the {what} computed again differs from that of the block")
