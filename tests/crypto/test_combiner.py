"""The default combiner, XOR and X-Wing: laws that they keep and that broken mutants break."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.crypto.combiner import (
    HybridInputs,
    HybridKeys,
    Secret,
    XorInputs,
    XWingInputs,
    hybrid_keys,
    xor_key,
    xwing_secret,
)
from qkdsim.crypto.kem import find_kem
from tests.crypto.hkdf_oracle import framed, hkdf
from tests.references import load

QKD, KEM, DH = bytes(range(160, 192)), bytes(range(40, 72)), bytes(range(80, 112))
SECRETS = (Secret("qkd", QKD), Secret("ml-kem-768", KEM), Secret("x25519", DH))
INPUTS = HybridInputs(
    SECRETS,
    transcript=b"hello, hello",
    suite="suite-1",
    policy="QkdAndPqcRequired",
    initiator="alice",
    responder="bob",
    key_ids=("key-1", "key-2"),
    ciphertexts=(b"ciphertext of ml-kem", b"message of x25519"),
)
Combine = Callable[[HybridInputs], HybridKeys]


def flipped(value: bytes, bit: int = 0) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def with_values(*values: bytes | None) -> HybridInputs:
    secrets = tuple(Secret(secret.name, value) for secret, value in zip(SECRETS, values, strict=True))
    return replace(INPUTS, secrets=secrets)


def differ(combine: Combine, *variants: HybridInputs) -> None:
    outputs = [combine(one) for one in (INPUTS, *variants)]
    assert len({one.session_key for one in outputs}) == len(outputs)
    assert len({one.confirmation_key for one in outputs}) == len(outputs)


# --- the default combiner --------------------------------------------------------------------------------------------


def from_the_formula(
    inputs: HybridInputs,
    *,
    lengths: bool = True,
    dropped: str = "",
    with_transcript: bool = True,
    reverse: bool = False,
    by_value: bool = False,
    with_mask: bool = True,
    with_context: bool = True,
    with_ciphertexts: bool = True,
) -> HybridKeys:
    """The formula of the module's docstring with the standard library alone; every option breaks one thing."""

    def digest(message: bytes) -> bytes:
        return hashlib.sha384(message).digest()

    join = framed if lengths else lambda *fields: b"".join(fields)
    values = [b"" if one.name == dropped else one.value or b"" for one in inputs.secrets]
    values = sorted(values) if by_value else values[::-1] if reverse else values
    mask = sum(2**place for place, one in enumerate(inputs.secrets) if one.value is not None) if with_mask else 0
    info = join(inputs.suite.encode(), inputs.policy.encode(), join(*(one.name.encode() for one in inputs.secrets)))
    info += bytes([mask]) + join(join(*(one.encode() for one in inputs.key_ids)))
    info += join(inputs.initiator.encode(), inputs.responder.encode())
    info += join(digest(join(*inputs.ciphertexts)) if with_ciphertexts else b"")
    salt = digest(inputs.transcript) if with_transcript else b""
    output = hkdf("sha384", salt, join(*values), info if with_context else b"", 64)
    return HybridKeys(output[:32], output[32:], inputs.used)


def the_formula(combine: Combine) -> None:
    ours, formula = combine(INPUTS), from_the_formula(INPUTS)
    assert (ours.session_key, ours.confirmation_key) == (formula.session_key, formula.confirmation_key)


def every_secret_counts(combine: Combine) -> None:
    differ(combine, with_values(flipped(QKD), KEM, DH), with_values(QKD, flipped(KEM), DH))
    differ(combine, with_values(QKD, KEM, flipped(DH)), with_values(flipped(QKD), flipped(KEM), flipped(DH)))


def secrets_keep_their_borders(combine: Combine) -> None:
    differ(combine, with_values(QKD + KEM[:8], KEM[8:], DH), with_values(QKD[:24], QKD[24:] + KEM, DH))


def secrets_keep_their_places(combine: Combine) -> None:
    differ(combine, with_values(KEM, QKD, DH), with_values(QKD, DH, KEM), replace(INPUTS, secrets=SECRETS[::-1]))


def absence_counts(combine: Combine) -> None:
    differ(combine, with_values(None, KEM, DH), with_values(QKD, None, DH), with_values(QKD, KEM, None))
    differ(combine, with_values(None, None, KEM), with_values(None, KEM, None), with_values(KEM, None, None))


def the_transcript_counts(combine: Combine) -> None:
    differ(combine, replace(INPUTS, transcript=flipped(INPUTS.transcript)), replace(INPUTS, transcript=b""))


