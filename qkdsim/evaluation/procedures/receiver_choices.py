"""Experiments on the choices of a receiver: bits of double clicks, and the basis in which it measures."""

from __future__ import annotations

import math

from scipy import stats

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, greatest, magnitude, normal, several, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing
from qkdsim.evaluation.specimen.observations import FloatArray, Light

DOUBLE_GATES = 1e5
BASIS_GATES = 1e8


def double_clicks(device: Device, seed: int) -> Evidence:
    """RX-13: bits recorded of double clicks in bright light: their number, and an exact test of a fair coin.

    The test refuses at 1e-4; what it does not refuse counts as all random, the interval says how far that reaches.
    """
    light = Light(1000.0)
    counts = bench_of(device).receiver_counts(light, DOUBLE_GATES, nature(seed, "RX-13"))
    doubles, recorded = int(counts.patterns[:, 3].sum()), counts.double_bits
    told = int(recorded.sum())
    if doubles == 0:
        return Evidence("RX-13", "experiment", "specimen", None, seed=seed, note="no double click in bright light")
    if told < doubles:
        note = f"{doubles - told} of {doubles} double clicks got no bit"
        return Evidence("RX-13", "experiment", "specimen", told / doubles, seed=seed, events=doubles - told, note=note)
    fewer = int(recorded.min())
    fair = float(stats.binomtest(fewer, told).pvalue) >= 1e-4
    interval = share(float(fewer), float(told))
    value = 1.0 if fair else 2.0 * fewer / told
    return Evidence(
        "RX-13",
        "experiment",
        "specimen",
        value,
        (min(2.0 * interval.low, 1.0), min(2.0 * interval.high, 1.0)),
        seed=seed,
        sample_size=float(told),
        planned_size=DOUBLE_GATES / 2.0,
        events=0 if fair else told - 2 * fewer,
        note="bits recorded of double clicks in bright light, and an exact test of a fair coin",
        facts=(("share of double clicks", doubles / counts.gates),),
    )


def basis_choice(device: Device, seed: int) -> Evidence:
    """RX-14: share of clicks in the key basis, in light that favours neither, against the declared probability.

    Where the choice is declared to be active, light at the edges of the filter must not change it either: a hidden
    splitter would show. What a declared splitter may do there is for RX-15.
    """
    protocol, width_nm = device.profile.protocol, float(device.profile.receiver.filter_width_nm or 0.0)
    declared = float(protocol.receiver_key_basis_probability or protocol.key_basis_probability)
    places = (0.0,) if protocol.basis_choice == "passive" else (0.0, -0.45, 0.45)
    parts, size = [], 0.0
    for place in places:
        clicks = _clicks_by_basis(device, place * width_nm, seed, "RX-14", *([str(place)] if place else []))
        one = share(float(clicks[0]), float(clicks.sum()), several(len(places)))
        parts.append(magnitude(Estimate(one.value - declared, one.low - declared, one.high - declared)))
        size += float(clicks.sum())
    return found(
        "RX-14",
        "statistical-test",
        greatest(parts),
        seed,
        sample_size=size,
        planned_size=size,
        note="share of clicks in the key basis, in light that favours neither",
    )


def splitting(device: Device, seed: int) -> Evidence:
    """RX-15: share of the key basis over the band of the filter, relative to that at the nominal wavelength."""
    width_nm = device.profile.receiver.filter_width_nm
    if not width_nm:
        note = "no filter declared: any wavelength comes in, and a band to look at is not known"
        return nothing("RX-15", "attack", seed, note)
    shares = []
    detunings = (0.0, -0.5, -0.25, 0.25, 0.5)
    for place in detunings:
        clicks = _clicks_by_basis(device, place * float(width_nm), seed, "RX-15", str(place))
        shares.append((float(clicks[0] / clicks.sum()), float(clicks.sum())))
    usual, usual_size = shares[0]
    parts = []
    for value, size in shares[1:]:
        error = math.sqrt(usual * (1.0 - usual) * (1.0 / size + 1.0 / usual_size)) / usual
        parts.append(magnitude(normal(value / usual - 1.0, error, several(len(detunings) - 1))))
    total = BASIS_GATES * len(detunings)
    return found(
        "RX-15",
        "attack",
        greatest(parts),
        seed,
        sample_size=total,
        planned_size=total,
        note="share of clicks in the key basis over the band of the filter",
    )


def _clicks_by_basis(device: Device, detuning_nm: float, seed: int, criterion: str, *names: str) -> FloatArray:
    """Clicks by the basis measured, (2,), in light that favours neither."""
    light, draw = Light(1.0, detuning_nm=detuning_nm), nature(seed, criterion, *names)
    clicks: FloatArray = bench_of(device).receiver_counts(light, BASIS_GATES, draw).patterns[:, 1:].sum(axis=1)
    return clicks


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("RX-13", "experiment", double_clicks, needs="bench"),
    Procedure("RX-14", "statistical-test", basis_choice, needs="bench"),
    Procedure("RX-15", "attack", splitting, needs="bench"),
)
