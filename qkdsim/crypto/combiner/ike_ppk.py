"""A QKD key as the post-quantum pre-shared key (PPK) of IKEv2, mixed as RFC 8784 or RFC 9867 say.

RFC 8784 replaces SK_d, SK_pi and SK_pr by prf+(PPK, ...) in IKE_AUTH. SK_e and SK_a stay, so **the first IKE SA is not
protected**: whoever breaks its key exchange reads the identities and all that is sent in it, though not its Child SAs.
RFC 9867 mixes the PPK in IKE_INTERMEDIATE, before IKE_AUTH: SKEYSEED' = prf+(PPK, SK_d), and all seven keys anew. It
also mixes a fresh PPK at CREATE_CHILD_SA, which is where a QKD link brings a new key at every rekeying.

Both claim computational secrecy while the PPK or the key exchange holds. Neither hides which PPK it is: `key_ID`, the
PPK's identity, is sent.

How CREATE_CHILD_SA mixes it (SK_d' = prf+(PPK, SK_d) in place of SK_d) is general knowledge: confirm before citing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from qkdsim.crypto.combiner.ike import IkeContext, IkeKeys, child_keys, keys_from_seed, prf_plus
from qkdsim.crypto.combiner.inputs import Secret

LEAST_PPK_BYTES = 32  # RFC 8784, 6: 256 bits against a quantum computer


@dataclass(frozen=True, slots=True, eq=False)
class PpkInputs:
    """The keys of an IKE SA so far and the PPK that goes into them.

    Raises ValueError if the PPK is absent or has less than 32 bytes: without one, the keys stay as they are, and
    whether that is allowed is the policy's to say (PPK mandatory or optional).
    """

    context: IkeContext
    keys: IkeKeys
    ppk: Secret

    def __post_init__(self) -> None:
        _check_ppk(self.ppk)


@dataclass(frozen=True, slots=True, eq=False)
class PpkKeys:
    """The keys of the IKE SA with the PPK mixed in.

    used                   what Child SAs rest on
    initial_sa_protected   whether the first IKE SA itself, identities included, rests on the PPK too
    """

    keys: IkeKeys
    used: tuple[str, ...]
    initial_sa_protected: bool


def ppk_at_authentication(inputs: PpkInputs) -> PpkKeys:
    """RFC 8784: SK_d, SK_pi and SK_pr change; the first IKE SA stays unprotected."""

    def mixed(key: bytes) -> bytes:
        return _mixed(inputs.context, inputs.ppk, key)

    keys = inputs.keys
    changed = replace(keys, sk_d=mixed(keys.sk_d), sk_pi=mixed(keys.sk_pi), sk_pr=mixed(keys.sk_pr))
    return PpkKeys(changed, (*keys.used, inputs.ppk.name), initial_sa_protected=False)


def ppk_at_intermediate(inputs: PpkInputs) -> PpkKeys:
    """RFC 9867 in IKE_INTERMEDIATE, after all additional key exchanges: every key changes."""
    seed = _mixed(inputs.context, inputs.ppk, inputs.keys.sk_d)
    used = (*inputs.keys.used, inputs.ppk.name)
    return PpkKeys(keys_from_seed(inputs.context, seed, used), used, initial_sa_protected=True)


@dataclass(frozen=True, slots=True, eq=False)
class ChildPpkInputs:
    """What the keys of a new or rekeyed Child SA come from.

    context   with the nonces of this CREATE_CHILD_SA exchange
    exchanged the secret of a new key exchange, if there was one
    length    bytes of KEYMAT

    Raises ValueError if the PPK is absent or has less than 32 bytes.
    """

    context: IkeContext
    sk_d: bytes = field(repr=False)
    ppk: Secret
    length: int
    exchanged: Secret | None = None

    def __post_init__(self) -> None:
        _check_ppk(self.ppk)


def child_keys_with_ppk(inputs: ChildPpkInputs) -> bytes:
    """RFC 9867 in CREATE_CHILD_SA: KEYMAT from SK_d' = prf+(PPK, SK_d)."""
    return child_keys(inputs.context, _mixed(inputs.context, inputs.ppk, inputs.sk_d), inputs.length, inputs.exchanged)


def _mixed(context: IkeContext, ppk: Secret, key: bytes) -> bytes:
    return prf_plus(context, ppk.value or b"", key, context.prf_bytes)


def _check_ppk(ppk: Secret) -> None:
    if ppk.value is None or len(ppk.value) < LEAST_PPK_BYTES:
        given = "none" if ppk.value is None else f"{len(ppk.value)} bytes"
        raise ValueError(f"{ppk.name}: a PPK has at least {LEAST_PPK_BYTES} bytes, not {given}")
