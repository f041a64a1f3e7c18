"""A link's life cut into slices."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.channels import combined_error
from qkdsim.links import Disruption, Slice, timeline


def states(
    *disruptions: Disruption, cold_start_s: float = 0.0, relock_s: float = 0.0
) -> list[tuple[float, float, str]]:
    cut = timeline(100.0, disruptions, cold_start_s=cold_start_s, relock_s=relock_s)
    return [(one.start_s, one.end_s, one.state) for one in cut]


def test_an_undisturbed_link_is_one_slice() -> None:
    assert states() == [(0.0, 100.0, "lit")]


def test_the_modules_start_cold() -> None:
    assert states(cold_start_s=20.0) == [(0.0, 20.0, "dark"), (20.0, 100.0, "lit")]
    assert states(cold_start_s=200.0) == [(0.0, 100.0, "dark")]


def test_a_cut_needs_relock() -> None:
    cut = Disruption("cut", 30.0, 40.0)
    assert states(cut, relock_s=5.0) == [(0.0, 30.0, "lit"), (30.0, 45.0, "dark"), (45.0, 100.0, "lit")]


def test_power_loss_starts_cold_again() -> None:
    off = Disruption("off", 30.0, 40.0)
    assert states(off, cold_start_s=20.0, relock_s=5.0) == [
        (0.0, 20.0, "dark"),
        (20.0, 30.0, "lit"),
        (30.0, 40.0, "off"),
        (40.0, 60.0, "dark"),
        (60.0, 100.0, "lit"),
    ]


def test_overlaps_take_the_worse_state() -> None:
    cuts = [Disruption("cut", 30.0, 50.0), Disruption("off", 40.0, 60.0), Disruption("cut", 55.0, 58.0)]
    assert states(*cuts, cold_start_s=0.0, relock_s=10.0) == [
        (0.0, 30.0, "lit"),
        (30.0, 40.0, "dark"),
        (40.0, 60.0, "off"),
        (60.0, 68.0, "dark"),  # the second cut ends at 58 s and relocks for 10 s
        (68.0, 100.0, "lit"),
    ]


def test_disturbances_add_up_where_they_overlap() -> None:
    one = Disruption("disturbance", 10.0, 50.0, noise_photon_rate_hz=1e3, misalignment_error=0.02)
    two = Disruption("disturbance", 30.0, 70.0, noise_photon_rate_hz=5e3, misalignment_error=0.05)
    cut = timeline(100.0, [one, two], cold_start_s=0.0, relock_s=0.0)
    both = combined_error(0.02, 0.05)
    assert [(s.start_s, s.end_s, s.noise_photon_rate_hz) for s in cut] == [
        (0.0, 10.0, 0.0),
        (10.0, 30.0, 1e3),
        (30.0, 50.0, 6e3),
        (50.0, 70.0, 5e3),
        (70.0, 100.0, 0.0),
    ]
    assert [s.misalignment_error for s in cut] == pytest.approx([0.0, 0.02, both, 0.05, 0.0])
    assert [s.is_disturbed for s in cut] == [False, True, True, True, False]


def test_a_disruption_without_effect_does_not_cut() -> None:
    assert states(Disruption("disturbance", 10.0, 50.0)) == [(0.0, 100.0, "lit")]
    assert states(Disruption("cut", 100.0, 120.0), Disruption("cut", 30.0, 30.0)) == [(0.0, 100.0, "lit")]


def test_no_time_no_slices() -> None:
    assert timeline(0.0, [], cold_start_s=5.0, relock_s=0.0) == []


@st.composite
def disruptions(draw: st.DrawFn) -> Disruption:
    start_s, length_s = draw(st.floats(-10.0, 120.0)), draw(st.floats(0.0, 60.0))
    kind = draw(st.sampled_from(["cut", "off", "disturbance"]))
    return Disruption(kind, start_s, start_s + length_s, draw(st.floats(0.0, 1e6)), draw(st.floats(0.0, 0.5)))


@given(st.lists(disruptions(), max_size=6), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_slices_tile_the_run(acting: list[Disruption], cold_start_s: float, relock_s: float) -> None:
    cut = timeline(100.0, acting, cold_start_s=cold_start_s, relock_s=relock_s)
    assert cut[0].start_s == 0.0
    assert cut[-1].end_s == 100.0
    for before, after in itertools.pairwise(cut):
        assert before.end_s == after.start_s
        assert _kind(before) != _kind(after)
    for one in cut:
        middle_s = (one.start_s + one.end_s) / 2
        is_off = any(d.kind == "off" and d.start_s <= middle_s < d.end_s for d in acting)
        is_cut = any(d.kind == "cut" and d.start_s <= middle_s < d.end_s for d in acting)
        assert (one.state == "off") == is_off
        if is_cut:
            assert one.state != "lit"
        if one.state != "lit":
            assert not one.is_disturbed


def _kind(piece: Slice) -> tuple[str, float, float]:
    return piece.state, piece.noise_photon_rate_hz, piece.misalignment_error
