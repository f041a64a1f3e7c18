"""Where the detectors' gates lie, as a laboratory finds it: what a profile says of its gates is no evidence of them."""

from __future__ import annotations

import math

from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures.observed import bench_of, nature
from qkdsim.evaluation.specimen.observations import Light

SEARCH_GATES, SEARCH_PHOTONS = 1e7, 1.0
HALVINGS = 11  # of half a slot: to a quarter of a picosecond at 1 GHz
LABORATORY_RATE_HZ = 1e9  # of pulses, where the device has no source


def gate_width_ps(device: Device, seed: int, criterion: str) -> float | None:
    """Time between the early and the late half response to a short laser pulse, of both detectors together.

    None where the response is the same half a slot away.
    """
    source = device.profile.source
    reach_ps = 0.5e12 / (LABORATORY_RATE_HZ if source is None else float(source.pulse_rate_hz))
    half = 0.5 * _response(device, 0.0, seed, criterion)
    if _response(device, reach_ps, seed, criterion) > half:
        return None
    return sum(_edge_ps(device, side * reach_ps, half, seed, criterion) for side in (-1.0, 1.0))


def _edge_ps(device: Device, outside_ps: float, half: float, seed: int, criterion: str) -> float:
    """Distance of the edge on one side from the middle of the gate."""
    inside_ps = 0.0
    for _ in range(HALVINGS):
        middle_ps = (inside_ps + outside_ps) / 2.0
        is_inside = _response(device, middle_ps, seed, criterion) > half
        inside_ps, outside_ps = (middle_ps, outside_ps) if is_inside else (inside_ps, middle_ps)
    return abs(inside_ps + outside_ps) / 2.0


def _response(device: Device, offset_ps: float, seed: int, criterion: str) -> float:
    """Mean number of photons counted of a pulse that comes so much late, dark counts among them."""
    light = Light(SEARCH_PHOTONS, offset_ps=offset_ps)
    draw = nature(seed, criterion, "gate", str(offset_ps))
    counts = bench_of(device).receiver_counts(light, SEARCH_GATES, draw)
    silent = float(counts.patterns[:, 0].sum()) / counts.gates
    return -math.log(max(silent, 1.0 / counts.gates))
