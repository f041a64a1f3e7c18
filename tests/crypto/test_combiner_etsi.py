from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qkdsim.crypto.combiner import CasInputs, CasRound, CasRoundKeys, CatInputs, Secret, cas_kdf, cat_kdf
from tests.crypto.hkdf_oracle import framed, hkdf
from tests.references import load

VECTORS = load("etsi-ts-103744")["results"]["vectors"]
KMAC_EXPECTED = load("etsi-ts-103744")["results"]["kmac_expected"]
CAT_VECTORS = [vector for vector in VECTORS if vector["scheme"] == "CatKDF"]
CAS_VECTORS = [vector for vector in VECTORS if vector["scheme"] == "CasKDF"]


def cid(vector: dict[str, Any]) -> str:
    return f"{vector['cid']} {vector['kdf']}"


def secret(name: str, hexadecimal: str) -> Secret:
    return Secret(name, bytes.fromhex(hexadecimal))


def cat_inputs(vector: dict[str, Any]) -> CatInputs:
    return CatInputs(
        (secret("k1", vector["k1"]), secret("k2", vector["k2"])),
        bytes.fromhex(vector["label"]),
        vector["info_ascii"].encode(),
        bytes.fromhex(vector["MA"]),
        bytes.fromhex(vector["MB"]),
        vector["key_length_bytes"],
        kdf=vector["kdf"].lower(),
    )


def cas_inputs(vector: dict[str, Any]) -> CasInputs:
    rounds = tuple(
        CasRound(
            secret(name, vector[name]["k"]),
            bytes.fromhex(vector[name]["MA"]),
            bytes.fromhex(vector[name]["MB"]),
            bytes.fromhex(vector[name]["label"]),
            vector["info_ascii"].encode(),
        )
        for name in ("round1", "round2")
    )
    return CasInputs(rounds, vector["key_length_bytes"], kdf=vector["kdf"].lower())


def cat_vectors(combine: Callable[[CatInputs], bytes]) -> None:
    for vector in CAT_VECTORS:
        assert combine(cat_inputs(vector)).hex() == vector["expected_key_material"]


def cas_vectors(combine: Callable[[CasInputs], list[CasRoundKeys]]) -> None:
    for vector in CAS_VECTORS:
        for name, keys in zip(("round1", "round2"), combine(cas_inputs(vector)), strict=True):
            assert keys.chain_secret.hex() == vector[name]["chain_secret"]
            assert keys.key.hex() == vector[name]["key_material"]


def derived(kdf: str, length: int, label: bytes, context: bytes, value: bytes) -> bytes:
    if kdf == "hkdf":
        return hkdf("sha256", label, value, context, length)
    blocks = [hmac.digest(label, i.to_bytes(4, "big") + value + context, "sha256") for i in range(1, 10)]
    return b"".join(blocks)[:length]


def cat_by_hand(x: CatInputs, *, join: Any = framed, values: slice = slice(None), info: bool = True) -> bytes:
    fields = (x.info, x.message_a, x.message_b) if info else (x.message_a, x.message_b)
    joined = b"".join(one.value or b"" for one in x.secrets[values])
    return derived(x.kdf, x.key_bytes, x.label, hashlib.sha256(join(*fields)).digest(), joined)


def cas_by_hand(
    x: CasInputs, *, join: Any = framed, messages: bool = True, chained: bool = True, swapped: bool = False
) -> list[CasRoundKeys]:
    chain, results = b"", []
    for one in x.rounds:
        fields = (one.secret.value or b"", *((one.message_a, one.message_b) if messages else ()))
        digest = hashlib.sha256(join(*fields)).digest()
        value = hmac.digest(digest, chain, "sha256") if swapped else hmac.digest(chain, digest, "sha256")
        output = derived(x.kdf, 32 + x.key_bytes, one.label, one.info, value)
        chain = output[:32] if chained else b""
        results.append(CasRoundKeys(output[:32], output[32:], ()))
    return results


def plain(*fields: bytes) -> bytes:
    return b"".join(fields)


CAT_MUTANTS: dict[str, Callable[[CatInputs], bytes]] = {
    "no lengths": lambda x: cat_by_hand(x, join=plain),
    "k1 dropped": lambda x: cat_by_hand(x, values=slice(1, None)),
    "k2 dropped": lambda x: cat_by_hand(x, values=slice(1)),
    "order swapped": lambda x: cat_by_hand(x, values=slice(None, None, -1)),
    "no info": lambda x: cat_by_hand(x, info=False),
    "no messages": lambda x: cat_by_hand(replace(x, message_a=b"", message_b=b"")),
    "sides swapped": lambda x: cat_by_hand(replace(x, message_a=x.message_b, message_b=x.message_a)),
}
CAS_MUTANTS: dict[str, Callable[[CasInputs], list[CasRoundKeys]]] = {
    "no lengths": lambda x: cas_by_hand(x, join=plain),
    "no messages": lambda x: cas_by_hand(x, messages=False),
    "not chained": lambda x: cas_by_hand(x, chained=False),
    "key and message swapped": lambda x: cas_by_hand(x, swapped=True),
    "rounds swapped": lambda x: cas_by_hand(replace(x, rounds=x.rounds[::-1])),
}


def kmac_inputs(expected: dict[str, Any]) -> CatInputs | CasInputs:
    """Those of the vector with HKDF; the messages begin with the number of the suite."""
    base = next(vector for vector in VECTORS if vector["cid"] == expected["messages_of"])
    own = bytes.fromhex(expected["cid"])
    if expected["scheme"] == "CatKDF":
        cat = cat_inputs(base)
        return replace(cat, message_a=own + cat.message_a[2:], message_b=own + cat.message_b[2:], kdf="kmac128")
    cas = cas_inputs(base)
    rounds = [replace(r, message_a=own + r.message_a[2:], message_b=own + r.message_b[2:]) for r in cas.rounds]
    return replace(cas, rounds=tuple(rounds), kdf="kmac128")


