"""The whole certification of a sound specimen, seed after seed: what fails or stays undecided, and what it costs."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from pooled_bench import PooledBench
from pools import Pools
from scipy.special import ndtr
from stages import stages

from qkdsim.devices import load_named_profile
from qkdsim.evaluation import certify, conclude
from qkdsim.evaluation.catalogue import Criterion, load_criteria, load_scheme
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.gather import gather
from qkdsim.evaluation.specimen.simulated import declared
from qkdsim.evaluation.verdict import Verdict

LEVEL = "L2"
ANY_CRITERION = "PS-01"  # a certification needs one to begin with
# probability at which a test of significance is set to refuse a device without fault
PLANNED = {
    "TX-09": 3.0 * 0.01**2 - 2.0 * 0.01**3,  # the median of three p-values below 0.01
    "RX-13": 1e-4,  # exact test of a fair coin
    "RN-01": 1e-4,  # Holm's rule over all sub-tests
    "PP-15": 1e-4,
    "RN-04": 1e-4,  # Poisson tail of false alarms of the health tests
}


@dataclass
class Trial:
    """What was found on one specimen.

    strays   (seed, criterion, verdict) of all that does not pass by chance
    always   criterion -> verdict, of those that never pass, chance or not
    chance   criterion -> probability of a fail: as planned for a test of significance, else by the normal law of the
             end of its interval that decides; undecided: the same of no pass
    """

    specimen: str
    seeds: int
    way: dict[str, str]
    part: dict[str, str]
    strays: list[tuple[int, str, str]] = field(default_factory=list)
    always: dict[str, str] = field(default_factory=dict)
    chance: dict[str, float] = field(default_factory=dict)
    undecided: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def alarms(self, verdict: str = "fail", part: str = "core") -> set[int]:
        """Seeds with at least one criterion of that part that reads so."""
        return {seed for seed, criterion, found in self.strays if found == verdict and self.part[criterion] == part}

    def breaches(self) -> set[str]:
        """Core criteria that fail with every seed: no accident."""
        return {one for one, verdict in self.always.items() if verdict == "fail" and self.part[one] == "core"}


def run(
    specimen: str,
    seeds: range,
    pools: Pools,
    wanted: set[str] | None = None,
    on_seed: Callable[[int], None] | None = None,
) -> Trial:
    """Certify for each seed; `wanted` are the criteria, all of core and extra when None."""
    profile = load_named_profile(specimen).profile
    catalogue = {id_: one for id_, one in load_criteria().items() if wanted is None or id_ in wanted}
    whole = replace(load_scheme("default"), criteria=catalogue)
    steps = stages(pools, specimen)
    procedures = [one.procedure for one in steps]
    begun = certify(specimen, level=LEVEL, criteria=[ANY_CRITERION])
    timed = defaultdict(float)
    for place, one in enumerate(procedures):
        procedures[place] = replace(one, run=_Timed(one.criterion, one.run, timed, pools))
    way = {one.procedure.criterion: one.way for one in steps if one.procedure.criterion in catalogue}
    trial = Trial(specimen, len(seeds), way, {id_: one.part for id_, one in catalogue.items()})
    seen: dict[str, list[Verdict]] = defaultdict(list)
    limits: dict[str, Criterion] = {}
    for seed in seeds:
        device = Device(specimen, declared(profile), PooledBench(specimen, profile, seed, pools))
        evidence = gather(device, list(catalogue.values()), seed, procedures=procedures)
        found = conclude(replace(begun, device=device, seed=seed, evidence=evidence), whole)
        for criterion, verdict in zip(found.criteria, found.verdicts, strict=True):
            if criterion.id in catalogue:
                seen[criterion.id].append(replace(verdict, evidence=None))
                limits[criterion.id] = criterion
        if on_seed is not None:
            on_seed(seed)
    _told(trial, seeds, seen, limits)
    trial.seconds = {id_: total / len(seeds) for id_, total in timed.items()}
    return trial


@dataclass(frozen=True)
class _Timed:
    """A procedure with its processor time beside it, that of making pools apart."""

    criterion: str
    run: Callable[[Device, int], Evidence]
    total_s: dict[str, float]
    pools: Pools

    def __call__(self, device: Device, seed: int) -> Evidence:
        begin_s, made_s = time.process_time(), self.pools.made_s
        try:
            return self.run(device, seed)
        finally:
            self.total_s[self.criterion] += time.process_time() - begin_s - (self.pools.made_s - made_s)


def _told(trial: Trial, seeds: range, seen: dict[str, list[Verdict]], limits: dict[str, Criterion]) -> None:
    for criterion, verdicts in seen.items():
        outcomes = {one.verdict for one in verdicts}
        if outcomes <= {"not-applicable", "not-tested"}:
            continue
        if len(outcomes) == 1 and "pass" not in outcomes:
            trial.always[criterion] = outcomes.pop()
            continue
        trial.strays += [
            (seed, criterion, one.verdict)
            for seed, one in zip(seeds, verdicts, strict=True)
            if one.verdict in ("fail", "inconclusive")
        ]
        chances = _chances(limits[criterion], verdicts)
        if criterion in PLANNED:
            trial.chance[criterion] = PLANNED[criterion]
        elif chances is not None:
            trial.chance[criterion], trial.undecided[criterion] = chances
    trial.strays.sort()


def _chances(criterion: Criterion, verdicts: list[Verdict]) -> tuple[float, float] | None:
    """Probabilities of a fail and of no pass, by the normal law of either end of the interval over the seeds.

    None where no interval decides. An end that never moves has no chance to.
    """
    threshold = criterion.threshold(LEVEL)
    ends = [one.interval for one in verdicts if one.interval is not None]
    if isinstance(threshold, bool | tuple) or threshold is None or len(ends) < 2 or criterion.op not in ("<=", ">="):
        return None
    sign = 1.0 if criterion.op == "<=" else -1.0
    inside = [sorted((sign * low, sign * high)) for low, high in ends]
    limit = sign * float(threshold)
    return tuple(_beyond(np.array([pair[place] for pair in inside]), limit) for place in (0, 1))  # type: ignore[return-value]


def _beyond(ends: np.ndarray, limit: float) -> float:
    spread = float(ends.std(ddof=1))
    if not math.isfinite(spread) or spread == 0.0:
        return float(ends.max() > limit)
    return float(ndtr((float(ends.mean()) - limit) / spread))
