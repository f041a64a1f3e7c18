"""What a key encapsulation mechanism is: a key pair, a ciphertext that anyone can make for it, and a shared secret.

Secret keys are in the form of their provider (the seed with `cryptography`, the expanded key with liboqs) and stay with
it; public keys and ciphertexts are in the form of the standard, so two ends may use different providers.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TypeAlias

from qkdsim.crypto.algorithms import Algorithm, Family, KeyPair, Provider, check_length


@dataclass(frozen=True, slots=True)
class KemFacts:
    """What an algorithm claims and how long its messages are.

    category             security category of NIST that its authors claim, 1 to 5; None for a classical one
    parts                the algorithms that must all be broken before its secret is known
    secret_key_bytes     in the form of this provider; None where no provider is at hand
    seed_bytes           length of the seed that `generate` takes; None if it takes none
    """

    name: str
    provider: Provider
    family: Family
    category: int | None
    public_key_bytes: int
    ciphertext_bytes: int
    shared_secret_bytes: int
    secret_key_bytes: int | None = None
    seed_bytes: int | None = None
    parts: tuple[str, ...] = ()

    @property
    def rests_on(self) -> tuple[str, ...]:
        """`parts`, or the algorithm itself where it has none."""
        return self.parts or (self.name,)


KemKeyPair: TypeAlias = KeyPair


# The secret is neither shown nor compared: `==` would take a time that tells where two differ.
@dataclass(frozen=True, slots=True, eq=False)
class Encapsulation:
    """A ciphertext to send and the shared secret that it carries."""

    ciphertext: bytes
    shared_secret: bytes = field(repr=False)


class Kem(Algorithm[KemFacts]):
    """One KEM of one provider."""

    def encapsulate(self, public_key: bytes) -> Encapsulation:
        """A fresh shared secret for the holder of the secret key.

        Raises ValueError if the public key has another length or is not one.
        """
        check_length(self.facts.name, "public key", public_key, self.facts.public_key_bytes)
        return self._encapsulate(public_key)

    def decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes:
        """The shared secret in a ciphertext.

        An altered ciphertext of the right length gives another, unrelated secret and no error (implicit rejection, FIPS
        203, 6.3): only a confirmation shows it.

        Raises ValueError if either has another length, or the ciphertext cannot be one.
        """
        check_length(self.facts.name, "secret key", secret_key, self.facts.secret_key_bytes or 0)
        check_length(self.facts.name, "ciphertext", ciphertext, self.facts.ciphertext_bytes)
        return self._decapsulate(secret_key, ciphertext)

    @abstractmethod
    def _encapsulate(self, public_key: bytes) -> Encapsulation: ...

    @abstractmethod
    def _decapsulate(self, secret_key: bytes, ciphertext: bytes) -> bytes: ...
