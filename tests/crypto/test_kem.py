from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qkdsim.crypto.kem import Kem, available_kems, find_kem, kem_facts, list_kems
from qkdsim.crypto.kem.catalogue import PUBLISHED
from qkdsim.errors import InputError
from tests.references import load

KEMS = available_kems()
EVERY_KEM = pytest.mark.parametrize("kem", KEMS, ids=lambda kem: f"{kem.facts.provider}:{kem.facts.name}")
SHARED = sorted(
    {kem.facts.name for kem in KEMS if kem.facts.provider == "cryptography"}
    & {kem.facts.name for kem in KEMS if kem.facts.provider == "liboqs"}
)
IMPLICIT_REJECTION = {"ml-kem-768", "ml-kem-1024"}
ML_KEM = load("ml-kem")["results"]["vectors"]


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def by_name(vector: dict[str, str]) -> str:
    return vector["algorithm"]


@EVERY_KEM
def test_both_ends_share_one_secret_of_the_stated_length(kem: Kem) -> None:
    pair = kem.generate()
    sent = kem.encapsulate(pair.public_key)
    assert len(pair.public_key) == kem.facts.public_key_bytes
    assert len(pair.secret_key) == kem.facts.secret_key_bytes
    assert len(sent.ciphertext) == kem.facts.ciphertext_bytes
    assert len(sent.shared_secret) == kem.facts.shared_secret_bytes
    assert kem.decapsulate(pair.secret_key, sent.ciphertext) == sent.shared_secret


@EVERY_KEM
def test_every_use_gives_another_key_and_another_secret(kem: Kem) -> None:
    first, second = kem.generate(), kem.generate()
    assert first.public_key != second.public_key
    one, other = kem.encapsulate(first.public_key), kem.encapsulate(first.public_key)
    assert one.ciphertext != other.ciphertext
    assert one.shared_secret != other.shared_secret
    assert kem.decapsulate(second.secret_key, one.ciphertext) != one.shared_secret


@EVERY_KEM
def test_secrets_are_not_shown(kem: Kem) -> None:
    pair = kem.generate()
    sent = kem.encapsulate(pair.public_key)
    for shown, secret in ((repr(pair), pair.secret_key), (repr(sent), sent.shared_secret)):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


@EVERY_KEM
@pytest.mark.parametrize("change", [-1, 1, None], ids=["truncated", "oversized", "empty"])
def test_wrong_lengths_are_refused_with_both_lengths(kem: Kem, change: int | None) -> None:
    def wrong(value: bytes) -> bytes:
        return b"" if change is None else (value + b"\0")[: len(value) + change]

    pair = kem.generate()
    ciphertext = kem.encapsulate(pair.public_key).ciphertext
    with pytest.raises(ValueError, match=rf"{kem.facts.name}: a public key has {len(pair.public_key)} bytes, not \d+$"):
        kem.encapsulate(wrong(pair.public_key))
    with pytest.raises(ValueError, match=rf"a ciphertext has {len(ciphertext)} bytes, not \d+$"):
        kem.decapsulate(pair.secret_key, wrong(ciphertext))
    with pytest.raises(ValueError, match=rf"a secret key has {len(pair.secret_key)} bytes, not \d+$"):
        kem.decapsulate(wrong(pair.secret_key), ciphertext)


@EVERY_KEM
def test_a_seed_gives_the_same_pair_or_is_refused(kem: Kem) -> None:
    if kem.facts.seed_bytes is None:
        with pytest.raises(ValueError, match="takes no seed"):
            kem.generate(bytes(32))
        return
    seed = bytes(range(kem.facts.seed_bytes))
    assert kem.generate(seed).public_key == kem.generate(seed).public_key
    assert kem.generate(seed).public_key != kem.generate(flipped(seed, 100)).public_key
    with pytest.raises(ValueError, match="a seed has"):
        kem.generate(seed[:-1])


@EVERY_KEM
def test_lengths_and_category_are_the_published_ones(kem: Kem) -> None:
    published = PUBLISHED.get(kem.facts.name)
    if published is None or not kem.facts.name.startswith("ml-kem"):  # others change with the version of liboqs
        assert kem.facts.family in {"classical", "hybrid", "post-quantum"}
        return
    for name in ("category", "public_key_bytes", "ciphertext_bytes", "shared_secret_bytes"):
        assert getattr(kem.facts, name) == getattr(published, name), name


@pytest.mark.parametrize("name", sorted(IMPLICIT_REJECTION | {"x25519", "x-wing"}))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_an_altered_ciphertext_never_gives_the_secret(name: str, data: st.DataObject) -> None:
    kem = find_kem(name)
    pair = kem.generate(bytes(kem.facts.seed_bytes or 0))
    sent = kem.encapsulate(pair.public_key)
    bit = data.draw(st.integers(0, 8 * len(sent.ciphertext) - 1))
    if name in {"x25519", "x-wing"} and bit == 8 * len(sent.ciphertext) - 1:
        bit -= 1  # the highest bit of an X25519 message means nothing (RFC 7748, 5); X-Wing hashes it, X25519 does not
    assert kem.decapsulate(pair.secret_key, flipped(sent.ciphertext, bit)) != sent.shared_secret