def kmac_key(inputs: CatInputs | CasInputs) -> str:
    return (cat_kdf(inputs) if isinstance(inputs, CatInputs) else cas_kdf(inputs)[-1].key).hex()


@pytest.mark.parametrize("expected", KMAC_EXPECTED, ids=lambda one: str(one["cid"]))
def test_kmac_vectors(expected: dict[str, Any]) -> None:
    assert kmac_key(kmac_inputs(expected)) == expected["expected_key_material"]


@pytest.mark.parametrize("expected", KMAC_EXPECTED, ids=lambda one: str(one["cid"]))
def test_every_input_of_a_kmac_vector_counts(expected: dict[str, Any]) -> None:
    inputs = kmac_inputs(expected)
    parts: list[CatInputs | CasInputs]
    if isinstance(inputs, CatInputs):
        shifted = {"message_a": inputs.message_a + inputs.message_b[:1], "message_b": inputs.message_b[1:]}
        swapped = {"message_a": inputs.message_b, "message_b": inputs.message_a}
        changes: list[dict[str, Any]] = [{"info": b""}, {"label": bytes(32)}, {"secrets": inputs.secrets[::-1]}]
        changes += [{"secrets": inputs.secrets[:1]}, {"secrets": inputs.secrets[1:]}, {"psk": bytes(32)}]
        parts = [replace(inputs, **change) for change in (*changes, shifted, swapped)]
    else:
        parts = [replace(inputs, rounds=inputs.rounds[::-1]), replace(inputs, rounds=inputs.rounds[1:])]
        parts += [replace(inputs, psk=b"\1" * 32)]
    for part in parts:
        assert kmac_key(part) != expected["expected_key_material"]


def test_kmac_wants_keys_of_its_strength() -> None:
    cat, cas = kmac_inputs(KMAC_EXPECTED[0]), kmac_inputs(KMAC_EXPECTED[1])
    assert isinstance(cas, CasInputs)
    for change, words in (
        (lambda: replace(cat, label=bytes(15)), "a label for kmac128 has at least 16 bytes, not 15"),
        (lambda: replace(cas, psk=bytes(3)), "a psk for kmac128 has at least 16 bytes, not 3"),
        (
            lambda: replace(cas, rounds=(replace(cas.rounds[0], label=b""),)),
            "a label for kmac128 has at least 16 bytes",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            change()


@pytest.mark.parametrize("vector", CAT_VECTORS, ids=cid)
def test_cat_kdf_vectors(vector: dict[str, Any]) -> None:
    assert cat_kdf(cat_inputs(vector)).hex() == vector["expected_key_material"]


@pytest.mark.parametrize("vector", CAS_VECTORS, ids=cid)
def test_cas_kdf_vectors(vector: dict[str, Any]) -> None:
    first, second = cas_kdf(cas_inputs(vector))
    assert (first.key.hex(), second.key.hex()) == (vector["round1"]["key_material"], vector["round2"]["key_material"])
    assert second.chain_secret.hex() == vector["round2"]["chain_secret"]
    assert (first.used, second.used) == (("round1",), ("round1", "round2"))


def test_the_unbroken_mutants_pass() -> None:
    cat_vectors(cat_by_hand)
    cas_vectors(cas_by_hand)
    cat_vectors(cat_kdf)
    cas_vectors(cas_kdf)


@pytest.mark.parametrize("name", CAT_MUTANTS)
def test_broken_cat_kdfs_are_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        cat_vectors(CAT_MUTANTS[name])


@pytest.mark.parametrize("name", CAS_MUTANTS)
def test_broken_cas_kdfs_are_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        cas_vectors(CAS_MUTANTS[name])


def test_the_pre_shared_key_counts() -> None:
    cat, cas = cat_inputs(CAT_VECTORS[0]), cas_inputs(CAS_VECTORS[0])
    assert len({cat_kdf(replace(cat, psk=psk)) for psk in (None, bytes(32), b"\1" * 32)}) == 3
    assert len({cas_kdf(replace(cas, psk=psk))[0].key for psk in (None, bytes(32), b"\1" * 32)}) == 2
    assert cas_kdf(replace(cas, psk=None))[0].key == cas_kdf(replace(cas, psk=b""))[0].key


def test_absent_secrets_are_refused() -> None:
    cat, cas = cat_inputs(CAT_VECTORS[0]), cas_inputs(CAS_VECTORS[0])
    with pytest.raises(ValueError, match="CatKDF: k2 is absent"):
        replace(cat, secrets=(cat.secrets[0], Secret("k2", None)))
    with pytest.raises(ValueError, match="CatKDF: no secret"):
        replace(cat, secrets=())
    with pytest.raises(ValueError, match="CasKDF: round1 is absent"):
        replace(cas, rounds=(replace(cas.rounds[0], secret=Secret("round1", None)),))
    with pytest.raises(ValueError, match="CasKDF: no round"):
        replace(cas, rounds=())


def test_secrets_are_not_shown() -> None:
    cat, cas = cat_inputs(CAT_VECTORS[0]), cas_inputs(CAS_VECTORS[0])
    value = cat.secrets[0].value or b""
    for shown in (repr(cat), repr(cas), repr(cas_kdf(cas))):
        assert repr(value)[2:-1] not in shown
        assert repr(cas_kdf(cas)[0].chain_secret)[2:-1] not in shown
