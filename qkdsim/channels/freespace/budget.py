"""A free-space link from telescope to telescope: its loss, part by part, and the channel state a receiver meets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qkdsim import units
from qkdsim.channels.freespace.background import background_photon_rate_hz
from qkdsim.channels.freespace.checks import require_positive
from qkdsim.channels.freespace.diffraction import (
    DiffractionTable,
    equivalent_divergence_rad,
    far_field_transmittance,
)
from qkdsim.channels.freespace.extinction import Extinction
from qkdsim.channels.freespace.jittered_diffraction import jittered_table
from qkdsim.channels.freespace.near_field import (
    FAR_FIELD_FRESNEL_NUMBER,
    fresnel_number,
    fresnel_transmittance,
    gaussian_capture,
    gaussian_spot_radius_m,
)
from qkdsim.channels.freespace.pointing import mean_pointing_factor
from qkdsim.channels.freespace.telescope import Pointing, ReceiverTelescope, TransmitterTelescope
from qkdsim.channels.freespace.turbulence import (
    EvenTurbulence,
    HufnagelValley,
    fried_parameter_m,
    horizontal_fried_parameter_m,
    horizontal_spot_radius_m,
    seeing_fwhm_urad,
    share_in_field_of_view,
    single_mode_coupling,
    uplink_spot_radius_m,
)
from qkdsim.channels.state import ChannelState
from qkdsim.errors import InputError

FloatArray = NDArray[np.float64]

Direction = Literal["downlink", "uplink", "horizontal"]
Propagation = Literal["automatic", "far-field", "near-field", "gaussian"]


@dataclass(frozen=True, slots=True, eq=False)
class LossBudget:
    """Mean losses in dB, arrays of one shape; receiver optics and detector are *not* inside.

    diffraction_db  share of the emitted light that meets the receiver of a still beam in vacuum
    pointing_db     jitter and boresight error
    extinction_db   clear air
    turbulence_db   spreading and wander (uplink, horizontal); coupling into a single-mode fibre, or light outside the
                    field of view
    """

    diffraction_db: FloatArray
    pointing_db: FloatArray
    extinction_db: FloatArray
    turbulence_db: FloatArray

    @property
    def total_db(self) -> FloatArray:
        """All parts."""
        return np.asarray(self.diffraction_db + self.pointing_db + self.extinction_db + self.turbulence_db)

    @property
    def transmittance(self) -> FloatArray:
        """Mean power transmittance from the transmitter's exit to the receiver's entrance."""
        return units.transmittances(self.total_db)


@dataclass(frozen=True, slots=True)
class FreeSpaceLink:
    """Two telescopes, the air between them, and the way the light goes.

    direction    downlink (towards the ground), uplink, or horizontal (between buildings); HAPS are downlinks or uplinks
    turbulence   HufnagelValley over the ground station for downlink and uplink, EvenTurbulence for horizontal links;
                 None: calm air
    propagation  automatic: Fraunhofer where the Fresnel number aT^2/(lambda L) is at most 0.1, the Fresnel integral
                 nearer; far-field: Fraunhofer everywhere, which is what a beam focused on the receiver does;
                 near-field: the Fresnel integral everywhere; gaussian: a Gaussian beam cut by the receiver alone. A
                 measured divergence makes the beam Gaussian in any case

    Jitter of a diffraction-limited beam in the far field is exact (`jittered_diffraction`). Otherwise, and for the
    spread of an uplink, the beam is the Gaussian one with the same light on the axis (`equivalent_divergence_rad`).
    Raises InputError for parts that do not fit each other.
    """

    transmitter: TransmitterTelescope
    receiver: ReceiverTelescope
    wavelength_nm: float
    extinction: Extinction
    direction: Direction = "downlink"
    pointing: Pointing = field(default_factory=Pointing)
    turbulence: HufnagelValley | EvenTurbulence | None = None
    propagation: Propagation = "automatic"

    def __post_init__(self) -> None:
        source = "free-space link"
        require_positive(source, "wavelength_nm", self.wavelength_nm)
        for key, value, allowed in (
            ("direction", self.direction, ("downlink", "uplink", "horizontal")),
            ("propagation", self.propagation, ("automatic", "far-field", "near-field", "gaussian")),
        ):
            if value not in allowed:
                raise InputError.of(source, key, value, "one of " + ", ".join(allowed))
        expected = EvenTurbulence if self.direction == "horizontal" else HufnagelValley
        if self.turbulence is not None and not isinstance(self.turbulence, expected):
            given = type(self.turbulence).__name__
            raise InputError.of(source, "turbulence", given, f"{expected.__name__} for direction {self.direction}")

    def loss(self, range_km: ArrayLike, elevation_deg: ArrayLike | None = None) -> LossBudget:
        """Mean loss at ranges and apparent elevations of the upper end; shapes broadcast.

        Only horizontal links do without elevations. Raises ValueError unless ranges are above 0 and elevations within
        0 to 90 degrees.
        """
        if elevation_deg is None:
            if self.direction != "horizontal":
                raise ValueError(f"elevation_deg: needed for direction {self.direction}")
            elevation_deg = 0.0
        ranges, elevations = np.broadcast_arrays(np.asarray(range_km, float), np.asarray(elevation_deg, float))
        _require_geometry(ranges, elevations)
        still = gaussian_spot_radius_m(ranges, self.divergence_rad, self._waist_m)
        spread = self._spread(still, ranges, elevations)
        radius = self.receiver.aperture_radius_m
        far = self._is_far(ranges)
        diffraction = self._diffraction(far, still, ranges)
        spreading = gaussian_capture(spread, radius) / gaussian_capture(still, radius)
        coupling = self._coupling(ranges, elevations)
        return LossBudget(
            diffraction_db=units.losses_db(diffraction),
            pointing_db=units.losses_db(self._pointing_factor(far, diffraction, spread, ranges)),
            extinction_db=units.losses_db(self.extinction.transmittance(ranges, elevations)),
            turbulence_db=units.losses_db(spreading * coupling),
        )

    def noise_photon_rate_hz(self, radiance_w_per_m2_sr_um: ArrayLike, filter_width_nm: float) -> FloatArray:
        """Background at the receiver's entrance inside its filter; any shape of radiances. See `background`."""
        return background_photon_rate_hz(
            radiance_w_per_m2_sr_um=radiance_w_per_m2_sr_um,
            receiver=self.receiver,
            wavelength_nm=self.wavelength_nm,
            filter_width_nm=filter_width_nm,
        )

    def state(
        self,
        range_km: float,
        elevation_deg: float | None = None,
        *,
        sky_radiance_w_per_m2_sr_um: float = 0.0,
        filter_width_nm: float | None = None,
    ) -> ChannelState:
        """The channel at one moment, mean transmittance and background; air has no dispersion to speak of.

        `sky_radiance_w_per_m2_sr_um` is that of the sky behind the satellite, or for an uplink of the ground. Raises
        InputError for background without a filter width or a field of view.
        """
        noise_hz = 0.0
        if sky_radiance_w_per_m2_sr_um > 0.0:
            if filter_width_nm is None:
                raise InputError.of("receiver", "filter_width_nm", None, "needed to know how much background comes in")
            noise_hz = float(self.noise_photon_rate_hz(sky_radiance_w_per_m2_sr_um, filter_width_nm))
        transmittance = float(self.loss(range_km, elevation_deg).transmittance)
        return ChannelState(transmittance=transmittance, noise_photon_rate_hz=noise_hz)

    @property
    def divergence_rad(self) -> float:
        """1/e^2 half angle of the beam: as measured, or of the Gaussian beam with the same light on the axis."""
        if self.transmitter.divergence_half_angle_urad is not None:
            return self.transmitter.divergence_half_angle_urad * 1e-6
        return equivalent_divergence_rad(
            aperture_diameter_m=self.transmitter.aperture_diameter_m,
            wavelength_nm=self.wavelength_nm,
            truncation_ratio=self.transmitter.truncation_ratio,
            obscuration_ratio=self.transmitter.obscuration_ratio,
        )

    @property
    def _waist_m(self) -> float:
        """Radius of the beam as it leaves; unknown, and taken as 0, for a bare measured divergence."""
        if self.transmitter.divergence_half_angle_urad is not None:
            return self.transmitter.beam_radius_m or 0.0
        return self.transmitter.aperture_radius_m / max(1.0, self.transmitter.truncation_ratio)

    def _is_far(self, range_km: FloatArray) -> NDArray[np.bool_]:
        """Where Fraunhofer's formula is used."""
        if self.transmitter.divergence_half_angle_urad is not None or self.propagation == "gaussian":
            return np.zeros(range_km.shape, dtype=np.bool_)
        if self.propagation in ("far-field", "near-field"):
            return np.full(range_km.shape, self.propagation == "far-field")
        number = fresnel_number(range_km, self.wavelength_nm, self.transmitter.aperture_radius_m)
        return np.asarray(number <= FAR_FIELD_FRESNEL_NUMBER)

    def _diffraction(self, far: NDArray[np.bool_], spot_m: FloatArray, range_km: FloatArray) -> FloatArray:
        """Share of the emitted light that a still beam brings to the receiver."""
        if self.transmitter.divergence_half_angle_urad is not None or self.propagation == "gaussian":
            hole = self.receiver.obscuration_ratio
            return gaussian_capture(spot_m, self.receiver.aperture_radius_m, 0.0, hole)
        share = np.empty(range_km.shape)
        for chosen, formula in ((far, self._far_field), (~far, self._near_field)):
            if chosen.any():
                share[chosen] = formula(range_km[chosen])
        return share

    def _near_field(self, range_km: FloatArray) -> FloatArray:
        return fresnel_transmittance(
            range_km=range_km,
            wavelength_nm=self.wavelength_nm,
            transmitter_radius_m=self.transmitter.aperture_radius_m,
            receiver_radius_m=self.receiver.aperture_radius_m,
            truncation_ratio=self.transmitter.truncation_ratio,
            obscuration_ratio=self.transmitter.obscuration_ratio,
            receiver_obscuration_ratio=self.receiver.obscuration_ratio,
        )

    def _far_field(self, range_km: FloatArray, table: DiffractionTable | None = None) -> FloatArray:
        return far_field_transmittance(
            range_km=range_km,
            wavelength_nm=self.wavelength_nm,
            transmitter_radius_m=self.transmitter.aperture_radius_m,
            receiver_radius_m=self.receiver.aperture_radius_m,
            truncation_ratio=self.transmitter.truncation_ratio,
            obscuration_ratio=self.transmitter.obscuration_ratio,
            receiver_obscuration_ratio=self.receiver.obscuration_ratio,
            table=table,
        )

    def _pointing_factor(
        self, far: NDArray[np.bool_], still_share: FloatArray, spot_m: FloatArray, range_km: FloatArray
    ) -> FloatArray:
        """Mean power over that of perfect pointing. An uplink's spot is turbulence's more than the telescope's."""
        factor = mean_pointing_factor(
            spot_radius_m=spot_m,
            range_km=range_km,
            receiver_radius_m=self.receiver.aperture_radius_m,
            jitter_urad=self.pointing.jitter_urad,
            boresight_urad=self.pointing.boresight_urad,
        )
        spreads = self.turbulence is not None and self.direction != "downlink"
        moves = self.pointing.jitter_urad > 0.0 or self.pointing.boresight_urad > 0.0
        if moves and not spreads and far.any():
            scale = 2e9 * math.pi / self.wavelength_nm * self.transmitter.aperture_radius_m * 1e-6
            table = jittered_table(
                self.transmitter.truncation_ratio,
                self.transmitter.obscuration_ratio,
                scale * self.pointing.jitter_urad,
                scale * self.pointing.boresight_urad,
            )
            factor[far] = self._far_field(range_km[far], table) / still_share[far]
        return factor

    def _spread(self, spot_m: FloatArray, range_km: FloatArray, elevation_deg: FloatArray) -> FloatArray:
        """The long-term spot in turbulence; a downlink meets it too late to spread."""
        if isinstance(self.turbulence, EvenTurbulence):
            return horizontal_spot_radius_m(spot_m, self.turbulence, self.wavelength_nm, range_km)
        if self.turbulence is None or self.direction != "uplink":
            return spot_m
        waist_m = self.wavelength_nm * 1e-9 / (math.pi * self.divergence_rad)
        # near the telescope the beam is its aperture, not yet its angle: Andrews and Phillips' Lambda^(5/6) against the
        # far field's, 1 for a satellite
        far_share = self.divergence_rad * 1e3 * range_km / spot_m
        coherence_m = fried_parameter_m(self.turbulence, self.wavelength_nm, elevation_deg)
        return uplink_spot_radius_m(spot_m, waist_m * far_share, coherence_m)

    def _coupling(self, range_km: FloatArray, elevation_deg: FloatArray) -> FloatArray:
        """Light that reaches the fibre's mode, or the field of view."""
        coherence_m = self._coherence_m(range_km, elevation_deg)
        if self.receiver.single_mode:
            return single_mode_coupling(self.receiver.aperture_diameter_m, coherence_m)
        if self.receiver.field_of_view_full_urad is None:
            return np.ones(range_km.shape)
        seeing = seeing_fwhm_urad(self.wavelength_nm, coherence_m)
        return share_in_field_of_view(self.receiver.field_of_view_full_urad, seeing)

    def _coherence_m(self, range_km: FloatArray, elevation_deg: FloatArray) -> FloatArray:
        """Fried's parameter at the receiver; infinite in orbit, where the wave has become plane again."""
        if isinstance(self.turbulence, EvenTurbulence):
            return horizontal_fried_parameter_m(self.turbulence, self.wavelength_nm, range_km)
        if self.turbulence is None or self.direction == "uplink":
            return np.full(range_km.shape, np.inf)
        return fried_parameter_m(self.turbulence, self.wavelength_nm, elevation_deg)


def _require_geometry(range_km: FloatArray, elevation_deg: FloatArray) -> None:
    if range_km.size and not ((range_km > 0.0) & np.isfinite(range_km)).all():
        raise ValueError("range_km: expected finite ranges above 0")
    if elevation_deg.size and not ((elevation_deg >= 0.0) & (elevation_deg <= 90.0)).all():
        raise ValueError("elevation_deg: expected 0 to 90")
