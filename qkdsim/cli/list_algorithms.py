"""`qkdsim list kems` and `qkdsim list signatures`: what cryptography is available here, and how to get the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from qkdsim.crypto.kem import KemListing
    from qkdsim.crypto.signature import SignatureListing

AlgorithmKind: TypeAlias = Literal["kems", "signatures"]
_LENGTHS = {
    "kems": {"public_key_bytes": "public key", "ciphertext_bytes": "ciphertext", "shared_secret_bytes": "secret"},
    "signatures": {"public_key_bytes": "public key", "signature_bytes": "signature"},
}


def print_algorithms(kind: AlgorithmKind, *, as_json: bool) -> None:
    """One JSON document, or a table with lengths in bytes and a line below it on how to install the rest."""
    import typer

    from qkdsim.cli.output import print_json, print_table

    listings = _listings(kind)
    if as_json:
        print_json({"format": "list/1", kind: [_entry(one) for one in listings]})
        return
    columns = ["name", "provider", "available", "family", "category", *_LENGTHS[kind].values()]
    rows = [_row(kind, one) for one in listings]
    print_table(f"{kind} (lengths in bytes)", columns, rows, numeric=range(4, len(columns)))
    for advice in dict.fromkeys(one.install for one in listings if one.install):
        typer.echo(f"the rest {advice}")


def _listings(kind: AlgorithmKind) -> Sequence[KemListing | SignatureListing]:
    if kind == "kems":
        from qkdsim.crypto.kem import list_kems

        return list_kems()
    from qkdsim.crypto.signature import list_signatures

    return list_signatures()


def _entry(listing: KemListing | SignatureListing) -> dict[str, Any]:
    """The facts of one algorithm, without the form of secret keys, which is the provider's own affair."""
    hidden = {"secret_key_bytes", "seed_bytes"}
    facts = {name: value for name, value in asdict(listing.facts).items() if name not in hidden}
    return {**facts, "available": listing.available, "install": listing.install}


def _row(kind: AlgorithmKind, listing: KemListing | SignatureListing) -> list[str]:
    facts = listing.facts
    return [
        facts.name,
        facts.provider,
        "yes" if listing.available else "no",
        facts.family,
        "–" if facts.category is None else str(facts.category),
        *(str(getattr(facts, name)) for name in _LENGTHS[kind]),
    ]
