"""Continuous-variable devices: excess noise, and how much key a block may give."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from qkdsim import units
from qkdsim.evaluation.cv_design import CvDesign
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import Estimate, normal
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.intervals import clopper_pearson, zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of, found, nature, nothing
from qkdsim.evaluation.specimen.cv_processing import CvBlocks
from qkdsim.evaluation.specimen.cv_quadratures import NO_ATTACK, QuadratureAttack
from qkdsim.evaluation.specimen.quadrature_bench import QuadratureBench
from qkdsim.postprocessing.ledger import KEY
from qkdsim.protocols.gaussian import GaussianChannel, block_secret_bits

NOISE_WITHIN_SNU = 0.0005  # standard error of the excess noise that the plan asks for
TRIALS = zero_event_trials(0.01)
LOSSES_DB = (0.0, 5.0, 10.0, 15.0, 18.0)
BLOCKS_EACH = 60
NARROW = 1e-4  # of the share of intercepted symbols


def excess_noise(device: Device, seed: int) -> Evidence:
    """CV-01: noise beyond loss at the channel's input, from raw records at nominal loss.

    The laboratory finds the unit itself, with its cap on the signal port and with the local oscillator off; Alice's
    values are scaled by the variance on its power meter. The sample is such that the error is 0.0005 SNU.
    """
    design, bench = CvDesign.of(device.profile), bench_of(device).quadratures
    receiver, loss_db = design.receiver, design.nominal_loss_db
    signal = receiver.gain * units.transmittance(loss_db)
    values = math.ceil(4.0 * ((1.0 + receiver.electronic_noise_snu) / (signal * NOISE_WITHIN_SNU)) ** 2)
    data = bench.records(loss_db, values, nature(seed, "CV-01", "records"))
    covered = bench.covered_records(values, nature(seed, "CV-01", "covered")).variance_y
    dark = bench.dark_records(values, nature(seed, "CV-01", "dark")).variance_y
    meter = bench.modulation_variance(nature(seed, "CV-01", "meter"))
    unit = covered - dark
    correlated = data.product / data.square_x  # slope over Alice's own values
    scale = meter.value / float(data.square_x[0])  # what a unit of her values really is
    slope = float((correlated**2 / unit)[0]) / scale
    beyond = float(((data.variance_y - covered) / unit)[0]) - slope * meter.value
    noise = float((data.variance_y / unit)[0])
    error = math.hypot(
        noise * math.sqrt(2.0 * 2.0 / values) / slope,
        beyond / slope * meter.standard_uncertainty / meter.value,
    )
    return found(
        "CV-01",
        "experiment",
        normal(beyond / slope, error),
        seed,
        sample_size=float(values),
        planned_size=float(values),
        note=f"raw records at {loss_db:g} dB against the laboratory's own measure of the shot noise",
        facts=(
            ("transmittance", slope / receiver.gain),
            ("modulation variance (SNU)", meter.value),
            ("shot noise over that of the device's unit", float(unit[0])),
        ),
    )


def false_release(device: Device, seed: int) -> Evidence:
    """PP-02: excess noise up to which a block gives key, searched by intercepting; then the tail of a block above it.

    As for error rates: release is taken as a step in the noise that a block shows, and the tail is that of the
    estimate of a block whose noise is three standard deviations above the stated limit.
    """
    design, bench = CvDesign.of(device.profile), bench_of(device).quadratures
    if math.isinf(design.excess_noise_abort_snu):
        return nothing("PP-02", "attack", seed, "cv.excess_noise_abort_snu is not stated")
    honest = bench.blocks(design.nominal_loss_db, BLOCKS_EACH, nature(seed, "PP-02", "honest"))
    base, spread = (float(one) for one in _mean_and_spread(honest))
    excessive = design.excess_noise_abort_snu + 3.0 * spread
    attack = QuadratureAttack(intercepted=min(max(excessive - base, 0.0) / 2.0, 1.0))
    trials = bench.blocks(design.nominal_loss_db, TRIALS, nature(seed, "PP-02", "trials"), attack)
    events = int(np.count_nonzero(trials.released_bits))
    released, refused = _boundary(bench, design, seed)
    ends = sorted(float(stats.norm.cdf((rate - excessive) / spread)) for rate in (released, refused))
    if events:
        counted = clopper_pearson(events, TRIALS)
        ends = [max(ends[0], counted[0]), max(ends[1], counted[1])]
    return found(
        "PP-02",
        "attack",
        Estimate((ends[0] + ends[1]) / 2.0, ends[0], ends[1]),
        seed,
        sample_size=float(TRIALS),
        planned_size=float(TRIALS),
        note="normal tail at the searched boundary of release, taken as a step in the excess noise of a block",
        facts=(
            ("stated limit (SNU)", design.excess_noise_abort_snu),
            ("excess noise tried (SNU)", excessive),
            ("highest noise released (SNU)", released),
            ("lowest noise refused (SNU)", refused),
            ("blocks released above the limit", float(events)),
        ),
    )


def _mean_and_spread(log: CvBlocks) -> tuple[float, float]:
    noise = log.channel.excess_noise_snu
    return float(noise.mean()), float(noise.std(ddof=1))


def _boundary(bench: QuadratureBench, design: CvDesign, seed: int) -> tuple[float, float]:
    """Highest estimate of excess noise of a block with key, lowest of one without; infinite where all gave key."""
    low, high, released, refused = 0.0, 1.0, 0.0, math.inf
    while True:
        middle, is_last = (low + high) / 2.0, high - low <= NARROW
        draw = nature(seed, "PP-02", "search", str(middle))
        attack = QuadratureAttack(intercepted=middle)
        log = bench.blocks(design.nominal_loss_db, BLOCKS_EACH if is_last else 3, draw, attack)
        noise, has_key = log.channel.excess_noise_snu, log.outcome == KEY
        released = max(released, float(noise[has_key].max(initial=0.0)))
        refused = min(refused, float(noise[~has_key].min(initial=math.inf)))
        if is_last:
            return released, refused
        low, high = (middle, high) if has_key.any() else (low, middle)


def key_excess(device: Device, seed: int) -> Evidence:
    """PP-07: released bits less the declared bound on the announced estimates, and less the secret length in truth."""
    design, bench = CvDesign.of(device.profile), bench_of(device).quadratures
    by_log = by_truth = 0.0
    blocks = events = 0
    for loss_db in LOSSES_DB:
        for attack in (NO_ATTACK, QuadratureAttack(intercepted=0.002)):
            draw = nature(seed, "PP-07", str(loss_db), str(attack.intercepted))
            log = bench.blocks(loss_db, BLOCKS_EACH, draw, attack)
            beyond_log = log.released_bits - _declared_bound(design, log.channel)
            beyond_truth = log.released_bits - bench.secure_bits(loss_db, attack)
            by_log, by_truth = max(by_log, float(beyond_log.max())), max(by_truth, float(beyond_truth.max()))
            events += int(np.count_nonzero((beyond_log > 0.0) | (beyond_truth > 0.0)))
            blocks += BLOCKS_EACH
    return Evidence(
        "PP-07",
        "experiment",
        "specimen",
        max(by_log, by_truth),
        sample_size=float(blocks),
        planned_size=float(blocks),
        events=events,
        seed=seed,
        note="bits released beyond the declared bound on the announced estimates, or beyond the truth",
        facts=(("beyond the declared bound", by_log), ("beyond the secure length from the truth", by_truth)),
    )


def _declared_bound(design: CvDesign, channel: GaussianChannel) -> np.ndarray:
    return block_secret_bits(design.receiver, channel, design.block)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("CV-01", "experiment", excess_noise, needs="bench"),
    Procedure("PP-02", "attack", false_release, needs="quadratures"),
    Procedure("PP-07", "experiment", key_excess, needs="quadratures"),
)
