"""CatKDF and CasKDF of ETSI TS 103 744 V1.2.1, clause 8, with HKDF or the one-step HMAC function as KDF.

CatKDF derives one key from all secrets at once; CasKDF derives one for each round and carries a chain secret on, so
that a session may start with the first secret and mix in the second when it comes. A QKD key enters as the psk or as
one of the k_i.

What they claim: the output is computationally secret while one of the secrets is unknown, and bound to the messages of
the two sides. What they do not: the secrets themselves are joined *without* length fields, so a suite must fix their
lengths, and nothing but the messages binds which secrets were used. The KMAC variants of the standard are not here, as
no library in use offers KMAC.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qkdsim.crypto.combiner.inputs import Secret, check_names, prefixed

Kdf: TypeAlias = Literal["hkdf", "hmac"]
HashName: TypeAlias = Literal["sha256", "sha384", "sha512"]
_HASHES: dict[HashName, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True, eq=False)
class CatInputs:
    """All that CatKDF takes.

    psk        pre-shared key, or a QKD key in its place; None where there is none
    secrets    k_1, k_2 ... in the order of the suite; all must be there
    label      salt of HKDF, key of the one-step function
    info       context that both ends know
    message_a  all that side A sent, and `message_b` all that side B sent

    Raises ValueError if there is no secret, one is absent, or two have one name.
    """

    secrets: tuple[Secret, ...]
    label: bytes
    info: bytes
    message_a: bytes
    message_b: bytes
    key_bytes: int
    psk: bytes | None = field(default=None, repr=False)
    kdf: Kdf = "hkdf"
    hash_name: HashName = "sha256"

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("CatKDF: no secret is there to derive a key from")
        _check_present("CatKDF", self.secrets)


def cat_kdf(inputs: CatInputs) -> bytes:
    """The key material: KDF(psk | k_1 | k_2 ..., label, H(LP(info) | LP(MA) | LP(MB)))."""
    secret = (inputs.psk or b"") + b"".join(one.value or b"" for one in inputs.secrets)
    context = hashlib.new(inputs.hash_name, prefixed(inputs.info, inputs.message_a, inputs.message_b)).digest()
    return _derive(inputs.kdf, inputs.hash_name, inputs.key_bytes, inputs.label, context, secret)


@dataclass(frozen=True, slots=True)
class CasRound:
    """One round: its secret, the messages that made it, label and context."""

    secret: Secret
    message_a: bytes
    message_b: bytes
    label: bytes
    info: bytes


@dataclass(frozen=True, slots=True, eq=False)
class CasInputs:
    """All that CasKDF takes: the rounds in their order, and the pre-shared key that starts the chain (None: empty).

    Raises ValueError if there is no round, a secret is absent, or two have one name.
    """

    rounds: tuple[CasRound, ...]
    key_bytes: int
    psk: bytes | None = field(default=None, repr=False)
    kdf: Kdf = "hkdf"
    hash_name: HashName = "sha256"

    def __post_init__(self) -> None:
        if not self.rounds:
            raise ValueError("CasKDF: no round is there to derive a key from")
        _check_present("CasKDF", tuple(one.secret for one in self.rounds))


@dataclass(frozen=True, slots=True, eq=False)
class CasRoundKeys:
    """What one round gives: the chain secret for the next, the key for use, and the secrets that both rest on."""

    chain_secret: bytes = field(repr=False)
    key: bytes = field(repr=False)
    used: tuple[str, ...]


def cas_kdf(inputs: CasInputs) -> list[CasRoundKeys]:
    """One result for each round.

    r_i = HMAC(chain_{i-1}, H(LP(k_i) | LP(MA_i) | LP(MB_i))); chain_i | key_i = KDF(r_i, label_i, info_i).
    """
    chain, results = inputs.psk or b"", []
    for number, one in enumerate(inputs.rounds, start=1):
        message = hashlib.new(
            inputs.hash_name, prefixed(one.secret.value or b"", one.message_a, one.message_b)
        ).digest()
        round_secret = hmac.digest(chain, message, inputs.hash_name)
        chain_bytes = len(message)
        output = _derive(
            inputs.kdf, inputs.hash_name, chain_bytes + inputs.key_bytes, one.label, one.info, round_secret
        )
        chain = output[:chain_bytes]
        used = tuple(earlier.secret.name for earlier in inputs.rounds[:number])
        results.append(CasRoundKeys(chain, output[chain_bytes:], used))
    return results


def _derive(kdf: Kdf, hash_name: HashName, length: int, label: bytes, context: bytes, secret: bytes) -> bytes:
    algorithm = _HASHES[hash_name]
    if kdf == "hkdf":
        return HKDF(algorithm, length, salt=label, info=context).derive(secret)
    return ConcatKDFHMAC(algorithm, length, salt=label, otherinfo=context).derive(secret)


def _check_present(scheme: str, secrets: tuple[Secret, ...]) -> None:
    check_names(secrets)
    absent = [secret.name for secret in secrets if secret.value is None]
    if absent:
        raise ValueError(f"{scheme}: {', '.join(absent)} is absent, and the scheme has no place for that")
