"""Messages of key processing between satellite and station: they need contact, and take time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from links.satellites.services import service
from qkdsim.links.satellites.pass_keys import SampledPasses
from qkdsim.links.satellites.radio import Radio


def radio(*contacts: tuple[float, float], rate_bps: float = 1.0) -> Radio:
    begin_s, end_s = np.array(contacts, dtype=np.float64).reshape(-1, 2).T
    return Radio(begin_s, end_s, rate_bps)


def test_messages_go_on_in_the_next_contact() -> None:
    one = radio((0.0, 10.0), (100.0, 110.0))
    assert one.send(4.0, 2.0) == 6.0
    assert one.send(3.0, 2.0) == 9.0  # after what was there before
    assert one.send(3.0, 2.0) == 102.0
    assert one.send(0.0, 50.0) == 102.0
    assert one.send(9.0, 50.0) == math.inf
    assert one.send(1.0, 50.0) == math.inf


def test_contacts_are_open_from_end_to_end() -> None:
    one = radio((0.0, 10.0), (100.0, 110.0))
    assert [one.is_open(time_s) for time_s in (0.0, 5.0, 10.0, 10.1, 99.9, 100.0, 110.0, 111.0)] == [
        *(True, True, True, False, False, True, True, False)
    ]
    assert [one.next_open_s(time_s) for time_s in (3.0, 11.0, 111.0)] == [3.0, 100.0, math.inf]


@given(
    st.lists(st.floats(0.1, 50.0), min_size=2, max_size=20).map(lambda gaps: gaps[: len(gaps) // 2 * 2]),
    st.lists(st.tuples(st.floats(0.0, 300.0), st.floats(0.0, 40.0)), max_size=10),
)
def test_nothing_is_sent_twice_or_out_of_contact(gaps: list[float], messages: list[tuple[float, float]]) -> None:
    edges = np.cumsum(gaps).reshape(-1, 2)
    one = radio(*map(tuple, edges.tolist()))
    sent, last_s = 0.0, 0.0
    for from_s, bits in messages:
        done_s = one.send(bits, from_s)
        assert done_s >= max(last_s, from_s)
        last_s = done_s
        if done_s < math.inf:
            sent += bits
            assert one.is_open(done_s) or bits == 0.0
            used_s = np.clip(done_s - edges[:, 0], 0.0, edges[:, 1] - edges[:, 0]).sum()
            assert sent <= used_s + 1e-6


def test_key_is_there_when_its_messages_are_through(tmp_path: Path) -> None:
    """Some 1e8 bits of messages a pass: a gigabit per second takes them at once, a kilobit per second never."""
    fast, slow, never = (
        service(
            tmp_path, 3.0, files={"rx": ("[post_processing]", f"[post_processing]\nservice_channel_rate_bps = {rate}")}
        )
        for rate in ("1e9", "1.5e6", "1e3")
    )
    assert fast.announcements
    assert not any(one.reason.startswith(("key only", "post-processing")) for one in fast.passes if one.is_taken)
    late = [one for one in slow.passes if one.reason == "key only in a later contact"]
    assert late
    assert min(one.time_s for one in slow.announcements) > min(one.time_s for one in fast.announcements)
    taken = [one for one in never.passes if one.is_taken]
    assert {one.reason for one in taken} == {"post-processing not over by the end"}
    assert all(one.secret_bits == 0 and one.sifted_bits for one in taken)
    assert not never.announcements


def test_latency_moves_key_to_the_next_contact(tmp_path: Path) -> None:
    slow = {"rx": ("[post_processing]", "[post_processing]\nlatency_s = 3600")}
    at_once, later = service(tmp_path, 3.0), service(tmp_path, 3.0, files=slow)
    ends = {one.set_s for one in later.passes}
    assert {one.time_s for one in later.announcements} <= ends
    assert later.announcements[0].time_s > at_once.announcements[0].time_s


def test_counted_messages_are_as_long_as_sampled_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a factor of 2: the greatest distance between detections decides about a byte or two for each of them."""
    seen: list[float] = []
    distil = SampledPasses.distil

    def heard(self: SampledPasses, link, gathered, *rest):  # type: ignore[no-untyped-def]
        made = distil(self, link, gathered, *rest)
        seen.append(made.traffic_bits + sum(one.sifting_traffic_bits for one in gathered))
        return made

    monkeypatch.setattr(SampledPasses, "distil", heard)
    slow = {"tx": ("pulse_rate_hz = 1e8", "pulse_rate_hz = 4e6")}
    _ = service(tmp_path, 1.0, fidelity="sampled", files=slow).passes
    counted = service(tmp_path, 1.0, files=slow)
    from qkdsim.links.satellites.pass_keys import CountedPasses

    sums: list[float] = []
    plain = CountedPasses.distil

    def counted_heard(self: CountedPasses, link, gathered, *rest):  # type: ignore[no-untyped-def]
        made = plain(self, link, gathered, *rest)
        sums.append(made.traffic_bits + sum(one.sifting_traffic_bits for one in gathered))
        return made

    monkeypatch.setattr(CountedPasses, "distil", counted_heard)
    _ = counted.passes
    assert len(seen) == len(sums) > 2
    for drawn, mean in zip(seen, sums, strict=True):
        assert 0.5 < drawn / mean < 2.0
