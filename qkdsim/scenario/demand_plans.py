"""From the demands of a scenario to the pairs of nodes that ask, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qkdsim import library, rng
from qkdsim.apps import Batches, Constant, DayShape, Diurnal, KeyDemand, OnOff, Pattern, Poisson
from qkdsim.apps.day_shape import DAY_S, HOUR_S
from qkdsim.errors import InputError, Problem
from qkdsim.network.service import ServiceClass
from qkdsim.scenario.checks import fetch_interval_s, named_here, request_bits
from qkdsim.scenario.demand_matrix import read_matrix
from qkdsim.scenario.demands import Demand
from qkdsim.scenario.gravity import Gravity, gravity_shares
from qkdsim.scenario.model import NamedScenario
from qkdsim.scenario.reach import Reach
from qkdsim.topology import Topology


@dataclass(frozen=True, slots=True)
class PlannedDemands:
    """The demands of a scenario in file order, the CSV files read for them as (name, hash), and what is wrong.

    A demand with a problem is left out of `demands`.
    """

    demands: tuple[KeyDemand, ...]
    tables: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


def key_demands(named: NamedScenario, topology: Topology, duration_s: float, seed: int) -> PlannedDemands:
    """Plan all demands of a scenario; matrices are looked up beside its file, or in the working folder.

    What `qkdsim.scenario.checks.problems` finds is not looked for again.
    """
    finder = _PairFinder(named, topology, seed)
    classes = {one.name: one.service() for one in named.scenario.class_}
    demands: list[KeyDemand] = []
    problems: list[Problem] = []
    for index, demand in enumerate(named.scenario.demand):
        try:
            intervals_s = finder.intervals_s(f"demand[{index}]", demand)
        except InputError as error:
            problems += error.problems
            continue
        if request_bits(demand) < 1 or min(intervals_s.values()) <= 0.0:
            continue  # the checks have said so
        one = KeyDemand(
            id=demand.id,
            service=_service(demand, classes),
            bits=request_bits(demand),
            pairs=tuple(intervals_s),
            intervals_s=tuple(intervals_s.values()),
            start_s=demand.start,
            stop_s=duration_s if demand.stop is None else min(demand.stop, duration_s),
            pattern=_pattern(demand, named.scenario.start),
        )
        demands.append(one)
    return PlannedDemands(tuple(demands), tuple(sorted(finder.tables.items())), tuple(problems))


def _service(demand: Demand, classes: Mapping[str, ServiceClass]) -> ServiceClass:
    """The class that a demand names, or one of its own; a class that is not there has been found by the checks."""
    own = ServiceClass(demand.id, latency_budget_s=demand.latency_budget)
    return own if demand.class_ is None else classes.get(demand.class_, own)


def _pattern(demand: Demand, start: datetime | None) -> Pattern:
    match demand.law:
        case "constant":
            return Constant(is_staggered=demand.from_ is None)
        case "diurnal":
            return Diurnal(DayShape(demand.shape or (), _local_start_s(start, float(demand.utc_offset_h or 0.0))))
        case "bursts" if demand.burst_size is not None:
            return Batches(demand.burst_size)
        case "bursts":
            return OnOff(demand.mean_on or 0.0, demand.mean_off or 0.0)
        case "poisson":
            return Poisson()


def _local_start_s(start: datetime | None, utc_offset_h: float) -> float:
    """Seconds after local midnight at which the run starts; a run without a date starts at midnight."""
    if start is None:
        return 0.0
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return ((start - midnight).total_seconds() + utc_offset_h * HOUR_S) % DAY_S


class _PairFinder:
    """Finds who asks in the demands of one scenario, and remembers the hashes of the files that say so."""

    def __init__(self, named: NamedScenario, topology: Topology, seed: int) -> None:
        self.tables: dict[str, str] = {}
        self._path = named.path
        self._source = library.display_name(named.path)
        self._topology = topology
        self._reach = Reach(topology)
        self._seed = seed

    def intervals_s(self, key: str, demand: Demand) -> dict[tuple[str, str], float]:
        """Pairs, each with the mean time between its requests. Raises InputError."""
        if demand.matrix is not None:
            rates_per_s = self._matrix_rates_per_s(f"{key}.matrix", demand.matrix, demand)
        elif demand.gravity is not None:
            rates_per_s = self._gravity_rates_per_s(f"{key}.gravity", demand.gravity, demand)
        else:
            ends = (demand.from_ or "", demand.to or "")
            random_s = None if demand.kind != "requests" else demand.requests_per_s
            return {ends: fetch_interval_s(demand) if random_s is None else 1.0 / random_s}
        return {pair: 1.0 / rate_per_s for pair, rate_per_s in rates_per_s.items()}

    def _matrix_rates_per_s(self, key: str, name: str, demand: Demand) -> dict[tuple[str, str], float]:
        path = Path(name)
        if not path.is_absolute() and (beside := self._path.parent / path).is_file():
            path = beside
        try:
            matrix = read_matrix(path, self._reach)
        except InputError as error:
            raise InputError(*named_here(error, self._source, key, name)) from None
        self.tables[matrix.name] = matrix.sha256
        divisor = 1.0 if matrix.unit == "requests_per_s" else float(request_bits(demand))
        if demand.requests_per_s is not None:  # the file says how they are shared
            divisor = sum(matrix.rates.values()) / demand.requests_per_s
        return {pair: rate / divisor for pair, rate in matrix.rates.items()}

    def _gravity_rates_per_s(self, key: str, gravity: Gravity, demand: Demand) -> dict[tuple[str, str], float]:
        draws = rng.stream(self._seed, "demand", demand.id, "pairs of the gravity model")
        kept = gravity_shares(gravity, self._topology, self._reach, self._source, key, draws)
        rates_per_s = float(demand.requests_per_s or 0.0) * kept.share
        return dict(zip(kept.pairs, rates_per_s.tolist(), strict=True))
