"""The key rate of one link: what `qkdsim rate` prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qkdsim import library, units
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, NamedProfile
from qkdsim.devices.operation import PROOFS, TAIL_BOUNDS
from qkdsim.errors import InputError
from qkdsim.links.declared import declared_rate
from qkdsim.links.reference_fibre import check_block_bits, named_profile, reference_span, span_of
from qkdsim.links.sender import best_choice, with_choice
from qkdsim.links.study import Study
from qkdsim.protocols import Coverage, Security, coverage, theory_of
from qkdsim.protocols.optimise import Choice

MAX_LENGTH_KM = 2000.0  # no fibre link of any profile lives beyond


@dataclass(frozen=True, slots=True)
class KeyRate:
    """One link's figures. What a declared profile does not state, and what a mode does not know, is None.

    gain                       detections per signal pulse with both ends in the key basis
    qber                       error rate of the sifted key
    single_photon_gain         lower bound on detections of single photons per pulse with both ends in the key basis
    sifted_rate_bps            detections with both ends in the key basis (either basis where both give key)
    secret_key_bits_per_pulse  over all pulses sent
    max_length_km              greatest length of the profile's reference fibre with key, all else unchanged
    """

    profile: str
    protocol: str
    bounds: str
    covered_by_proof: bool
    coverage: str
    length_km: float | None
    loss_db: float
    transmittance: float
    gain: float | None
    qber: float | None
    single_photon_gain: float | None
    phase_error_rate: float | None
    sifted_rate_bps: float | None
    secret_key_bits_per_pulse: float | None
    secret_key_rate_bps: float
    block_bits: float | None
    block_duration_s: float | None
    epsilon: float | None
    max_length_km: float | None
    in_validity: bool
    optimised: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in order."""
        return asdict(self)


