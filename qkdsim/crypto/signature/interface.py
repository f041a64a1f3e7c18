"""What a signature scheme is: a key pair, a signature of a message, and a check of it.

Secret keys are in the form of their provider (the seed with `cryptography`) and stay with it; public keys and
signatures are in the form of the standard, so two ends may use different providers.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

from qkdsim.crypto.algorithms import Algorithm, Family, KeyPair, Provider, check_length

LONGEST_CONTEXT_BYTES = 255  # FIPS 204, 5.2, and FIPS 205, 10.2


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What an algorithm claims and how long its messages are.

    category         security category of NIST that its authors claim, 1 to 5; None for a classical one
    signature_bytes  the longest signature; Falcon's are often shorter
    has_context      whether a context can be signed along with the message
    secret_key_bytes in the form of this provider; None where no provider is at hand
    seed_bytes       length of the seed that `generate` takes; None if it takes none
    """

    name: str
    provider: Provider
    family: Family
    category: int | None
    public_key_bytes: int
    signature_bytes: int
    has_context: bool = False
    secret_key_bytes: int | None = None
    seed_bytes: int | None = None


SigningKeyPair: TypeAlias = KeyPair


class SignatureScheme(Algorithm[SignatureFacts]):
    """One signature scheme of one provider."""

    def sign(self, secret_key: bytes, message: bytes, context: bytes = b"") -> bytes:
        """A signature of the message, and of the context where the algorithm has one.

        Raises ValueError if the secret key has another length, or the context is too long or not possible.
        """
        check_length(self.facts.name, "secret key", secret_key, self.facts.secret_key_bytes or 0)
        self._check_context(context)
        return self._sign(secret_key, message, context)

    def verify(self, public_key: bytes, message: bytes, signature: bytes, context: bytes = b"") -> bool:
        """Whether the signature is one of this message and context under this key; False too for a wrong length.

        Raises ValueError if the public key has another length, or the context is too long or not possible.
        """
        check_length(self.facts.name, "public key", public_key, self.facts.public_key_bytes)
        self._check_context(context)
        fits = 0 < len(signature) <= self.facts.signature_bytes
        return fits and self._verify(public_key, message, signature, context)

    def _check_context(self, context: bytes) -> None:
        if context and not self.facts.has_context:
            raise ValueError(f"{self.facts.name}: signs no context; put it into the message")
        if len(context) > LONGEST_CONTEXT_BYTES:
            raise ValueError(
                f"{self.facts.name}: a context has up to {LONGEST_CONTEXT_BYTES} bytes, not {len(context)}"
            )

    @abstractmethod
    def _sign(self, secret_key: bytes, message: bytes, context: bytes) -> bytes: ...

    @abstractmethod
    def _verify(self, public_key: bytes, message: bytes, signature: bytes, context: bytes) -> bool: ...
