"""The ledger as others read it, and that nothing shows key by accident."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from postprocessing.blocks import CHANNEL, Tap, distil, processing, records, secrets, session
from qkdsim.detections.clicks import Clicks, Stretch
from qkdsim.links.raw_blocks import RawBlock
from qkdsim.links.sampled import SampledBlock
from qkdsim.postprocessing.amplification import ToeplitzSeed
from qkdsim.postprocessing.chain import KeyChain, initial_secret_bits
from qkdsim.postprocessing.ledger import KEY, OUTCOMES, RefusedError
from qkdsim.postprocessing.pool import SecretPool
from qkdsim.postprocessing.reconciler import MessageError
from qkdsim.postprocessing.reconciliation import RECONCILIATIONS
from qkdsim.postprocessing.wire import TAGS_PER_BLOCK, Direction, ServiceChannel, Wire

# the fields that `qkdsim distill --json` promises, and what tests of other programs may rely on
PROMISED = {
    "raw_bits",
    "sifted_bits",
    "qber",
    "leak_ec_bits",
    "ec_efficiency",
    "verification_bits",
    "authentication_bits",
    "secret_bits",
    "keys_equal",
    "aborted",
    "reason",
}


def test_a_ledger_is_plain_values() -> None:
    for error_rate in (0.01, 0.3):
        ledger = distil(processing(), *records(6000, error_rate, 1))[0].ledger
        plain = ledger.as_dict()
        assert plain.keys() >= PROMISED
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
        assert plain["aborted"] == (plain["reason"] is not None) == (ledger.outcome != KEY)


@pytest.mark.parametrize("detected", [0, 1, 10])
def test_a_ledger_of_almost_nothing_is_plain_too(detected: int) -> None:
    plain = distil(processing(), *records(detected, 0.0, 1))[0].ledger.as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert all(value is None or isinstance(value, str) or value >= 0 for value in plain.values())


def test_epsilon_adds_up() -> None:
    ledger = distil(processing(), *records(6000, 0.01, 1))[0].ledger
    parts = (ledger.epsilon_secrecy, ledger.epsilon_correctness, ledger.epsilon_authentication)
    assert ledger.epsilon == pytest.approx(sum(parts), rel=1e-12)
    assert all(part > 0.0 for part in parts)


def test_the_epsilon_of_tags_is_their_forgery_bound() -> None:
    # six tags of 64 bits over a transcript of L blocks: 6 (2^-64 + (L + 1) 2^-128), which the claim of 1e-15 covers
    ledger = distil(processing(), *records(6000, 0.01, 1))[0].ledger
    assert ledger.epsilon_authentication == 1e-15
    short = distil(processing(tag_bits=20), *records(6000, 0.01, 1))[0].ledger
    assert short.epsilon_authentication == pytest.approx(6.0 * 2.0**-20, rel=1e-9)
    assert short.authentication_bits == TAGS_PER_BLOCK * 20


def test_every_outcome_has_its_words() -> None:
    assert len(set(OUTCOMES)) == len(OUTCOMES)
    assert str(RefusedError(3)) == OUTCOMES[3]


@pytest.mark.parametrize("name", sorted(RECONCILIATIONS))
def test_both_directions_of_disclosure_are_recorded(name: str) -> None:
    ledger = distil(processing(name), *records(8000, 0.02, 1))[0].ledger
    assert ledger.leak_ec_bits > 0
    # Cascade's questions tell as many parities of Bob's string; LDPC's tell whether a decoding succeeded, a few times
    if name == "ldpc":
        assert 0 <= ledger.bob_leak_bits <= ledger.messages
    else:
        assert ledger.bob_leak_bits == ledger.leak_ec_bits
    # what Bob told either comes off the key, or the result says that it does not
    assert bool(RECONCILIATIONS[name].caveat) != RECONCILIATIONS[name].subtracts_bob
    assert RECONCILIATIONS[name].subtracts_bob == (name == "ldpc")


# --- nothing shows key


BITS = re.compile(r"(?:[01][\s,.]*){24,}|array\(|\\x[0-9a-f]{2}|bytearray|b'")


def shown(thing: object) -> str:
    """How a log or a debugger would show it, arrays in full."""
    with np.printoptions(threshold=10**9):
        return f"{thing!r} {thing!s}"


def test_the_search_for_bits_finds_bits() -> None:
    bits = np.random.default_rng(1).integers(0, 2, 40, dtype=np.uint8)
    for thing in (bits, bits.tolist(), bits.tobytes(), np.packbits(bits).tobytes(), "".join(map(str, bits))):
        assert BITS.search(shown(thing))
    assert not BITS.search("BlockLedger(raw_bits=6000, qber=0.011132940406024885, secret_bits=1011)")


def test_results_and_ends_show_no_key() -> None:
    how, tap = processing(), Tap()
    ends = session(how, tap)
    held = secrets(how, 1)
    chain = KeyChain(ends, np.random.default_rng(1).integers(0, 2, initial_secret_bits(ends), dtype=np.uint8))
    alice, bob = records(6000, 0.0, 1)
    block = chain.distil(alice, bob, np.random.default_rng(1))
    assert block.ledger.outcome == KEY
    clicks = some_clicks()
    raw = RawBlock(0.0, 1.0, clicks, np.zeros((1, 2, 2, 2), np.int64))
    wire = Wire(held, held, ServiceChannel())
    things: list[object] = [
        block,
        raw,
        SampledBlock(raw, alice, bob, how, block),
        held,
        held.key,
        chain,
        SecretPool(np.ones(50, np.uint8)),
        wire,
        wire.traffic,
        *tap.arrived,
        ToeplitzSeed(np.ones(59, np.uint8), 50, 10),
        RefusedError(8, "tag"),
    ]
    for name in RECONCILIATIONS:
        bits = np.random.default_rng(1).integers(0, 2, 500, dtype=np.uint8)
        protocol = RECONCILIATIONS[name]
        things += [protocol.reference(bits, 0.02, 1), protocol.corrector(bits, 0.02, 1)]
    assert len(tap.arrived) > 15
    for thing in things:
        assert not BITS.search(shown(thing)), type(thing).__name__


def some_clicks() -> Clicks:
    draw = np.random.default_rng(1)
    return Clicks(np.arange(40), draw.integers(0, 8, 40).astype(np.int16), draw.integers(1, 4, 40).astype(np.uint8))


@pytest.mark.parametrize("what", ["Emissions", "Detections", "Clicks", "Stretch"])
def test_records_of_raw_key_show_no_bits(what: str) -> None:
    clicks = some_clicks()
    alice, bob = records(40, 0.0, 1)
    things = {
        "Emissions": alice,
        "Detections": bob,
        "Clicks": clicks,
        "Stretch": Stretch(clicks, 40, np.ones((1, 2, 2, 2), np.int64), 40, True),
    }
    text = shown(things[what])
    assert not re.search(r"(?:[0-3][\s,]+){24,}", text)


def test_errors_show_no_key() -> None:
    how = processing()
    bits = np.random.default_rng(1).integers(0, 2, 500, dtype=np.uint8)
    for protocol in RECONCILIATIONS.values():
        reference = protocol.reference(bits, 0.02, 1)
        with pytest.raises(MessageError) as refused:
            reference.answer(b"\xff" * 64)
        assert not BITS.search(str(refused.value))
    held = secrets(how, 1)
    wire = Wire(held, held, CHANNEL, tamper=lambda _: b"")
    with pytest.raises(RefusedError) as untrue:
        wire.authenticate(Direction.TO_BOB, "sifting")
    assert not BITS.search(str(untrue.value))
    with pytest.raises(ValueError, match="asked of a pool") as short:
        SecretPool(bits).take(501)
    assert not BITS.search(str(short.value))
