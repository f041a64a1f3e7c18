"""Sampled links in time: how blocks open and close, faults, charges, and draws that keep to their names."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from links.profiles import device, link
from links.test_blocks import run
from qkdsim.channels import FibreSpan
from qkdsim.links import ABORTED, POOL_EMPTY, Disruption, QkdLink, build_link, timeline
from qkdsim.links.sampled import SampledBlock
from qkdsim.postprocessing.ledger import KEY, NO_DETECTIONS
from qkdsim.postprocessing.wire import Message

CLOCK_HZ = 4e7
START_S = 20.0  # cold start
SMALL = {"block_size_bits": 4e3, "authentication_pool_bits": 120_000}  # 0.08 s of light, pads for 200 blocks
EASY = {"proof": "asymptotic-decoy"}  # so that small blocks have key
SLOW_BPS = 1e6
SLOW: dict[str, Any] = {"post_processing": {"service_channel_rate_bps": SLOW_BPS}}


def small(**tables: Any) -> QkdLink:
    post = {**SMALL, **tables.pop("post_processing", {})}
    return link("sampled", post_processing=post, security_model=EASY, **tables)


def sampled(
    of: QkdLink, duration_s: float, disruptions: Sequence[Disruption] = (), seed: int = 1, **listen: Any
) -> list[SampledBlock]:
    slices = timeline(duration_s, disruptions, cold_start_s=of.cold_start_s, relock_s=of.relock_s)
    return list(of.sampled(slices, seed, **listen))


def fingerprint(block: SampledBlock) -> tuple[object, ...]:
    """Everything that happened to a block."""
    raw, distilled = block.raw, block.distilled
    arrays = (raw.clicks.slot, raw.clicks.setting, raw.clicks.pattern, raw.sent, distilled.alice_key, distilled.bob_key)
    return raw.start_s, raw.end_s, distilled.ledger, *(array.tobytes() for array in arrays)


def lit_s(of: QkdLink, block: SampledBlock, duration_s: float, disruptions: Sequence[Disruption]) -> float:
    """Seconds of light while the block was open."""
    slices = timeline(duration_s, disruptions, cold_start_s=of.cold_start_s, relock_s=of.relock_s)
    start_s, end_s = block.raw.start_s, block.raw.end_s
    return sum(max(min(one.end_s, end_s) - max(one.start_s, start_s), 0.0) for one in slices if one.state == "lit")


# --- laws of every block


FAULTS = [
    Disruption("cut", 20.3, 20.6),  # and 5 s of relock
    Disruption("off", 26.5, 26.6),  # and 20 s of cold start
    Disruption("disturbance", 46.9, 47.2, 5e7, 0.05),
]


@pytest.mark.parametrize("name", ["cascade", "cascade-option7", "ldpc"])
@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"detector": {"dead_time_s": 1e-6, "afterpulse_probability": 0.05}},
        {"post_processing": {"double_click_policy": "discard"}},
        {"protocol": {"key_bases": "both"}},
    ],
    ids=["plain", "memory", "discard", "both bases"],
)
def test_what_holds_for_every_block(name: str, tables: dict[str, dict[str, Any]]) -> None:
    post = {"error_correction": name, **tables.get("post_processing", {})}
    made = small(**{**tables, "post_processing": post})
    blocks = sampled(made, 48.0, FAULTS)
    assert len(blocks) > 20
    previous_s = START_S
    for block in blocks:
        raw, ledger = block.raw, block.distilled.ledger
        assert previous_s <= raw.start_s + 1e-9
        assert raw.start_s < raw.end_s <= 48.0
        previous_s = raw.end_s
        # no pulse counts while it is dark, every one while it is lit; slots lie in lit time
        assert raw.pulses == pytest.approx(lit_s(made, block, 48.0, FAULTS) * CLOCK_HZ, abs=3.0)
        time_s = raw.clicks.slot / CLOCK_HZ
        assert np.all(np.diff(raw.clicks.slot) > 0)
        assert np.all((time_s >= raw.start_s - 1 / CLOCK_HZ) & (time_s <= raw.end_s))
        for start_s, end_s in ((0.0, 20.0), (20.3, 25.6), (26.5, 46.6)):
            assert not np.any((time_s > start_s + 1 / CLOCK_HZ) & (time_s < end_s - 1 / CLOCK_HZ))
        sample = ledger.disclosed_bits if "protocol" in tables else 0
        assert ledger.sifted_bits + sample == 4000
        assert ledger.raw_bits <= len(raw.clicks)
        assert ledger.sifted_bits + ledger.disclosed_bits <= ledger.raw_bits
        assert ledger.authentication_bits == 600
        assert 0 <= ledger.secret_bits <= max(ledger.sifted_bits - ledger.leak_ec_bits, 0)
        assert ledger.secret_bits == ledger.pool_refill_bits + len(block.distilled.bob_key)
        assert np.array_equal(block.distilled.alice_key, block.distilled.bob_key)
        assert (ledger.outcome == KEY) == (ledger.secret_bits > 0)
    outcomes = [block.distilled.ledger.outcome for block in blocks]
    assert outcomes.count(KEY) > 0.5 * len(blocks)  # two fifths of the blocks are loud
    loud = [block for block in blocks if block.raw.start_s > 46.9 and block.raw.end_s < 47.2]
    assert loud
    assert all(block.distilled.ledger.outcome == ABORTED for block in loud)


def test_blocks_follow_each_other_without_a_gap() -> None:
    blocks = sampled(small(), 21.0)
    assert blocks[0].raw.start_s == START_S
    for before, after in itertools.pairwise(blocks):
        assert after.raw.start_s == before.raw.end_s
    last = blocks[-1].raw
    assert 21.0 - last.end_s < 2.0 * (last.end_s - last.start_s)
    # the click that fills a block is its last pulse
    for block in blocks:
        assert round(block.raw.end_s * CLOCK_HZ) == block.raw.clicks.slot[-1] + 1


def test_accounts_are_those_of_the_ledger() -> None:
    made = small()
    blocks, accounts = sampled(made, 21.0), run(made, 21.0)
    assert len(accounts) == len(blocks)
    for number, block in enumerate(blocks):
        ledger = block.distilled.ledger
        for name in ("sifted_bits", "qber", "phase_error_rate", "leak_ec_bits", "secret_bits", "authentication_bits"):
            value = getattr(ledger, name)
            assert float(getattr(accounts, name)[number]) == (
                pytest.approx(math.nan, nan_ok=True) if value is None else value
            )
        assert accounts.pulses[number] == block.raw.pulses
        assert accounts.epsilon[number] == ledger.epsilon
        assert accounts.outcome[number] == ledger.outcome
        assert accounts.stored_bits[number] == len(block.distilled.bob_key)


def test_key_is_there_when_latency_and_messages_have_passed() -> None:
    # 0.2 s for the messages of a block, and 0.08 s until the next one: the channel is the bottleneck
    blocks, accounts = sampled(small(**SLOW), 21.0), run(small(**SLOW), 21.0)
    ends_s = np.array([block.raw.end_s + 2.0 + block.distilled.ledger.service_channel_s for block in blocks])
    assert np.all(accounts.available_s >= ends_s - 1e-9)
    assert np.all(np.diff(accounts.available_s) >= 0.0)
    assert accounts.available_s[0] == pytest.approx(ends_s[0])
    for block in blocks:
        ledger = block.distilled.ledger
        assert ledger.transmission_s == pytest.approx((ledger.bits_to_alice + ledger.bits_to_bob) / SLOW_BPS, rel=1e-9)
        assert ledger.service_channel_s >= ledger.transmission_s


def test_key_comes_no_faster_than_the_channel_can_carry_its_messages() -> None:
    blocks, accounts = sampled(small(**SLOW), 24.0), run(small(**SLOW), 24.0)
    said_bits = np.array([b.distilled.ledger.bits_to_alice + b.distilled.ledger.bits_to_bob for b in blocks])
    secret_bits = accounts.secret_bits.astype(float)
    assert len(blocks) > 30
    # whatever stretch of blocks one looks at, the channel carried their messages one after the other; the light's delay
    # differs from block to block by up to 10 ms
    for first in (0, 10, len(blocks) - 3):
        spent_s = accounts.available_s[first + 1 :] - accounts.available_s[first]
        assert np.all(spent_s >= np.cumsum(said_bits[first + 1 :]) / SLOW_BPS * (1.0 - 1e-9) - 0.01)
    lasted_s = accounts.available_s[-1] - blocks[0].raw.end_s
    assert secret_bits.sum() / lasted_s <= SLOW_BPS * secret_bits.sum() / said_bits.sum()
    # and it was never idle for long: the queue grows, so bandwidth sets the rate
    assert lasted_s == pytest.approx(said_bits.sum() / SLOW_BPS + 2.0, rel=0.02)


def test_a_fast_channel_and_a_long_way_do_not_set_the_rate() -> None:
    # 2,000 km: a round trip of 20 ms for every question, far more for a block than the 0.08 s until the next one; but
    # while one block waits for the light the next one talks
    made = device(post_processing=SMALL, security_model=EASY)
    far = build_link("a--b", made, made, FibreSpan(length_km=2000.0, attenuation_db_per_km=0.01), "sampled")
    blocks, accounts = sampled(far, 22.0), run(far, 22.0)
    waits_s = [block.distilled.ledger.service_channel_s for block in blocks]
    assert min(waits_s) > 0.2
    assert accounts.available_s[-1] <= blocks[-1].raw.end_s + 2.0 + max(waits_s) + 1e-6


def test_messages_wait_for_the_light_in_the_fibre() -> None:
    made = device(post_processing=SMALL, security_model=EASY)
    span = FibreSpan(length_km=50.0, attenuation_db_per_km=0.2)
    for block in sampled(build_link("a--b", made, made, span, "sampled"), 20.3):
        ledger = block.distilled.ledger
        delay_s = 50.0 * 1e3 * 1.468 / 299_792_458.0  # about 4.9 us a kilometre of glass
        of_bits = (ledger.bits_to_alice + ledger.bits_to_bob) / 1e9
        assert ledger.service_channel_s == pytest.approx(ledger.turns * delay_s + of_bits, rel=0.01)


def test_messages_carry_the_number_of_their_block() -> None:
    heard: list[tuple[int, Message]] = []
    blocks = sampled(small(), 20.5, on_message=lambda number, message: heard.append((number, message)))
    assert len(blocks) > 3
    for number, block in enumerate(blocks):
        own = [message for of, message in heard if of == number]
        ledger = block.distilled.ledger
        assert len(own) == ledger.messages
        assert sum(int.from_bytes(m.body[:4], "little") for m in own if m.kind == "answer") == ledger.leak_ec_bits


# --- how blocks close


def test_a_block_spans_a_cut_and_keeps_its_clicks() -> None:
    made, cut = small(), [Disruption("cut", 20.04, 21.0)]
    whole, spanning = sampled(made, 30.0)[0], sampled(made, 30.0, cut)[0]
    assert whole.raw.end_s > 20.05
    assert spanning.raw.start_s == START_S
    assert spanning.raw.end_s > 26.0  # 5 s of relock
    assert spanning.distilled.ledger.sifted_bits == 4000
    assert spanning.raw.pulses == pytest.approx(whole.raw.pulses, rel=0.1)
    assert spanning.distilled.ledger.outcome == KEY


def test_a_block_spans_a_short_disturbance_and_pools_its_errors() -> None:
    loud = [Disruption("disturbance", 20.0, 20.02, 1e6, 0.3)]
    quiet, mixed = (sampled(small(), 20.3, faults)[0].distilled.ledger for faults in ([], loud))
    assert quiet.qber is not None
    assert mixed.qber is not None
    assert quiet.qber + 0.02 < mixed.qber < 0.3


def test_power_loss_drops_the_open_block() -> None:
    blocks = sampled(small(), 43.0, [Disruption("off", 20.04, 21.0)])
    assert blocks[0].raw.start_s == 41.0
    assert blocks[0].raw.clicks.slot[0] >= 41.0 * CLOCK_HZ


def test_a_long_cut_closes_the_open_block_at_its_time_limit() -> None:
    made = small(post_processing={"block_time_limit_s": 1.0})
    blocks = sampled(made, 26.5, [Disruption("cut", 20.04, 21.0)])
    assert blocks[0].raw.end_s == pytest.approx(21.0, abs=1e-7)
    assert blocks[0].raw.pulses == pytest.approx(0.04 * CLOCK_HZ, abs=2)
    assert 0 < blocks[0].distilled.ledger.sifted_bits < 4000
    assert blocks[1].raw.start_s == 26.0


def test_a_time_limit_that_falls_due_in_the_light_is_kept() -> None:
    made = small(loss_db=30.0, post_processing={"block_time_limit_s": 0.25, "block_size_bits": 1e6})
    blocks = sampled(made, 21.0)
    assert [block.raw.end_s for block in blocks] == pytest.approx([20.25, 20.5, 20.75, 21.0], abs=1e-7)
    assert all(block.raw.pulses == pytest.approx(1e7, abs=1) for block in blocks)


def test_a_dead_link_ends_its_blocks_at_the_time_limit() -> None:
    made = small(loss_db=4000.0, detector={"dark_count_probability": 0.0}, post_processing={"block_time_limit_s": 60.0})
    blocks = sampled(made, 300.0)
    assert [block.raw.end_s for block in blocks] == pytest.approx([80.0, 140.0, 200.0, 260.0])
    assert all(block.distilled.ledger.outcome == NO_DETECTIONS for block in blocks)
    assert all(block.distilled.ledger.authentication_bits == 600 for block in blocks)
    assert all(block.raw.pulses == 60 * CLOCK_HZ for block in blocks)


def test_nothing_comes_out_of_a_run_that_ends_before_the_first_block() -> None:
    assert sampled(small(), 20.01) == []
    assert sampled(small(), 10.0) == []


def test_blocks_that_fail_drain_the_pool_and_stop_the_link() -> None:
    loud = [Disruption("disturbance", 20.3, 100.0, noise_photon_rate_hz=5e7)]
    made = small(post_processing={"authentication_pool_bits": 6000})
    accounts = run(made, 100.0, loud)
    assert accounts.outcome.tolist()[-9:] == [ABORTED] * 8 + [POOL_EMPTY]
    assert (accounts.outcome == POOL_EMPTY).sum() == 1
    assert accounts.authentication_bits[-1] == accounts.secret_bits[-1] == 0
    held = 6000 - np.cumsum(accounts.authentication_bits) + np.cumsum(accounts.pool_refill_bits)
    assert held.max() == 6000
    assert held[-1] < 600
    assert np.all(held[:-1] >= 0)
    assert accounts.end_s[-1] < 100.0


def test_a_pool_that_the_tags_drain_faster_than_key_refills_it_stops_the_link() -> None:
    # 4,000 sifted bits give some 1,700 of key, tags take 6 * 128; with a bound there is none and the pool runs out
    bounded = link("sampled", post_processing={**SMALL, "authentication_pool_bits": 3000})
    accounts = run(bounded, 30.0)
    assert len(accounts) == 6
    assert accounts.outcome[-1] == POOL_EMPTY


# --- seeds and what comes later


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, two = ([fingerprint(block) for block in sampled(small(), 48.0, FAULTS, seed=7)] for _ in range(2))
    assert one == two


PRINT_A_DIGEST = """
import hashlib
from qkdsim import distill, laboratory_link
whole = hashlib.sha256()
def hear(number, message):
    whole.update(message.body)
