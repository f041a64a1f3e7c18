"""Keys over disjoint paths: KM-07, by what shares tell and by who sees them on the ways that keys really take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qkdsim import rng
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.evidence import Evidence
from qkdsim.evaluation.linear_leak import leaked_bits, samples_needed
from qkdsim.evaluation.procedure import Procedure
from qkdsim.evaluation.procedures.observed import bench_of

KEY_BYTES = 32
MOST_PATHS = 3
SPLIT_KEYS = 2 * samples_needed(KEY_BYTES, MOST_PATHS - 1)  # in pairs as many as whole keys need


def nodes_tolerated(device: Device, seed: int) -> Evidence:
    """KM-07: compromised relay nodes, one fewer than the fewest that tell anything of a key.

    Two questions. Which shares together tell anything, by the ranks of `linear_leak`: bits of single keys, and of
    neighbours in a row. And which sites see those shares, on every way that keys took: the smallest sets of nodes.
    """
    from qkdsim.exposure import PathFamily, exposing_any  # reads tables of runs: heavy to import

    capture = bench_of(device).key_manager.split(SPLIT_KEYS, rng.stream(seed, "certify", "KM-07"))
    leaking = list(leaking_paths(capture.keys, capture.seen))
    families = {
        PathFamily(tuple(way[path] for path in paths), threshold=len(paths))
        for way in capture.ways
        for paths in leaking
    }
    smallest = exposing_any(families)
    if smallest.nodes is None:
        note = "no key went over relays, so that none could be exposed"
        return Evidence("KM-07", "attack", "specimen", None, seed=seed, note=note)
    paths = len(capture.seen)
    return Evidence(
        "KM-07",
        "attack",
        "specimen",
        float(smallest.nodes - 1),
        confidence=1.0,
        sample_size=len(capture.keys),
        planned_size=SPLIT_KEYS,
        seed=seed,
        note=f"{min(map(len, leaking))} of {paths} paths tell the key; relays of {smallest.nodes} sites see them",
        facts=(("disjoint paths", float(paths)), ("sites that expose a key", ", ".join(smallest.sets[0]))),
    )


def leaking_paths(keys: NDArray[np.uint8], seen: NDArray[np.uint8]) -> Iterator[tuple[int, ...]]:
    """The smallest sets of paths whose shares tell anything of a key; all paths together always do.

    keys  shape (keys, bytes)
    seen  shape (paths, keys, bytes)
    """
    known: list[set[int]] = []
    every = range(len(seen))
    for count in range(1, len(seen) + 1):
        for paths in combinations(every, count):
            if any(one <= set(paths) for one in known):
                continue
            if count == len(seen) or _leaks(keys, seen[list(paths)]):
                known.append(set(paths))
                yield paths


def _leaks(keys: NDArray[np.uint8], shares: NDArray[np.uint8]) -> bool:
    """Whether shares tell anything of whole keys, or of halves of two keys in a row."""
    samples, half = samples_needed(KEY_BYTES, len(shares)), KEY_BYTES // 2
    if leaked_bits(keys[:samples], shares[:, :samples]):
        return True
    rows = slice(0, 2 * samples)
    pairs = keys[rows, :half].reshape(samples, -1)
    return leaked_bits(pairs, shares[:, rows, :half].reshape(len(shares), samples, -1)) > 0


PROCEDURES: tuple[Procedure, ...] = (Procedure("KM-07", "attack", nodes_tolerated, needs="bench"),)
