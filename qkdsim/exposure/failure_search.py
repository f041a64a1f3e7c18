"""All smallest sets of failures that expose something: an exact search with stated limits.

A set counts if no failure in it can be spared. Whatever exposes a thing has one of the failures that the thing names as
open: so each is tried, and one that was tried is barred afterwards, so that no set comes twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

MOST_FAILURES: Final = 4  # in a set
MOST_SETS: Final = 50  # listed
MOST_STEPS: Final = 20_000  # partial sets that are looked at

Failure: TypeAlias = tuple[Literal["algorithm", "node"], str]
Ways: TypeAlias = tuple[tuple[frozenset[Failure], ...], int]  # that many of the sets must have a failure
Attack: TypeAlias = tuple[Ways, ...]  # all of them


@dataclass(frozen=True, slots=True)
class FailureSet:
    """Algorithms broken and nodes compromised, all the time, that do it together and not with one less."""

    broken: tuple[str, ...]
    compromised: tuple[str, ...]

    @property
    def failures(self) -> int:
        """How many."""
        return len(self.broken) + len(self.compromised)


@dataclass(frozen=True, slots=True)
class FailureSets:
    """The sets, fewest failures first.

    complete_to   all sets with so many failures are listed, and those with fewer; more were not looked for, or not all
                  of them are listed
    """

    sets: tuple[FailureSet, ...]
    complete_to: int

    @property
    def fewest(self) -> int | None:
        """Failures in the smallest set; None if none was found."""
        return self.sets[0].failures if self.sets else None


class Target(Protocol):
    """Something that failures may expose; more failures never expose less."""

    def open(self, chosen: frozenset[Failure]) -> frozenset[Failure] | None:
        """None if it is exposed; else failures of which any larger set that exposes it has one."""
        ...


@dataclass(frozen=True, slots=True)
class ByAttacks:
    """Falls to any of its attacks."""

    attacks: frozenset[Attack]

    def open(self, chosen: frozenset[Failure]) -> frozenset[Failure] | None:
        """See `Target`: of each attack the first part that is not done yet."""
        left: set[Failure] = set()
        for attack in self.attacks:
            undone = _undone(attack, chosen)
            if undone is None:
                return None
            left |= undone
        return frozenset(left)


@dataclass(frozen=True, slots=True)
class All:
    """Falls when all of its parts do."""

    parts: Sequence[Target]

    def open(self, chosen: frozenset[Failure]) -> frozenset[Failure] | None:
        """See `Target`: the first part that stands."""
        for part in self.parts:
            left = part.open(chosen)
            if left is not None:
                return left
        return None


def failure_sets(target: Target, most: int = MOST_FAILURES) -> FailureSets:
    """All sets of up to `most` failures that expose the target, none of which can be spared; within the limits."""
    found: list[frozenset[Failure]] = []
    search = _Search(target)
    for size in range(1, most + 1):
        for chosen in search.sets_of(size):
            if len(found) == MOST_SETS:
                return _listed(found, size - 1)
            found.append(chosen)
        if search.is_spent:
            return _listed(found, size - 1)
    return _listed(found, most)


class _Search:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._steps = 0

    @property
    def is_spent(self) -> bool:
        """Whether a limit ended it."""
        return self._steps > MOST_STEPS

    def sets_of(self, size: int) -> Iterator[frozenset[Failure]]:
        """The sets of this size."""
        for chosen in self._expand(frozenset(), frozenset(), size):
            if all(self._target.open(chosen - {one}) is not None for one in chosen):
                yield chosen

    def _expand(
        self, chosen: frozenset[Failure], barred: frozenset[Failure], left: int
    ) -> Iterator[frozenset[Failure]]:
        self._steps += 1
        if self.is_spent:
            return
        open_ = self._target.open(chosen)
        if open_ is None:
            if left == 0:
                yield chosen
            return
        if left:
            for one in sorted(open_ - barred):
                yield from self._expand(chosen | {one}, barred, left - 1)
                barred |= {one}


def _undone(attack: Attack, chosen: frozenset[Failure]) -> frozenset[Failure] | None:
    for ways, threshold in attack:
        untouched = [way for way in ways if chosen.isdisjoint(way)]
        if len(ways) - len(untouched) < threshold:
            return frozenset().union(*untouched)
    return None


def _listed(found: Iterable[frozenset[Failure]], complete_to: int) -> FailureSets:
    sets = [
        FailureSet(
            tuple(sorted(name for kind, name in one if kind == "algorithm")),
            tuple(sorted(name for kind, name in one if kind == "node")),
        )
        for one in found
    ]
    return FailureSets(tuple(sorted(sets, key=lambda one: (one.failures, one.compromised, one.broken))), complete_to)