for block in distill(laboratory_link("gys-2004", loss_db=5.0, block_bits=2e4), blocks=3, seed=11, on_message=hear):
    for array in (block.raw.clicks.slot, block.distilled.alice_key, block.distilled.bob_key):
        whole.update(array.tobytes())
    whole.update(repr(block.distilled.ledger).encode())
    assert len(block.distilled.bob_key) > 0
print(whole.hexdigest())
"""


def test_another_process_finds_the_same_bytes() -> None:
    # names are hashed anew in every process, and nothing may depend on that
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_A_DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


def test_another_seed_or_another_link_gives_other_clicks_and_keys() -> None:
    first = sampled(small(), 20.4, seed=7)[0]
    for other in (sampled(small(), 20.4, seed=8)[0], sampled(small(link_id="c--d"), 20.4, seed=7)[0]):
        assert not np.array_equal(first.raw.clicks.slot, other.raw.clicks.slot)
        assert first.distilled.bob_key.tobytes() != other.distilled.bob_key.tobytes()


def test_no_two_blocks_share_a_key() -> None:
    keys = [block.distilled.bob_key for block in sampled(small(), 21.0)]
    long = [key[:256].tobytes() for key in keys if len(key) >= 256]
    assert len(set(long)) == len(long) > 5


def test_public_randomness_is_fresh_in_every_block() -> None:
    # a seed that had been announced before would be known while the next block's light is on its way
    heard: dict[str, list[bytes]] = {"bases": [], "verification": [], "seed": []}

    def hear(_: int, message: Message) -> None:
        if message.kind in heard:
            heard[message.kind].append(message.body)

    sampled(small(), 20.6, on_message=hear)
    for kind, length in (("bases", 8), ("verification", 32), ("seed", 32)):
        drawn = [body[:length] for body in heard[kind]]
        assert len(set(drawn)) == len(drawn) > 3


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    longer = [fingerprint(block) for block in sampled(small(), 21.5)]
    for duration_s in (20.3, 20.71, 21.0):
        shorter = [fingerprint(block) for block in sampled(small(), duration_s)]
        assert shorter == longer[: len(shorter)]


@pytest.mark.parametrize("kind", ["cut", "off", "disturbance"])
def test_a_later_fault_leaves_earlier_blocks_alone(kind: Any) -> None:
    once = sampled(small(), 22.0)
    later = Disruption(kind, 21.0, 21.3, 1e7 if kind == "disturbance" else 0.0)
    twice = sampled(small(), 22.0, [later])
    before = sum(block.raw.end_s <= 21.0 for block in once)
    assert before > 8
    assert [fingerprint(one) for one in twice[:before]] == [fingerprint(one) for one in once[:before]]


@pytest.mark.parametrize("memory", [False, True])
def test_a_fault_right_behind_a_block_leaves_it_alone(memory: bool) -> None:
    # whatever is planned ahead for a block must not look at where the light ends
    detector = {"dead_time_s": 1e-6, "afterpulse_probability": 0.05} if memory else {}
    once = sampled(small(detector=detector), 21.0)
    assert len(once) > 8
    for number, block in enumerate(once[:8]):
        fault = Disruption("cut", block.raw.end_s + 2e-7, 25.0)
        again = sampled(small(detector=detector), 21.0, [fault])
        assert [fingerprint(one) for one in again[: number + 1]] == [fingerprint(one) for one in once[: number + 1]]


def test_what_a_link_draws_does_not_depend_on_who_else_draws() -> None:
    slices = timeline(21.0, [], cold_start_s=20.0, relock_s=5.0)
    one, two = small().sampled(slices, 7), small(link_id="c--d").sampled(slices, 7)
    in_turns = [(next(one), next(two)) for _ in range(3)]
    alone = sampled(small(), 21.0, seed=7)
    assert [fingerprint(first) for first, _ in in_turns] == [fingerprint(block) for block in alone[:3]]


def test_blocks_come_one_by_one() -> None:
    # a year is not sampled before its first block is there
    slices = timeline(3.2e7, [], cold_start_s=20.0, relock_s=5.0)
    assert next(small().sampled(slices, 1)).distilled.ledger.outcome == KEY
