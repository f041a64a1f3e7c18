"""What a request may ask of the network: how long it waits, who goes first, over how many paths its key is split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sharing = Literal["none", "xor", "shamir"]
FewerPaths = Literal["refuse", "accept"]
Verification = Literal["tags", "cross"]


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """A class of service: what its requests ask for, and what they may take.

    `priority`: 0 goes first. `paths`: node-disjoint paths over which a key is split; `threshold`: shares that rebuild
    it, equal to `paths` for an XOR split. `fewer_paths`: what happens where fewer disjoint paths exist, to refuse or to
    serve over fewer and say so. `verification`: shares are authenticated with pre-shared keys (`tags`), or the ends
    compare what came over the paths, which needs `paths >= 2 threshold - 1` (`cross`).

    Admission: `max_waiting` requests of one pair may wait (None: any number); `rate_limit_bps` is the mean key rate
    that one pair may take, by a token bucket that holds `burst_bits` (None: no limit).
    """

    name: str
    priority: int = 0
    latency_budget_s: float = 1.0
    paths: int = 1
    threshold: int = 1
    sharing: Sharing = "none"
    fewer_paths: FewerPaths = "refuse"
    verification: Verification = "tags"
    max_waiting: int | None = None
    rate_limit_bps: float | None = None
    burst_bits: float = 0.0

    @property
    def least_shares(self) -> int:
        """Shares that make a key: its threshold k, or 2k - 1 where shares are verified by comparing them."""
        return 2 * self.threshold - 1 if self.verification == "cross" else self.threshold
