"""Key encapsulation mechanisms: one interface over several providers, bytes in, bytes out."""

from __future__ import annotations

from qkdsim.crypto.kem.interface import Encapsulation, Kem, KemFacts, KemKeyPair
from qkdsim.crypto.kem.providers import KemListing, available_kems, find_kem, kem_facts, list_kems

__all__ = [
    "Encapsulation",
    "Kem",
    "KemFacts",
    "KemKeyPair",
    "KemListing",
    "available_kems",
    "find_kem",
    "kem_facts",
    "list_kems",
]
