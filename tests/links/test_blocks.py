"""From timeline to key blocks: how blocks open, span slices, close, abort; and that draws keep to their names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import stats

from links.profiles import device, link
from qkdsim import rng
from qkdsim.channels import CoexistingChannel, FibreSpan
from qkdsim.detections import Tallied
from qkdsim.errors import InputError
from qkdsim.links import Disruption, KeyBlocks, QkdLink, build_link
from qkdsim.links.accumulate import BlockRule, accumulate
from qkdsim.links.operating_point import operating_point
from qkdsim.links.rate import key_rate
from qkdsim.links.timeline import Slice
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_DETECTIONS, NO_KEY

CLOCK_HZ = 4e7
NEVER = {"authentication_pool_bits": 1e9}  # a pool that never runs dry


def run(of: QkdLink, duration_s: float, disruptions: Sequence[Disruption] = (), seed: int = 1) -> KeyBlocks:
    batches = list(of.blocks(duration_s, seed, disruptions))
    assert all(len(batch) > 0 for batch in batches)
    columns = [dict(batch.columns()) for batch in batches]
    if not columns:
        return KeyBlocks(*(np.zeros(0) for _ in KeyBlocks.__dataclass_fields__))
    return KeyBlocks(**{name: np.concatenate([one[name] for one in columns]) for name in columns[0]})


# --- laws of every block


@pytest.mark.parametrize("fidelity", ["expected", "tallied"])
@pytest.mark.parametrize("bounds", ["hoeffding", "chernoff", "clopper-pearson", "none"])
def test_what_holds_for_every_block(fidelity: str, bounds: str) -> None:
    faults = [
        Disruption("cut", 100.0, 130.0),
        Disruption("off", 200.0, 210.0),
        Disruption("disturbance", 300.0, 330.0, 1e6, 0.05),
    ]
    made = link(fidelity, security_model={"tail_bound": bounds}, post_processing=NEVER)
    blocks = run(made, 600.0, faults)
    assert np.all(blocks.start_s >= made.cold_start_s)
    assert np.all(blocks.end_s <= 600.0)
    assert np.all(blocks.end_s > blocks.start_s)
    assert np.all(blocks.start_s[1:] >= blocks.end_s[:-1] - 1e-9)
    assert np.all(blocks.available_s == blocks.end_s + 2.0)
    assert np.all(blocks.sifted_bits <= 1e5 * (1 + 1e-12))
    assert np.all(blocks.secret_bits >= 0)
    assert np.all(blocks.secret_bits + blocks.leak_ec_bits * (blocks.secret_bits > 0) <= blocks.sifted_bits)
    assert np.all(blocks.pool_refill_bits <= blocks.secret_bits)
    assert np.all(blocks.stored_bits == blocks.secret_bits - blocks.pool_refill_bits)
    assert np.all((blocks.secret_bits > 0) == (blocks.outcome == KEY))
    assert np.all(blocks.epsilon > 0.0)
    assert np.all((blocks.phase_error_rate >= 0.0) & (blocks.phase_error_rate <= 0.5))
    # pulses pass at the clock rate while the block is open and the channel stands
    assert np.all(blocks.pulses <= (blocks.end_s - blocks.start_s) * CLOCK_HZ + 1.0)


def test_pulses_account_for_the_time() -> None:
    blocks = run(link(post_processing=NEVER), 300.0)
    assert blocks.pulses == pytest.approx((blocks.end_s - blocks.start_s) * CLOCK_HZ, abs=1.0)
    assert blocks.start_s[0] == 20.0
    assert blocks.start_s[1:] == pytest.approx(blocks.end_s[:-1])
    assert np.all(blocks.sifted_bits == 1e5)


def test_epsilon_adds_secrecy_correctness_and_authentication() -> None:
    blocks = run(link(post_processing=NEVER), 120.0)
    assert blocks.epsilon == pytest.approx(1e-10 + 1e-15 + 1e-15)
    per_bit = device(post_processing=NEVER).profile
    post = per_bit.post_processing
    assert post is not None
    assert float(post.epsilon_authentication) == 1e-15


def test_expected_blocks_are_the_key_rate() -> None:
    made = device(post_processing=NEVER)
    blocks = run(link("expected", post_processing=NEVER), 400.0)
    rate = key_rate(made.profile, loss_db=10.0)
    assert blocks.qber[0] == pytest.approx(rate.qber)
    assert blocks.secret_bits[0] / (blocks.end_s[0] - blocks.start_s[0]) == pytest.approx(
        rate.secret_key_rate_bps, rel=1e-6
    )
    assert len(set(blocks.secret_bits.tolist())) == 1


def test_tallied_blocks_scatter_around_the_expected_ones() -> None:
    drawn, mean = run(link(post_processing=NEVER), 4000.0), run(link("expected", post_processing=NEVER), 200.0)
    n = len(drawn)
    assert n > 1500
    qber = float(mean.qber[0])
    z = (drawn.qber - qber) / np.sqrt(qber * (1 - qber) / 1e5)
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert stats.kstest(z, "norm").pvalue > 1e-4
    length_s = drawn.end_s - drawn.start_s
    expected_s = float(mean.end_s[0] - mean.start_s[0])
    assert length_s.mean() == pytest.approx(expected_s, rel=4 / np.sqrt(1e5 * n))
    assert length_s.std() == pytest.approx(expected_s / np.sqrt(1e5), rel=4 / np.sqrt(2 * n) + 0.01)


# --- how blocks close


def test_a_block_spans_a_cut_and_keeps_its_counts() -> None:
    # one block takes about 2 s of light; the cut comes 1 s after the start of light
    whole = link("expected", post_processing=NEVER)
    needed_s = float(run(whole, 60.0).end_s[0]) - 20.0
    assert needed_s > 1.5
    blocks = run(whole, 120.0, [Disruption("cut", 21.0, 50.0)])
    assert blocks.start_s[0] == 20.0
    assert blocks.end_s[0] == pytest.approx(20.0 + needed_s + 29.0 + 5.0)  # 29 s dark, 5 s relock
    assert blocks.sifted_bits[0] == pytest.approx(1e5)
    assert blocks.pulses[0] == pytest.approx(needed_s * CLOCK_HZ, rel=1e-6)
    drawn = run(link(post_processing=NEVER), 120.0, [Disruption("cut", 21.0, 50.0)])
    assert drawn.sifted_bits[0] == 1e5
    assert drawn.end_s[0] > 55.0


def test_a_long_cut_closes_the_open_block_at_its_time_limit() -> None:
    for fidelity in ("expected", "tallied"):
        blocks = run(link(fidelity, post_processing=NEVER), 300.0, [Disruption("cut", 21.0, 200.0)])
        assert blocks.end_s[0] == pytest.approx(80.0)  # opened at 20 s, limit 60 s
        assert blocks.sifted_bits[0] < 1e5
        assert blocks.pulses[0] == pytest.approx(CLOCK_HZ)
        assert blocks.start_s[1] == pytest.approx(205.0)


def test_a_block_that_outlives_a_cut_still_ends_at_its_time_limit() -> None:
    for fidelity in ("expected", "tallied"):
        made = link(fidelity, loss_db=35.0, post_processing=NEVER)
        blocks = run(made, 200.0, [Disruption("cut", 30.0, 35.0), Disruption("disturbance", 50.0, 60.0, 1e3)])
        assert blocks.end_s == pytest.approx([80.0, 140.0, 200.0])
        assert blocks.pulses[0] == pytest.approx(50 * CLOCK_HZ, abs=3)  # dark for 5 s, relock of 5 s


def test_power_loss_drops_the_open_block() -> None:
    for fidelity in ("expected", "tallied"):
        blocks = run(link(fidelity, post_processing=NEVER), 120.0, [Disruption("off", 21.0, 22.0)])
        assert blocks.start_s[0] == pytest.approx(42.0)  # cold start of 20 s again; nothing of the first second is left


def test_a_dead_link_ends_its_blocks_at_the_time_limit() -> None:
    dark = {"dark_count_probability": 0.0}
    for fidelity in ("expected", "tallied"):
        made = link(fidelity, loss_db=4000.0, detector=dark, post_processing=NEVER)
        blocks = run(made, 300.0)
        assert blocks.end_s == pytest.approx([80.0, 140.0, 200.0, 260.0])
        assert np.all(blocks.outcome == NO_DETECTIONS)
        assert np.all(np.isnan(blocks.qber))
        assert blocks.secret_bits.sum() == 0


@pytest.mark.parametrize("loss_db", [150.0, 300.0, 1000.0])
def test_a_nearly_dead_link_does_not_overflow(loss_db: float) -> None:
    made = link(loss_db=loss_db, detector={"dark_count_probability": 0.0}, post_processing=NEVER)
    blocks = run(made, 300.0)
    assert np.all(blocks.outcome == NO_DETECTIONS)


def test_a_weak_link_closes_short_blocks_at_the_limit() -> None:
    for fidelity in ("expected", "tallied"):
        blocks = run(link(fidelity, loss_db=35.0, post_processing=NEVER), 200.0)
        assert blocks.end_s == pytest.approx([80.0, 140.0, 200.0])
        assert np.all((blocks.sifted_bits > 0) & (blocks.sifted_bits < 1e5))


def test_nothing_comes_out_of_a_run_that_ends_before_the_first_block() -> None:
    assert len(run(link(), 20.5)) == 0
    assert len(run(link(), 10.0)) == 0


def test_a_disturbed_block_aborts_and_the_next_one_recovers() -> None:
    loud = [Disruption("disturbance", 100.0, 200.0, noise_photon_rate_hz=5e7)]
    blocks = run(link(post_processing=NEVER), 400.0, loud)
    inside = (blocks.start_s > 100.0) & (blocks.end_s < 200.0)
    assert inside.sum() > 5
    assert np.all(blocks.outcome[inside] == ABORTED)
    assert np.all(blocks.qber[inside] > 0.11)
    assert blocks.secret_bits[inside].sum() == 0
    assert np.all(blocks.outcome[blocks.start_s > 200.0] == KEY)
    # a block that holds quiet and loud seconds pools its errors
    straddling = (blocks.start_s < 100.0) & (blocks.end_s > 100.0)
    assert blocks.qber[~inside][0] < blocks.qber[straddling][0]


def test_misalignment_raises_the_error_rate_by_that_much() -> None:
    twisted = [Disruption("disturbance", 0.0, 400.0, misalignment_error=0.03)]
    quiet, noisy = (run(link("expected", post_processing=NEVER), 400.0, faults) for faults in ((), twisted))
    e = float(quiet.qber[0])
    assert noisy.qber[0] == pytest.approx(e * 0.97 + (1 - e) * 0.03, rel=2e-3)


def test_a_block_that_the_bound_leaves_without_key_says_so() -> None:
    small = {"block_size_bits": 300.0, **NEVER}
    blocks = run(link("expected", post_processing=small), 60.0)
    assert np.all(blocks.outcome == NO_KEY)


# --- slicing and seeds


def _totals(slices: Sequence[Slice], seeds: int) -> np.ndarray:
    """When the fifth block ends, and the errors of the third and of the first five, per seed."""
    profile = device().profile
    point = operating_point(profile, profile, FibreSpan(loss_db=10.0).state(wavelength_nm=1550.0))
    found = []
    for seed in range(seeds):
        closed = accumulate(
            slices,
            BlockRule(2000.0, 60.0),
            point.pulse_rate_hz,
            lambda _: point.tally,
            lambda *names, seed=seed: Tallied(rng.stream(seed, "test", *names)),  # type: ignore[misc]
        )
        ends: list[float] = []
        errors: list[float] = []
        for batch in closed:
            ends += batch.end_s.tolist()
            errors += batch.counts.errors(0).sum(axis=-1).tolist()
        found.append((ends[4], sum(errors[:5]), errors[2]))
    return np.array(found)


def test_an_artificial_cut_changes_no_distribution() -> None:
    # blocks of 2000 detections last about 0.04 s; cutting the light into pieces of 0.025 s must not show
    whole = _totals([Slice(0.0, 0.3, "lit")], 300)
    edges = np.linspace(0.0, 0.3, 13).tolist()
    cut = _totals([Slice(a, b, "lit") for a, b in itertools.pairwise(edges)], 300)
    for column in range(3):
        a, b = whole[:, column], cut[:, column]
        z = (a.mean() - b.mean()) / np.sqrt(a.var() / len(a) + b.var() / len(b))
        assert abs(z) < 4
        assert stats.ks_2samp(a, b).pvalue > 1e-3
        assert 0.65 < b.var() / a.var() < 1.55


def _same(a: KeyBlocks, b: KeyBlocks) -> bool:
    return all(x.tobytes() == y.tobytes() for (_, x), (_, y) in zip(a.columns(), b.columns(), strict=True))


@pytest.mark.parametrize("fidelity", ["expected", "tallied"])
def test_the_same_seed_gives_the_same_bytes(fidelity: str) -> None:
    faults = [Disruption("cut", 100.0, 120.0), Disruption("disturbance", 150.0, 160.0, 1e5, 0.01)]
    assert _same(run(link(fidelity), 300.0, faults, seed=7), run(link(fidelity), 300.0, faults, seed=7))


def test_another_seed_or_another_link_gives_other_draws() -> None:
    first = run(link(), 300.0, seed=7)
    assert not _same(first, run(link(), 300.0, seed=8))
    assert not _same(first, run(link(link_id="c--d"), 300.0, seed=7))


def test_expected_blocks_do_not_depend_on_the_seed() -> None:
    assert _same(run(link("expected"), 300.0, seed=7), run(link("expected"), 300.0, seed=8))


def test_a_later_fault_leaves_earlier_slices_alone() -> None:
    # a stretch of light is drawn as a whole: what comes after its end does not touch it
    first = Disruption("cut", 150.0, 160.0)
    once = run(link(), 300.0, [first])
    twice = run(link(), 300.0, [first, Disruption("cut", 200.0, 220.0)])
    before = int(np.searchsorted(once.end_s, 150.0))
    assert before > 10
    for (_, a), (_, b) in zip(once.columns(), twice.columns(), strict=True):
        assert np.array_equal(a[:before], b[:before])


def test_links_drawn_in_turns_are_links_drawn_one_by_one() -> None:
    one, two = link().blocks(300.0, 7), link(link_id="c--d").blocks(300.0, 7)
    in_turns = [next(one), next(two)]
    assert _same(in_turns[0], next(link().blocks(300.0, 7)))
    assert _same(in_turns[1], next(link(link_id="c--d").blocks(300.0, 7)))


# --- building links


def test_devices_must_speak_the_same_protocol() -> None:
    other = device(protocol={"name": "sarg04"}, performance={"rate_table": [{"loss_db": 1, "secret_key_rate_bps": 1}]})
    with pytest.raises(InputError, match="bb84-decoy, the transmitter's protocol"):
        build_link("a--b", device(), other, FibreSpan(loss_db=1.0), "tallied")


def test_declared_needs_a_table() -> None:
    with pytest.raises(InputError, match="rate_table"):
        build_link("a--b", device(), device(), FibreSpan(loss_db=1.0), "declared")


def test_classical_channels_need_a_filter() -> None:
    bare = device(receiver={"filter_width_nm": None})
    shared = FibreSpan(length_km=10.0, classical_channels=(CoexistingChannel("forward", 0.0),))
    with pytest.raises(InputError, match="filter_width_nm"):
        build_link("a--b", bare, bare, shared, "tallied")


def test_classical_light_raises_the_error_rate() -> None:
    def qber(*channels: CoexistingChannel) -> float:
        span = FibreSpan(length_km=50.0, classical_channels=channels)
        return float(run(build_link("a--b", device(), device(), span, "expected"), 100.0).qber[0])

    assert qber() < qber(CoexistingChannel("forward", -20.0)) < qber(CoexistingChannel("backward", -20.0))


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({}, "covered"),
        ({"protocol": {"states": 3}}, "not covered by proof: three states without mismatched-basis counts"),
        ({"detector": {"unit": [{"efficiency": 0.2}, {"efficiency": 0.21}]}}, "detector efficiency mismatch"),
        ({"detector": {"dead_time_s": 1e-6, "dead_time_rule": "independent"}}, "independent dead times"),
        ({"detector": {"dead_time_s": 1e-6, "dead_time_rule": "accept-all-live"}}, "covered"),
        ({"source": {"phase_randomised": False}}, "phase randomisation"),
        ({"post_processing": {"double_click_policy": "discard"}}, "double clicks discarded"),
        ({"security_model": {"tail_bound": "none"}}, "no bound on statistical fluctuations"),
        ({"security_model": {"proof": "asymptotic-decoy"}}, "asymptotic formula on finite counts"),
        ({"protocol": {"key_bases": "both"}}, "key from both bases"),
    ],
)
def test_a_rate_that_no_proof_covers_is_labelled(tables: dict[str, Any], words: str) -> None:
    cover = link("expected", **tables).coverage
    assert words in str(cover)
    assert cover.covered == (words == "covered")
    # a length computed from the counts themselves is a heuristic, and says so
    assert ("heuristic" in str(link("tallied", **tables).coverage)) == ("asymptotic formula" not in words)


def test_what_happens_later_does_not_change_earlier_blocks() -> None:
    one = build_link("a--b", device(), device(), FibreSpan(length_km=20.0), "tallied")
    calm, longer = run(one, 3600.0), run(one, 3700.0)
    faulted = run(one, 3600.0, [Disruption("cut", 3000.0, 3100.0)])
    for other, until_s in ((longer, 3500.0), (faulted, 2900.0)):
        before = calm.end_s < until_s
        assert before.sum() > 10
        for name, column in calm.columns():
            assert np.array_equal(column[before], dict(other.columns())[name][: before.sum()], equal_nan=True), name


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"source": {"phase_correlation_visibility": 0.5}}, "phases of neighbouring pulses are correlated"),
        ({"source": {"side_channel_distance": 0.1}}, "other properties of the light"),
        ({"source": {"mean_photon_number_relative_error": 0.02}}, "mean photon numbers are uncertain"),
        ({"detector": {"backflash_probability": 0.05}}, "detectors flash back"),
        ({"protocol": {"basis_choice": "passive"}}, "covered (passive basis choice"),
    ],
)
def test_flaws_that_a_profile_states_reach_the_label(tables: dict[str, Any], words: str) -> None:
    one = device(**tables)
    assert words in str(build_link("a--b", one, one, FibreSpan(length_km=20.0), "expected").coverage)


def test_a_drifting_fibre_needs_a_stabilised_device() -> None:
    span = FibreSpan(length_km=20.0, polarisation_drift_time_s=3600.0)
    with pytest.raises(InputError, match="stabilisation_period_s"):
        build_link("a--b", device(), device(), span, "expected")
    steady = device(performance={"stabilisation_period_s": 60.0})
    assert build_link("a--b", steady, steady, span, "expected").loss_db == pytest.approx(4.0)


def test_key_from_both_bases_claims_two_epsilons() -> None:
    # asymptotic theory takes key from both bases; eps_sec 1e-10 and eps_cor 1e-15 for each, tags once (1e-15)
    one = device(
        protocol={"key_bases": "both", "key_basis_probability": 0.5}, security_model={"proof": "asymptotic-decoy"}
    )
    blocks = run(build_link("a--b", one, one, FibreSpan(length_km=20.0), "expected"), 100.0)
    assert blocks.epsilon[0] == pytest.approx(2e-10 + 2e-15 + 1e-15, rel=1e-12)
