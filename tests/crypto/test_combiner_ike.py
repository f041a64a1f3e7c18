from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace

import pytest

from qkdsim.crypto.combiner import (
    ChildPpkInputs,
    IkeContext,
    IkeKeys,
    KeyExchangeInputs,
    PpkInputs,
    PpkKeys,
    Secret,
    child_keys,
    child_keys_with_ppk,
    initial_keys,
    multiple_exchanges,
    ppk_at_authentication,
    ppk_at_intermediate,
)
from tests.crypto.hkdf_oracle import prf_plus
from tests.references import load

CAVP = load("ikev2-cavp")
GIVEN = {name: bytes.fromhex(str(value)) for name, value in CAVP["inputs"].items() if name.startswith(("n", "s"))}
PUBLISHED = {name: bytes.fromhex(value) for name, value in CAVP["results"].items()}
# 132 bytes of keying material, cut as SHA-1 and AES-128-CBC would cut them: 5 keys of 20 bytes and 2 of 16
CONTEXT = IkeContext(GIVEN["nonce_i"], GIVEN["nonce_r"], GIVEN["spi_i"], GIVEN["spi_r"], "sha1", 20, 16)
CUTS = (20, 20, 20, 16, 16, 20, 20)
DH, ADDED = Secret("x25519", GIVEN["secret"]), Secret("ml-kem-768", GIVEN["new_secret"])
PPK = Secret("qkd", bytes(range(32)))
NAMES = ("sk_d", "sk_ai", "sk_ar", "sk_ei", "sk_er", "sk_pi", "sk_pr")
Exchange = Callable[[KeyExchangeInputs], list[IkeKeys]]
Mix = Callable[[PpkInputs], PpkKeys]


def cut(stream: bytes) -> list[bytes]:
    return [stream[sum(CUTS[:place]) : sum(CUTS[: place + 1])] for place in range(7)]


def values(keys: IkeKeys) -> list[bytes]:
    return [getattr(keys, name) for name in NAMES]


# --- RFC 9370 --------------------------------------------------------------------------------------------------------


def chained(inputs: KeyExchangeInputs, *, order: int = 1, nonces: bool = True, chain: bool = True) -> list[IkeKeys]:
    """RFC 9370, 2.2.2, with the standard library alone; every option breaks one thing."""
    context = inputs.context
    both = context.nonce_i + context.nonce_r
    seed = hmac.digest(both, inputs.initial.value or b"", context.prf)
    results = []
    for number in range(len(inputs.additional) + 1):
        if number:
            fields = [inputs.additional[number - 1].value or b"", both if nonces else b""][::order]
            seed = hmac.digest(results[-1].sk_d if chain else both, b"".join(fields), context.prf)
        stream = prf_plus(context.prf, seed, both + context.spi_i + context.spi_r, sum(CUTS))
        results.append(IkeKeys((), *cut(stream)))
    return results


def published_chain(exchange: Exchange) -> None:
    first, second = exchange(KeyExchangeInputs(CONTEXT, DH, (ADDED,)))
    assert values(first) == cut(PUBLISHED["keying_material"])
    seed = CONTEXT.nonces + CONTEXT.spi_i + CONTEXT.spi_r
    assert values(second) == cut(prf_plus("sha1", PUBLISHED["skeyseed_rekey"], seed, sum(CUTS)))


EXCHANGE_MUTANTS: dict[str, Exchange] = {
    "order swapped": lambda x: chained(x, order=-1),
    "no nonces": lambda x: chained(x, nonces=False),
    "not chained": lambda x: chained(x, chain=False),
    "a secret dropped": lambda x: [initial_keys(x.context, x.initial)] * 2,
}


def test_published_keys_of_one_and_of_two_exchanges() -> None:
    published_chain(multiple_exchanges)
    published_chain(chained)


@pytest.mark.parametrize("name", EXCHANGE_MUTANTS)
def test_broken_chains_are_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        published_chain(EXCHANGE_MUTANTS[name])


def test_keys_after_each_exchange_rest_on_the_secrets_so_far() -> None:
    third = Secret("hqc-3", bytes(range(50, 82)))
    inputs = KeyExchangeInputs(replace(CONTEXT, prf="sha512"), DH, (ADDED, third))
    stages = multiple_exchanges(inputs)
    assert [stage.used for stage in stages] == [
        ("x25519",),
        ("x25519", "ml-kem-768"),
        ("x25519", "ml-kem-768", "hqc-3"),
    ]
    other = multiple_exchanges(replace(inputs, additional=(ADDED, Secret("hqc-3", bytes(32)))))
    assert values(stages[1]) == values(other[1])
    assert all(a != b for a, b in zip(values(stages[2]), values(other[2]), strict=True))


def test_impossible_exchanges_are_refused() -> None:
    with pytest.raises(ValueError, match="ml-kem-768 is absent"):
        KeyExchangeInputs(CONTEXT, DH, (Secret("ml-kem-768", None),))
    with pytest.raises(ValueError, match="x25519: named more than once"):
        KeyExchangeInputs(CONTEXT, DH, (DH,))
    with pytest.raises(ValueError, match="at most 7 additional key exchanges, not 8"):
        KeyExchangeInputs(CONTEXT, DH, tuple(Secret(str(number), bytes(32)) for number in range(8)))


