"""Clicks drawn one by one: how many per processor second, and like for like with SeQUeNCe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figure import Figure
from peer_cases import LENGTHS_KM, PROFILE
from peers import PeerRuns, sequence_runs

CLICKS = 1 << 23
CLICKS_AT_ONCE = 1 << 20
ROUNDS = 5
LENGTH_KM = 50.0


@dataclass(frozen=True, slots=True)
class Sampled:
    """A run of a receiver: processor seconds, pulses and registered clicks, and what they show of the link."""

    cpu_s: float
    pulses: int
    clicks: int
    sifted: int
    errors: int


def sampled(peer_python: Path | None) -> list[Figure]:
    """Single clicks with dead time and afterpulses on; then without decoys and afterpulses, as the peer draws them."""
    return [_clicks(), *(_pulses(length_km, peer_python) for length_km in LENGTHS_KM)]


def _clicks() -> Figure:
    from qkdsim.devices import load_named_profile

    run, profile = _best("generic-ingaas-metro", LENGTH_KM), load_named_profile("generic-ingaas-metro").profile
    detector = profile.detector
    assert detector is not None  # a modelled profile
    note = (
        f"{LENGTH_KM:g} km, three intensities; {run.clicks / run.pulses:.5f} registered clicks per pulse; dead time "
        f"{1e9 * detector.dead_time_s:g} ns ({detector.dead_time_rule}), afterpulse probability "
        f"{detector.afterpulse_probability:g} with traps of {1e9 * detector.afterpulse_lifetime_s:g} ns; "
        f"{run.pulses / run.cpu_s:.2e} pulses/CPU s"
    )
    return Figure("sampled", run.clicks / run.cpu_s, "clicks/CPU s", note=note)


def _pulses(length_km: int, peer_python: Path | None) -> Figure:
    run, peer = _best(str(PROFILE), length_km), sequence_runs(length_km, peer_python)
    return Figure(
        f"sampled pulses, {length_km} km",
        run.pulses / run.cpu_s,
        "pulses/CPU s",
        peer=peer.label,
        peer_figure=peer.median,
        note=_note(run, peer),
    )


def _note(run: Sampled, peer: PeerRuns) -> str:
    return (
        "both give every click; the peer's time includes its sifting, this one does not; "
        f"{run.clicks / run.pulses:.5f} registered clicks per pulse, "
        f"{run.clicks / run.cpu_s:.2e} clicks/CPU s; sifted bits per pulse {run.sifted / run.pulses:.5f} "
        f"(peer {peer.sifted_per_pulse:.5f}), QBER {run.errors / run.sifted:.4f} (peer {peer.qber:.4f}). "
        f"The peer's range over seeds: {peer.lowest:,.0f} to {peer.highest:,.0f}"
    )


def _best(profile: str, length_km: float) -> Sampled:
    """The cheapest of several rounds: compiled and warm, with the least disturbance by other work."""
    return min((_run(profile, length_km, seed) for seed in range(ROUNDS)), key=lambda run: run.cpu_s / run.clicks)


def _run(name: str, length_km: float, seed: int) -> Sampled:
    """Draw CLICKS clicks; sifting and counting errors are not timed."""
    from qkdsim import rng
    from qkdsim.channels import FibreSpan
    from qkdsim.detections import DetectorMemory
    from qkdsim.detections.sampled import ClickSampler
    from qkdsim.devices import load_named_profile
    from qkdsim.links.operating_point import point_on
    from qkdsim.protocols import click_table

    profile = load_named_profile(name).profile
    assert profile.detector is not None  # a modelled profile
    point = point_on(profile, profile, FibreSpan(length_km=length_km))
    sampler = ClickSampler(DetectorMemory.of(profile.detector, point.pulse_rate_hz))
    generator = rng.stream(seed, "benchmark", "sampled")
    table = click_table(point.setup)
    sampler.stretch(table, 1000, generator)
    first_slot, cells, clicks, cpu_s = sampler.slot, np.zeros(table.pattern_probability.size, np.int64), 0, 0.0
    while clicks < CLICKS:
        start_s = time.process_time()
        stretch = sampler.stretch(table, 1 << 60, generator, most_clicks=CLICKS_AT_ONCE)
        cpu_s += time.process_time() - start_s
        clicks += len(stretch.clicks)
        cells += np.bincount(stretch.clicks.cell, minlength=len(cells))
    sifted, errors = _sifted(cells.reshape(table.pattern_probability.shape))
    return Sampled(cpu_s, sampler.slot - first_slot, clicks, sifted, errors)


def _sifted(cells: np.ndarray) -> tuple[int, int]:
    """Sifted bits of both bases and the errors among them; double clicks are discarded, as the profile says."""
    same = cells.sum(axis=0)[[0, 1], :, [0, 1]]  # basis, sent bit, pattern
    return int(same[..., 1:3].sum()), int(same[:, 0, 2].sum() + same[:, 1, 1].sum())