def key_rate(
    profile: str | DeviceProfile,
    *,
    length_km: float | None = None,
    loss_db: float | None = None,
    block_bits: float | None = None,
    asymptotic: bool = False,
    optimise: bool = False,
    bounds: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> KeyRate:
    """Gain, QBER and secret key rate of a device over a length of its reference fibre, or over a loss.

    `asymptotic`: infinite data and infinitely many decoys at the declared intensities; the signal is then the brightest
    intensity, and the share of pulses spent on decoys and on the choice of intensity vanishes. Otherwise a finite
    block of `block_bits` with expected counts; when None, a block as the device closes it, by size or by time limit.

    `optimise` chooses intensities, their probabilities and the basis bias. `bounds` names a tail bound or a key-length
    theory in place of the profile's. `overrides` change values of a profile that is given by name; `on_progress` hears
    how far the optimiser is.

    Raises InputError for a bad profile, both or neither of length and loss, values out of range, or an option that
    means nothing for this profile.
    """
    named = named_profile(profile, overrides)
    if bounds is not None:
        named = _with_bounds(named, bounds, asymptotic)
    span = _checked_span(named, length_km, loss_db, block_bits, asymptotic)
    if not named.profile.is_modelled:
        if asymptotic or optimise or block_bits is not None:
            raise InputError.of(named.name, "", None, "a declared rate table knows no blocks, limits or settings")
        return _declared(named, span)
    if optimise and not asymptotic and theory_of(named.profile).proof == "asymptotic-decoy":
        expected = "--asymptotic, or a finite-key theory: without statistics the best decoys vanish"
        raise InputError.of(named.name, "--optimise", None, expected)
    chosen = None
    study = Study(named.profile, block_bits, asymptotic)
    if optimise:
        chosen = best_choice(study, span, on_progress)
        study = Study(with_choice(named.profile, chosen), block_bits, asymptotic)
    return _report(study, named.name, span, chosen)


def _with_bounds(named: NamedProfile, bounds: str, asymptotic: bool) -> NamedProfile:
    """The profile under another tail bound or theory; one that the theory would not use is refused."""
    if bounds not in (*TAIL_BOUNDS, *PROOFS):
        raise InputError.of("--bounds", "", bounds, f"one of {', '.join((*TAIL_BOUNDS, *PROOFS))}")
    table = named.profile.model_dump(exclude_none=True)
    table["security_model"]["tail_bound" if bounds in TAIL_BOUNDS else "proof"] = bounds
    profile = library.validated(DeviceProfile, table, named.name)
    in_use = "infinite data" if asymptotic else theory_of(profile).bounds if profile.is_modelled else "a rate table"
    if bounds not in in_use and not (bounds == "none" and not asymptotic and profile.is_modelled):
        raise InputError.of("--bounds", "", bounds, f"another theory: this rate rests on {in_use}")
    return NamedProfile(named.name, profile, named.sha256)


def _checked_span(
    named: NamedProfile, length_km: float | None, loss_db: float | None, block_bits: float | None, asymptotic: bool
) -> FibreSpan:
    check_block_bits(named.name, block_bits)
    if block_bits is not None and asymptotic:
        raise InputError.of(named.name, "", None, "expected at most one of --block-bits and --asymptotic")
    return reference_span(named, length_km, loss_db)


def _declared(named: NamedProfile, span: FibreSpan) -> KeyRate:
    rate = declared_rate(named.profile, span.total_loss_db)
    furthest_db = float(named.profile.performance.rate_table[-1].loss_db)
    return KeyRate(
        profile=named.name,
        protocol=named.profile.protocol.name,
        bounds="declared rate table",
        covered_by_proof=False,
        coverage=str(Coverage(("rate declared by the profile",))),
        length_km=span.length_km,
        loss_db=span.total_loss_db,
        transmittance=units.transmittance(span.total_loss_db),
        gain=None,
        qber=None if math.isnan(rate.qber) else rate.qber,
        single_photon_gain=None,
        phase_error_rate=None,
        sifted_rate_bps=None,
        secret_key_bits_per_pulse=None,
        secret_key_rate_bps=rate.secret_key_rate_bps,
        block_bits=None,
        block_duration_s=None,
        epsilon=None,
        max_length_km=furthest_db / float(named.profile.reference_fibre.attenuation_db_per_km),
        in_validity=True,
        optimised=None,
    )


def _max_length_km(study: Study) -> float:
    """Greatest length with key: doubling, then bisection to a metre; 0 where there is none at all."""

    def has_key(length_km: float) -> bool:
        return study.figures(span_of(study.profile, length_km, None)).secret_per_pulse > 0.0

    if not has_key(0.0):
        return 0.0
    low, high = 0.0, 50.0
    while has_key(high):
        low, high = high, 2.0 * high
        if low >= MAX_LENGTH_KM:
            return MAX_LENGTH_KM
    while high - low > 1e-3:
        middle = (low + high) / 2.0
        low, high = (middle, high) if has_key(middle) else (low, middle)
    return low


def _report(study: Study, name: str, span: FibreSpan, chosen: Choice | None) -> KeyRate:
    figures, point = study.figures(span), study.point(span)
    profile, theory = study.profile, theory_of(study.profile)
    cover = coverage(profile, profile, theory, infinite_data=study.asymptotic)
    block_s = None if figures.block_pulses is None else figures.block_pulses / point.pulse_rate_hz
    return KeyRate(
        profile=name,
        protocol=profile.protocol.name,
        bounds="asymptotic, infinitely many decoys" if study.asymptotic else theory.bounds,
        covered_by_proof=cover.covered,
        coverage=str(cover),
        length_km=span.length_km,
        loss_db=span.total_loss_db,
        transmittance=units.transmittance(span.total_loss_db),
        gain=figures.gain,
        qber=figures.qber,
        single_photon_gain=figures.single_photon_gain,
        phase_error_rate=figures.phase_error_rate,
        sifted_rate_bps=figures.sifted_per_pulse * point.pulse_rate_hz,
        secret_key_bits_per_pulse=figures.secret_per_pulse,
        secret_key_rate_bps=figures.secret_per_pulse * point.pulse_rate_hz,
        block_bits=figures.block_bits,
        block_duration_s=None if block_s is None or not math.isfinite(block_s) else block_s,
        epsilon=None if study.asymptotic else _epsilon(study, figures.secret_bits or 0.0),
        max_length_km=_max_length_km(study),
        in_validity=point.clicks.in_validity,
        optimised=None if chosen is None else asdict(chosen),
    )


def _epsilon(study: Study, secret_bits: float) -> float:
    security = Security.of(study.post_processing)
    both_bases = theory_of(study.profile).both_bases
    return float(security.block_epsilon(np.array([secret_bits]), both_bases=both_bases)[0])


def secret_key_rates_bps(
    profile: str | DeviceProfile,
    lengths_km: Sequence[float],
    *,
    block_bits: float | None = None,
    asymptotic: bool = False,
) -> list[float]:
    """Secret key rate at each length of the profile's reference fibre, for curves.

    Raises InputError for values out of range.
    """
    named = named_profile(profile, None)
    spans = [_checked_span(named, length_km, None, block_bits, asymptotic) for length_km in lengths_km]
    source = named.profile.source
    if source is None or not named.profile.is_modelled:
        return [declared_rate(named.profile, span.total_loss_db).secret_key_rate_bps for span in spans]
    study = Study(named.profile, block_bits, asymptotic)
    return [study.figures(span).secret_per_pulse * float(source.pulse_rate_hz) for span in spans]
