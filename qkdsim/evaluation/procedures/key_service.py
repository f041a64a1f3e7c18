"""Service of key managers: KM-08, 09, 11 and 12, measured on the laboratory's network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.estimates import BATCHES, Estimate, FloatArray, ratio_of_sums, share
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.key_management import KEYS, REQUESTS, deliveries
from qkdsim.evaluation.procedures.observed import bench_of, found

OUTAGES = 200  # of supply: the time without it is then known to about 20 %
FIRST_YEARS = 40.0
MOST_YEARS = 640.0


def response_delay(device: Device, seed: int) -> Evidence:
    """KM-08: 95th percentile of the time from request to key at both ends."""
    return _delay("KM-08", device, seed, lambda delays_ms: float(np.quantile(delays_ms, 0.95)))


def delay_variation(device: Device, seed: int) -> Evidence:
    """KM-09: 99th less 50th percentile."""
    return _delay("KM-09", device, seed, lambda delays_ms: float(np.subtract(*np.quantile(delays_ms, (0.99, 0.5)))))


def delivery_losses(device: Device, seed: int) -> Evidence:
    """KM-11: requests at rated load that brought no key within a minute.

    Requests in a row may share a cause, so the interval is the wider one of independent requests and of batches.
    """
    lost = np.isnan(deliveries(device, seed).delay_s).astype(np.float64)
    estimate = share(float(lost.sum()), lost.size)
    if lost.any():
        batches = ratio_of_sums(lost, np.ones_like(lost))
        estimate = Estimate(estimate.value, max(0.0, min(estimate.low, batches.low)), max(estimate.high, batches.high))
    note = "requests at half of the key rate of a link, on the laboratory's network"
    sizes = {"sample_size": float(lost.size), "planned_size": float(REQUESTS)}
    return found("KM-11", "experiment", estimate, seed, note=note, **sizes)


def availability(device: Device, seed: int) -> Evidence:
    """KM-12: hours of supply over all hours, while key managers fail and come back.

    From a log that is long enough for 200 outages of supply. The interval is that of batches of consecutive outages.
    """
    years = FIRST_YEARS
    while True:
        up_h, down_h = bench_of(device).key_manager.supply(years, rng.stream(seed, "certify", "KM-12"))
        if up_h.size >= OUTAGES or years >= MOST_YEARS:
            break
        years *= 2.0
    if up_h.size < 2:
        return Evidence("KM-12", "experiment", "specimen", None, seed=seed, note="no outage of supply in the log")
    estimate = ratio_of_sums(up_h, up_h + down_h)
    estimate = Estimate(estimate.value, max(0.0, estimate.low), min(1.0, estimate.high))
    note = f"{up_h.size} outages of supply in {years:g} years of failing key managers"
    facts = (("mean outage (h)", float(down_h.mean())),)
    sizes = {"sample_size": float(up_h.size), "planned_size": float(OUTAGES)}
    return found("KM-12", "experiment", estimate, seed, note=note, facts=facts, **sizes)


def batched(values: FloatArray, statistic: Callable[[FloatArray], float]) -> Estimate:
    """A statistic of values in order of time, with the error that its spread over consecutive batches shows.

    What ties neighbours together stays inside a batch. Student's t on 30 batches.

    Raises ValueError for fewer values than two batches of two.
    """
    if len(values) < 2 * BATCHES:
        raise ValueError(f"expected at least {2 * BATCHES} values, got {len(values)}")
    spread = np.std([statistic(part) for part in np.array_split(values, BATCHES)], ddof=1)
    half = float(stats.t.isf(0.025, BATCHES - 1) * spread) / BATCHES**0.5
    value = statistic(values)
    return Estimate(value, value - half, value + half)


def _delay(criterion: str, device: Device, seed: int, statistic: Callable[[FloatArray], float]) -> Evidence:
    delay_s = deliveries(device, seed).delay_s
    delays_ms = 1e3 * delay_s[~np.isnan(delay_s)]
    note = "requests at half of the key rate of a link, on the laboratory's network"
    sizes = {"sample_size": float(delays_ms.size), "planned_size": float(KEYS)}
    return found(criterion, "experiment", batched(delays_ms, statistic), seed, note=note, **sizes)


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("KM-08", "experiment", response_delay, needs="bench"),
    Procedure("KM-09", "experiment", delay_variation, needs="bench"),
    Procedure("KM-11", "experiment", delivery_losses, needs="bench"),
    Procedure("KM-12", "experiment", availability, needs="bench"),
)
