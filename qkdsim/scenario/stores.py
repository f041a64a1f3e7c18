"""Key stores and the settings of single links, as a scenario file states them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import model_validator

from qkdsim import library
from qkdsim.devices.quantity import NonNegative, Quantity, bounded
from qkdsim.network import Watermarks
from qkdsim.scenario.duration import Duration

Fidelity = Literal["expected", "tallied", "sampled", "declared"]
_MOST_BITS = 1e15  # stores count in 64 bits; a thousand links may be added up
Bits = Annotated[Quantity, *bounded(ge=0, le=_MOST_BITS)]
Capacity = Annotated[Quantity, *bounded(ge=1, le=_MOST_BITS)]
TagBits = Annotated[Quantity, *bounded(ge=0, le=1e6)]


class StoreSettings(library.FileModel):
    """The key store of every link. A tag of `hop_tag_bits` authenticates each hop of a relay.

    `relay_reserve_bits` stay in each store for requests between its own two ends. Below `low_watermark_bits` a link
    counts as short of key, from `high_watermark_bits` as full. Key older than `key_lifetime` is dropped.
    """

    capacity_bits: Capacity | None = None  # unlimited when left out
    initial_key_bits: Bits = Quantity(0.0)
    hop_tag_bits: TagBits = Quantity(128.0)
    hop_delay_s: NonNegative = Quantity(0.001)  # processing in each relay node, beside the message's travel time
    relay_reserve_bits: Bits = Quantity(0.0)
    low_watermark_bits: Bits = Quantity(0.0)
    high_watermark_bits: Bits = Quantity(0.0)
    key_lifetime: Duration | None = None

    @model_validator(mode="after")
    def _watermarks_are_in_order(self) -> StoreSettings:
        if self.low_watermark_bits > self.high_watermark_bits:
            expected = f"at most high_watermark_bits ({self.high_watermark_bits:g})"
            raise ValueError(f"low_watermark_bits: got {self.low_watermark_bits:g}, expected {expected}")
        if self.capacity_bits is not None and self.high_watermark_bits > self.capacity_bits:
            expected = f"at most capacity_bits ({self.capacity_bits:g})"
            raise ValueError(f"high_watermark_bits: got {self.high_watermark_bits:g}, expected {expected}")
        if self.key_lifetime is not None and self.key_lifetime <= 0.0:
            raise ValueError("key_lifetime: got 0, expected a duration above 0")
        return self

    def of(self, link: LinkSettings) -> LinkStore:
        """The store of one link: what the link states itself, or what holds for all."""

        def value(key: str) -> float | None:
            own: float | None = getattr(link, key)
            return getattr(self, key) if own is None else own

        capacity = value("capacity_bits")
        low, high = round(value("low_watermark_bits") or 0.0), round(value("high_watermark_bits") or 0.0)
        return LinkStore(
            initial_bits=round(value("initial_key_bits") or 0.0),
            capacity_bits=None if capacity is None else round(capacity),
            watermarks=Watermarks(low, max(low, high)),
        )


@dataclass(frozen=True, slots=True)
class LinkStore:
    """The store of one link at the start of a run."""

    initial_bits: int
    capacity_bits: int | None
    watermarks: Watermarks


class LinkSettings(library.FileModel):
    """What this scenario changes on one link."""

    id: str
    profile: str | None = None
    fidelity: Fidelity | None = None
    initial_key_bits: Bits | None = None
    capacity_bits: Capacity | None = None
    low_watermark_bits: Bits | None = None
    high_watermark_bits: Bits | None = None
