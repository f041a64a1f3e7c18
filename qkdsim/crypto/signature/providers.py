"""Which signature schemes there are here, from which provider, and which would come with another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from qkdsim.crypto import liboqs
from qkdsim.crypto.algorithms import Provider, canonical, unknown
from qkdsim.crypto.signature.catalogue import PUBLISHED
from qkdsim.crypto.signature.interface import SignatureFacts, SignatureScheme
from qkdsim.errors import InputError


@dataclass(frozen=True, slots=True)
class SignatureListing:
    """One row of `qkdsim list signatures`; `install` says how to get what is not available, and is empty otherwise."""

    facts: SignatureFacts
    available: bool
    install: str


@cache
def available_signatures() -> tuple[SignatureScheme, ...]:
    """Every signature scheme of every installed provider, those of `cryptography` first."""
    from qkdsim.crypto.signature import from_cryptography, from_liboqs

    return (*from_cryptography.signatures(), *from_liboqs.signatures())


def find_signature(name: str, provider: Provider | None = None) -> SignatureScheme:
    """The signature scheme of this name; without `provider`, of the first that has it, `cryptography` before liboqs.

    Raises InputError for a name that nobody knows (with the nearest known), and for one whose provider is not installed
    (with how to get it). Another algorithm is never taken instead.
    """
    wanted = canonical(name)
    for scheme in available_signatures():
        if scheme.facts.name == wanted and provider in (None, scheme.facts.provider):
            return scheme
    known = {scheme.facts.name for scheme in available_signatures()}
    if wanted not in known and wanted not in PUBLISHED:
        raise unknown("signature", name, known | set(PUBLISHED))
    if wanted in PUBLISHED and provider != "cryptography":
        raise InputError.of("signature", "name", name, f"an available algorithm: {name} {liboqs.how_to_get()}")
    raise InputError.of("signature", "provider", provider, f"one that has {wanted}: see `qkdsim list signatures`")


def signature_facts(name: str) -> SignatureFacts:
    """Lengths and claims of a signature scheme, available or not: what a simulation without cryptography needs.

    Raises InputError for a name that nobody knows.
    """
    wanted = canonical(name)
    here = {scheme.facts.name: scheme.facts for scheme in reversed(available_signatures())}
    facts = here.get(wanted) or PUBLISHED.get(wanted)
    if facts is None:
        raise unknown("signature", name, here.keys() | PUBLISHED.keys())
    return facts


def list_signatures() -> list[SignatureListing]:
    """What is available, and after it what would be with liboqs."""
    here = [SignatureListing(scheme.facts, True, "") for scheme in available_signatures()]
    names = {listing.facts.name for listing in here}
    missing = [facts for name, facts in PUBLISHED.items() if name not in names]
    return here + [SignatureListing(facts, False, liboqs.how_to_get()) for facts in missing]
