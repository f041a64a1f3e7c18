"""Fibre spans with an amplifier after each: what of the light arrives, and with how much noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qkdsim import units
from qkdsim.channels import spontaneous_photons_per_mode
from qkdsim.errors import InputError
from qkdsim.streamcipher.cipher import SOURCE


@dataclass(frozen=True, slots=True)
class Arrival:
    """Light at a receiver: share of the transmitted photons, and noise photons per mode and polarisation."""

    transmittance: float = 1.0
    noise_photons: float = 0.0


@dataclass(frozen=True, slots=True)
class AmplifiedLine:
    """`spans` equal spans, each followed by an amplifier that makes up for its loss, then `last_loss_db` without one.

    Y-00 light is bright and classical enough to be amplified: the receiver, who knows the basis, needs to tell few
    states apart. A quantum key cannot take this way (`channels.require_no_amplifier`). Fibre nonlinearity, dispersion
    and gain saturation are left out, so a launch power above a few dBm per channel promises too much.

    Raises InputError for a noise figure below the quantum limit 2 - 1/gain, or values out of range.
    """

    spans: int
    span_loss_db: float
    noise_figure_db: float = 5.0
    last_loss_db: float = 0.0

    def __post_init__(self) -> None:
        if self.spans < 0:
            raise InputError.of(SOURCE, "spans", self.spans, "a whole number, 0 or more")
        for name in ("span_loss_db", "last_loss_db"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise InputError.of(SOURCE, name, getattr(self, name), "a loss in dB, 0 or more")
        if not 10.0 ** (self.noise_figure_db / 10.0) >= (2.0 - units.transmittance(self.span_loss_db)) * (1.0 - 1e-12):
            limit_db = 10.0 * math.log10(2.0 - units.transmittance(self.span_loss_db))
            raise InputError.of(
                SOURCE, "noise_figure_db", self.noise_figure_db, f"at least {limit_db:.2f} at this gain"
            )

    @property
    def amplifier_noise_photons(self) -> float:
        """Noise photons per mode and polarisation that one amplifier adds: n_sp (G - 1) = (F G - 1) / 2.

        The noise figure is that of shot-noise-limited input, F = 2 n_sp (1 - 1/G) + 1/G (E. Desurvire,
        Erbium-Doped Fiber Amplifiers, 1994).
        """
        gain = 1.0 / units.transmittance(self.span_loss_db)
        if gain == 1.0:
            return 0.0
        noise_figure = 10.0 ** (self.noise_figure_db / 10.0)
        emission_factor = (noise_figure * gain - 1.0) / (2.0 * (gain - 1.0))
        return spontaneous_photons_per_mode(self.span_loss_db, emission_factor)

    @property
    def arrival(self) -> Arrival:
        """Light at the end of the line; noise of all amplifiers adds up, as every later span is transparent."""
        last = units.transmittance(self.last_loss_db)
        return Arrival(last, last * self.spans * self.amplifier_noise_photons)
