"""CatKDF and CasKDF of ETSI TS 103 744 V1.2.1, clause 8, with HKDF, one-step HMAC or KMAC128 as KDF.

CatKDF derives one key from all secrets at once; CasKDF derives one for each round and carries a chain secret on, so
that a session may start with the first secret and mix in the second when it comes. A QKD key enters as the psk or as
one of the k_i.

What they claim: the output is computationally secret while one of the secrets is unknown, and bound to the messages of
the two sides. What they do not: the secrets themselves are joined *without* length fields, so a suite must fix their
lengths, and nothing but the messages binds which secrets were used.

With KMAC128 the context is not hashed, and the function takes the place of HMAC in the chain, which starts from 32 zero
bytes where there is no pre-shared key. KMAC256 is not here, as no vector of it is at hand.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from Crypto.Hash import KMAC128
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qkdsim.crypto.combiner.inputs import Secret, check_names, prefixed

Kdf: TypeAlias = Literal["hkdf", "hmac", "kmac128"]  # the hash belongs to the first two
HashName: TypeAlias = Literal["sha256", "sha384", "sha512"]
_HASHES: dict[HashName, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_LEAST_KMAC_BYTES = 16  # of a key, at the strength of KMAC128
_KMAC_CHAIN_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class CatInputs:
    """All that CatKDF takes.

    psk        pre-shared key, or a QKD key in its place; None where there is none
    secrets    k_1, k_2 ... in the order of the suite; all must be there
    label      salt of HKDF, key of the one-step function
    info       context that both ends know
    message_a  all that side A sent, and `message_b` all that side B sent

    Raises ValueError if there is no secret, one is absent, or two have one name; with kmac128 also if the label has
    less than 16 bytes.
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
        _check_label("CatKDF", self.kdf, self.label)


def cat_kdf(inputs: CatInputs) -> bytes:
    """The key material: KDF(psk | k_1 | k_2 ..., label, H(LP(info) | LP(MA) | LP(MB))), without H for KMAC."""
    secret = (inputs.psk or b"") + b"".join(one.value or b"" for one in inputs.secrets)
    context = prefixed(inputs.info, inputs.message_a, inputs.message_b)
    if inputs.kdf != "kmac128":
        context = hashlib.new(inputs.hash_name, context).digest()
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

    Raises ValueError if there is no round, a secret is absent, or two have one name; with kmac128 also if a label or
    the pre-shared key has less than 16 bytes.
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
        for one in self.rounds:
            _check_label("CasKDF", self.kdf, one.label)
        if self.kdf == "kmac128" and self.psk and len(self.psk) < _LEAST_KMAC_BYTES:
            raise ValueError(f"CasKDF: a psk for kmac128 has at least {_LEAST_KMAC_BYTES} bytes, not {len(self.psk)}")


@dataclass(frozen=True, slots=True, eq=False)
class CasRoundKeys:
    """What one round gives: the chain secret for the next, the key for use, and the secrets that both rest on."""

    chain_secret: bytes = field(repr=False)
    key: bytes = field(repr=False)
    used: tuple[str, ...]


def cas_kdf(inputs: CasInputs) -> list[CasRoundKeys]:
    """One result for each round.

    r_i = HMAC(chain_{i-1}, H(LP(k_i) | LP(MA_i) | LP(MB_i))); chain_i | key_i = KDF(r_i, label_i, info_i). With KMAC
    the first is r_i = KMAC(chain_{i-1}, LP(k_i) | LP(MA_i) | LP(MB_i)).
    """
    chain, results = inputs.psk or b"", []
    for number, one in enumerate(inputs.rounds, start=1):
        said = prefixed(one.secret.value or b"", one.message_a, one.message_b)
        round_secret = _round_secret(inputs, chain, said)
        chain_bytes = len(round_secret)
        output = _derive(
            inputs.kdf, inputs.hash_name, chain_bytes + inputs.key_bytes, one.label, one.info, round_secret
        )
        chain = output[:chain_bytes]
        used = tuple(earlier.secret.name for earlier in inputs.rounds[:number])
        results.append(CasRoundKeys(chain, output[chain_bytes:], used))
    return results


def _round_secret(inputs: CasInputs, chain: bytes, said: bytes) -> bytes:
    if inputs.kdf == "kmac128":
        return KMAC128.new(key=chain or bytes(_KMAC_CHAIN_BYTES), data=said, mac_len=_KMAC_CHAIN_BYTES).digest()
    return hmac.digest(chain, hashlib.new(inputs.hash_name, said).digest(), inputs.hash_name)


def _derive(kdf: Kdf, hash_name: HashName, length: int, label: bytes, context: bytes, secret: bytes) -> bytes:
    algorithm = _HASHES[hash_name]
    if kdf == "kmac128":  # the one-step function of SP 800-56C, option 3
        data = (1).to_bytes(4, "big") + secret + context
        return KMAC128.new(key=label, data=data, mac_len=length, custom=b"KDF").digest()
    if kdf == "hkdf":
        return HKDF(algorithm, length, salt=label, info=context).derive(secret)
    return ConcatKDFHMAC(algorithm, length, salt=label, otherinfo=context).derive(secret)


def _check_present(scheme: str, secrets: tuple[Secret, ...]) -> None:
    check_names(secrets)
    absent = [secret.name for secret in secrets if secret.value is None]
    if absent:
        raise ValueError(f"{scheme}: {', '.join(absent)} is absent, and the scheme has no place for that")


def _check_label(scheme: str, kdf: Kdf, label: bytes) -> None:
    if kdf == "kmac128" and len(label) < _LEAST_KMAC_BYTES:
        raise ValueError(f"{scheme}: a label for kmac128 has at least {_LEAST_KMAC_BYTES} bytes, not {len(label)}")
