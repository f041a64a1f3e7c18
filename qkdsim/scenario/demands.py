"""Who asks for key, as a scenario file states it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from qkdsim import library
from qkdsim.devices.quantity import Positive, Quantity
from qkdsim.scenario.duration import Duration


class Demand(library.FileModel):
    """Who asks for key, how, and how long it may wait.

    `one-time-pad`: a constant stream of `rate_bps`, fetched every `interval`; `rekeying`: one key of `key_bits`
    every `interval` (AES-256); `requests`: single keys of `key_bits`, Poisson with a mean of `requests_per_s`.
    """

    id: str = ""
    kind: Literal["one-time-pad", "rekeying", "requests"] = "one-time-pad"
    from_: str = Field(alias="from")
    to: str
    rate_bps: Positive | None = None
    interval: Duration | None = None
    key_bits: Positive = Quantity(256.0)
    requests_per_s: Positive | None = None
    latency_budget: Duration = 1.0
    start: Duration = 0.0
    stop: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and "id" not in data and {"from", "to"} <= data.keys():
            data = {**data, "id": f"{data.get('kind', 'one-time-pad')}-{data['from']}-{data['to']}"}
        return data

    @model_validator(mode="after")
    def _kind_has_its_numbers(self) -> Demand:
        needed = {"one-time-pad": "rate_bps", "rekeying": "interval", "requests": "requests_per_s"}[self.kind]
        if getattr(self, needed) is None:
            raise ValueError(f"{needed}: required for kind {self.kind!r}")
        if self.from_ == self.to:
            raise ValueError(f"to: got {self.to!r}, expected another node than `from`")
        return self
