from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qkdsim.crypto.signature import (
    SignatureScheme,
    available_signatures,
    find_signature,
    list_signatures,
    signature_facts,
)
from qkdsim.crypto.signature.catalogue import PUBLISHED
from qkdsim.errors import InputError
from tests.references import load

SCHEMES = available_signatures()
EVERY_SCHEME = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda one: f"{one.facts.provider}:{one.facts.name}")
SHARED = sorted(
    {one.facts.name for one in SCHEMES if one.facts.provider == "cryptography"}
    & {one.facts.name for one in SCHEMES if one.facts.provider == "liboqs"}
)


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


@EVERY_SCHEME
def test_a_signature_holds_for_its_message_and_key_only(scheme: SignatureScheme) -> None:
    pair, other = scheme.generate(), scheme.generate()
    signature = scheme.sign(pair.secret_key, b"message")
    assert len(pair.public_key) == scheme.facts.public_key_bytes
    assert len(pair.secret_key) == scheme.facts.secret_key_bytes
    assert len(signature) <= scheme.facts.signature_bytes
    assert scheme.verify(pair.public_key, b"message", signature)
    assert not scheme.verify(pair.public_key, b"Message", signature)
    assert not scheme.verify(other.public_key, b"message", signature)


@EVERY_SCHEME
def test_a_truncated_oversized_or_empty_signature_is_false(scheme: SignatureScheme) -> None:
    pair = scheme.generate()
    signature = scheme.sign(pair.secret_key, b"message")
    longest = scheme.facts.signature_bytes
    for wrong in (b"", signature[:-1], signature.ljust(longest + 1, b"\0")):
        assert not scheme.verify(pair.public_key, b"message", wrong)


@EVERY_SCHEME
@pytest.mark.parametrize("change", [-1, 1], ids=["truncated", "oversized"])
def test_keys_of_a_wrong_length_are_refused(scheme: SignatureScheme, change: int) -> None:
    pair = scheme.generate()
    signature = scheme.sign(pair.secret_key, b"message")
    public_key, secret_key = ((key + b"\0")[: len(key) + change] for key in (pair.public_key, pair.secret_key))
    with pytest.raises(ValueError, match=rf"a public key has {len(pair.public_key)} bytes, not \d+$"):
        scheme.verify(public_key, b"message", signature)
    with pytest.raises(ValueError, match=rf"a secret key has {len(pair.secret_key)} bytes, not \d+$"):
        scheme.sign(secret_key, b"message")


@EVERY_SCHEME
def test_a_context_is_signed_or_refused(scheme: SignatureScheme) -> None:
    pair = scheme.generate()
    if not scheme.facts.has_context:
        with pytest.raises(ValueError, match="signs no context"):
            scheme.sign(pair.secret_key, b"message", b"context")
        return
    signature = scheme.sign(pair.secret_key, b"message", b"context")
    assert scheme.verify(pair.public_key, b"message", signature, b"context")
    assert not scheme.verify(pair.public_key, b"message", signature)
    assert not scheme.verify(pair.public_key, b"message", signature, b"Context")
    with pytest.raises(ValueError, match="up to 255 bytes, not 256"):
        scheme.sign(pair.secret_key, b"message", bytes(256))


@EVERY_SCHEME
def test_secret_keys_are_not_shown(scheme: SignatureScheme) -> None:
    pair = scheme.generate()
    assert repr(pair.secret_key) not in repr(pair)
    assert pair.secret_key.hex() not in repr(pair)


@EVERY_SCHEME
def test_lengths_and_category_are_the_published_ones(scheme: SignatureScheme) -> None:
    published = PUBLISHED.get(scheme.facts.name)
    if published is None or not scheme.facts.name.startswith(("ml-dsa", "slh-dsa")):  # others are not final
        assert scheme.facts.family in {"classical", "post-quantum"}
        return
    for name in ("category", "public_key_bytes", "signature_bytes"):
        assert getattr(scheme.facts, name) == getattr(published, name), name


@pytest.mark.parametrize("name", ["ed25519", "ml-dsa-44"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_flipped_bit_of_a_signature_is_noticed(name: str, data: st.DataObject) -> None:
    scheme = find_signature(name)
    pair = scheme.generate(bytes(32))
    signature = scheme.sign(pair.secret_key, b"message")
    bit = data.draw(st.integers(0, 8 * len(signature) - 1))
    assert not scheme.verify(pair.public_key, b"message", flipped(signature, bit))


@pytest.mark.parametrize("vector", load("ml-dsa")["results"]["vectors"], ids=lambda vector: str(vector["algorithm"]))
def test_ml_dsa_known_answers(vector: dict[str, str]) -> None:
    seed, message, context, signature = (
        bytes.fromhex(vector[name]) for name in ("seed", "message", "context", "signature")
    )
    public_key = bytes.fromhex(vector["public_key"])
    assert find_signature(vector["algorithm"]).generate(seed).public_key == public_key
    for scheme in (one for one in SCHEMES if one.facts.name == vector["algorithm"]):
        assert scheme.verify(public_key, message, signature, context)
        assert not scheme.verify(public_key, message, signature)


@pytest.mark.parametrize("vector", load("ed25519")["results"]["vectors"])
def test_ed25519_known_answers(vector: dict[str, str]) -> None:
    scheme = find_signature("ed25519")
    pair = scheme.generate(bytes.fromhex(vector["secret_key"]))
    assert pair.public_key.hex() == vector["public_key"]
    assert scheme.sign(pair.secret_key, bytes.fromhex(vector["message"])).hex() == vector["signature"]


@pytest.mark.skipif(not SHARED, reason="no algorithm is offered by two installed providers: liboqs is missing")
@pytest.mark.parametrize("name", SHARED)
def test_two_providers_understand_each_other(name: str) -> None:
    ours, theirs = find_signature(name, "cryptography"), find_signature(name, "liboqs")
    for signer, verifier in ((ours, theirs), (theirs, ours)):
        pair = signer.generate()
        signature = signer.sign(pair.secret_key, b"message", b"context")
        assert verifier.verify(pair.public_key, b"message", signature, b"context")
        assert not verifier.verify(pair.public_key, b"another", signature, b"context")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"^signature: name: got 'ml-dsa-56', expected ml-dsa-65 or"):
        find_signature("ml-dsa-56")


@pytest.mark.skipif(any(one.facts.provider == "liboqs" for one in SCHEMES), reason="liboqs is installed")
def test_a_missing_provider_is_named_and_nothing_is_taken_instead() -> None:
    with pytest.raises(InputError, match=r"got 'falcon-512', .*needs liboqs: pip install 'qkdsim\[oqs\]'"):
        find_signature("falcon-512")
    assert signature_facts("falcon-512").public_key_bytes == 897


def test_a_provider_without_the_algorithm_is_refused() -> None:
    with pytest.raises(InputError, match="signature: provider: got 'liboqs', expected one that has ed25519"):
        find_signature("ed25519", "liboqs")


def test_the_list_has_every_known_algorithm_and_says_how_to_get_the_rest() -> None:
    rows = list_signatures()
    assert {row.facts.name for row in rows} >= set(PUBLISHED) | {"ed25519"}
    assert all(row.available == (row.install == "") for row in rows)
