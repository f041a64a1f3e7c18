"""A link's life as a timeline of slices: dark, off, or lit with a given disturbance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from qkdsim.channels import combined_error


@dataclass(frozen=True, slots=True)
class Disruption:
    """What a fault does to one link between two moments.

    `cut`: no light arrives, and the link needs its relock time afterwards; `off`: the modules lose power and the raw
    data of the open block, and start cold afterwards; `disturbance`: noise photons at the receiver's input, or a worse
    alignment.
    """

    kind: Literal["cut", "disturbance", "off"]
    start_s: float
    end_s: float
    noise_photon_rate_hz: float = 0.0
    misalignment_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of time in which nothing changes."""

    start_s: float
    end_s: float
    state: Literal["lit", "dark", "off"]
    noise_photon_rate_hz: float = 0.0
    misalignment_error: float = 0.0

    @property
    def is_disturbed(self) -> bool:
        """Whether a disturbance acts on the channel."""
        return self.noise_photon_rate_hz > 0.0 or self.misalignment_error > 0.0


def timeline(
    duration_s: float, disruptions: Iterable[Disruption], *, cold_start_s: float, relock_s: float
) -> list[Slice]:
    """Cut a run into slices. The modules are switched on at time 0 and need `cold_start_s` before pulses count."""
    acting = list(disruptions)
    dark = [(0.0, cold_start_s)]
    off: list[tuple[float, float]] = []
    for one in acting:
        if one.kind == "cut":
            dark.append((one.start_s, one.end_s + relock_s))
        elif one.kind == "off":
            off.append((one.start_s, one.end_s))
            dark.append((one.end_s, one.end_s + cold_start_s))
    disturbances = [one for one in acting if one.kind == "disturbance"]
    edges = {0.0, duration_s}
    for start_s, end_s in [*dark, *off, *((one.start_s, one.end_s) for one in disturbances)]:
        edges.update(edge for edge in (start_s, end_s) if 0.0 < edge < duration_s)
    ordered = sorted(edges)
    slices = [_slice(start_s, end_s, dark, off, disturbances) for start_s, end_s in pairwise(ordered)]
    return list(_merged(slices))


def _slice(
    start_s: float,
    end_s: float,
    dark: Sequence[tuple[float, float]],
    off: Sequence[tuple[float, float]],
    disturbances: Sequence[Disruption],
) -> Slice:
    if any(a <= start_s < b for a, b in off):
        return Slice(start_s, end_s, "off")
    if any(a <= start_s < b for a, b in dark):
        return Slice(start_s, end_s, "dark")
    acting = [one for one in disturbances if one.start_s <= start_s < one.end_s]
    noise_hz = sum(one.noise_photon_rate_hz for one in acting)
    return Slice(start_s, end_s, "lit", noise_hz, combined_error(*(one.misalignment_error for one in acting)))


def _merged(slices: Sequence[Slice]) -> Iterable[Slice]:
    """Join neighbours that do not differ, so that a slice edge is always a change."""
    current: Slice | None = None
    for one in slices:
        if current is not None and _alike(current, one):
            current = Slice(current.start_s, one.end_s, one.state, one.noise_photon_rate_hz, one.misalignment_error)
            continue
        if current is not None:
            yield current
        current = one
    if current is not None:
        yield current


def _alike(a: Slice, b: Slice) -> bool:
    return (a.state, a.noise_photon_rate_hz, a.misalignment_error) == (
        b.state,
        b.noise_photon_rate_hz,
        b.misalignment_error,
    )
