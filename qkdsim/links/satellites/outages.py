"""Faults of satellites and stations, which no schedule knows before: what they do to light, radio and raw data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdsim.errors import InputError
from qkdsim.links.satellites.optical_link import OpticalLink
from qkdsim.links.satellites.parts import within
from qkdsim.links.satellites.slices import PassSlices
from qkdsim.links.timeline import Disruption, Slice, timeline

_SILENT = ("off", "node-lost", "classical-cut")  # kinds under which nobody answers the radio
_RAW_LOST = ("off", "node-lost")
_DARK = ("cut", *_SILENT)


@dataclass(frozen=True, slots=True)
class SpaceFault:
    """What goes wrong at a ground station or a satellite, named by `on`; `key_lost`: its copies of keys are gone."""

    on: str
    disruption: Disruption
    key_lost: bool = False


@dataclass(frozen=True, slots=True)
class PairFaults:
    """All that hits one satellite and one station, which need each other."""

    spans: tuple[tuple[SpaceFault, float], ...]  # each with the end of its relock or cold start
    timeline: tuple[Slice, ...]

    @classmethod
    def of(cls, link: OpticalLink, faults: Sequence[SpaceFault], duration_s: float) -> PairFaults | None:
        """The faults of either end; None where there are none. Each end has its own relock and cold start."""
        spans, acting = [], []
        for one in faults:
            if one.on in (link.craft.name, link.station.name):
                over_s = recovered_s(one, link)
                spans.append((one, over_s))
                acting += [one.disruption, Disruption("cut", one.disruption.end_s, over_s)]
        if not spans:
            return None
        return cls(tuple(spans), tuple(timeline(duration_s, acting, cold_start_s=0.0, relock_s=0.0)))

    def left(self, slices: PassSlices) -> PassSlices:
        """What faults leave of the light of a pass, disturbed where it is."""
        if not len(slices):
            return slices
        acting = [one for one in self.timeline if one.start_s < slices.end_s[-1] and slices.start_s[0] < one.end_s]
        if all((one.state, one.channel) == _PLAIN for one in acting):
            return slices
        return slices.hit(acting)

    def lit(self, spans_s: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """What faults leave of spans of time."""
        lit = [(one.start_s, one.end_s) for one in self.timeline if one.state == "lit"]
        return sorted(piece for begin_s, end_s in lit for piece in within(spans_s, begin_s, end_s))

    def reason(self, begin_s: float, end_s: float) -> str:
        """Who was down between two moments, or still starting."""
        down = {
            one.on: None
            for one, over_s in self.spans
            if one.disruption.kind in _DARK and one.disruption.start_s < end_s and begin_s < over_s
        }
        return " and ".join(f"{name} down" for name in down)

    def power_back_s(self, begin_s: float, end_s: float) -> float | None:
        """When power came back for the last time, if it failed between two moments: raw data does not survive that."""
        ends = [
            one.disruption.end_s
            for one, _ in self.spans
            if one.disruption.kind in _RAW_LOST and begin_s <= one.disruption.start_s < end_s
        ]
        return max(ends) if ends else None

    def contacts(
        self, begin_s: NDArray[np.float64], end_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What the faults leave of radio contacts."""
        silent = sorted(
            (one.disruption.start_s, one.disruption.end_s) for one, _ in self.spans if one.disruption.kind in _SILENT
        )
        left = list(zip(begin_s.tolist(), end_s.tolist(), strict=True))
        for low, high in silent:
            halves = ((begin, min(end, low)) for begin, end in left), ((max(begin, high), end) for begin, end in left)
            left = sorted(piece for half in halves for piece in half if piece[0] < piece[1])
        return np.array([begin for begin, _ in left]), np.array([end for _, end in left])


_PLAIN = ("lit", Slice(0.0, 0.0, "lit").channel)


def recovered_s(fault: SpaceFault, link: OpticalLink) -> float:
    """When a fault of one end of a link is over for its light: each end has its own relock and cold start."""
    module = link.on_board if fault.on == link.craft.name else link.on_ground
    times = module.profile.performance
    recovery_s = fault.disruption.recovery_s(cold_start_s=float(times.cold_start_s), relock_s=float(times.relock_s))
    return fault.disruption.end_s + recovery_s


def check_eavesdroppers(link: OpticalLink, faults: Sequence[SpaceFault]) -> None:
    """Refuse eavesdroppers where the click model knows no photon numbers, on which they act. Raises InputError."""
    detector = link.receiver.profile.detector
    for one in faults:
        is_hit = one.on in (link.craft.name, link.station.name) and one.disruption.intercepted_fraction > 0.0
        if is_hit and detector is not None and detector.click_model == "linear":
            expected = f"exact, for an eavesdropper at {one.on}"
            raise InputError.of(link.receiver.name, "detector.click_model", "linear", expected)
