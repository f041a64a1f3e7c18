"""Every procedure of the certification as it is run a thousand times: the real one, or its decision on cached tallies.

Four ways, by what a seed costs and what chance can do to the outcome:

drawn      the procedure as it is, on a bench that draws anew for each seed, or puts logs of operation together anew
tallied    batteries and statistics of single bits: p-values, estimates or tables of single sequences and blocks are
           made once; each seed gets its own selection of them, on which the real decision is made
repeated   what only a broken algorithm, or an accident of cryptographic improbability, could fail: whole procedures run
           for as many seeds as the pools are large; each seed takes one of these outcomes
fixed      inspection of the declared profile: once, for nothing in it is random
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from pooled_bench import PooledBench
from pools import POOL_SEED, Pools, one_of, some_of

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures import ALL, attacks_key, attacks_light, randomness

Way = Literal["drawn", "tallied", "repeated", "fixed"]

# criterion -> why an outcome does not hang on the seed
REPEATED = {
    "PP-07": "key lengths are compared with a formula; that of the truth is 1e-10 away from any accident",
    "PP-12": "a forged tag fits once in 2^64 or less",
    "PP-13": "two of 20 random tags are equal once in 2^56 or less",
    "PP-14": "a changed message passes once in 2^64 or less",
    "KM-01": "two of 40,000 keys of 256 bits are equal once in 2^226",
    "KM-02": "eight bytes of a key stand by accident in a dump of memory once in 2^31",
    "KM-03": "real requests to a key manager: a key taken twice or by another is refused by rule",
    "KM-04": "real requests to a key manager: a key taken twice or by another is refused by rule",
    "KM-05": "two of 40,000 pads of 256 bits are equal once in 2^226",
    "KM-06": "a changed message passes once in 2^64 or less",
    "KM-07": "ranks of random shares are short by accident once in 2^64",
    "KM-10": "keys of both ends are compared",
    "KM-14": "a rule",
    "KM-15": "a rule",
    "KM-16": "twelve hexadecimal digits of a log line against keys",
    "HY-01": "two of 1,512 derived keys of 256 bits are equal once in 2^235",
    "HY-02": "two of five derived keys of 256 bits are equal once in 2^252",
    "HY-04": "handshakes without one of their secrets fail by rule",
}
OUTPUT_POOL, KEY_POOL = 4, 2  # sequences of the pools over those of one battery
TABLES_POOL = 6  # the same for the blocks of PP-16


@dataclass(frozen=True)
class Stage:
    """A procedure, and the way in which it is run."""

    procedure: Procedure
    way: Way


def stages(pools: Pools, name: str) -> list[Stage]:
    """Those of a specimen, in the order of the certification; `name` is its key in the pools."""
    return [_stage(one, pools, name) for one in ALL if one.needs != "records"]


def _stage(procedure: Procedure, pools: Pools, name: str) -> Stage:
    tallied = _TALLIED.get(procedure.criterion)
    if procedure.needs == "profile":
        return Stage(replace(procedure, run=_Once(procedure, pools, name)), "fixed")
    if procedure.criterion in REPEATED:
        return Stage(replace(procedure, run=_Repeated(procedure, pools, name)), "repeated")
    if tallied is not None:
        return Stage(replace(procedure, run=partial(tallied, pools, name), is_slow=False), "tallied")
    if procedure.run is attacks_light.photon_number_splitting:
        return Stage(replace(procedure, run=partial(procedure.run, has_figure=False)), "drawn")
    return Stage(procedure, "drawn")


@dataclass(frozen=True)
class _Once:
    procedure: Procedure
    pools: Pools
    name: str

    def __call__(self, device: Device, seed: int) -> Evidence:
        what = (self.name, "once", self.procedure.criterion, self.procedure.method)
        return self.pools.once(what, lambda: self.procedure.run(device, seed))


@dataclass(frozen=True)
class _Repeated:
    procedure: Procedure
    pools: Pools
    name: str

    def __call__(self, device: Device, seed: int) -> Evidence:
        what = (self.name, "repeated", self.procedure.criterion, self.procedure.method)

        def made() -> list[Evidence]:
            bench = device.bench
            real = replace(device, bench=bench.real if isinstance(bench, PooledBench) else bench)
            return [self.procedure.run(real, POOL_SEED + one) for one in range(self.pools.size)]

        return one_of(self.pools.once(what, made), rng.stream(seed, "pool", *what[1:]))


def _generator(device: Device) -> tuple[PooledBench, str]:
    """The bench, and all that the law of its bits depends on: equal generators share their pools."""
    bench = device.bench
    if not isinstance(bench, PooledBench):
        raise TypeError("expected a pooled bench")
    return bench, repr((bench.hidden.behaviour.generator, bench.hidden.true.rng.min_entropy_per_bit))


def _battery(
    criterion: str, sequences: int, more: int, is_key: bool, pools: Pools, name: str, device: Device, seed: int
) -> Evidence:
    from qkdsim.randomness.decision import decide
    from qkdsim.randomness.sp800_22 import p_values

    bench, kind = _generator(device)
    source = bench.random_source
    make = source.released_keys if is_key else source.output
    count = sequences * more if pools.size > 1 else sequences
    pool = pools.of((criterion, kind), count, lambda draws: p_values(make(randomness.SEQUENCE_BITS, draws)))
    pools.needed[criterion] = (sequences, count)
    chosen = some_of(pool, sequences, rng.stream(seed, "pool", criterion))
    return randomness.decided_evidence(criterion, seed, decide(chosen))


def _noise(criterion: str, pools: Pools, name: str, device: Device, seed: int) -> Evidence:
    from qkdsim.randomness.sp800_90b import estimate

    bench, kind = _generator(device)
    source, count = bench.random_source, min(pools.size, 4)
    pool = pools.of(("90B", kind), count, lambda draws: estimate(source.raw_noise(randomness.NOISE_BITS, draws)))
    pools.needed[criterion] = (1, count)
    found = one_of(pool, rng.stream(seed, "pool", "90B"))
    if criterion == "RN-02":
        return randomness.noise_evidence(found, seed)
    ratio = device.profile.rng.conditioning_ratio
    if device.profile.rng.conditioning != "sha-256" or ratio is None:
        raise ValueError("expected sha-256 and rng.conditioning_ratio")
    return randomness.conditioned_evidence(found.least, float(ratio), seed)


def _transcripts(pools: Pools, name: str, device: Device, seed: int) -> Evidence:
    from qkdsim.evaluation.procedures.attacks_key import TRANSCRIPT_BLOCKS, TRANSCRIPT_DETECTIONS, tables_of
    from qkdsim.evaluation.specimen.fed_processing import clean_feed

    bench, _ = _generator(device)
    attacker = bench.attacker
    settings = attacker.fed_settings()
    count = TRANSCRIPT_BLOCKS * TABLES_POOL if pools.size > 1 else TRANSCRIPT_BLOCKS

    def made(draws):  # type: ignore[no-untyped-def]
        feed = clean_feed(settings, TRANSCRIPT_DETECTIONS, 0.01, draws)
        return tables_of(attacker.fed_processing(feed, draws))

    pool: Sequence[attacks_key.PairTables] = pools.of((name, "PP-16"), count, made)
    pools.needed["PP-16"] = (TRANSCRIPT_BLOCKS, count)
    return attacks_key.information_evidence(some_of(pool, TRANSCRIPT_BLOCKS, rng.stream(seed, "pool", "PP-16")), seed)


_TALLIED: dict[str, Callable[[Pools, str, Device, int], Evidence]] = {
    "RN-01": partial(_battery, "RN-01", randomness.OUTPUT_SEQUENCES, OUTPUT_POOL, False),
    "PP-15": partial(_battery, "PP-15", randomness.KEY_SEQUENCES, KEY_POOL, True),
    "RN-02": partial(_noise, "RN-02"),
    "RN-03": partial(_noise, "RN-03"),
    "PP-16": _transcripts,
}
