"""Passes as the scheduler sees them: whole, or in parts where a contact lasts long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qkdsim.channels.orbit import Pass
from qkdsim.links.satellites.slices import PassSlices

CLOUDS, NO_PART_USABLE = "clouds", "no part of it is usable"


@dataclass(frozen=True, slots=True)
class PassPart:
    """What one block can take of a pass: all of it, or a part of a long contact.

    pass_index        number of the pass among all
    begin_s           of the part
    due_s             its light is over and the talk about it can end: where the part ends, or the satellite sets
    moment_s          names its draws, and tells its weather: the culmination of a whole pass, the middle of a part
    slices            the light as planned, without faults
    is_clear          whether the sky is
    expected_secret_bits  mean key of this part alone, under a clear sky
    expected_detections   mean number of detections
    """

    pass_index: int
    satellite: str
    station: str
    begin_s: float
    due_s: float
    moment_s: float
    slices: PassSlices = field(repr=False)
    is_clear: bool
    expected_secret_bits: int
    expected_detections: float

    @property
    def is_usable(self) -> bool:
        """Whether Sun and weather leave light."""
        return self.is_clear and len(self.slices) > 0


def part_spans(one: Pass, longest_s: float) -> list[tuple[float, float, float]]:
    """Begin, end and moment of the parts of a pass.

    A contact longer than a block may last is cut every `longest_s` from its rise on, whatever comes later.
    """
    if one.duration_s <= longest_s:
        return [(one.rise_s, one.set_s, one.culmination_s)]
    edges_s = np.append(np.arange(one.rise_s, one.set_s, longest_s), one.set_s)
    return [
        (low, high, 0.5 * (low + high)) for low, high in zip(edges_s[:-1].tolist(), edges_s[1:].tolist(), strict=True)
    ]


def within(spans_s: Sequence[tuple[float, float]], begin_s: float, end_s: float) -> list[tuple[float, float]]:
    """What lies of some spans between two moments."""
    clipped = [(max(low, begin_s), min(high, end_s)) for low, high in spans_s]
    return [(low, high) for low, high in clipped if low < high]


def joined_reasons(reasons: Sequence[str]) -> str:
    """Why the parts of a pass gave nothing or less, in one phrase; empty where all is well."""
    counted = Counter(reasons)
    if len(counted) == 1:
        return reasons[0]
    return "in part: " + ", ".join(reason for reason, _ in counted.most_common() if reason)
