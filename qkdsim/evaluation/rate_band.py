"""The secret key rate at a loss with the range in which that of single blocks falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qkdsim import rng
from qkdsim.detections import Tallied
from qkdsim.devices import DeviceProfile
from qkdsim.links.accumulate import ClosedBlocks
from qkdsim.links.declared import declared_rate
from qkdsim.links.distil import Distiller
from qkdsim.links.operating_point import decoy_settings
from qkdsim.links.reference_fibre import span_of
from qkdsim.links.study import Study
from qkdsim.protocols import Security, theory_of

BLOCKS = 200
SHARES = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class RateBand:
    """Rate of expected counts, and the range of 95 % of drawn blocks (both ends equal to it for a rate table).

    `block_s` is the duration of a block, infinite where nothing is detected, 0 for a rate table.
    """

    loss_db: float
    rate_bps: float
    low_bps: float
    high_bps: float
    block_s: float


def rate_band(name: str, profile: DeviceProfile, loss_db: float, seed: int = 1) -> RateBand:
    """The rate at a loss and its spread from block to block, drawn from the seed, the device's name and the loss."""
    if not profile.is_modelled:
        rate = declared_rate(profile, loss_db).secret_key_rate_bps
        return RateBand(loss_db, rate, rate, rate, 0.0)
    study = Study(profile, None, False)
    span = span_of(profile, None, loss_db)
    figures, point = study.figures(span), study.point(span)
    rate = figures.secret_per_pulse * point.pulse_rate_hz
    pulses_of_block = math.inf if figures.block_pulses is None else figures.block_pulses
    if not math.isfinite(pulses_of_block):
        return RateBand(loss_db, 0.0, 0.0, 0.0, math.inf)
    post, security = study.post_processing, Security.of(study.post_processing)
    tallied = Tallied(rng.stream(seed, "compare", name, f"{loss_db:.6g}"))
    size, limit = float(post.block_size_bits), float(post.block_time_limit_s) * point.pulse_rate_hz
    pulses = tallied.pulses_to_fill(point.tally, size, BLOCKS)
    in_time = pulses <= limit
    pulses = np.minimum(pulses, limit)
    key = np.where(in_time, size, tallied.key_detections(point.tally, pulses, size) if not in_time.all() else size)
    counts = tallied.counts(point.tally, pulses, key)
    distiller = Distiller(theory_of(profile), decoy_settings(point, security), security, post)
    end_s = pulses / point.pulse_rate_hz
    blocks = distiller.blocks(ClosedBlocks(np.zeros(BLOCKS), end_s, counts), distiller.key_length(counts))
    low, high = np.quantile(blocks.secret_bits / end_s, SHARES)
    return RateBand(loss_db, rate, float(low), float(high), pulses_of_block / point.pulse_rate_hz)