def the_context_counts(combine: Combine) -> None:
    differ(
        combine,
        replace(INPUTS, suite="suite-2"),
        replace(INPUTS, policy="ClassicalOnly"),
        replace(INPUTS, initiator="bob", responder="alice"),
        replace(INPUTS, key_ids=("key-1",)),
        replace(INPUTS, key_ids=("key-2", "key-1")),
    )


def context_keeps_its_borders(combine: Combine) -> None:
    differ(
        combine,
        replace(INPUTS, suite="suite-1Qkd", policy="AndPqcRequired"),
        replace(INPUTS, key_ids=("key-1k", "ey-2")),
        replace(INPUTS, initiator="alic", responder="ebob"),
        replace(INPUTS, ciphertexts=(b"".join(INPUTS.ciphertexts), b"")),
    )


def the_ciphertexts_count(combine: Combine) -> None:
    first, second = INPUTS.ciphertexts
    differ(combine, replace(INPUTS, ciphertexts=(flipped(first), second)), replace(INPUTS, ciphertexts=(second, first)))


HYBRID_LAWS = (
    the_formula,
    every_secret_counts,
    secrets_keep_their_borders,
    secrets_keep_their_places,
    absence_counts,
    the_transcript_counts,
    the_context_counts,
    context_keeps_its_borders,
    the_ciphertexts_count,
)
# each mutant, and a law other than the formula that rejects it
HYBRID_MUTANTS: dict[str, tuple[Combine, Callable[[Combine], None]]] = {
    "no lengths": (lambda x: from_the_formula(x, lengths=False), secrets_keep_their_borders),
    "no QKD key": (lambda x: from_the_formula(x, dropped="qkd"), every_secret_counts),
    "no ML-KEM": (lambda x: from_the_formula(x, dropped="ml-kem-768"), every_secret_counts),
    "no X25519": (lambda x: from_the_formula(x, dropped="x25519"), every_secret_counts),
    "no transcript": (lambda x: from_the_formula(x, with_transcript=False), the_transcript_counts),
    "sorted": (lambda x: from_the_formula(x, by_value=True), secrets_keep_their_places),
    "no context": (lambda x: from_the_formula(x, with_context=False), the_context_counts),
    "no ciphertexts": (lambda x: from_the_formula(x, with_ciphertexts=False), the_ciphertexts_count),
    "order swapped": (lambda x: from_the_formula(x, reverse=True), the_formula),
    "no mask": (lambda x: from_the_formula(x, with_mask=False), the_formula),
}


@pytest.mark.parametrize("law", HYBRID_LAWS)
def test_the_default_combiner_keeps_every_law(law: Callable[[Combine], None]) -> None:
    law(hybrid_keys)


@pytest.mark.parametrize("name", HYBRID_MUTANTS)
def test_broken_combiners_are_rejected(name: str) -> None:
    mutant, law = HYBRID_MUTANTS[name]
    for rejecting in {law, the_formula}:
        with pytest.raises(AssertionError):
            rejecting(mutant)


@given(st.integers(0, 2), st.integers(0, 8 * 32 - 1))
def test_every_bit_of_every_secret_changes_both_keys(which: int, bit: int) -> None:
    values = [QKD, KEM, DH]
    values[which] = flipped(values[which], bit)
    differ(hybrid_keys, with_values(*values))


def test_the_keys_say_what_they_rest_on() -> None:
    assert hybrid_keys(INPUTS).used == ("qkd", "ml-kem-768", "x25519")
    assert hybrid_keys(with_values(None, KEM, DH)).used == ("ml-kem-768", "x25519")


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="no secret is there"):
        with_values(None, None, None)
    with pytest.raises(ValueError, match="qkd: named more than once"):
        replace(INPUTS, secrets=(SECRETS[0], SECRETS[0]))
    with pytest.raises(ValueError, match="at most 8 secrets, not 9"):
        replace(INPUTS, secrets=tuple(Secret(str(number), QKD) for number in range(9)))
    for short in (b"", QKD[:15]):
        with pytest.raises(ValueError, match=rf"qkd: a secret has at least 16 bytes, not {len(short)}; one .* is None"):
            Secret("qkd", short)


@pytest.mark.parametrize("shown", [SECRETS[0], INPUTS, hybrid_keys(INPUTS), XorInputs(SECRETS)], ids=type)
def test_secrets_are_not_shown(shown: object) -> None:
    keys = hybrid_keys(INPUTS)
    for secret in (QKD, KEM, DH, keys.session_key, keys.confirmation_key):
        assert repr(secret)[2:-1] not in repr(shown)
        assert secret.hex() not in repr(shown)
    assert repr(SECRETS[0]) == "Secret(qkd, 32 bytes)"
    assert repr(Secret("qkd", None)) == "Secret(qkd, absent)"


