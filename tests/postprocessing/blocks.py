"""Small made-up blocks, the two ends that process them, and an ear on the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qkdsim.crypto import TAG_KEY_BITS, TagKey
from qkdsim.postprocessing.ledger import KEY
from qkdsim.postprocessing.processing import KeyProcessing
from qkdsim.postprocessing.reconciler import Bits
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.records import Detections, Emissions
from qkdsim.postprocessing.session import DistilledBlock, Session
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK, Direction, Message, Secrets, ServiceChannel
from qkdsim.protocols import KEY_BASIS, TEST_BASIS, Security, Theory
from qkdsim.protocols.keylength import DecoySettings

MOST_MESSAGES = 2000  # an honest block of these sizes needs a few hundred
TAG_BITS = 64
CHANNEL = ServiceChannel(one_way_delay_s=1e-3, rate_bps=1e6)
MEANS = {1: [0.5], 2: [0.5, 0.1], 3: [0.5, 0.15, 0.001]}
SHARES = {1: [1.0], 2: [0.7, 0.3], 3: [0.5, 0.3, 0.2]}
EPSILON_SECRECY, EPSILON_CORRECTNESS = 1e-2, 2.0**-40
TRANSMISSION, DARK_PROBABILITY = 0.1, 1e-6


def processing(
    reconciliation: str = "cascade",
    *,
    both_bases: bool = False,
    intensities: int = 1,
    discard_doubles: bool = False,
    qber_abort: float = 0.11,
    key_basis_probability: float = 0.5,
    tag_bits: int = TAG_BITS,
    pool_blocks: float = 3.0,
    epsilon_correctness: float = EPSILON_CORRECTNESS,
) -> KeyProcessing:
    """One intensity: single photons with a loose finite-size bound. Several: decoys at face value. Keys come early."""
    verification_bits = float(np.ceil(-np.log2(epsilon_correctness)))
    proof = "tomamichel-2012" if intensities == 1 else "asymptotic-decoy"
    return KeyProcessing(
        theory=Theory(proof, "none", "gamma", both_bases),
        settings=DecoySettings(
            np.array(MEANS[intensities]), np.array(SHARES[intensities]), epsilon_correctness, verification_bits
        ),
        security=Security(EPSILON_SECRECY, None, epsilon_correctness, verification_bits, 1.2, 1e-15),
        qber_abort=qber_abort,
        discard_doubles=discard_doubles,
        reconciliation=RECONCILIATIONS[reconciliation],
        measured_basis_probability=np.array([key_basis_probability, 1.0 - key_basis_probability]),
        tag_bits=tag_bits,
        pool_bits=int(pool_blocks * TAGS_PER_BLOCK * tag_bits),
    )


def records(
    detected: int,
    error_rate: float,
    seed: int,
    *,
    intensities: int = 1,
    key_basis_probability: float = 0.5,
    unseen: int = 0,
    doubles: int = 0,
) -> tuple[Emissions, Detections]:
    """Records of a channel with independent errors; of `unseen` further clicks only Alice's side is there."""
    draw = np.random.default_rng(seed)
    means, shares = np.array(MEANS[intensities]), np.array(SHARES[intensities])
    gains = 1.0 - (1.0 - DARK_PROBABILITY) * np.exp(-TRANSMISSION * means)
    count = detected + unseen
    slot = np.cumsum(draw.geometric(float(shares @ gains), count)).astype(np.int64)
    intensity = draw.choice(intensities, count, p=shares * gains / (shares @ gains)).astype(np.uint8)
    basis, bob_basis = (
        np.where(draw.random(count) < key_basis_probability, KEY_BASIS, TEST_BASIS).astype(np.uint8) for _ in range(2)
    )
    bit = draw.integers(0, 2, count, dtype=np.uint8)
    wrong = draw.random(count) < np.where(basis == bob_basis, error_rate, 0.5)
    pulses = int(slot[-1]) + 1 if count else 1
    by_basis = np.array([key_basis_probability, 1.0 - key_basis_probability])
    mean_sent = pulses * shares[:, None] * by_basis
    seen = np.sort(draw.permutation(count)[:detected])
    return (
        Emissions(slot, intensity, basis, bit, np.rint(mean_sent).astype(np.int64)),
        Detections(slot[seen], bob_basis[seen], (bit ^ wrong)[seen].astype(np.uint8), doubles),
    )


class EndlessError(AssertionError):
    """The two ends talk on and on."""


@dataclass
class Tap:
    """Everything that passed, as it was sent and as it arrived. It may change a body on the way."""

    change: Callable[[int, Message], bytes] | None = None
    sent: list[Message] = field(default_factory=list)
    arrived: list[Message] = field(default_factory=list)

    def tamper(self, message: Message) -> bytes:
        if len(self.sent) >= MOST_MESSAGES:
            raise EndlessError(f"{MOST_MESSAGES} messages")
        self.sent.append(message)
        return message.body if self.change is None else self.change(len(self.sent) - 1, message)

    def bodies(self, kind: str) -> list[bytes]:
        return [message.body for message in self.sent if message.kind == kind]

    def kinds(self) -> list[str]:
        return [message.kind for message in self.arrived]

    def bits(self, direction: Direction) -> int:
        return sum(8 * len(message.body) for message in self.arrived if message.direction is direction)

    @property
    def turns(self) -> int:
        way = [message.direction for message in self.arrived]
        return sum(1 for place, one in enumerate(way) if place == 0 or way[place - 1] is not one)

    @property
    def parity_bits(self) -> int:
        """Parity and syndrome bits that left Alice: each answer begins with their number, four bytes."""
        return sum(int.from_bytes(body[:4], "little") for body in self.bodies("answer"))


def session(how: KeyProcessing, tap: Tap, channel: ServiceChannel = CHANNEL) -> Session:
    return Session(how, channel, on_message=tap.arrived.append, tamper=tap.tamper)


def secrets(how: KeyProcessing, seed: int) -> Secrets:
    draw = np.random.default_rng([seed, 1])
    key = TagKey.from_bits(draw.integers(0, 2, TAG_KEY_BITS, dtype=np.uint8))
    return Secrets(key, draw.integers(0, 2, (TAGS_PER_BLOCK, how.tag_bits), dtype=np.uint8))


def distil(
    how: KeyProcessing,
    alice: Emissions,
    bob: Detections,
    *,
    seed: int = 1,
    change: Callable[[int, Message], bytes] | None = None,
) -> tuple[DistilledBlock, Tap]:
    """One block by two ends that hold equal secrets; what passed is in the tap."""
    tap = Tap(change)
    random = np.random.default_rng([seed, 2])
    return session(how, tap).distil(alice, bob, secrets(how, seed), secrets(how, seed), random), tap


def check_refused(block: DistilledBlock, how: KeyProcessing) -> None:
    """No key at either end, a reason, and the pads are gone all the same."""
    ledger = block.ledger
    assert ledger.outcome != KEY
    assert ledger.aborted
    assert ledger.reason
    assert len(block.alice_key) == len(block.bob_key) == ledger.secret_bits == 0
    assert ledger.keys_equal is None
    assert ledger.authentication_bits == TAGS_PER_BLOCK * how.tag_bits
    assert ledger.epsilon_secrecy == ledger.epsilon_correctness == 0.0


def sifted(alice: Emissions, bob: Detections) -> tuple[Bits, Bits]:
    """The key-basis bits of both ends, by a look at both records."""
    place = np.searchsorted(alice.slot, bob.slot)
    both = (alice.basis[place] == KEY_BASIS) & (bob.basis == KEY_BASIS)
    return alice.bit[place][both], bob.bit[both]
