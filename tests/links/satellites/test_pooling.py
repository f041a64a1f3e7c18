"""Several passes as one block: counts add up, key comes with the last pass, and pooling does not lose key."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from links.satellites.services import DAY_S, secret_bits, service
from qkdsim.links.satellites import PassRecord, SatelliteService

DAYS = 5.0
ROOM = [("[[satellite]]", "[[satellite]]\nstorage_bits = 1e11")]
POOLED = "pooled into a later block"


def taken(found: SatelliteService) -> dict[tuple[str, str], list[PassRecord]]:
    by_pair: dict[tuple[str, str], list[PassRecord]] = defaultdict(list)
    for one in sorted(found.passes, key=lambda one: one.set_s):
        if one.is_taken:
            by_pair[one.satellite, one.station].append(one)
    return by_pair


@pytest.mark.parametrize("fidelity", ["expected", "tallied"])
def test_key_comes_with_the_last_pass_and_counts_are_those_of_single_passes(tmp_path: Path, fidelity: str) -> None:
    alone = service(tmp_path, DAYS, fidelity=fidelity)
    pooled = service(tmp_path, DAYS, fidelity=fidelity, net=ROOM, passes_per_block=3)
    assert any(len(passes) > 3 for passes in taken(pooled).values())
    for pair, passes in taken(pooled).items():
        for number, (one, same) in enumerate(zip(passes, taken(alone)[pair], strict=True), start=1):
            # pooling changes neither the schedule nor what a pass brings
            assert (one.rise_s, one.sifted_bits) == (same.rise_s, pytest.approx(same.sifted_bits))
            assert one.qber == pytest.approx(same.qber)
            closes = number % 3 == 0 or number == len(passes)
            assert one.reason == ("" if closes else POOLED)
            assert (one.secret_bits > 0) == closes


def test_pooling_does_not_lose_key(tmp_path: Path) -> None:
    """At mean counts the bounds cost less, the more counts there are; these passes all have usable error rates."""
    found = [service(tmp_path, DAYS, net=ROOM, passes_per_block=count) for count in (1, 2, 5, 1000)]
    key = [secret_bits(one) for one in found]
    assert key == sorted(key)
    assert key[0] == sum(one.expected_secret_bits for one in found[0].passes if one.is_taken)
    for pair, passes in taken(found[-1]).items():
        assert sum(one.secret_bits for one in passes) >= sum(one.secret_bits for one in taken(found[0])[pair])


def test_weak_passes_give_key_only_together(tmp_path: Path) -> None:
    weak = {"tx": ("pulse_rate_hz = 1e8", "pulse_rate_hz = 5e4")}
    assert secret_bits(service(tmp_path, DAYS, files=weak)) == 0
    assert secret_bits(service(tmp_path, DAYS, files=weak, passes_per_block=10)) > 1000


def test_raw_data_that_finds_no_room_closes_its_block_at_once(tmp_path: Path) -> None:
    """Passes here have some ten million detections, a byte each: a store of ten megabit holds none of them."""
    small = [("[[satellite]]", "[[satellite]]\nstorage_bits = 1e7")]
    cramped, light = (
        service(tmp_path, 3.0, net=small, passes_per_block=3, raw_record_bits=bits) for bits in (8.0, 0.0)
    )
    assert not any(one.reason == POOLED for one in cramped.passes)
    assert any(one.reason == POOLED for one in light.passes)


def test_what_was_pooled_is_announced_after_its_last_pass(tmp_path: Path) -> None:
    pooled = service(tmp_path, DAYS, net=ROOM, passes_per_block=2)
    closing_s = [one.set_s for one in pooled.passes if one.is_taken and one.reason != POOLED]
    assert pooled.announcements
    assert min(one.time_s for one in pooled.announcements) >= min(closing_s)
    # every announced bit costs one of either station
    assert 2 * sum(one.bits for one in pooled.announcements) <= secret_bits(pooled)


def test_sampled_passes_pool_too(tmp_path: Path) -> None:
    slow = {"tx": ("pulse_rate_hz = 1e8", "pulse_rate_hz = 4e6")}
    expected, sampled = (
        service(tmp_path, 1.7, fidelity=fidelity, files=slow, passes_per_block=2)
        for fidelity in ("expected", "sampled")
    )
    means, drawn = ([one for one in found.passes if one.is_taken] for found in (expected, sampled))
    assert any(one.reason == POOLED for one in drawn)
    assert [one.reason for one in drawn] == [one.reason for one in means]
    for one, mean in zip(drawn, means, strict=True):
        assert mean.sifted_bits is not None
        assert abs((one.sifted_bits or 0.0) - mean.sifted_bits) < 4.5 * mean.sifted_bits**0.5
        assert one.secret_bits == pytest.approx(mean.secret_bits, rel=0.1)


def test_the_end_of_the_run_closes_what_is_open(tmp_path: Path) -> None:
    found = service(tmp_path, DAYS, net=ROOM, passes_per_block=1000)
    for passes in taken(found).values():
        assert [one.secret_bits > 0 for one in passes] == [False] * (len(passes) - 1) + [True]
        assert passes[-1].set_s <= DAYS * DAY_S
