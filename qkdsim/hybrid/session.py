"""What a handshake leaves behind: a session, what it rests on, and the keys of its traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from qkdsim.crypto.kem import kem_facts
from qkdsim.crypto.signature import SigningKeyPair
from qkdsim.hybrid.suites import Suite

CryptographyKind: TypeAlias = Literal["real", "simulated"]
LEAST_QKD_KEY_BYTES = 32


# Secrets are neither shown nor compared: `==` would take a time that tells where they differ.
@dataclass(frozen=True, slots=True, eq=False)
class QkdKey:
    """A key that the key management of a node handed out, and the key_ID under which the other node finds it.

    Raises ValueError if it has less than 32 bytes, or its key_ID cannot be sent.
    """

    key_id: str
    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) < LEAST_QKD_KEY_BYTES:
            raise ValueError(f"a QKD key has at least {LEAST_QKD_KEY_BYTES} bytes, not {len(self.value)}")
        if not (0 < len(self.key_id) <= 255 and self.key_id.isascii() and self.key_id.isprintable()):
            raise ValueError("a key_ID has 1 to 255 printable ASCII characters")


@dataclass(frozen=True, slots=True, eq=False)
class Credentials:
    """How a node proves who it is, and knows that the other is who it says: all out of band.

    pre_shared_key  held by both, at least 32 bytes
    signing_keys    own key pairs, by name of the signature scheme
    peer_keys       public keys of the other node, by name of the signature scheme
    """

    pre_shared_key: bytes | None = field(default=None, repr=False)
    signing_keys: Mapping[str, SigningKeyPair] = field(default_factory=dict, repr=False)
    peer_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.pre_shared_key is not None and len(self.pre_shared_key) < 32:
            raise ValueError(f"a pre-shared key has at least 32 bytes, not {len(self.pre_shared_key)}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What both ends of a session agree on; equal at both ends.

    mixed         the secrets that went into the key, in the order of the suite
    missing       those that the policy would have mixed but that were not there
    key_id        of the QKD key in it; empty without one
    authenticated the methods that all held; `session` is the MAC under a key of the session before, when rekeying
    previous      handshake of the session that this one replaces; empty for a first one
    cryptography  `simulated`: lengths and order of the messages only, there is no key
    """

    suite: Suite
    policy: str
    initiator: str
    responder: str
    mixed: tuple[str, ...]
    missing: tuple[str, ...]
    key_id: str
    authenticated: tuple[str, ...]
    previous: bytes
    cryptography: CryptographyKind

    @property
    def downgraded(self) -> bool:
        """Whether the key rests on less than the policy would have mixed."""
        return bool(self.missing)

    @property
    def secrecy_rests_on(self) -> tuple[str, ...]:
        """The key stays secret while one of these holds: `qkd`, or an algorithm (X-Wing is its two)."""
        parts = (("qkd",) if one == "qkd" else kem_facts(one).rests_on for one in self.mixed)
        return tuple(dict.fromkeys(part for group in parts for part in group))


@dataclass(frozen=True, slots=True, eq=False)
class TrafficKeys:
    """The keys of a session, 32 bytes each: one per sender, and one that authenticates the next handshake."""

    initiator: bytes = field(repr=False)
    responder: bytes = field(repr=False)
    rekeying: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """An agreed session. `transcript` is the hash of all that both ends said; `keys` is None where simulated."""

    handshake: bytes
    outcome: Outcome
    transcript: bytes
    established_s: float
    keys: TrafficKeys | None = field(repr=False)
