"""Key processing alone, fed through its test port with detections that the laboratory has made up.

Clean detections of single photons give key from a few ten thousand bits, where a real block takes millions: so one
block costs milliseconds, and hundreds of tampered ones can be tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qkdsim.crypto import TAG_KEY_BITS, TagKey
from qkdsim.devices import PostProcessing
from qkdsim.devices.attack_surface import Messages
from qkdsim.evaluation.specimen.observations import SessionBlock
from qkdsim.postprocessing.ledger import RefusedError
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.session import Session
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK, Direction, Message, Secrets, ServiceChannel, Tamper, Wire
from qkdsim.protocols import Counts
from qkdsim.protocols.keylength import DecoySettings

CLICKS_PER_PULSE = 0.1
LONGEST_HASH_KEY_BYTES = 64  # keys of hashes are shorter, seeds of privacy amplification longer


@dataclass(frozen=True, slots=True)
class Feed:
    """Records of both ends for one block, as the laboratory feeds them in."""

    alice: Emissions
    bob: Detections

    @property
    def counts(self) -> Counts:
        """Pulses and recorded bits by setting, leading axis 1; a half of the pulses stands for each bit and basis."""
        shape = (len(self.alice.sent), 2, 2, 2, 2)
        cells = (self.alice.intensity, self.alice.basis, self.alice.bit, self.bob.basis, self.bob.bit)
        bits = np.bincount(np.ravel_multi_index(cells, shape), minlength=math.prod(shape)).reshape(1, *shape)
        sent = np.broadcast_to(self.alice.sent[None, ..., None, None] / 4.0, (1, *shape[:-1]))
        return Counts(sent, bits.astype(np.float64), np.zeros(1))


def clean_feed(settings: DecoySettings, detections: int, error_rate: float, generator: np.random.Generator) -> Feed:
    """Detections of single photons in equal bases, with independent errors."""
    mean, probability = settings.mean_photon_number, settings.probability
    share = probability * mean * np.exp(-mean)
    slot = np.cumsum(generator.geometric(CLICKS_PER_PULSE, detections)).astype(np.int64)
    intensity = generator.choice(len(share), detections, p=share / share.sum()).astype(np.uint8)
    basis, bit = (generator.integers(0, 2, detections, dtype=np.uint8) for _ in range(2))
    wrong = (generator.random(detections) < error_rate).astype(np.uint8)
    sent = np.rint(slot[-1] * probability[:, None] * np.full(2, 0.5)).astype(np.int64)
    return Feed(Emissions(slot, intensity, basis, bit, sent), Detections(slot, basis.copy(), bit ^ wrong, 0))


def processed(
    processing: KeyProcessing,
    messages: Messages,
    feed: Feed,
    generator: np.random.Generator,
    *,
    tamper: Tamper | None = None,
    is_impostor: bool = False,
) -> SessionBlock:
    """One block of a device with those mistakes in its authentication; an impostor at Alice's place has other keys."""
    heard: list[Message] = []
    session = Session(processing, ServiceChannel(), on_message=heard.append, tamper=tamper, wire=wire_of(messages))
    alice, bob = (_secrets(processing, messages, generator) for _ in range(2))
    block = session.distil(feed.alice, feed.bob, alice if is_impostor else bob, bob, generator)
    if messages.tells_key and len(block.alice_key):
        heard.append(Message("maintenance", Direction.TO_BOB, np.packbits(block.alice_key).tobytes()))
    return SessionBlock(0.0, 0.0, tuple(heard), block.ledger, feed.counts, block.alice_key, block.bob_key)


class _SameSeeds(np.random.Generator):
    """Randomness whose long strings, the seeds of privacy amplification, begin alike every time."""

    def bytes(self, length: int) -> bytes:
        """Fresh ones only where few are asked for."""
        if length <= LONGEST_HASH_KEY_BYTES:
            return super().bytes(length)
        return np.random.Generator(np.random.PCG64(0)).bytes(length)


def randomness_of(post: PostProcessing, generator: np.random.Generator) -> np.random.Generator:
    """What a device draws seeds from; the generator itself where it takes a fresh seed for each block."""
    is_reused = post.privacy_amplification_seed == "reused"
    return _SameSeeds(generator.bit_generator) if is_reused else generator


def wire_of(messages: Messages) -> type[Wire]:
    """The service channel of a device with those mistakes; `Wire` itself where there are none."""
    if messages.checks_tags and not messages.unprotected:
        return Wire

    class FaultyWire(Wire):
        """Tags that are not checked, or leave out some kinds of messages."""

        def authenticate(self, direction: Direction, phase: str) -> None:
            """The sender's tag; whether it fits matters only where tags are checked."""
            try:
                Wire.authenticate(self, direction, phase)
            except RefusedError:
                if messages.checks_tags:
                    raise

        def _carry(self, kind: str, direction: Direction, body: bytes) -> bytes:
            if kind in messages.unprotected:
                return self._pass_on(Message(kind, direction, body))
            return Wire._carry(self, kind, direction, body)

    return FaultyWire


def _secrets(processing: KeyProcessing, messages: Messages, generator: np.random.Generator) -> Secrets:
    key = generator.integers(0, 2, TAG_KEY_BITS, dtype=np.uint8)
    pads = generator.integers(0, 2, (TAGS_PER_BLOCK, processing.tag_bits), dtype=np.uint8)
    if messages.reuses_pads:
        key, pads = np.zeros_like(key), np.zeros_like(pads)  # whatever they are, they are the same again
    return Secrets(TagKey.from_bits(key), pads)
