"""Key management by experiment and attack: KM-01, 02, 05, 06, 10, 14 and 16.

On real key bits, over the flows of requests at the rated load on the laboratory's network.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence, Method
from qkdsim.evaluation.intervals import CONFIDENCE, clopper_pearson, zero_event_trials
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of

if TYPE_CHECKING:
    from qkdsim.evaluation.specimen.key_bench import Deliveries, KeyManagerBench

SMALL = 1e-4  # the strictest limit on shares of requests and keys
KEYS = zero_event_trials(SMALL)  # without an event, fewer than SMALL at 95 %
REQUESTS = math.ceil(math.log((1.0 - CONFIDENCE) / 2.0) / math.log1p(-SMALL))  # and none lost: two-sided, so more
TAMPERED = zero_event_trials(3e-3)
MOST_AGE_S = 3600.0
AGES_S = {False: (1.01 * MOST_AGE_S, 2.0 * MOST_AGE_S), True: (0.5 * MOST_AGE_S, 0.99 * MOST_AGE_S)}
_DIGITS = 12  # of a key in a row in a log line: by chance once in 10^8 words of that length
HEX = re.compile(rf"[0-9a-f]{{{_DIGITS},}}")
_LOOKED_FOR_BYTES = 8  # of each key, in a dump of memory


def reuse(device: Device, seed: int) -> Evidence:
    """KM-01: keys, or identifiers, that one application got twice, and keys that no store counts as gone."""
    found = deliveries(device, seed)
    keys = [one.tobytes() for one in found.first]
    repeated = len(keys) - len(set(keys)) + len(found.key_ids) - len(set(found.key_ids))
    uncounted = -((found.counted_bits - found.asked_bits) // (8 * found.first.shape[1])) if keys else 0
    facts = (
        ("key delivered (bit)", float(found.asked_bits)),
        ("key delivered, as the stores count (bit)", float(found.counted_bits)),
    )
    note = "keys given out, first application"
    return _counted("KM-01", "experiment", max(repeated, uncounted), len(keys), seed, note, facts=facts)


def residual_copies(device: Device, seed: int) -> Evidence:
    """KM-02: keys that both applications have and that a dump of all memories still holds."""
    found = deliveries(device, seed)
    left = copies(found.first, found.memory)
    return _counted("KM-02", "experiment", left, len(found.key_ids), seed, "delivered keys looked for in all stores")


def copies(keys: NDArray[np.uint8], memory: bytes) -> int:
    """How many keys begin somewhere in a memory with their first eight bytes, at whatever byte."""
    dump = np.frombuffer(memory, dtype=np.uint8)
    if len(dump) < _LOOKED_FOR_BYTES or not len(keys):
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(dump, _LOOKED_FOR_BYTES)
    wanted = np.ascontiguousarray(keys[:, :_LOOKED_FOR_BYTES]).view(np.uint64).ravel()
    return int(np.isin(wanted, np.ascontiguousarray(windows).view(np.uint64).ravel()).sum())


def pad_reuse(device: Device, seed: int) -> Evidence:
    """KM-05: relayed keys whose one-time pad, message XOR key, had been used before, or was a key or nothing."""
    found = deliveries(device, seed)
    pads = [one.tobytes() for one in found.sent ^ found.first]
    plain = int(np.count_nonzero((found.sent == found.first).all(axis=1)))
    known = len(set(pads) & {one.tobytes() for one in found.first})
    reused = len(pads) - len(set(pads)) + plain + known
    return _counted("KM-05", "experiment", reused, len(pads), seed, "relay messages whose key the laboratory asked for")


def relay_tampering(device: Device, seed: int) -> Evidence:
    """KM-06: altered or replayed relay messages that the next node accepts."""
    accepted = _manager(device).tampered(TAMPERED, rng.stream(seed, "certify", "KM-06"))
    return _counted("KM-06", "attack", accepted, TAMPERED, seed, "relay messages altered in key or tag, or replayed")


def delivery_errors(device: Device, seed: int) -> Evidence:
    """KM-10: keys that differ at the two ends, of all delivered."""
    found = deliveries(device, seed)
    keys = len(found.key_ids)
    differ = int(np.count_nonzero((found.first != found.second).any(axis=1)))
    return Evidence(
        "KM-10",
        "experiment",
        "specimen",
        differ / keys if keys else None,
        interval=clopper_pearson(differ, keys) if differ else None,
        sample_size=keys,
        planned_size=KEYS,
        events=differ,
        seed=seed,
        note=f"{differ} of {keys} keys differ at the two ends",
    )


def lifetime(device: Device, seed: int) -> Evidence:
    """KM-14: key older than the configured age is refused, younger one is given."""
    generator = rng.stream(seed, "certify", "KM-14")
    given = {young: _manager(device).given_at(MOST_AGE_S, ages_s, generator) for young, ages_s in AGES_S.items()}
    note = "asked for keys at 0.5, 0.99, 1.01 and 2 times the configured age"
    is_kept = all(given[True]) and not any(given[False])
    return Evidence("KM-14", "experiment", "specimen", is_kept, confidence=1.0, seed=seed, note=note)


def log_leaks(device: Device, seed: int) -> Evidence:
    """KM-16: log lines that show twelve hexadecimal digits in a row of any key delivered."""
    found = deliveries(device, seed)
    shown = [HEX.findall(line.lower()) for line in found.log]
    keys = ",".join(one.tobytes().hex() for one in found.first) if any(shown) else ""
    leaks = sum(any(_shows(word, keys) for word in words) for words in shown)
    return _counted("KM-16", "experiment", leaks, len(found.log), seed, "log lines searched for bits of delivered keys")


def _shows(word: str, keys: str) -> bool:
    return any(word[at : at + _DIGITS] in keys for at in range(len(word) - _DIGITS + 1))


def deliveries(device: Device, seed: int) -> Deliveries:
    """The run of the network at rated load that all criteria on delivered keys look at."""
    return _manager(device).deliveries(REQUESTS, rng.stream(seed, "certify", "KM", "rated-load"))


def _counted(
    criterion: str,
    method: Method,
    events: int,
    trials: int,
    seed: int,
    what: str,
    facts: tuple[tuple[str, float | str], ...] = (),
) -> Evidence:
    return Evidence(
        criterion,
        method,
        "specimen",
        float(events),
        sample_size=trials,
        planned_size=TAMPERED if method == "attack" else KEYS,
        events=events,
        seed=seed,
        note=f"{events} among {trials} {what}",
        facts=facts,
    )


def _manager(device: Device) -> KeyManagerBench:
    return bench_of(device).key_manager


PROCEDURES: tuple[Procedure, ...] = (
    Procedure("KM-01", "experiment", reuse, needs="bench"),
    Procedure("KM-02", "experiment", residual_copies, needs="bench"),
    Procedure("KM-05", "experiment", pad_reuse, needs="bench"),
    Procedure("KM-06", "attack", relay_tampering, needs="bench"),
    Procedure("KM-10", "experiment", delivery_errors, needs="bench"),
    Procedure("KM-14", "experiment", lifetime, needs="bench"),
    Procedure("KM-16", "experiment", log_leaks, needs="bench"),
)
