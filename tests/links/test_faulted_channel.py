"""Loss and eavesdroppers for a time, and ends that cannot talk to each other: what blocks tell of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from links.profiles import device, link
from qkdsim.channels import FibreSpan
from qkdsim.links import ABORTED, Disruption, KeyBlocks, QkdLink, build_link
from qkdsim.protocols import InterceptResend

NEVER = {"block_time_limit_s": 1e9}


def run(of: QkdLink, duration_s: float, *disruptions: Disruption, seed: int = 1) -> KeyBlocks:
    batches = list(of.blocks(duration_s, seed, disruptions))
    return KeyBlocks(*(np.concatenate(columns) for columns in zip(*map(values, batches), strict=True)))  # type: ignore[arg-type]


def values(batch: KeyBlocks) -> list[np.ndarray]:
    return [column for _, column in batch.columns()]


def test_a_link_with_more_loss_is_a_link_with_more_loss() -> None:
    more = run(link("expected"), 300.0, Disruption("loss", 0.0, 300.0, loss_db=3.0))
    there = run(link("expected", loss_db=13.0), 300.0)
    assert len(more) == len(there) > 20
    for mine, other in zip(values(more), values(there), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9)


def test_loss_for_a_time_slows_only_that_time() -> None:
    quiet = run(link("expected"), 400.0)
    weak = run(link("expected"), 400.0, Disruption("loss", 100.0, 200.0, loss_db=10.0))
    before = quiet.end_s < 100.0
    np.testing.assert_array_equal(weak.end_s[: before.sum()], quiet.end_s[before])
    inside = (weak.start_s >= 100.0) & (weak.end_s <= 200.0)
    outside = weak.start_s >= 200.0
    ratio = np.mean((weak.end_s - weak.start_s)[inside]) / np.mean((weak.end_s - weak.start_s)[outside])
    assert 5.0 < ratio < 11.0  # a tenth of the light, but as many dark counts


@pytest.mark.parametrize("fraction", [0.1, 0.6])
def test_the_error_rate_rises_while_an_eavesdropper_is_there_and_only_then(fraction: float) -> None:
    made = link("expected", post_processing={"authentication_pool_bits": 1_000_000})
    blocks = run(made, 400.0, Disruption("eavesdropper", 100.0, 200.0, intercepted_fraction=fraction))
    quiet = run(made, 400.0).qber[0]
    inside = (blocks.start_s >= 100.0) & (blocks.end_s <= 200.0)
    touched = (blocks.end_s > 100.0) & (blocks.start_s < 200.0)
    assert inside.sum() > 20
    # half of the pulses measured in the wrong basis, half of these wrong: e + p (1 - 2e) / 4
    np.testing.assert_allclose(blocks.qber[inside], quiet + fraction * (1.0 - 2.0 * quiet) / 4.0, rtol=1e-6)
    np.testing.assert_allclose(blocks.qber[~touched], quiet, rtol=1e-9)
    assert (blocks.outcome[inside] == ABORTED).all() == (fraction == 0.6)
    assert blocks.secret_bits[~touched].min() > 0


def test_two_eavesdroppers_are_one_after_the_other() -> None:
    eves = [Disruption("eavesdropper", 0.0, 200.0, intercepted_fraction=p) for p in (0.3, 0.2)]
    blocks, quiet = run(link("expected"), 200.0, *eves), run(link("expected"), 200.0).qber[0]
    agreement = (1.0 - 2.0 * quiet) * (1.0 - 0.3 / 2.0) * (1.0 - 0.2 / 2.0)
    np.testing.assert_allclose(blocks.qber, (1.0 - agreement) / 2.0, rtol=1e-6)


def test_an_eavesdropper_for_the_whole_run_is_one_for_good() -> None:
    made = device()
    for_good = build_link("a--b", made, made, FibreSpan(loss_db=10.0), "tallied", attack=InterceptResend(0.2))
    there = run(for_good, 200.0)
    comes = run(link(), 200.0, Disruption("eavesdropper", 0.0, 200.0, intercepted_fraction=0.2))
    np.testing.assert_array_equal(comes.qber, there.qber)


def test_sampled_clicks_show_the_eavesdropper_too() -> None:
    made = link("sampled", post_processing={"block_size_bits": 2e4})
    blocks = run(made, 26.0, Disruption("eavesdropper", 22.0, 25.0, intercepted_fraction=1.0))
    inside = (blocks.start_s >= 22.0) & (blocks.end_s <= 25.0)
    assert inside.sum() >= 3
    errors, sifted = (blocks.qber * blocks.sifted_bits)[inside].sum(), blocks.sifted_bits[inside].sum()
    quiet = run(link("expected"), 100.0).qber[0]
    expected = quiet + (1.0 - 2.0 * quiet) / 4.0
    assert abs(errors / sifted - expected) < 4.0 * math.sqrt(expected * (1.0 - expected) / sifted)
    assert (blocks.outcome[inside] == ABORTED).all()


def test_the_linear_click_model_has_no_photon_numbers_to_attack() -> None:
    made = link("expected", detector={"click_model": "linear"})
    with pytest.raises(ValueError, match="photon numbers"):
        run(made, 100.0, Disruption("eavesdropper", 50.0, 60.0, intercepted_fraction=0.1))


@pytest.mark.parametrize("fidelity", ["expected", "tallied"])
def test_key_waits_while_the_ends_are_cut_off_from_each_other(fidelity: str) -> None:
    apart = Disruption("classical-cut", 100.0, 150.0)
    made = link(fidelity)
    blocks, quiet = run(made, 300.0, apart), run(made, 300.0)
    assert not ((blocks.available_s >= 100.0) & (blocks.available_s < 150.0)).any()
    finished = (quiet.available_s >= 100.0) & (quiet.end_s <= 100.0)  # measured, and in post-processing: 2 s of latency
    assert finished.any()
    late = np.flatnonzero(finished)
    np.testing.assert_array_equal(blocks.available_s[late], 150.0)
    np.testing.assert_array_equal(blocks.secret_bits[late], quiet.secret_bits[late])
    assert (np.diff(blocks.available_s) >= 0.0).all()
    over = blocks.start_s[blocks.end_s > 150.0]
    assert over[0] < 100.0  # the open block goes on with what it has
    assert over[1] < 153.0  # without relocking


def test_an_open_block_survives_the_silence() -> None:
    made = link("expected", post_processing=NEVER)
    blocks, quiet = run(made, 300.0, Disruption("classical-cut", 101.0, 150.0)), run(made, 300.0)
    lit_s = np.where(blocks.end_s > 150.0, blocks.end_s - 49.0, blocks.end_s)
    np.testing.assert_allclose(lit_s, quiet.end_s[: len(lit_s)], atol=1e-6)


def test_validity_is_judged_where_the_light_is() -> None:
    made = link(detector={"dead_time_s": 1e-5})
    loud = Disruption("disturbance", 10.0, 20.0, noise_photon_rate_hz=1e8)
    assert made.in_validity()
    assert not made.in_validity([loud])
    assert made.in_validity([loud, Disruption("cut", 5.0, 25.0)])
    assert made.in_validity([Disruption("loss", 5.0, 25.0, loss_db=20.0)])
