"""Tallies of real runs, made once and drawn from again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from qkdsim import rng

T = TypeVar("T")
POOL_SEED = 1_000_003  # of what is drawn into the pools; no certification here has this seed


@dataclass
class Pools:
    """Observations by what was asked for. `size` is how many independent ones of each kind are made.

    made_s   processor seconds that went into them
    needed   how many of a pool one certification draws, for those of which it draws several
    """

    size: int
    made_s: float = 0.0
    kept: dict[Hashable, Any] = field(default_factory=dict)
    needed: dict[str, tuple[int, int]] = field(default_factory=dict)

    def of(self, name: Hashable, count: int, make: Callable[[np.random.Generator], T]) -> Sequence[T]:
        """The pool of a name; each observation is made with draws of its own."""
        if name not in self.kept:
            self.keep(name, lambda: [make(rng.stream(POOL_SEED, repr(name), one)) for one in range(count)])
        found: Sequence[T] = self.kept[name]
        return found

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What does not depend on the seed."""
        if name not in self.kept:
            self.keep(name, make)
        found: T = self.kept[name]
        return found

    def keep(self, name: Hashable, make: Callable[[], Any]) -> None:
        begin_s = time.process_time()
        self.kept[name] = make()
        self.made_s += time.process_time() - begin_s


def one_of(pool: Sequence[T], generator: np.random.Generator) -> T:
    return pool[int(generator.integers(len(pool)))]


def some_of(pool: Sequence[T], number: int, generator: np.random.Generator) -> list[T]:
    """Different ones, in a random order. Raises ValueError where the pool holds fewer."""
    return [pool[int(place)] for place in generator.choice(len(pool), number, replace=False)]
