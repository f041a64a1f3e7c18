"""The default combiner: HKDF (RFC 5869) over length-prefixed secrets, bound to all that the two ends said.

    salt = H(transcript)
    IKM  = LP(secret 1) | LP(secret 2) | ...              an absent secret is LP("")
    info = LP(suite) | LP(policy) | LP(names) | mask      one bit for each secret that is there, the first lowest
         | LP(key_IDs) | LP(initiator) | LP(responder) | LP(H(KEM ciphertexts))
    OKM  = HKDF(salt, IKM, info): the session key, then the key of the confirmation, 32 bytes each

LP is a 32-bit length before a field; lists (names, key_IDs, ciphertexts) are framed again inside theirs. H is SHA-384.

What it claims: the output is secret while HKDF is a secure combiner and any one of the secrets is unknown (N. Bindel et
al., PQCrypto 2019, for the concatenation), and both ends get it only if they agree on everything named above. What it
does not: it is computational, whatever goes in. A QKD key in it keeps its secrecy against a broken KEM but not its
information-theoretic claim; for that see `xor`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qkdsim.crypto.combiner.inputs import Secret, check_names, prefixed

KEY_BYTES = 32
MOST_SECRETS = 8  # bits of the mask


@dataclass(frozen=True, slots=True, eq=False)
class HybridInputs:
    """What goes into one session key.

    secrets      in the fixed order of the suite, absent ones included
    transcript   all handshake messages of both sides, as sent
    suite        name of the set of algorithms
    policy       name of the policy that let these secrets suffice
    key_ids      identifiers of the QKD keys, in the order in which they were joined
    initiator    names of the two ends, as each authenticated the other
    ciphertexts  of the KEMs, in the order of their secrets

    Raises ValueError if no secret is there, there are more than 8, or two have one name.
    """

    secrets: tuple[Secret, ...]
    transcript: bytes
    suite: str
    policy: str
    initiator: str
    responder: str
    key_ids: tuple[str, ...] = ()
    ciphertexts: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len(self.secrets) > MOST_SECRETS:
            raise ValueError(f"at most {MOST_SECRETS} secrets, not {len(self.secrets)}")
        check_names(self.secrets)
        if not self.used:
            raise ValueError("no secret is there to derive a key from")

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the secrets that are there: what the key's secrecy rests on."""
        return tuple(secret.name for secret in self.secrets if secret.value is not None)


@dataclass(frozen=True, slots=True, eq=False)
class HybridKeys:
    """The two keys, and the secrets that were mixed: the session key falls only if all of them do."""

    session_key: bytes = field(repr=False)
    confirmation_key: bytes = field(repr=False)
    used: tuple[str, ...]


def hybrid_keys(inputs: HybridInputs) -> HybridKeys:
    """Session key and confirmation key, 32 bytes each."""
    secret = prefixed(*(one.value or b"" for one in inputs.secrets))
    derivation = HKDF(hashes.SHA384(), 2 * KEY_BYTES, salt=_hash(inputs.transcript), info=_info(inputs))
    output = derivation.derive(secret)
    return HybridKeys(output[:KEY_BYTES], output[KEY_BYTES:], inputs.used)


def _info(inputs: HybridInputs) -> bytes:
    mask = sum(1 << place for place, secret in enumerate(inputs.secrets) if secret.value is not None)
    names = prefixed(*(secret.name.encode() for secret in inputs.secrets))
    return (
        prefixed(inputs.suite.encode(), inputs.policy.encode(), names)
        + bytes([mask])
        + prefixed(
            prefixed(*(key_id.encode() for key_id in inputs.key_ids)),
            inputs.initiator.encode(),
            inputs.responder.encode(),
            _hash(prefixed(*inputs.ciphertexts)),
        )
    )


def _hash(message: bytes) -> bytes:
    return hashlib.sha384(message).digest()
