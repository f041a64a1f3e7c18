"""Which signature schemes there are here, from which provider, and which would come with another."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from qkdsim.crypto.providers import Listing, Shelf
from qkdsim.crypto.signature.catalogue import PUBLISHED
from qkdsim.crypto.signature.interface import SignatureFacts, SignatureScheme

SignatureListing: TypeAlias = Listing[SignatureFacts]


@cache
def available_signatures() -> tuple[SignatureScheme, ...]:
    """Every signature scheme of every installed provider, those of `cryptography` first."""
    from qkdsim.crypto.signature import from_cryptography, from_liboqs

    return (*from_cryptography.signatures(), *from_liboqs.signatures())


_SHELF: Shelf[SignatureScheme, SignatureFacts] = Shelf("signature", available_signatures, PUBLISHED)

find_signature = _SHELF.find
signature_facts = _SHELF.facts
list_signatures = _SHELF.listings
