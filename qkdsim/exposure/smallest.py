"""Smallest sets of nodes that expose keys sent over known paths: an exact search with a stated limit.

A key is exposed by a set of nodes if at least `threshold` of its paths have a node of the set. With one path each that
is the minimum hitting set, which is NP-hard; the families of a pair of users are small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qkdsim.errors import InputError

MOST_FAMILIES = 2_000  # different families of paths
MOST_NODES = 8  # in a set
MOST_LISTED = 50  # sets; the number of nodes is exact all the same
MOST_STEPS = 200_000  # partial sets that are looked at


@dataclass(frozen=True, slots=True)
class PathFamily:
    """The nodes between the ends, path by path, of keys that went the same ways; and the paths that expose them."""

    paths: tuple[frozenset[str], ...]
    threshold: int

    @property
    def is_exposable(self) -> bool:
        """Whether nodes between the ends can expose it: a path with no such node gives its share to no one."""
        return sum(1 for path in self.paths if path) >= self.threshold


@dataclass(frozen=True, slots=True)
class SmallestSets:
    """The sets with the fewest nodes that do it, each in alphabetical order.

    nodes     in each set; None if no set does it
    sets      all of them, or the first found if `complete` is false
    """

    nodes: int | None
    sets: tuple[tuple[str, ...], ...]
    complete: bool


NO_SET = SmallestSets(None, (), complete=True)


def exposing_every(families: Iterable[PathFamily]) -> SmallestSets:
    """The smallest sets of nodes that expose every family; those that no set exposes are left out.

    Raises InputError beyond `MOST_FAMILIES` different families, `MOST_NODES` nodes, or `MOST_STEPS` steps.
    """
    search = _Search({family for family in families if family.is_exposable})
    for nodes in range(1, MOST_NODES + 1):
        found = search.sets_of(nodes)
        if found.sets:
            return found
    if search.is_empty:
        return NO_SET
    raise _beyond(f"a set needs more than {MOST_NODES} nodes, which is as far as the search goes")


def exposing_any(families: Iterable[PathFamily]) -> SmallestSets:
    """The smallest sets of nodes that expose at least one family.

    Raises InputError beyond the limits of `exposing_every`.
    """
    families = {family for family in families if family.is_exposable}
    _check_count(len(families))
    found: set[tuple[str, ...]] = set()
    nodes = MOST_NODES + 1
    complete = True
    for family in sorted(families, key=_order):
        one = exposing_every([family])
        if one.nodes is None or one.nodes > nodes:
            continue
        if one.nodes < nodes:
            found, nodes, complete = set(), one.nodes, True
        found |= set(one.sets)
        complete = complete and one.complete
    if not families:
        return NO_SET
    return SmallestSets(nodes, tuple(sorted(found)[:MOST_LISTED]), complete and len(found) <= MOST_LISTED)


class _Search:
    """Sets of nodes as bits of a number: bit i is the i-th node."""

    def __init__(self, families: set[PathFamily]) -> None:
        _check_count(len(families))
        self._names = sorted({node for family in families for path in family.paths for node in path})
        bit = {name: 1 << index for index, name in enumerate(self._names)}
        masks = {
            (tuple(sorted(sum(bit[node] for node in path) for path in family.paths if path)), family.threshold)
            for family in families
        }
        self._families = sorted(masks, key=lambda one: (sum(one[0]).bit_count(), one))
        self._steps = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to expose."""
        return not self._families

    def sets_of(self, nodes: int) -> SmallestSets:
        """All sets of so many nodes, provided that no smaller set does it."""
        sets = []
        for found in self._expand(0, 0, nodes, self._families):
            sets.append(tuple(name for index, name in enumerate(self._names) if found >> index & 1))
            if len(sets) > MOST_LISTED:
                break
        return SmallestSets(nodes, tuple(sorted(sets[:MOST_LISTED])), len(sets) <= MOST_LISTED)

    def _expand(
        self, chosen: int, barred: int, left: int, families: Sequence[tuple[tuple[int, ...], int]]
    ) -> Iterator[int]:
        """Whatever exposes the first family not yet exposed has one of the nodes of its other paths: try each.

        A node that was tried is barred afterwards, so that no set comes twice.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _beyond(f"the search takes more than {MOST_STEPS} steps, which is its limit")
        open_ = [
            (tuple(path for path in paths if not path & chosen), need)
            for paths, threshold in families
            if (need := threshold - sum(1 for path in paths if path & chosen)) > 0
        ]
        if not open_:
            if chosen:
                yield chosen
            return
        if _at_least(open_) > left:
            return
        paths, _ = open_[0]
        candidates = 0
        for path in paths:
            candidates |= path & ~barred
        while candidates:
            node = candidates & -candidates
            candidates ^= node
            yield from self._expand(chosen | node, barred, left - 1, open_)
            barred |= node


def _at_least(families: Sequence[tuple[tuple[int, ...], int]]) -> int:
    """Nodes still needed, from below: what families without a node in common need, added up.

    One node may lie on several paths of a family, if paths are not disjoint: then it needs at least one.
    """
    taken, total = 0, 0
    for paths, need in families:
        union, disjoint = 0, True
        for path in paths:
            disjoint = disjoint and not union & path
            union |= path
        if not union & taken:
            taken |= union
            total += need if disjoint else 1
    return total


def _order(family: PathFamily) -> tuple[int, list[list[str]]]:
    return family.threshold, sorted(sorted(path) for path in family.paths)


def _check_count(families: int) -> None:
    if families > MOST_FAMILIES:
        raise _beyond(f"keys took {families} different ways, at most {MOST_FAMILIES} can be searched")


def _beyond(limit: str) -> InputError:
    return InputError.of("smallest sets of nodes", "", None, limit)
