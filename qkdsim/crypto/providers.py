"""Which algorithms of a kind there are here, from which provider, and which would come with another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, Literal, TypeVar

from qkdsim.crypto import liboqs
from qkdsim.crypto.algorithms import Algorithm, AnyFacts, Provider, canonical
from qkdsim.errors import InputError

AnyAlgorithm = TypeVar("AnyAlgorithm", bound=Algorithm[Any])


@dataclass(frozen=True, slots=True)
class Listing(Generic[AnyFacts]):
    """One row of `qkdsim list`; `install` says how to get what is not available, and is empty otherwise."""

    facts: AnyFacts
    available: bool
    install: str


@dataclass(frozen=True, slots=True)
class Shelf(Generic[AnyAlgorithm, AnyFacts]):
    """The algorithms of a kind: those at hand, in order of preference, and the published facts of those of liboqs."""

    kind: Literal["kem", "signature"]
    available: Callable[[], tuple[AnyAlgorithm, ...]]
    published: Mapping[str, AnyFacts]

    def find(self, name: str, provider: Provider | None = None) -> AnyAlgorithm:
        """The algorithm of this name; without `provider`, the first that has it, `cryptography` before liboqs.

        Raises InputError for a name that nobody knows (with the nearest known), and for one whose provider is not
        installed (with how to get it). Another algorithm is never taken instead.
        """
        wanted = canonical(name)
        for one in self.available():
            if one.facts.name == wanted and provider in (None, one.facts.provider):
                return one
        known = {one.facts.name for one in self.available()}
        if wanted not in known and wanted not in self.published:
            raise self._unknown(name, known | self.published.keys())
        if wanted in self.published and provider != "cryptography":
            raise InputError.of(self.kind, "name", name, f"an available algorithm: {name} {liboqs.how_to_get()}")
        raise InputError.of(self.kind, "provider", provider, f"one that has {wanted}: see `qkdsim list {self.kind}s`")

    def facts(self, name: str) -> AnyFacts:
        """Lengths and claims of an algorithm, available or not: what a simulation without cryptography needs.

        Raises InputError for a name that nobody knows.
        """
        wanted = canonical(name)
        here: dict[str, AnyFacts] = {one.facts.name: one.facts for one in reversed(self.available())}
        facts = here.get(wanted) or self.published.get(wanted)
        if facts is None:
            raise self._unknown(name, here.keys() | self.published.keys())
        return facts

    def listings(self) -> list[Listing[AnyFacts]]:
        """What is available, and after it what would be with liboqs."""
        here: list[Listing[AnyFacts]] = [Listing(one.facts, True, "") for one in self.available()]
        names = {one.facts.name for one in self.available()}
        missing = [facts for name, facts in self.published.items() if name not in names]
        return here + [Listing(facts, False, liboqs.how_to_get()) for facts in missing]

    def _unknown(self, name: str, known: Iterable[str]) -> InputError:
        """The error for a name that no provider has: the nearest known names, and where all of them are listed."""
        near = get_close_matches(canonical(name), sorted(known), n=3, cutoff=0.5)
        hint = f"{' or '.join(near)}; all: " if near else ""
        return InputError.of(self.kind, "name", name, f"{hint}`qkdsim list {self.kind}s`")
