"""What KEMs and signature schemes have in common: names, key pairs, and how a wrong length is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

# `classical` falls to a quantum computer; `hybrid` stands while one of its parts does
Family: TypeAlias = Literal["classical", "post-quantum", "hybrid"]
Provider: TypeAlias = Literal["cryptography", "liboqs"]


def canonical(name: str) -> str:
    """The name that files, tables and the command line use: lower case, words joined by dashes (`ml-kem-768`)."""
    return name.strip().lower().replace("_", "-")


def check_length(algorithm: str, what: str, given: bytes, expected_bytes: int) -> None:
    """Raise ValueError, naming lengths and never bytes, unless `given` has `expected_bytes` bytes."""
    if len(given) != expected_bytes:
        raise ValueError(f"{algorithm}: a {what} has {expected_bytes} bytes, not {len(given)}")


class Facts(Protocol):
    """What every algorithm states of itself; `seed_bytes` is None where `generate` takes no seed."""

    @property
    def name(self) -> str: ...  # noqa: D102 (said above)

    @property
    def provider(self) -> Provider: ...  # noqa: D102 (said above)

    @property
    def seed_bytes(self) -> int | None: ...  # noqa: D102 (said above)


AnyFacts = TypeVar("AnyFacts", bound=Facts)


# The secret is neither shown nor compared: `==` would take a time that tells where two keys differ.
@dataclass(frozen=True, slots=True, eq=False)
class KeyPair:
    """A public key to send or publish, and the secret key that stays."""

    public_key: bytes
    secret_key: bytes = field(repr=False)


class Algorithm(ABC, Generic[AnyFacts]):
    """One algorithm of one provider. Lengths are checked here and in the kinds, so every provider refuses alike."""

    def __init__(self, facts: AnyFacts) -> None:
        """Take what the provider says of the algorithm."""
        self.facts = facts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.facts.name}, {self.facts.provider})"

    def generate(self, seed: bytes | None = None) -> KeyPair:
        """A new key pair from the system's randomness, or the one that belongs to `seed`.

        Raises ValueError if the seed is not `seed_bytes` long, or the algorithm takes none here.
        """
        if seed is not None:
            if self.facts.seed_bytes is None:
                raise ValueError(f"{self.facts.name}: {self.facts.provider} takes no seed for it")
            check_length(self.facts.name, "seed", seed, self.facts.seed_bytes)
        return self._generate(seed)

    @abstractmethod
    def _generate(self, seed: bytes | None) -> KeyPair: ...
