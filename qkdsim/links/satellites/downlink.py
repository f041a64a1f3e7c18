"""One satellite over one station: the channel along a pass, and the key of a pass."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qkdsim import units
from qkdsim.channels import ChannelState
from qkdsim.channels.freespace import FreeSpaceLink
from qkdsim.channels.orbit import Pass, geometry_at
from qkdsim.detections import Tally
from qkdsim.devices import PostProcessing
from qkdsim.errors import InputError
from qkdsim.links.accumulate import ClosedBlocks
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import Distiller
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, operating_point
from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft, optical_path
from qkdsim.protocols import Counts, Security, theory_of

STEP_S = 1.0  # grid on which the loss along a pass is computed
NOISE_STEP = 1.1  # slices share their noise within this factor


@dataclass(frozen=True, slots=True)
class PassSlices:
    """The usable parts of a pass, cut where the loss has changed by a step; columns (slices,).

    Chosen from geometry alone, before anything is sent: never from errors or counts.
    """

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    loss_db: NDArray[np.float64]
    noise_photon_rate_hz: NDArray[np.float64]

    @property
    def min_loss_db(self) -> float:
        """Least loss of the pass; infinite where no part is usable."""
        return float(self.loss_db.min()) if len(self.loss_db) else math.inf


@dataclass(slots=True)
class Downlink:
    """A satellite's module, a station's, and the air between.

    Raises InputError if the profiles do not make a link.
    """

    craft: Spacecraft
    station: OpticalStation
    slice_db: float
    path: FreeSpaceLink = field(init=False, repr=False)
    _points: dict[tuple[float, float], OperatingPoint] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.path = optical_path(self.craft, self.station)
        tx, rx = self.craft.transmitter, self.station.receiver
        if tx.profile.protocol.name != rx.profile.protocol.name:
            expected = f"{tx.profile.protocol.name}, the transmitter's protocol"
            raise InputError.of(rx.name, "protocol.name", rx.profile.protocol.name, expected)
        if rx.profile.receiver.filter_width_nm is None or rx.profile.telescope is None:
            expected = "a width of the filter, on which the noise light of the sky depends"
            raise InputError.of(rx.name, "receiver.filter_width_nm", None, expected)

    def slices(self, one: Pass, usable_s: list[tuple[float, float]]) -> PassSlices:
        """The usable parts of a pass, as (begin, end), cut into slices of near-constant loss and noise."""
        parts = [self._cut(one, begin_s, end_s) for begin_s, end_s in usable_s if end_s > begin_s]
        if not parts:
            nothing = np.empty(0)
            return PassSlices(nothing, nothing, nothing, nothing)
        return PassSlices(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _cut(self, one: Pass, begin_s: float, end_s: float) -> tuple[NDArray[np.float64], ...]:
        edges_s = np.append(np.arange(begin_s, end_s, STEP_S), end_s)
        seen = geometry_at(one.satellite, one.station, one.start, (edges_s[:-1] + edges_s[1:]) / 2.0)
        loss_db = self.path.loss(seen.range_km, np.maximum(seen.elevation_deg, 0.1)).total_db
        radiance = np.array([self.station.radiance_w_per_m2_sr_um(sun) for sun in seen.sun_elevation_deg])
        width_nm = float(self.station.receiver.profile.receiver.filter_width_nm or 0.0)
        noise_hz = self.path.noise_photon_rate_hz(radiance, width_nm)
        # the middle of its step stands for every loss in it, and slices of all passes share their operating points
        level = np.floor(loss_db / self.slice_db)
        shade = np.round(np.log(np.maximum(noise_hz, 1e-30)) / math.log(NOISE_STEP))
        first = np.flatnonzero(np.concatenate([[True], (np.diff(level) != 0.0) | (np.diff(shade) != 0.0)]))
        last = np.append(first[1:], len(level))
        return edges_s[first], edges_s[last], (level[first] + 0.5) * self.slice_db, NOISE_STEP ** shade[first]

    def point(self, loss_db: float, noise_photon_rate_hz: float) -> OperatingPoint:
        """What clicks at a loss and noise; kept, for passes meet the same ones again and again."""
        key = (round(loss_db, 6), noise_photon_rate_hz)
        if key not in self._points:
            state = ChannelState(units.transmittance(loss_db), noise_photon_rate_hz=noise_photon_rate_hz)
            self._points[key] = operating_point(self.craft.transmitter.profile, self.station.receiver.profile, state)
        return self._points[key]

    @property
    def in_validity(self) -> bool:
        """Whether dead time and afterpulses stayed in the range for which tallies are corrected."""
        return all(point.clicks.in_validity for point in self._points.values())

    @property
    def post_processing(self) -> PostProcessing:
        """Key processing, as the station's profile states it."""
        post = self.station.receiver.profile.post_processing
        if post is None:
            raise ValueError("a ground station has post-processing")  # optical_path guarantees it
        return post

    @property
    def name(self) -> str:
        """Satellite and station."""
        return f"{self.craft.name} > {self.station.name}"

    def stretches(self, slices: PassSlices) -> Iterator[tuple[OperatingPoint, int]]:
        """Operating point and whole pulses of each slice."""
        for start_s, end_s, loss_db, noise_hz in zip(
            slices.start_s, slices.end_s, slices.loss_db, slices.noise_photon_rate_hz, strict=True
        ):
            point = self.point(float(loss_db), float(noise_hz))
            yield point, math.floor((end_s - start_s) * point.pulse_rate_hz)

    def any_point(self, slices: PassSlices) -> OperatingPoint:
        """An operating point of the pass: what does not depend on the channel can be read from it."""
        return self.point(float(slices.loss_db[0]), float(slices.noise_photon_rate_hz[0]))

    def counts(self, slices: PassSlices, tally: Tally) -> Counts:
        """Counts of all slices, pooled: they share intensities and probabilities, and failed ones stay in."""
        total: Counts | None = None
        for point, whole in self.stretches(slices):
            pulses = np.array([float(whole)])
            key = tally.key_detections(point.tally, pulses, math.inf)
            part = tally.counts(point.tally, pulses, key)
            total = part if total is None else total + part
        if total is None:
            raise ValueError("a pass without slices has no counts")
        return total

    def block(self, slices: PassSlices, tally: Tally, start_s: float, contact_end_s: float) -> KeyBlocks:
        """The block of a pass; its key is there when the post-processing contact closes."""
        counts = self.counts(slices, tally)
        security = Security.of(self.post_processing)
        settings = decoy_settings(self.any_point(slices), security)
        theory = theory_of(self.craft.transmitter.profile)
        distiller = Distiller(theory, settings, security, self.post_processing)
        closed = ClosedBlocks(np.array([start_s]), np.array([contact_end_s]), counts)
        return distiller.blocks(closed, distiller.key_length(counts))
