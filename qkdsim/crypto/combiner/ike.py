"""The key schedule of IKEv2 (RFC 7296, 2.14 to 2.18) with several key exchanges (RFC 9370).

    SKEYSEED(0) = prf(Ni | Nr, SK(0));  SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr)
    SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr = prf+(SKEYSEED(n), Ni | Nr | SPIi | SPIr)

What it claims: keys after exchange n are computationally secret while one of the secrets 0 to n is unknown. What it
does not: messages sent before exchange n rest on the secrets before it only; and the secrets are not length-prefixed,
since each exchange method has its own fixed length. The exchanges are authenticated later, by IKE_AUTH.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from qkdsim.crypto.combiner.inputs import Secret, check_names

Prf: TypeAlias = Literal["sha1", "sha256", "sha384", "sha512"]  # PRF_HMAC_... of IKEv2
_HASHES: dict[Prf, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
MOST_ADDITIONAL_EXCHANGES = 7  # ADDKE1 to ADDKE7


@dataclass(frozen=True, slots=True)
class IkeContext:
    """What an IKE SA is agreed on in the clear: nonces, SPIs, prf, and the lengths of its keys in bytes."""

    nonce_i: bytes
    nonce_r: bytes
    spi_i: bytes
    spi_r: bytes
    prf: Prf = "sha256"
    integrity_key_bytes: int = 0  # 0 with a cipher that authenticates, such as AES-GCM
    encryption_key_bytes: int = 36  # AES-256-GCM with its salt of 4 bytes

    @property
    def nonces(self) -> bytes:
        """Ni | Nr."""
        return self.nonce_i + self.nonce_r

    @property
    def prf_bytes(self) -> int:
        """Length of the prf's output, which is the length of SK_d, SK_pi and SK_pr."""
        return _HASHES[self.prf].digest_size


@dataclass(frozen=True, slots=True, eq=False)
class IkeKeys:
    """The names of the secrets that an IKE SA rests on, and its seven keys."""

    used: tuple[str, ...]
    sk_d: bytes = field(repr=False)
    sk_ai: bytes = field(repr=False)
    sk_ar: bytes = field(repr=False)
    sk_ei: bytes = field(repr=False)
    sk_er: bytes = field(repr=False)
    sk_pi: bytes = field(repr=False)
    sk_pr: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class KeyExchangeInputs:
    """The secret of IKE_SA_INIT, then those of ADDKE1 to ADDKE7 in their order.

    Raises ValueError if one is absent, two have one name, or there are more than 7 additional ones.
    """

    context: IkeContext
    initial: Secret
    additional: tuple[Secret, ...] = ()

    def __post_init__(self) -> None:
        if len(self.additional) > MOST_ADDITIONAL_EXCHANGES:
            raise ValueError(
                f"at most {MOST_ADDITIONAL_EXCHANGES} additional key exchanges, not {len(self.additional)}"
            )
        check_names((self.initial, *self.additional))
        absent = [secret.name for secret in (self.initial, *self.additional) if secret.value is None]
        if absent:
            raise ValueError(f"{', '.join(absent)} is absent: IKEv2 leaves out the exchange, not its secret")


def multiple_exchanges(inputs: KeyExchangeInputs) -> list[IkeKeys]:
    """The keys after IKE_SA_INIT and after each additional exchange; the last ones are those of the IKE SA."""
    results = [initial_keys(inputs.context, inputs.initial)]
    for secret in inputs.additional:
        previous = results[-1]
        seed = prf(inputs.context, previous.sk_d, (secret.value or b"") + inputs.context.nonces)
        results.append(keys_from_seed(inputs.context, seed, (*previous.used, secret.name)))
    return results


def initial_keys(context: IkeContext, secret: Secret) -> IkeKeys:
    """The keys after IKE_SA_INIT."""
    return keys_from_seed(context, prf(context, context.nonces, secret.value or b""), (secret.name,))


def keys_from_seed(context: IkeContext, seed: bytes, used: tuple[str, ...]) -> IkeKeys:
    """The seven keys from SKEYSEED."""
    prf_bytes, integrity, encryption = context.prf_bytes, context.integrity_key_bytes, context.encryption_key_bytes
    lengths = (prf_bytes, integrity, integrity, encryption, encryption, prf_bytes, prf_bytes)
    stream = prf_plus(context, seed, context.nonces + context.spi_i + context.spi_r, sum(lengths))
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return IkeKeys(used, *(stream[start : start + length] for start, length in zip(starts, lengths, strict=True)))


def child_keys(context: IkeContext, sk_d: bytes, length: int, secret: Secret | None = None) -> bytes:
    """KEYMAT of a Child SA: prf+(SK_d, [secret of a new exchange |] Ni | Nr), with the nonces of its exchange."""
    exchanged = b"" if secret is None or secret.value is None else secret.value
    return prf_plus(context, sk_d, exchanged + context.nonces, length)


def prf(context: IkeContext, key: bytes, message: bytes) -> bytes:
    """The prf of the SA: HMAC."""
    return hmac.digest(key, message, context.prf)


def prf_plus(context: IkeContext, key: bytes, seed: bytes, length: int) -> bytes:
    """prf+ (RFC 7296, 2.13): with HMAC it is the same construction as HKDF-Expand (RFC 5869, 2.3)."""
    return HKDFExpand(_HASHES[context.prf], length, info=seed).derive(key)
