"""False alarms on sound specimens: `python benchmarks/false_alarms [--seeds N] [--specimen NAME] [--json FILE]`.

Certifies each specimen at L2 by the whole catalogue, core and extra, once for every seed. Exit status: 0 at most 4
seeds in 1,000 with a false alarm on each specimen (as many in proportion, rounded up, where there are fewer), 1 more
or a core criterion that fails with every seed, 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from pools import Pools
from trial import Trial, run

SPECIMENS = ("generic-ingaas-metro", "generic-snspd-longhaul")
MOST_PER_SEED = 4 / 1000
POOL_SIZE = 12


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(2)


def as_dict(trial: Trial) -> dict[str, Any]:
    return {
        "specimen": trial.specimen,
        "seeds": trial.seeds,
        "seeds with a false alarm": {
            f"{part}, {verdict}": len(trial.alarms(verdict, part))
            for part in ("core", "extra")
            for verdict in ("fail", "inconclusive")
        },
        "never passed": trial.always,
        "found": [list(one) for one in trial.strays],
        "criteria": {
            id_: {
                "part": trial.part[id_],
                "way": way,
                "chance of a fail": trial.chance.get(id_),
                "chance of no pass": trial.undecided.get(id_),
                "ms per seed": round(1e3 * trial.seconds.get(id_, 0.0), 2),
            }
            for id_, way in trial.way.items()
        },
    }


def table(trial: Trial) -> str:
    lines = [f"{trial.specimen}: {trial.seeds} seeds"]
    for part in ("core", "extra"):
        counts = [f"{len(trial.alarms(verdict, part))} {verdict}" for verdict in ("fail", "inconclusive")]
        lines.append(f"  {part}: seeds with at least one criterion that reads: {', '.join(counts)}")
    lines += [f"  seed {seed}: {criterion} {verdict}" for seed, criterion, verdict in trial.strays]
    lines += [f"  never passed: {criterion} {verdict}" for criterion, verdict in trial.always.items()]
    likely = sorted(trial.chance.items(), key=lambda one: -one[1])
    lines.append(f"  chance of a fail, all criteria together: {sum(trial.chance.values()):.2g}")
    lines += [f"    {criterion} {chance:.1g}" for criterion, chance in likely[:5] if chance > 1e-12]
    return "\n".join(lines)


def main() -> int:
    parser = OneLineParser(prog="benchmarks/false_alarms", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first seed")
    parser.add_argument("--specimen", choices=SPECIMENS, action="append")
    parser.add_argument("--criteria", metavar="ID,...", help="all when not given")
    parser.add_argument("--pool", type=int, default=POOL_SIZE, metavar="N", help="independent runs in a pool")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.seeds < 2 or arguments.pool < 1:
        parser.error("expected two seeds or more, and a pool of one or more")
    wanted = None if arguments.criteria is None else set(arguments.criteria.split(","))
    pools, trials, document = Pools(arguments.pool), [], []
    for specimen in arguments.specimen or SPECIMENS:
        begin_s, made_s = time.process_time(), pools.made_s
        trial = run(specimen, range(arguments.first, arguments.first + arguments.seeds), pools, wanted, _shown)
        whole_s, made_s = time.process_time() - begin_s, pools.made_s - made_s
        print(table(trial))
        print(f"  processor seconds: {made_s:.0f} for the pools, {whole_s - made_s:.0f} for the seeds", flush=True)
        trials.append(trial)
        document.append({**as_dict(trial), "cpu s of pools": made_s, "cpu s of seeds": whole_s - made_s})
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"format": "false-alarms/1", "trials": document}, indent=1) + "\n")
    most = math.ceil(MOST_PER_SEED * arguments.seeds)
    return 1 if any(len(one.alarms()) > most or one.breaches() for one in trials) else 0


def _shown(seed: int) -> None:
    if seed % 100 == 0:
        print(f"seed {seed} …", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
