"""The ledger of one block: every bit that was detected, disclosed, leaked, spent and kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# why a block gave no key, in the order of the codes
OUTCOMES = (
    "key",
    "qber above the abort threshold",
    "bound leaves no key",
    "no detections before the time limit",
    "authentication pool empty",
    "no key at this loss",
    "reconciliation did not converge",
    "verification found a difference",
    "a message was not authentic",
)
(
    KEY,
    ABORTED,
    NO_KEY,
    NO_DETECTIONS,
    POOL_EMPTY,
    NO_KEY_AT_LOSS,
    NOT_CONVERGED,
    NOT_EQUAL,
    UNAUTHENTIC,
) = range(len(OUTCOMES))


class RefusedError(Exception):
    """A block is given up; `outcome` is a place in OUTCOMES. Key processing catches it and writes the ledger."""

    def __init__(self, outcome: int, detail: str = "") -> None:
        """Say why; `detail` is for people."""
        super().__init__(detail or OUTCOMES[outcome])
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class BlockLedger:
    """Where the bits of a block went. Counts of bits are whole numbers.

    raw_bits            detections that gave Bob a bit
    double_clicks       among them, or discarded
    sifted_bits         detections in the key basis, of any intensity
    disclosed_bits      bits published for parameter estimation: the test basis, or a sample of the key
    estimated_qber      what estimation told before reconciliation; None without detections
    qber                of the sifted key, as reconciliation found it; the estimate where it did not come to that
    leak_ec_bits        parities and syndrome bits of Alice's key that passed on the wire
    bob_leak_bits       bits about Bob's key that his questions gave away
    ec_efficiency       leak_ec_bits / (n h(qber)), None where that has no meaning
    verification_bits   length of the verification tag, paid for by the key length's correctness term
    authentication_bits pads set aside and destroyed for the block's tags
    phase_error_rate    upper bound, None where none was formed
    secret_bits         length of the key
    pool_refill_bits    part of it that goes back into the authentication pool, first
    epsilon_secrecy, epsilon_correctness, epsilon_authentication  parts of the failure probability
    outcome             place in OUTCOMES
    keys_equal          whether the keys of both ends are equal, which only an observer of both can say; None without
    messages, turns, bits_to_alice, bits_to_bob  traffic on the service channel
    service_channel_s   time from the first message to the last, on a channel that carries nothing else
    transmission_s      part of it in which bits were on the channel; the rest is delay
    """

    raw_bits: int
    double_clicks: int
    sifted_bits: int
    disclosed_bits: int
    estimated_qber: float | None
    qber: float | None
    leak_ec_bits: int
    bob_leak_bits: int
    ec_efficiency: float | None
    verification_bits: int
    authentication_bits: int
    phase_error_rate: float | None
    secret_bits: int
    pool_refill_bits: int
    epsilon_secrecy: float
    epsilon_correctness: float
    epsilon_authentication: float
    outcome: int
    keys_equal: bool | None
    messages: int
    turns: int
    bits_to_alice: int
    bits_to_bob: int
    service_channel_s: float
    transmission_s: float

    @property
    def aborted(self) -> bool:
        """Whether the block was refused, for whatever reason."""
        return self.outcome != KEY

    @property
    def reason(self) -> str | None:
        """Why there is no key, None where there is one."""
        return OUTCOMES[self.outcome] if self.aborted else None

    @property
    def epsilon(self) -> float:
        """Failure probability of the block: its parts add up."""
        return self.epsilon_secrecy + self.epsilon_correctness + self.epsilon_authentication

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and tables."""
        return {**asdict(self), "aborted": self.aborted, "reason": self.reason, "epsilon": self.epsilon}
