"""What a handshake needs of cryptography: the part that is real, or has the lengths of the real one only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from qkdsim.crypto.combiner import HybridKeys
from qkdsim.crypto.kem import Encapsulation, KemKeyPair
from qkdsim.hybrid.messages import Hello, Message, Response
from qkdsim.hybrid.session import Credentials, CryptographyKind, TrafficKeys
from qkdsim.hybrid.suites import Suite

# the caller's source of random bytes: `os.urandom`, or `rng.stream(...).bytes` where nothing has to be secret
Random: TypeAlias = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Prover:
    """What proves an identity: the methods, all of which must hold, and what they need."""

    methods: tuple[str, ...]
    credentials: Credentials = field(repr=False)
    session_key: bytes | None = field(default=None, repr=False)  # of the session before, when rekeying


class Cryptography(Protocol):
    """The operations of both ends; a handshake asks for them in the order of its messages."""

    @property
    def kind(self) -> CryptographyKind:
        """Whether there is a key in the end."""
        ...

    def lacks(self, kem: str) -> str:
        """Empty if the KEM is there, or one line on what is missing."""
        ...

    def generate(self, kem: str, random: Random) -> KemKeyPair:
        """An ephemeral key pair."""
        ...

    def encapsulate(self, kem: str, public_key: bytes) -> Encapsulation:
        """A secret for the other end. Raises ValueError if that is not a public key."""
        ...

    def decapsulate(self, kem: str, pair: KemKeyPair, ciphertext: bytes) -> bytes:
        """The secret of the other end. Raises ValueError if that cannot be a ciphertext."""
        ...

    def transcript(self, message: Message) -> bytes:
        """What a message adds to the transcript."""
        ...

    def derive(
        self, suite: Suite, hello: Hello, response: Response, secrets: dict[str, bytes], transcript: bytes
    ) -> HybridKeys:
        """Session key and confirmation key from the secrets that are there."""
        ...

    def prove(self, prover: Prover, label: str, transcript: bytes) -> tuple[bytes, ...]:
        """A proof by each method that the one who knows the credentials said this."""
        ...

    def unproven(self, prover: Prover, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> str:
        """Empty if every proof of the other end holds, or one line on the first that does not."""
        ...

    def confirm(self, keys: HybridKeys, label: str, transcript: bytes, proofs: tuple[bytes, ...]) -> bytes:
        """A MAC that only one who has the keys can make."""
        ...

    def confirmed(self, expected: bytes, given: bytes) -> bool:
        """Whether a MAC is the expected one, in a time that does not depend on where they differ."""
        ...

    def traffic(self, keys: HybridKeys, transcript: bytes) -> tuple[bytes, TrafficKeys | None]:
        """Hash of the whole transcript, and the keys of the session."""
        ...
