"""What came of each pass, as tables and figures show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One pass and what came of it; seconds after the start of the run.

    usable_s              seconds in which key can be made
    is_usable, is_taken   whether Sun, weather and faults allow it, and whether light was counted
    reason                why it gave nothing or less, or when its key came; empty where all of it was used
    min_loss_db           least loss between the telescopes, None where no part is usable
    expected_secret_bits  mean key, were it taken as a block of its own
    sifted_bits, qber     what it gave
    secret_bits           key of the blocks that closed with it; passes pooled into a later block have none
    direction             downlink or uplink
    """

    satellite: str
    station: str
    rise_s: float
    culmination_s: float
    set_s: float
    max_elevation_deg: float
    usable_s: float
    is_usable: bool
    is_taken: bool
    reason: str
    min_loss_db: float | None
    expected_secret_bits: int
    sifted_bits: float | None
    qber: float | None
    secret_bits: int
    direction: str = "downlink"