# --- RFC 8784 and RFC 9867 -------------------------------------------------------------------------------------------

KEYS = initial_keys(CONTEXT, DH)
INPUTS = PpkInputs(CONTEXT, KEYS, PPK)


def rfc_8784(mix: Mix) -> None:
    result = mix(INPUTS)
    for name in ("sk_d", "sk_pi", "sk_pr"):
        assert getattr(result.keys, name) == prf_plus("sha1", PPK.value or b"", getattr(KEYS, name), 20), name
    for name in ("sk_ai", "sk_ar", "sk_ei", "sk_er"):
        assert getattr(result.keys, name) == getattr(KEYS, name), name
    assert not result.initial_sa_protected
    assert result.used == ("x25519", "qkd")


def rfc_9867(mix: Mix) -> None:
    result = mix(INPUTS)
    seed = prf_plus("sha1", PPK.value or b"", KEYS.sk_d, 20)
    stream = prf_plus("sha1", seed, CONTEXT.nonces + CONTEXT.spi_i + CONTEXT.spi_r, sum(CUTS))
    assert values(result.keys) == cut(stream)
    assert all(a != b for a, b in zip(values(result.keys), values(KEYS), strict=True))
    assert result.initial_sa_protected
    assert result.used == ("x25519", "qkd")


def mixed(key: bytes, seed: bytes) -> bytes:
    return prf_plus("sha1", key, seed, 20)


PPK_MUTANTS: dict[str, Mix] = {
    "PPK dropped": lambda x: PpkKeys(x.keys, ("x25519", "qkd"), False),
    "key and seed swapped": lambda x: PpkKeys(
        replace(x.keys, **{n: mixed(getattr(x.keys, n), x.ppk.value or b"") for n in ("sk_d", "sk_pi", "sk_pr")}),
        ("x25519", "qkd"),
        False,
    ),
    "SK_d only": lambda x: PpkKeys(
        replace(x.keys, sk_d=mixed(x.ppk.value or b"", x.keys.sk_d)), ("x25519", "qkd"), False
    ),
    "claims the first SA": lambda x: replace(ppk_at_authentication(x), initial_sa_protected=True),
    "the other RFC": ppk_at_intermediate,
}
INTERMEDIATE_MUTANTS: dict[str, Mix] = {
    "PPK dropped": lambda x: PpkKeys(x.keys, ("x25519", "qkd"), True),
    "SK_d as SKEYSEED'": lambda x: PpkKeys(
        IkeKeys((), *cut(prf_plus("sha1", x.keys.sk_d, CONTEXT.nonces + CONTEXT.spi_i + CONTEXT.spi_r, 132))),
        ("x25519", "qkd"),
        True,
    ),
    "no nonces": lambda x: PpkKeys(
        IkeKeys((), *cut(prf_plus("sha1", mixed(x.ppk.value or b"", x.keys.sk_d), b"", 132))),
        ("x25519", "qkd"),
        True,
    ),
    "the other RFC": lambda x: replace(ppk_at_authentication(x), initial_sa_protected=True),
}


def test_rfc_8784_leaves_the_first_sa_unprotected_and_says_so() -> None:
    rfc_8784(ppk_at_authentication)


def test_rfc_9867_changes_every_key() -> None:
    rfc_9867(ppk_at_intermediate)


@pytest.mark.parametrize("name", PPK_MUTANTS)
def test_broken_mixing_at_authentication_is_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        rfc_8784(PPK_MUTANTS[name])


@pytest.mark.parametrize("name", INTERMEDIATE_MUTANTS)
def test_broken_mixing_at_intermediate_is_rejected(name: str) -> None:
    with pytest.raises(AssertionError):
        rfc_9867(INTERMEDIATE_MUTANTS[name])


@pytest.mark.parametrize("exchanged", [None, ADDED], ids=["no new exchange", "new exchange"])
def test_a_fresh_ppk_goes_into_every_child_sa(exchanged: Secret | None) -> None:
    fresh = Secret("qkd", bytes(range(1, 33)))
    new = b"" if exchanged is None else exchanged.value or b""
    results = set()
    for ppk in (PPK, fresh):
        result = child_keys_with_ppk(ChildPpkInputs(CONTEXT, KEYS.sk_d, ppk, 72, exchanged))
        assert result == prf_plus("sha1", mixed(ppk.value or b"", KEYS.sk_d), new + CONTEXT.nonces, 72)
        results.add(result)
    results.add(child_keys(CONTEXT, KEYS.sk_d, 72, exchanged))
    assert len(results) == 3


def test_a_missing_or_short_ppk_is_refused() -> None:
    with pytest.raises(ValueError, match="qkd: a PPK has at least 32 bytes, not none"):
        replace(INPUTS, ppk=Secret("qkd", None))
    with pytest.raises(ValueError, match="qkd: a PPK has at least 32 bytes, not 16 bytes"):
        ChildPpkInputs(CONTEXT, KEYS.sk_d, Secret("qkd", bytes(16)), 72)


def test_keys_are_not_shown() -> None:
    child = ChildPpkInputs(CONTEXT, KEYS.sk_d, PPK, 72)
    for shown in (repr(KEYS), repr(INPUTS), repr(ppk_at_intermediate(INPUTS)), repr(child)):
        for key in (*values(KEYS), PPK.value or b""):
            assert repr(key)[2:-1] not in shown
