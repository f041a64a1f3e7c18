"""The named secrets that combiners take, and the framing that keeps two fields apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

LEAST_SECRET_BYTES = 16  # the shortest shared secret of any KEM in use (FrodoKEM-640)


# Secrets are neither shown nor compared: `==` would take a time that tells where they differ.
@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """One secret by the name of where it comes from (`qkd`, `ml-kem-768`, `x25519`); None means that it is absent.

    Raises ValueError if it is there but shorter than 16 bytes: a missing secret is never passed as an empty one.
    """

    name: str
    value: bytes | None = field(repr=False)

    def __post_init__(self) -> None:
        if self.value is not None and len(self.value) < LEAST_SECRET_BYTES:
            raise ValueError(
                f"{self.name}: a secret has at least {LEAST_SECRET_BYTES} bytes, not {len(self.value)}; "
                "one that is absent is None"
            )

    def __repr__(self) -> str:
        state = "absent" if self.value is None else f"{len(self.value)} bytes"
        return f"Secret({self.name}, {state})"


def prefixed(*fields: bytes) -> bytes:
    """Every field after its length, 32 bits, big-endian: two different lists of fields never give the same bytes."""
    return b"".join(len(one).to_bytes(4, "big") + one for one in fields)


def check_names(secrets: Iterable[Secret]) -> None:
    """Raise ValueError if two secrets have the same name."""
    names = [secret.name for secret in secrets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: named more than once")
