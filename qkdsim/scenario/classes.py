"""Classes of service, as a scenario file states them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, StrictInt, model_validator

from qkdsim import library
from qkdsim.devices.quantity import Positive
from qkdsim.network.service import FewerPaths, ServiceClass, Sharing, Verification
from qkdsim.scenario.duration import Duration

_MOST_PATHS = 255  # shares over bytes have as many names


class ServiceClassEntry(library.FileModel):
    """What requests of a class ask for, and what one pair of nodes may take.

    `sharing`: a key goes one way (`none`), or is split over node-disjoint paths, by `xor` so that every share is
    needed, or by `shamir` so that any `threshold` of them rebuild it. Where fewer disjoint paths exist, requests are
    refused, or served over fewer (`fewer_paths`). Shares are authenticated with pre-shared keys (`tags`), or the two
    ends compare what came over the paths (`cross`), which needs `paths >= 2 threshold - 1`.
    """

    name: str = Field(min_length=1)
    priority: StrictInt = Field(default=0, ge=0, le=1_000_000)  # 0 goes first
    latency_budget: Duration = 1.0  # from request to key at both ends
    paths: StrictInt = Field(default=1, ge=1, le=_MOST_PATHS)
    threshold: StrictInt | None = Field(default=None, ge=1)  # all paths when left out, with `xor`
    sharing: Sharing = "none"
    fewer_paths: FewerPaths = "refuse"
    verification: Verification = "tags"
    max_waiting: StrictInt | None = Field(default=None, ge=0)  # requests of one pair; more are refused
    rate_limit_bps: Positive | None = None  # mean key rate of one pair: a token bucket
    burst_bits: Positive | None = None  # what the bucket holds; needed with rate_limit_bps

    @model_validator(mode="after")
    def _numbers_fit(self) -> ServiceClassEntry:
        problems = [*(self._whole_key_problems() if self.sharing == "none" else self._split_problems())]
        if self.rate_limit_bps is not None and self.burst_bits is None:
            problems.append("burst_bits: got nothing, expected the key that may be taken at once, with rate_limit_bps")
        if self.rate_limit_bps is None and self.burst_bits is not None:
            problems.append(f"burst_bits: got {self.burst_bits:g}, expected none without rate_limit_bps")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _whole_key_problems(self) -> Iterator[str]:
        """A key that is not split has one path and no shares."""
        if self.paths != 1:
            yield f"sharing: got 'none', expected 'xor' or 'shamir' over {self.paths} paths"
            return
        for key in sorted({"threshold", "fewer_paths", "verification"} & self.model_fields_set):
            yield f"{key}: got {getattr(self, key)!r}, expected none for a key that is not split"

    def _split_problems(self) -> Iterator[str]:
        if self.paths < 2:
            yield f"paths: got {self.paths}, expected at least 2 for sharing {self.sharing!r}"
            return
        least = self.paths if self.sharing == "xor" else 2
        if self.sharing == "shamir" and self.threshold is None:
            yield "threshold: got nothing, expected how many shares rebuild the key"
        elif not least <= self.shares_needed <= self.paths:
            words = f"{self.paths}: an XOR split needs every share" if self.sharing == "xor" else f"2 to {self.paths}"
            yield f"threshold: got {self.threshold}, expected {words}"
        elif self.verification == "cross" and self.paths < 2 * self.shares_needed - 1:
            words = f"'tags', or at least 2 threshold - 1 = {2 * self.shares_needed - 1} paths"
            yield f"verification: got 'cross', expected {words}"

    @property
    def shares_needed(self) -> int:
        """Shares that rebuild a key."""
        return self.paths if self.threshold is None else self.threshold

    def service(self) -> ServiceClass:
        """The class as the network knows it."""
        return ServiceClass(
            name=self.name,
            priority=self.priority,
            latency_budget_s=self.latency_budget,
            paths=self.paths,
            threshold=self.shares_needed,
            sharing=self.sharing,
            fewer_paths=self.fewer_paths,
            verification=self.verification,
            max_waiting=self.max_waiting,
            rate_limit_bps=None if self.rate_limit_bps is None else float(self.rate_limit_bps),
            burst_bits=float(self.burst_bits or 0.0),
        )