@pytest.mark.parametrize("vector", load("rfc-5869")["results"]["hkdf_sha256"])
def test_the_oracle_of_these_tests_is_hkdf(vector: dict[str, str]) -> None:
    secret, salt, info = (bytes.fromhex(vector[name]) for name in ("input_key_material", "salt", "info"))
    assert hkdf("sha256", salt, secret, info, int(vector["length_bytes"])).hex() == vector["okm"]


# --- XOR -------------------------------------------------------------------------------------------------------------


def xor_of(*values: bytes | None) -> XorInputs:
    return XorInputs(tuple(Secret(str(place), value) for place, value in enumerate(values)))


def each_key_masks(combine: Callable[[XorInputs], bytes]) -> None:
    """Whatever the other keys are, each key alone moves the result by its own difference."""
    for place, bit in product(range(3), range(8 * len(QKD))):
        changed = [QKD, KEM, DH]
        changed[place] = flipped(changed[place], bit)
        before, after = combine(xor_of(QKD, KEM, DH)), combine(xor_of(*changed))
        assert len(before) == len(QKD)
        assert after == flipped(before, bit)


XOR_MUTANTS: dict[str, Callable[[XorInputs], bytes]] = {
    "a key dropped": lambda x: xor_key(XorInputs(x.secrets[:2])),
    "or for xor": lambda x: bytes(a | b | c for a, b, c in zip(*(one.value or b"" for one in x.secrets), strict=True)),
    "hashed": lambda x: hashlib.sha256(xor_key(x)).digest(),
    "cut": lambda x: xor_key(x)[:16],
}


def test_xor_keeps_its_law() -> None:
    each_key_masks(xor_key)


@pytest.mark.parametrize("name", XOR_MUTANTS)
def test_broken_xors_are_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        each_key_masks(XOR_MUTANTS[name])


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=6, unique=True))
def test_xor_in_any_order_and_with_one_key_known_gives_the_others(values: list[bytes]) -> None:
    whole = xor_key(xor_of(*values))
    assert xor_key(xor_of(*values[::-1], None)) == whole
    expected = 0
    for value in values:
        expected ^= int.from_bytes(value, "big")
    assert whole == expected.to_bytes(16, "big")


def test_xor_refuses_what_would_end_its_claim() -> None:
    with pytest.raises(ValueError, match="keys of one length, not 0 32, 1 31 bytes"):
        xor_of(QKD, KEM[:31])
    with pytest.raises(ValueError, match="0 and 2 are the same key"):
        xor_of(QKD, KEM, QKD)
    with pytest.raises(ValueError, match="XOR: no key is there"):
        xor_of(None)
    assert xor_of(QKD, None, KEM).used == ("0", "2")


# --- X-Wing ----------------------------------------------------------------------------------------------------------

XWING = load("x-wing")["results"]["vectors"][0]


def xwing_vector(combine: Callable[[XWingInputs], bytes]) -> None:
    expanded = hashlib.shake_256(bytes.fromhex(XWING["sk"])).digest(96)
    ciphertext, public_key = bytes.fromhex(XWING["ct"]), bytes.fromhex(XWING["pk"])
    ml_kem, x25519 = find_kem("ml-kem-768"), find_kem("x25519")
    inputs = XWingInputs(
        ml_kem.decapsulate(expanded[:64], ciphertext[:1088]),
        x25519.decapsulate(expanded[64:], ciphertext[1088:]),
        ciphertext[1088:],
        public_key[1184:],
    )
    assert combine(inputs).hex() == XWING["ss"]


def xwing_mutant(*names: str, label: bytes = bytes.fromhex("5c2e2f2f5e5c")) -> Callable[[XWingInputs], bytes]:
    return lambda x: hashlib.sha3_256(b"".join(getattr(x, name) for name in names) + label).digest()


XWING_FIELDS = ("ml_kem_secret", "x25519_secret", "x25519_ciphertext", "x25519_public_key")
XWING_MUTANTS = {
    "no label": xwing_mutant(*XWING_FIELDS, label=b""),
    "order swapped": xwing_mutant(*XWING_FIELDS[::-1]),
    **{f"no {name}": xwing_mutant(*(one for one in XWING_FIELDS if one != name)) for name in XWING_FIELDS},
}


def test_the_x_wing_combiner_gives_the_published_secret() -> None:
    xwing_vector(xwing_secret)
    xwing_vector(xwing_mutant(*XWING_FIELDS))


@pytest.mark.parametrize("name", XWING_MUTANTS)
def test_broken_x_wings_are_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        xwing_vector(XWING_MUTANTS[name])


def test_x_wing_takes_its_own_parts_only() -> None:
    with pytest.raises(ValueError, match="x-wing: a secret of ML-KEM-768 has 32 bytes, not 64"):
        XWingInputs(bytes(64), DH, DH, DH)
