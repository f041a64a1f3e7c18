"""A link's life cut into slices."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

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


def test_a_lost_node_takes_the_modules_along() -> None:
    off, lost = Disruption("off", 30.0, 40.0), Disruption("node-lost", 30.0, 40.0)
    assert states(lost, cold_start_s=20.0, relock_s=5.0) == states(off, cold_start_s=20.0, relock_s=5.0)


def test_ends_that_can_talk_again_go_on_at_once() -> None:
    apart = Disruption("classical-cut", 30.0, 40.0)
    assert states(apart, relock_s=5.0) == [(0.0, 30.0, "lit"), (30.0, 40.0, "dark"), (40.0, 100.0, "lit")]


def test_loss_adds_up_and_each_eavesdropper_is_told_apart() -> None:
    acting = [
        Disruption("loss", 10.0, 50.0, loss_db=3.0),
        Disruption("loss", 30.0, 70.0, loss_db=2.0),
        Disruption("eavesdropper", 40.0, 60.0, intercepted_fraction=0.5),
        Disruption("eavesdropper", 45.0, 50.0, intercepted_fraction=0.25),
    ]
    cut = timeline(100.0, acting, cold_start_s=0.0, relock_s=0.0)
    assert [(s.start_s, s.loss_db, s.intercepted) for s in cut] == [
        (0.0, 0.0, ()),
        (10.0, 3.0, ()),
        (30.0, 5.0, ()),
        (40.0, 5.0, (0.5,)),
        (45.0, 5.0, (0.25, 0.5)),
        (50.0, 2.0, (0.5,)),
        (60.0, 2.0, ()),
        (70.0, 0.0, ()),
    ]
    assert [s.is_disturbed for s in cut] == [False, False, False, True, True, True, False, False]


KINDS = ["cut", "off", "node-lost", "classical-cut", "disturbance", "loss", "eavesdropper"]


@st.composite
def disruptions(draw: st.DrawFn) -> Disruption:
    start_s, length_s = draw(st.floats(-10.0, 120.0)), draw(st.floats(0.0, 60.0))
    kind = draw(st.sampled_from(KINDS))
    numbers = [draw(st.floats(0.0, most)) for most in (1e6, 0.5, 20.0, 1.0)]
    return Disruption(kind, start_s, start_s + length_s, *numbers)


@st.composite
def meeting_disruptions(draw: st.DrawFn) -> Disruption:
    """Times on a coarse grid, so that edges fall together."""
    start_s = draw(st.integers(-2, 24))
    one = draw(disruptions())
    return Disruption(
        one.kind,
        5.0 * start_s,
        5.0 * (start_s + draw(st.integers(0, 8))),
        one.noise_photon_rate_hz,
        one.misalignment_error,
        one.loss_db,
        one.intercepted_fraction,
    )


@given(st.lists(disruptions(), max_size=6), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_slices_tile_the_run(acting: list[Disruption], cold_start_s: float, relock_s: float) -> None:
    cut = timeline(100.0, acting, cold_start_s=cold_start_s, relock_s=relock_s)
    assert cut[0].start_s == 0.0
    assert cut[-1].end_s == 100.0
    for before, after in itertools.pairwise(cut):
        assert before.end_s == after.start_s
        assert (before.state, before.channel) != (after.state, after.channel)
    for one in cut:
        middle_s = (one.start_s + one.end_s) / 2
        is_off = any(d.kind in ("off", "node-lost") and d.start_s <= middle_s < d.end_s for d in acting)
        is_cut = any(d.kind in ("cut", "classical-cut") and d.start_s <= middle_s < d.end_s for d in acting)
        assert (one.state == "off") == is_off
        if is_cut:
            assert one.state != "lit"
        if one.state != "lit":
            assert one.channel == (0.0, 0.0, 0.0, ())


def by_definition(duration_s: float, acting: Sequence[Disruption], cold_start_s: float, relock_s: float) -> list[Slice]:
    """Every slice looks at every disruption."""
    dark, off = [(0.0, cold_start_s)], []
    for one in acting:
        if one.kind == "cut":
            dark.append((one.start_s, one.end_s + relock_s))
        elif one.kind == "classical-cut":
            dark.append((one.start_s, one.end_s))
        elif one.kind in ("off", "node-lost"):
            off.append((one.start_s, one.end_s))
            dark.append((one.end_s, one.end_s + cold_start_s))
    channel = [one for one in acting if one.kind in ("disturbance", "loss", "eavesdropper")]
    spans = [*dark, *off, *((one.start_s, one.end_s) for one in channel)]
    edges = {0.0, duration_s} | {edge for span in spans for edge in span if 0.0 < edge < duration_s}
    slices: list[Slice] = []
    for start_s, end_s in itertools.pairwise(sorted(edges)):
        if any(a <= start_s < b for a, b in off):
            fresh = Slice(start_s, end_s, "off")
        elif any(a <= start_s < b for a, b in dark):
            fresh = Slice(start_s, end_s, "dark")
        else:
            now = [one for one in channel if one.start_s <= start_s < one.end_s]
            fresh = Slice(
                start_s,
                end_s,
                "lit",
                sum(one.noise_photon_rate_hz for one in now),
                combined_error(*(one.misalignment_error for one in now)),
                sum(one.loss_db for one in now),
                tuple(sorted(one.intercepted_fraction for one in now if one.intercepted_fraction > 0.0)),
            )
        if slices and (slices[-1].state, slices[-1].channel) == (fresh.state, fresh.channel):
            fresh = Slice(slices.pop().start_s, end_s, fresh.state, *fresh.channel)
        slices.append(fresh)
    return slices


@given(
    st.lists(st.one_of(disruptions(), meeting_disruptions()), max_size=10),
    st.sampled_from([0.0, 5.0, 17.3]),
    st.sampled_from([0.0, 5.0, 8.1]),
)
def test_the_sweep_gives_what_the_definition_says(
    acting: list[Disruption], cold_start_s: float, relock_s: float
) -> None:
    cut = timeline(100.0, acting, cold_start_s=cold_start_s, relock_s=relock_s)
    assert cut == by_definition(100.0, acting, cold_start_s, relock_s)


def test_many_faults_are_swept_in_order() -> None:
    many = [Disruption("cut", 10.0 * k, 10.0 * k + 4.0) for k in range(100_000)]
    cut = timeline(1e6, reversed(many), cold_start_s=0.0, relock_s=1.0)
    assert len(cut) == 200_000
    assert sum(one.end_s - one.start_s for one in cut if one.state == "dark") == 500_000.0
