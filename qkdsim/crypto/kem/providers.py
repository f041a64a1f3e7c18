"""Which KEMs there are here, from which provider, and which would come with another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from qkdsim.crypto import liboqs
from qkdsim.crypto.algorithms import Provider, canonical, unknown
from qkdsim.crypto.kem.catalogue import PUBLISHED
from qkdsim.crypto.kem.interface import Kem, KemFacts
from qkdsim.errors import InputError


@dataclass(frozen=True, slots=True)
class KemListing:
    """One row of `qkdsim list kems`; `install` says how to get what is not available, and is empty otherwise."""

    facts: KemFacts
    available: bool
    install: str


@cache
def available_kems() -> tuple[Kem, ...]:
    """Every KEM of every installed provider, those of `cryptography` first."""
    from qkdsim.crypto.kem import from_cryptography, from_liboqs

    return (*from_cryptography.kems(), *from_liboqs.kems())


def find_kem(name: str, provider: Provider | None = None) -> Kem:
    """The KEM of this name; without `provider`, of the first that has it, `cryptography` before liboqs.

    Raises InputError for a name that nobody knows (with the nearest known), and for one whose provider is not installed
    (with how to get it). Another algorithm is never taken instead.
    """
    wanted = canonical(name)
    for kem in available_kems():
        if kem.facts.name == wanted and provider in (None, kem.facts.provider):
            return kem
    known = {kem.facts.name for kem in available_kems()}
    if wanted not in known and wanted not in PUBLISHED:
        raise unknown("kem", name, known | set(PUBLISHED))
    if wanted in PUBLISHED and provider != "cryptography":
        raise InputError.of("kem", "name", name, f"an available algorithm: {name} {liboqs.how_to_get()}")
    raise InputError.of("kem", "provider", provider, f"one that has {wanted}: see `qkdsim list kems`")


def kem_facts(name: str) -> KemFacts:
    """Lengths and claims of a KEM, available or not: what a simulation without cryptography needs.

    Raises InputError for a name that nobody knows.
    """
    wanted = canonical(name)
    here = {kem.facts.name: kem.facts for kem in reversed(available_kems())}
    facts = here.get(wanted) or PUBLISHED.get(wanted)
    if facts is None:
        raise unknown("kem", name, here.keys() | PUBLISHED.keys())
    return facts


def list_kems() -> list[KemListing]:
    """What is available, and after it what would be with liboqs."""
    here = [KemListing(kem.facts, True, "") for kem in available_kems()]
    names = {listing.facts.name for listing in here}
    missing = [facts for name, facts in PUBLISHED.items() if name not in names]
    return here + [KemListing(facts, False, liboqs.how_to_get()) for facts in missing]
