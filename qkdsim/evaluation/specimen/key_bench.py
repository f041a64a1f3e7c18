"""What a laboratory can do with the random number generator, the key manager and the hybrid sessions of a device."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Keys = NDArray[np.uint8]  # shape (keys, bytes)
FloatArray = NDArray[np.float64]
NoiseFault = Literal["stuck", "biased"]


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
        """Samples until the health tests raise an alarm after a fault of the noise was forced; None within 2^20.

        `stuck`: always one value. `biased`: one value with probability 0.9.
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
    """Keys asked for one after the other between two applications over one relay, and what was then found.

    delay_s      from each request to its key; nan where no key came
    first, second   what the two applications got, shape (keys delivered, bytes)
    key_ids      of the keys delivered
    stored       identifiers whose key is still in a store of any key manager
    log          the lines of their logs
    """

    delay_s: FloatArray = field(repr=False)
    first: Keys = field(repr=False)
    second: Keys = field(repr=False)
    key_ids: tuple[str, ...] = field(repr=False)
    stored: tuple[str, ...] = field(repr=False)
    log: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RelayCapture:
    """Relay messages on one hop, with the keys they carried, which the laboratory asked for itself."""

    ciphertexts: Keys = field(repr=False)
    keys: Keys = field(repr=False)


@dataclass(frozen=True, slots=True)
class SplitCapture:
    """Keys sent over disjoint paths, and what the nodes on each path saw: shape (paths, keys, bytes)."""

    keys: Keys = field(repr=False)
    seen: NDArray[np.uint8] = field(repr=False)


class KeyManagerBench(Protocol):
    """Three key managers in a row under test, their logs and memories, and disjoint paths between the outer two."""

    def deliveries(self, requests: int, generator: np.random.Generator) -> Deliveries:
        """Ask for keys of 256 bits at the rated load."""
        ...

    def relayed(self, keys: int, generator: np.random.Generator) -> RelayCapture:
        """Listen on one hop."""
        ...

    def tampered(self, messages: int, generator: np.random.Generator) -> int:
        """Change one bit of each relay message on its way, or forge its tag; how many the next node accepts."""
        ...

    def split(self, keys: int, generator: np.random.Generator) -> SplitCapture:
        """Ask for keys over all disjoint paths and look into the relay nodes."""
        ...

    def supply(self, outages: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Log of a long operation: hours of supply before each outage, and hours of each outage."""
        ...

    def gives_old_keys(self, most_age_s: float, waited_s: float, generator: np.random.Generator) -> bool:
        """Configure the greatest age of a key, let one lie for longer, and ask for it."""
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
