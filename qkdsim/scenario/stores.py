"""Key stores and the settings of single links, as a scenario file states them."""

from __future__ import annotations

from typing import Literal

from qkdsim import library
from qkdsim.devices.quantity import NonNegative, Positive, Quantity

Fidelity = Literal["expected", "tallied", "sampled", "declared"]


class StoreSettings(library.FileModel):
    """The key store of every link. A tag of `hop_tag_bits` authenticates each hop of a relay."""

    capacity_bits: Positive | None = None  # unlimited when left out
    initial_key_bits: NonNegative = Quantity(0.0)
    hop_tag_bits: NonNegative = Quantity(128.0)
    hop_delay_s: NonNegative = Quantity(0.001)  # processing in each relay node, beside the light's travel time


class LinkSettings(library.FileModel):
    """What this scenario changes on one link."""

    id: str
    profile: str | None = None
    fidelity: Fidelity | None = None
    initial_key_bits: NonNegative | None = None
    capacity_bits: Positive | None = None
