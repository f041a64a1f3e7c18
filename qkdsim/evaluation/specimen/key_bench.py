"""What a laboratory can do with the random number generator, the key manager and the hybrid sessions of a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Keys = NDArray[np.uint8]  # shape (keys, bytes)
FloatArray = NDArray[np.float64]
NoiseFault = Literal["stuck", "biased", "patterned"]


class GeneratorBench(Protocol):
    """The test port of the generator, and keys that the device released."""

    def output(self, bits: int, generator: np.random.Generator) -> Bits:
        """Bits that it puts out, shape (bits,)."""
        ...

    def raw_noise(self, bits: int, generator: np.random.Generator) -> Bits:
        """Bits of its noise before any conditioning, shape (bits,)."""
        ...

    def released_keys(self, bits: int, generator: np.random.Generator) -> Bits:
        """Released keys, one after the other, shape (bits,)."""
        ...

    def alarm_after(self, fault: NoiseFault, generator: np.random.Generator) -> int | None:
        """Samples until the health tests raise an alarm after a fault of the noise was forced; None within 2^17.

        `stuck`: always one value. `biased`: one value with probability 0.9. `patterned`: one zero at a random place of
        every four samples, so that no value repeats for long.
        """
        ...

    def false_alarms(self, samples: int, generator: np.random.Generator) -> int:
        """Alarms of the health tests over so many samples of undisturbed noise."""
        ...

    def stop_s(self, generator: np.random.Generator) -> float | None:
        """Time from total failure of the noise to the end of key generation; None if it goes on for a minute."""
        ...


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Keys of 256 bits asked for at the rated load between the outer two key managers, and what was then found.

    delay_s      from each request to its key at both ends, in order of arrival; nan where no key came
    first, second   what the two applications got, shape (keys delivered, bytes)
    sent         the relay messages of the last hop that carried these keys, without their tags
    key_ids      of the keys delivered
    counted_bits key that left the stores as keys of applications, by the counters of the stores
    asked_bits   the same by the requests that were served, those that the laboratory did not look at included
    memory       a dump of the memory of all key managers afterwards
    log          the lines of their logs
    """

    delay_s: FloatArray = field(repr=False)
    first: Keys = field(repr=False)
    second: Keys = field(repr=False)
    sent: Keys = field(repr=False)
    key_ids: tuple[str, ...] = field(repr=False)
    counted_bits: int
    asked_bits: int
    memory: bytes = field(repr=False)
    log: tuple[str, ...] = field(repr=False)


Way = tuple[frozenset[str], ...]  # sites of the relays of each path


@dataclass(frozen=True, slots=True)
class SplitCapture:
    """Keys sent over disjoint paths, and what the relays of each path saw.

    keys   shape (keys, bytes)
    seen   shape (paths, keys, bytes)
    ways   the different ways that the keys took
    """

    keys: Keys = field(repr=False)
    seen: NDArray[np.uint8] = field(repr=False)
    ways: tuple[Way, ...]


class KeyManagerBench(Protocol):
    """A network of key managers under test, joined by links of the device; their logs and memories."""

    def deliveries(self, requests: int, generator: np.random.Generator) -> Deliveries:
        """Ask for keys at the rated load, half of the key rate of a link."""
        ...

    def tampered(self, messages: int, generator: np.random.Generator) -> int:
        """Change a bit of relay messages or of their tags, or replay them; how many the next node accepts."""
        ...

    def split(self, keys: int, generator: np.random.Generator) -> SplitCapture:
        """Ask for keys over all disjoint paths and look into the relays."""
        ...

    def supply(self, years: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Log of a long operation: hours of supply before each outage, and hours of that outage."""
        ...

    def given_at(self, most_age_s: float, ages_s: Sequence[float], generator: np.random.Generator) -> tuple[bool, ...]:
        """Configure the greatest age of key, let no new key come, and ask for some at each age: whether it is given."""
        ...


@dataclass(frozen=True, slots=True)
class Mix:
    """What enters one derivation on the test port of the combiner."""

    qkd: bytes = field(repr=False)
    pqc: bytes = field(repr=False)
    key_id: str = "key-1"
    ciphertext: bytes = b"ciphertext"
    identities: tuple[str, str] = ("a", "b")
    algorithms: str = "suite"


class HybridBench(Protocol):
    """The combiner's test port, and two ends with an attacker between them."""

    def combined(self, mix: Mix) -> bytes:
        """The derived key."""
        ...

    def handshake(self, attempt: str, generator: np.random.Generator) -> tuple[str, ...] | None:
        """One handshake under an attempt of `hybrid_attempts.ATTEMPTS`: what the session mixed, None without one."""
        ...

    def rekeyings_s(self, duration_s: float, generator: np.random.Generator) -> FloatArray:
        """Moments at which fresh QKD keys came into use within a duration."""
        ...
