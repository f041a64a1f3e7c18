"""Which KEMs there are here, from which provider, and which would come with another."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from qkdsim.crypto.kem.catalogue import PUBLISHED
from qkdsim.crypto.kem.interface import Kem, KemFacts
from qkdsim.crypto.providers import Listing, Shelf

KemListing: TypeAlias = Listing[KemFacts]


@cache
def available_kems() -> tuple[Kem, ...]:
    """Every KEM of every installed provider, those of `cryptography` first."""
    from qkdsim.crypto.kem import from_cryptography, from_liboqs

    return (*from_cryptography.kems(), *from_liboqs.kems())


_SHELF: Shelf[Kem, KemFacts] = Shelf("kem", available_kems, PUBLISHED)

find_kem = _SHELF.find
kem_facts = _SHELF.facts
list_kems = _SHELF.listings
