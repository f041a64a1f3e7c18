"""One satellite and one station: the channel along a pass, and the key of the light of one pass or several."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qkdsim import units
from qkdsim.channels import ChannelState
from qkdsim.channels.freespace import FreeSpaceLink
from qkdsim.channels.orbit import Pass, geometry_at
from qkdsim.detections import Tally
from qkdsim.devices import DeviceProfile, NamedProfile, PostProcessing
from qkdsim.links.accumulate import ClosedBlocks
from qkdsim.links.agreed import agreed_transmitter
from qkdsim.links.block import KeyBlocks
from qkdsim.links.distil import Distiller
from qkdsim.links.free_space_optics import require_background_is_known
from qkdsim.links.operating_point import OperatingPoint, decoy_settings, operating_point
from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft, module_pair, optical_path
from qkdsim.links.satellites.slices import FloatArray, PassSlices, joined_slices, sliced
from qkdsim.links.timeline import Slice
from qkdsim.protocols import Attack, Counts, InterceptResend, Security, theory_of

SHORTEST_STEP_S, LONGEST_STEP_S = 1.0, 60.0  # grid on which the loss along a pass is computed
STEPS_OF_A_PASS = 1000  # of one that lasts long and changes slowly
UNDISTURBED = Slice(0.0, 0.0, "lit")


@dataclass(slots=True)
class OpticalLink:
    """A satellite's module, a station's, and the air between: a downlink, or an uplink.

    Raises InputError if the profiles do not make a link, ValueError if the two have no modules for each other.
    """

    craft: Spacecraft
    station: OpticalStation
    slice_db: float
    path: FreeSpaceLink = field(init=False, repr=False)
    transmitter: NamedProfile = field(init=False)
    receiver: NamedProfile = field(init=False)
    sending: DeviceProfile = field(init=False, repr=False)  # with the theory that both agreed on
    _points: dict[tuple[object, ...], OperatingPoint] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.path = optical_path(self.craft, self.station)
        self.transmitter, self.receiver = module_pair(self.craft, self.station)
        self.sending = agreed_transmitter(self.transmitter, self.receiver).profile
        require_background_is_known(self.receiver)

    @property
    def name(self) -> str:
        """Who sends to whom."""
        ends = (self.craft.name, self.station.name)
        return " > ".join(ends if self.path.direction == "downlink" else ends[::-1])

    @property
    def on_board(self) -> NamedProfile:
        """The satellite's module."""
        return self.transmitter if self.path.direction == "downlink" else self.receiver

    @property
    def on_ground(self) -> NamedProfile:
        """The station's module."""
        return self.receiver if self.path.direction == "downlink" else self.transmitter

    def slices(self, one: Pass, usable_s: list[tuple[float, float]]) -> PassSlices:
        """The usable parts of a pass, as (begin, end), cut into slices of near-constant loss and noise."""
        return joined_slices([self._cut(one, begin_s, end_s) for begin_s, end_s in usable_s if end_s > begin_s])

    def _cut(self, one: Pass, begin_s: float, end_s: float) -> PassSlices:
        step_s = min(max(one.duration_s / STEPS_OF_A_PASS, SHORTEST_STEP_S), LONGEST_STEP_S)
        edges_s = np.append(np.arange(begin_s, end_s, step_s), end_s)
        seen = geometry_at(one.satellite, one.station, one.start, (edges_s[:-1] + edges_s[1:]) / 2.0)
        loss_db = self.path.loss(seen.range_km, np.maximum(seen.elevation_deg, 0.1)).total_db
        return sliced(edges_s, loss_db, self._noise_hz(seen.sun_elevation_deg), self.slice_db)

    def _noise_hz(self, sun_elevation_deg: FloatArray) -> FloatArray:
        """Background: the sky behind the satellite, or the ground around the station."""
        if self.path.direction == "downlink":
            radiance = self.station.radiance_w_per_m2_sr_um(sun_elevation_deg)
        else:
            radiance = self.station.ground_radiance_w_per_m2_sr_um(sun_elevation_deg, self.path.wavelength_nm)
        return self.path.noise_photon_rate_hz(radiance, float(self.receiver.profile.receiver.filter_width_nm or 0.0))

    def point(self, loss_db: float, noise_photon_rate_hz: float, fault: Slice = UNDISTURBED) -> OperatingPoint:
        """What clicks at a loss and noise; kept, for passes meet the same ones again and again."""
        key = (round(loss_db, 6), noise_photon_rate_hz, *fault.channel)
        if key not in self._points:
            state = ChannelState(units.transmittance(loss_db), noise_photon_rate_hz=noise_photon_rate_hz)
            state = state.disturbed(fault.noise_photon_rate_hz, fault.misalignment_error, fault.loss_db)
            self._points[key] = operating_point(self.sending, self.receiver.profile, state, _attack(fault))
        return self._points[key]

    @property
    def in_validity(self) -> bool:
        """Whether dead time and afterpulses stayed in the range for which tallies are corrected."""
        return all(point.clicks.in_validity for point in self._points.values())

    @property
    def post_processing(self) -> PostProcessing:
        """Key processing, as the receiver's profile states it."""
        post = self.receiver.profile.post_processing
        if post is None:
            raise ValueError("a receiver has post-processing")  # optical_path guarantees it
        return post

    def stretches(self, slices: PassSlices) -> Iterator[tuple[OperatingPoint, int]]:
        """Operating point and whole pulses of each slice."""
        faults = slices.faults or (UNDISTURBED,) * len(slices)
        for start_s, end_s, loss_db, noise_hz, fault in zip(
            slices.start_s, slices.end_s, slices.loss_db, slices.noise_photon_rate_hz, faults, strict=True
        ):
            point = self.point(float(loss_db), float(noise_hz), fault)
            yield point, math.floor((end_s - start_s) * point.pulse_rate_hz)

    def any_point(self) -> OperatingPoint:
        """A point that was met: what does not depend on the channel can be read from it.

        Raises ValueError before the first.
        """
        if not self._points:
            raise ValueError(f"{self.name}: nothing has been sent yet")
        return next(iter(self._points.values()))

    def counts(self, slices: PassSlices, tally: Tally) -> Counts:
        """Counts of all slices, pooled: they share intensities and probabilities, and failed ones stay in.

        Raises ValueError without slices.
        """
        total: Counts | None = None
        for point, whole in self.stretches(slices):
            pulses = np.array([float(whole)])
            key = tally.key_detections(point.tally, pulses, math.inf)
            part = tally.counts(point.tally, pulses, key)
            total = part if total is None else total + part
        if total is None:
            raise ValueError("a pass without slices has no counts")
        return total

    def block_of(self, counts: Counts, start_s: float, end_s: float) -> KeyBlocks:
        """The block of the counts of a pass, or of several."""
        security = Security.of(self.post_processing)
        settings = decoy_settings(self.any_point(), security)
        distiller = Distiller(theory_of(self.sending), settings, security, self.post_processing)
        closed = ClosedBlocks(np.array([start_s]), np.array([end_s]), counts)
        return distiller.blocks(closed, distiller.key_length(counts))

    def block(self, slices: PassSlices, tally: Tally, start_s: float, end_s: float) -> KeyBlocks:
        """The block of a pass."""
        return self.block_of(self.counts(slices, tally), start_s, end_s)


def _attack(fault: Slice) -> Attack | None:
    attacks: list[Attack] = [InterceptResend(fraction) for fraction in fault.intercepted]
    return (lambda tables: functools.reduce(lambda done, one: one(done), attacks, tables)) if attacks else None