@pytest.mark.parametrize("vector", ML_KEM, ids=by_name)
@pytest.mark.parametrize("provider", ["cryptography", "liboqs"])
def test_ml_kem_known_answers(vector: dict[str, str], provider: str) -> None:
    kem = next((k for k in KEMS if (k.facts.name, k.facts.provider) == (vector["algorithm"], provider)), None)
    if kem is None:
        pytest.skip(f"{provider} is not installed")
    pair = kem.generate(bytes.fromhex(vector["seed"]))
    assert pair.public_key.hex() == vector["public_key"]
    assert kem.decapsulate(pair.secret_key, bytes.fromhex(vector["ciphertext"])).hex() == vector["shared_secret"]
    rejected = kem.decapsulate(pair.secret_key, bytes.fromhex(vector["altered_ciphertext"]))
    assert rejected.hex() == vector["rejection_secret"]


@pytest.mark.parametrize("vector", load("x25519")["results"]["vectors"])
def test_x25519_known_answers(vector: dict[str, str]) -> None:
    secret = find_kem("x25519").decapsulate(bytes.fromhex(vector["secret_key"]), bytes.fromhex(vector["public_key"]))
    assert secret.hex() == vector["shared_secret"]


@pytest.mark.parametrize("vector", load("x-wing")["results"]["vectors"])
def test_x_wing_known_answers(vector: dict[str, str]) -> None:
    kem = find_kem("x-wing")
    pair = kem.generate(bytes.fromhex(vector["seed"]))
    assert pair.public_key.hex() == vector["pk"]
    assert kem.decapsulate(pair.secret_key, bytes.fromhex(vector["ct"])).hex() == vector["ss"]


def test_x_wing_rests_on_both_parts_and_others_on_themselves() -> None:
    assert set(kem_facts("x-wing").rests_on) == {"ml-kem-768", "x25519"}
    assert kem_facts("hqc-3").rests_on == ("hqc-3",)


@pytest.mark.skipif(not SHARED, reason="no algorithm is offered by two installed providers: liboqs is missing")
@pytest.mark.parametrize("name", SHARED)
def test_two_providers_understand_each_other(name: str) -> None:
    ours, theirs = find_kem(name, "cryptography"), find_kem(name, "liboqs")
    for one, other in ((ours, theirs), (theirs, ours)):
        pair = one.generate()
        sent = other.encapsulate(pair.public_key)
        assert one.decapsulate(pair.secret_key, sent.ciphertext) == sent.shared_secret


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31)], ids=["zero", "one"])
def test_x25519_refuses_points_of_low_order(point: bytes) -> None:
    x25519 = find_kem("x25519")
    with pytest.raises(ValueError, match="x25519: these bytes are not a safe public key"):
        x25519.encapsulate(point)
    with pytest.raises(ValueError, match="x25519: these bytes are not a safe ciphertext"):
        x25519.decapsulate(x25519.generate().secret_key, point)


@pytest.mark.parametrize("name", sorted(IMPLICIT_REJECTION))
def test_ml_kem_refuses_a_public_key_beyond_the_modulus(name: str) -> None:
    kem = find_kem(name)
    with pytest.raises(ValueError, match=f"{name}: these bytes are not a public key"):
        kem.encapsulate(b"\xff" * kem.facts.public_key_bytes)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^kem: name: got 'ml-kem-786', expected ml-kem-768 or .*`qkdsim list kems`$"):
        find_kem("ml-kem-786")
    with pytest.raises(InputError, match=r"^kem: name: got 'zzz', expected `qkdsim list kems`$"):
        kem_facts("zzz")


def test_names_are_found_in_any_case() -> None:
    assert find_kem("ML_KEM_768").facts.name == "ml-kem-768"


@pytest.mark.skipif(any(kem.facts.provider == "liboqs" for kem in KEMS), reason="liboqs is installed")
def test_a_missing_provider_is_named_and_nothing_is_taken_instead() -> None:
    with pytest.raises(InputError, match=r"kem: name: got 'hqc-1', .*needs liboqs: pip install 'qkdsim\[oqs\]'"):
        find_kem("hqc-1")
    with pytest.raises(InputError, match="needs liboqs"):
        find_kem("ml-kem-768", "liboqs")
    assert kem_facts("hqc-1").ciphertext_bytes == 4433


def test_a_provider_without_the_algorithm_is_refused() -> None:
    with pytest.raises(InputError, match="kem: provider: got 'cryptography', expected one that has hqc-1"):
        find_kem("hqc-1", "cryptography")
    with pytest.raises(InputError, match="kem: provider: got 'liboqs', expected one that has x25519"):
        find_kem("x25519", "liboqs")


def test_the_list_has_every_known_algorithm_and_says_how_to_get_the_rest() -> None:
    rows = list_kems()
    assert {row.facts.name for row in rows} >= set(PUBLISHED) | {"x25519", "x-wing"}
    assert all(row.available == (row.install == "") for row in rows)
    assert all(dataclasses.is_dataclass(row.facts) and row.facts.public_key_bytes > 0 for row in rows)
