"""What sessions a network shall keep up: who with whom, under which suite and policy, with how much traffic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qkdsim.hybrid import Policy, Suite
from qkdsim.network.service import ServiceClass

CryptographyName = Literal["real", "simulated"]
HANDSHAKE_KEY_BITS = 256  # of the QKD key that a handshake mixes


@dataclass(frozen=True, slots=True)
class Phase:
    """Suite and policy of a pair from a time on."""

    from_s: float
    suite: Suite
    policy: Policy


@dataclass(frozen=True, slots=True)
class SessionPair:
    """Two nodes, the first of which begins handshakes; phases by time, the first at 0."""

    initiator: str
    responder: str
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        times_s = [phase.from_s for phase in self.phases]
        if not times_s or times_s[0] != 0.0 or sorted(set(times_s)) != times_s:
            raise ValueError(f"{self.initiator}, {self.responder}: phases need times that grow from 0")

    def at(self, time_s: float) -> Phase:
        """The phase that holds at a time."""
        return next(phase for phase in reversed(self.phases) if phase.from_s <= time_s)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """When handshakes are due, and how long they may take.

    rekey_after_s       age at which a session is rekeyed (None: no limit)
    rekey_after_bytes   plain bytes after which it is
    rekey_supply_bits   key on the routes of a pair that is enough to rekey at once: with each key that comes, or to
                        mend a session that had to do without; looked at every `retry_interval_s`
    expire_after_s      age at which a session ends that could not be rekeyed (None: it goes on to the cipher's limit)
    retry_interval_s    from a handshake that gave no session until the next
    timeout_s           an initiator without an answer repeats its message after this, then after twice as long ...
    max_repeats         ... and gives up when that has passed once more after so many repetitions
    processing_s        what an end needs to make a message
    pad_interval_s      a one-time pad is fetched for so long at a time
    message_bytes       plain bytes of a message of the traffic

    Raises ValueError for a number that is not above 0, or fewer than 0 repetitions or processing time.
    """

    rekey_after_s: float | None = 3600.0
    rekey_after_bytes: int | None = None
    rekey_supply_bits: int | None = None
    expire_after_s: float | None = None
    retry_interval_s: float = 60.0
    timeout_s: float = 1.0
    max_repeats: int = 4
    processing_s: float = 0.001
    pad_interval_s: float = 10.0
    message_bytes: int = 1024

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            least_is_zero = name in ("max_repeats", "processing_s")
            if value is not None and not (value >= 0 if least_is_zero else value > 0):
                raise ValueError(f"{name}: got {value}, expected {'at least' if least_is_zero else 'above'} 0")

    @property
    def patience_s(self) -> float:
        """From a message to giving up: all repetitions, each after twice the time of the one before."""
        return self.timeout_s * (2.0 ** (self.max_repeats + 1) - 1.0)


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """Sessions of one kind between pairs of nodes, from start to stop.

    `service` is the class of service of the QKD keys that handshakes and pads ask for. `traffic_bps` is plain traffic
    of a pair, both directions together. With `simulated` cryptography messages have their lengths and times, and there
    is nothing in them. A pair of one plan has one session at a time.

    Raises ValueError without pairs, for less than no traffic, or times in the wrong order.
    """

    id: str
    pairs: tuple[SessionPair, ...]
    service: ServiceClass
    start_s: float
    stop_s: float
    traffic_bps: float = 0.0
    cryptography: CryptographyName = "real"
    rules: SessionRules = field(default_factory=SessionRules)

    def __post_init__(self) -> None:
        if not self.pairs or not 0.0 <= self.start_s < self.stop_s or self.traffic_bps < 0.0:
            raise ValueError(f"sessions {self.id}: expected pairs, a start before the stop, and traffic of at least 0")

    @property
    def length_s(self) -> float:
        """From start to stop."""
        return self.stop_s - self.start_s

    @property
    def expected_chunks(self) -> float:
        """How many chunks of one-time pads there can be."""
        if self.traffic_bps == 0.0:
            return 0.0
        pairs = sum(any(phase.suite.cipher == "one-time-pad" for phase in pair.phases) for pair in self.pairs)
        return pairs * self.length_s / self.rules.pad_interval_s

    def pairs_with_qkd(self) -> tuple[tuple[str, str], ...]:
        """The pairs that ask for QKD keys in any of their phases."""
        return tuple((pair.initiator, pair.responder) for pair in self.pairs if any(map(_asks_for_qkd, pair.phases)))


def _asks_for_qkd(phase: Phase) -> bool:
    return phase.suite.cipher == "one-time-pad" or "qkd" in phase.policy.mixes
