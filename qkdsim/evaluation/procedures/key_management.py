"""Key management by experiment and attack: KM-01, 02, 05 to 12, 14 and 16, on three key managers in a row."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Method
from qkdsim.evaluation.intervals import clopper_pearson
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of

if TYPE_CHECKING:
    from qkdsim.evaluation.specimen.key_bench import Deliveries, KeyManagerBench

REQUESTS = 40_000  # none lost: 95 % upper bound 9.2e-5, below the strictest limit
TAMPERED = 1_000
SPLIT_KEYS = 64
OUTAGES = 200
HEX = re.compile(r"[0-9a-f]{8,}")


def reuse(device: Device, seed: int) -> Evidence:
    """KM-01: keys, or identifiers, that one application got twice."""
    found = _deliveries(device, seed, "KM-01")
    keys = [one.tobytes() for one in found.first]
    repeated = len(keys) - len(set(keys)) + len(found.key_ids) - len(set(found.key_ids))
    return _counted("KM-01", "experiment", repeated, len(keys), seed, "keys given out, first application")


def residual_copies(device: Device, seed: int) -> Evidence:
    """KM-02: keys that both applications have and that are still in a store."""
    found = _deliveries(device, seed, "KM-02")
    left = len(set(found.stored) & set(found.key_ids))
    return _counted("KM-02", "experiment", left, len(found.key_ids), seed, "delivered keys looked for in all stores")


def pad_reuse(device: Device, seed: int) -> Evidence:
    """KM-05: relayed keys whose one-time pad, ciphertext XOR key, had been used before."""
    found = _manager(device).relayed(REQUESTS, rng.stream(seed, "certify", "KM-05"))
    pads = [one.tobytes() for one in found.ciphertexts ^ found.keys]
    plain = int(np.count_nonzero((found.ciphertexts == found.keys).all(axis=1)))
    reused = len(pads) - len(set(pads)) + plain
    return _counted("KM-05", "experiment", reused, len(pads), seed, "relay messages whose key the laboratory asked for")


def relay_tampering(device: Device, seed: int) -> Evidence:
    """KM-06: altered relay messages that the next node accepts."""
    accepted = _manager(device).tampered(TAMPERED, rng.stream(seed, "certify", "KM-06"))
    return _counted("KM-06", "attack", accepted, TAMPERED, seed, "relay messages with one bit of key or tag altered")


def nodes_tolerated(device: Device, seed: int) -> Evidence:
    """KM-07: compromised relay nodes, one on each of so many paths, that still tell nothing of the key.

    Looks for any sum of what the nodes of some paths saw that gives the key; with all paths there always is one. Sums
    are all that an XOR split could leak; 64 keys of 256 bits make an accident impossible.
    """
    found = _manager(device).split(SPLIT_KEYS, rng.stream(seed, "certify", "KM-07"))
    paths = found.seen.shape[0]
    least = paths
    for chosen in range(1, 1 << paths):
        paths_taken = [path for path in range(paths) if chosen >> path & 1]
        if np.array_equal(np.bitwise_xor.reduce(found.seen[paths_taken], axis=0), found.keys):
            least = min(least, len(paths_taken))
    return Evidence(
        "KM-07",
        "attack",
        "specimen",
        float(least - 1),
        confidence=1.0,
        sample_size=SPLIT_KEYS,
        planned_size=SPLIT_KEYS,
        seed=seed,
        note=f"{least} of {paths} paths tell the key",
        facts=(("disjoint paths", float(paths)),),
    )


def response_delay(device: Device, seed: int) -> Evidence:
    """KM-08: 95th percentile of the time from request to key; interval of order statistics."""
    delay_ms = _delays_ms(device, seed, "KM-08")
    low, high = order_interval(delay_ms, 0.95, 0.95)
    return _interval("KM-08", float(np.quantile(delay_ms, 0.95)), (low, high), delay_ms.size, seed)


def delay_variation(device: Device, seed: int) -> Evidence:
    """KM-09: 99th less 50th percentile; the intervals of both at 97.5 % make one of 95 % (Bonferroni)."""
    delay_ms = _delays_ms(device, seed, "KM-09")
    upper, middle = order_interval(delay_ms, 0.99, 0.975), order_interval(delay_ms, 0.5, 0.975)
    value = float(np.quantile(delay_ms, 0.99) - np.quantile(delay_ms, 0.5))
    return _interval("KM-09", value, (upper[0] - middle[1], upper[1] - middle[0]), delay_ms.size, seed)


def delivery_errors(device: Device, seed: int) -> Evidence:
    """KM-10: keys that differ at the two ends, of all delivered."""
    found = _deliveries(device, seed, "KM-10")
    keys = len(found.key_ids)
    differ = int(np.count_nonzero((found.first != found.second).any(axis=1)))
    return Evidence(
        "KM-10",
        "experiment",
        "specimen",
        differ / keys if keys else None,
        interval=clopper_pearson(differ, keys) if differ else None,
        sample_size=keys,
        planned_size=0.9 * REQUESTS,
        events=differ,
        seed=seed,
        note=f"{differ} of {keys} keys differ at the two ends",
    )


def delivery_losses(device: Device, seed: int) -> Evidence:
    """KM-11: requests at rated load that brought no key."""
    delay_s = _deliveries(device, seed, "KM-11").delay_s
    lost = int(np.count_nonzero(np.isnan(delay_s)))
    return _interval("KM-11", lost / delay_s.size, clopper_pearson(lost, delay_s.size), delay_s.size, seed)


def availability(device: Device, seed: int) -> Evidence:
    """KM-12: hours of supply over all hours of 200 cycles of supply and outage."""
    up_h, down_h = _manager(device).supply(OUTAGES, rng.stream(seed, "certify", "KM-12"))
    value = float(up_h.sum() / (up_h + down_h).sum())
    return _interval("KM-12", value, availability_interval(up_h, down_h), OUTAGES, seed)


def lifetime(device: Device, seed: int) -> Evidence:
    """KM-14: a key older than the configured age is refused, a younger one is given."""
    manager, generator = _manager(device), rng.stream(seed, "certify", "KM-14")
    old, young = (manager.gives_old_keys(3600.0, waited, generator) for waited in (3700.0, 1800.0))
    note = "asked for keys after half and after slightly more than the configured age"
    return Evidence("KM-14", "experiment", "specimen", young and not old, confidence=1.0, seed=seed, note=note)


def log_leaks(device: Device, seed: int) -> Evidence:
    """KM-16: log lines that show eight hexadecimal digits in a row of any key delivered."""
    found = _deliveries(device, seed, "KM-16")
    shown = [HEX.findall(line.lower()) for line in found.log]
    parts: set[str] = set()
    if any(shown):  # else there is nothing to look up
        parts = {text[at : at + 8] for text in (one.tobytes().hex() for one in found.first) for at in range(57)}
    leaks = sum(any(word[at : at + 8] in parts for word in words for at in range(len(word) - 7)) for words in shown)
    return _counted("KM-16", "experiment", leaks, len(found.log), seed, "log lines searched for bits of delivered keys")


def _counted(criterion: str, method: Method, events: int, trials: int, seed: int, what: str) -> Evidence:
    planned = TAMPERED if method == "attack" else 0.9 * REQUESTS
    return Evidence(
        criterion,
        method,
        "specimen",
        float(events),
        sample_size=trials,
        planned_size=planned,
        events=events,
        seed=seed,
        note=f"{events} among {trials} {what}",
    )


def _interval(criterion: str, value: float, ends: tuple[float, float], size: int, seed: int) -> Evidence:
    return Evidence(
        criterion,
        "experiment",
        "specimen",
        value,
        interval=ends,
        sample_size=size,
        planned_size=OUTAGES if criterion == "KM-12" else 0.9 * REQUESTS,
        seed=seed,
        note="delay, loss and supply of the key managers in the laboratory",
    )


def order_interval(values: np.ndarray, share: float, confidence: float) -> tuple[float, float]:
    """Distribution-free interval of a quantile: order statistics whose ranks are binomial."""
    ordered, tail = np.sort(values), (1.0 - confidence) / 2.0
    low = int(stats.binom.ppf(tail, ordered.size, share)) - 1
    high = int(stats.binom.isf(tail, ordered.size, share))
    return float(ordered[max(low, 0)]), float(ordered[min(high, ordered.size - 1)])


def availability_interval(up_h: np.ndarray, down_h: np.ndarray) -> tuple[float, float]:
    """95 % interval of the share of time with supply, from independent cycles: a ratio of means (delta method)."""
    total, cycles = float((up_h + down_h).sum()), up_h.size
    value = float(up_h.sum()) / total
    spread = (1.0 - value) * up_h - value * down_h
    half = float(stats.t.ppf(0.975, cycles - 1)) * math.sqrt(float(spread.var(ddof=1)) * cycles) / total
    return max(0.0, value - half), min(1.0, value + half)


def _delays_ms(device: Device, seed: int, criterion: str) -> np.ndarray:
    delay_s = _deliveries(device, seed, criterion).delay_s
    return 1e3 * delay_s[~np.isnan(delay_s)]


def _deliveries(device: Device, seed: int, criterion: str) -> Deliveries:
    return _manager(device).deliveries(REQUESTS, rng.stream(seed, "certify", criterion))


def _manager(device: Device) -> KeyManagerBench:
    return bench_of(device).key_manager


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("KM-01", "experiment", reuse, needs="bench"),
    Procedure("KM-02", "experiment", residual_copies, needs="bench"),
    Procedure("KM-05", "experiment", pad_reuse, needs="bench"),
    Procedure("KM-06", "attack", relay_tampering, needs="bench"),
    Procedure("KM-07", "attack", nodes_tolerated, needs="bench"),
    Procedure("KM-08", "experiment", response_delay, needs="bench"),
    Procedure("KM-09", "experiment", delay_variation, needs="bench"),
    Procedure("KM-10", "experiment", delivery_errors, needs="bench"),
    Procedure("KM-11", "experiment", delivery_losses, needs="bench"),
    Procedure("KM-12", "experiment", availability, needs="bench"),
    Procedure("KM-14", "experiment", lifetime, needs="bench"),
    Procedure("KM-16", "experiment", log_leaks, needs="bench"),
)
