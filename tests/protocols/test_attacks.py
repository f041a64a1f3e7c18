"""Attacks: closed laws, a pulse-by-pulse oracle, and what decoy states see of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.pulse_by_pulse import click_patterns, intercepting, splitting
from protocols.setups import setup, setups
from qkdsim.channels import ChannelState
from qkdsim.detections import DetectorMemory, Expected, Tallied, TallyTable, registered
from qkdsim.devices import load_profile
from qkdsim.errors import InputError
from qkdsim.links.operating_point import operating_point
from qkdsim.protocols import (
    KEY_BASIS,
    TEST_BASIS,
    Attack,
    Bb84Setup,
    ClickTable,
    Counts,
    InterceptResend,
    PhotonNumberCounts,
    PhotonNumberSplitting,
    PhotonNumberTables,
    matched_gain_and_error,
    photon_number_tables,
    unnoticed_splitting,
)
from qkdsim.protocols.clicktable import FloatArray
from qkdsim.protocols.keylength import (
    DecoySettings,
    KeyLength,
    Statistics,
    asymptotic_decoy,
    lim2014,
    planned_leak_ec_bits,
    rusca2018,
    tomamichel2012,
)

probabilities = st.floats(0.0, 1.0)
interceptions = st.builds(InterceptResend, probabilities, probabilities, st.none() | st.floats(0.0, 3.0))
splittings = st.builds(PhotonNumberSplitting, probabilities, st.just(0.0), probabilities, probabilities)


def gain_and_error(table: ClickTable, made: Bb84Setup) -> tuple[FloatArray, FloatArray]:
    return matched_gain_and_error(table.bit_probability(), made.symbol_probability)


def equal_detectors(made: Bb84Setup) -> Bb84Setup:
    return replace(
        made,
        transmittance=np.repeat(made.transmittance[:1], 2),
        noise_probability=np.repeat(made.noise_probability[:1], 2),
    )


def counts_of(table: ClickTable, pulses: float) -> Counts:
    tally = TallyTable.of(registered(table, DetectorMemory(np.zeros(2), np.zeros(2))), both_bases=False)
    sent = np.array([pulses])
    return Expected().counts(tally, sent, sent * tally.key_probability)


# --- laws of every attack


@given(setups(), st.one_of(interceptions, splittings))
def test_attacked_tables_stay_probabilities(made: Bb84Setup, attack: Attack) -> None:
    tables = photon_number_tables(made)
    attacked = attack(tables)
    assert np.all(attacked.pattern_probability >= 0.0)
    assert attacked.pattern_probability.sum(axis=-1) == pytest.approx(1.0, abs=1e-12)
    assert np.array_equal(attacked.number_probability, tables.number_probability)
    assert np.array_equal(attacked.pattern_probability[0], tables.pattern_probability[0])  # empty pulses


@given(setups(), probabilities, st.none() | st.floats(0.0, 3.0))
def test_no_pulse_attacked_is_no_attack(made: Bb84Setup, share: float, mean: float | None) -> None:
    tables = photon_number_tables(made)
    for attack in (InterceptResend(0.0, share, mean), PhotonNumberSplitting(share, 0.0, share, fraction=0.0)):
        assert np.array_equal(attack(tables).pattern_probability, tables.pattern_probability)


BRIGHT = setup(
    mean_photon_number=[1.5, 0.5, 0.0],
    intensity_probability=[0.5, 0.3, 0.2],
    symbol_probability=[[0.5, 0.5], [1.0, 0.0]],
    sent_basis_probability=[0.6, 0.4],
    measured_basis_probability=[0.7, 0.3],
    transmittance=[0.3, 0.1],
    noise_probability=[0.01, 0.03],
    error_probability=[0.03, 0.1],
)
HALF_THE_LOSS_DB = 10.0 * np.log10(2.0)
ORACLE = {
    "nobody": ([], []),
    "same number": ([InterceptResend(0.6, 0.3)], [intercepting(0.6, 0.3, None)]),
    "Poisson light": ([InterceptResend(0.8, 0.6, 2.5)], [intercepting(0.8, 0.6, 2.5)]),
    "splitting": (
        [PhotonNumberSplitting(0.7, HALF_THE_LOSS_DB, 0.2, 0.9)],
        [splitting(0.9, 0.7, 0.2, 2.0)],
    ),
    # the list of the oracle runs from the transmitter on; the last attack applied stands there
    "intercepting, then splitting": (
        [PhotonNumberSplitting(0.5, 0.0), InterceptResend(0.5)],
        [intercepting(0.5, 0.5, None), splitting(1.0, 0.5, 0.0, 1.0)],
    ),
}  # fmt: skip  (one case after the other)


@pytest.mark.parametrize("case", ORACLE)
def test_against_pulses_one_by_one(case: str) -> None:
    attacks, eavesdroppers = ORACLE[case]
    tables = photon_number_tables(BRIGHT)
    for attack in attacks:
        tables = attack(tables)
    pulses = 1_000_000
    drawn = click_patterns(BRIGHT, eavesdroppers, pulses, np.random.default_rng(42))
    mean = tables.merged.joint_probability * pulses
    often = mean > 25.0
    assert np.all(drawn[mean == 0.0] == 0)
    z = (drawn[often] - mean[often]) / np.sqrt(mean[often] * (1.0 - mean[often] / pulses))
    assert often.sum() > 60
    assert np.abs(z).max() < 4.5
    assert np.sum(z**2) < often.sum() + 4.0 * np.sqrt(2.0 * often.sum())


# --- intercept and resend


@given(setups(), probabilities, probabilities)
def test_interception_raises_the_error_rate_of_each_basis(made: Bb84Setup, fraction: float, share: float) -> None:
    """e + p (1-c)(1 - 2e)/2, times the gain, for every intensity, dark counts included; gains as they were."""
    made = equal_detectors(made)
    tables = photon_number_tables(made)
    gain, error = gain_and_error(tables.merged, made)
    attacked_gain, attacked_error = gain_and_error(InterceptResend(fraction, share)(tables).merged, made)
    assert attacked_gain == pytest.approx(gain, rel=1e-12)
    missed = np.array([1.0 - share, share])  # how often she measures in the other basis
    assert attacked_error == pytest.approx(error + fraction * missed * (gain - 2 * error) / 2, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("fraction", "e0", "expected"), [(1.0, 0.0, 0.25), (1.0, 0.02, 0.26), (0.1, 0.02, 0.044)])
def test_error_rates_known_from_the_literature(fraction: float, e0: float, expected: float) -> None:
    made = setup(error_probability=[e0, e0], noise_probability=[0.0, 0.0], single_photons=True)
    gain, error = gain_and_error(InterceptResend(fraction)(photon_number_tables(made)).merged, made)
    assert error / gain == pytest.approx(np.full((3, 2), expected), abs=1e-12)


@given(setups(), probabilities)
def test_yields_survive_interception_that_keeps_the_number(made: Bb84Setup, fraction: float) -> None:
    made = equal_detectors(made)
    tables = photon_number_tables(made)
    attacked = InterceptResend(fraction)(tables)
    clicks, before = attacked.pattern_probability[..., 1:], tables.pattern_probability[..., 1:]
    assert clicks.sum(axis=-1) == pytest.approx(before.sum(axis=-1), rel=1e-12, abs=1e-15)


@given(setups(), probabilities, st.floats(0.0, 5.0))
def test_yields_and_gains_of_resent_poisson_light(made: Bb84Setup, fraction: float, mean: float) -> None:
    made = replace(equal_detectors(made), single_photons=False)
    tables = photon_number_tables(made)
    attacked = InterceptResend(fraction, resent_mean_photon_number=mean)(tables)
    # closed form of the gain with two equal detectors, any setting
    eta, dark = made.transmittance[0], made.noise_probability[0]
    resent = 1.0 - (1.0 - dark) ** 2 * np.exp(-mean * eta)
    yields, before = (one.pattern_probability[..., 1:].sum(axis=-1) for one in (attacked, tables))
    assert yields[1:] == pytest.approx((1 - fraction) * before[1:] + fraction * resent, rel=1e-12, abs=1e-14)
    mu = made.mean_photon_number[:, None]
    empty = 1.0 - (1.0 - dark) ** 2
    gain = 1.0 - (1.0 - dark) ** 2 * np.exp(-mu * eta)
    expected = (1 - fraction) * gain + fraction * (np.exp(-mu) * empty + (1 - np.exp(-mu)) * resent)
    found, _ = gain_and_error(attacked.merged, made)
    assert found == pytest.approx(np.broadcast_to(expected, found.shape), rel=1e-10, abs=1e-14)


@given(setups(), probabilities, probabilities)
def test_two_interceptions_multiply_what_is_left_of_the_signal(made: Bb84Setup, one: float, two: float) -> None:
    made = equal_detectors(made)
    tables = photon_number_tables(made)
    gain, error = gain_and_error(tables.merged, made)
    _, twice = gain_and_error(InterceptResend(two)(InterceptResend(one)(tables)).merged, made)
    assert gain - 2 * twice == pytest.approx((gain - 2 * error) * (1 - one / 2) * (1 - two / 2), rel=1e-11, abs=1e-14)


def test_eavesdropper_in_the_key_basis_shows_in_the_test_basis_alone() -> None:
    made = setup()
    tables = photon_number_tables(made)
    before = gain_and_error(tables.merged, made)[1]
    after = gain_and_error(InterceptResend(1.0, key_basis_probability=1.0)(tables).merged, made)[1]
    assert after[:, KEY_BASIS] == pytest.approx(before[:, KEY_BASIS], rel=1e-12)
    assert np.all(after[:2, TEST_BASIS] > 20 * before[:2, TEST_BASIS])


# --- photon-number splitting. 25 dB in all, 15 dB of them in the channel

CHANNEL_DB, PULSES = 15.0, 1e12
DECOYS: dict[str, Any] = {
    "two decoys": {"mean_photon_number": [0.5, 0.1, 0.001], "intensity_probability": [0.5, 0.3, 0.2]},
    "one decoy": {"mean_photon_number": [0.5, 0.15], "intensity_probability": [0.6, 0.4]},
    "no decoy": {"mean_photon_number": [0.5], "intensity_probability": [1.0]},
}


def split(decoys: str, removed_loss_db: float) -> tuple[Bb84Setup, PhotonNumberTables, PhotonNumberTables]:
    made = setup(**DECOYS[decoys])
    tables = photon_number_tables(made)
    return made, tables, unnoticed_splitting(tables, removed_loss_db)(tables)


@pytest.mark.parametrize("removed_loss_db", [2.9, 6.0, CHANNEL_DB])
@pytest.mark.parametrize("decoys", DECOYS)
def test_splitting_leaves_the_signal_as_it_was(decoys: str, removed_loss_db: float) -> None:
    made, tables, attacked = split(decoys, removed_loss_db)
    (gain, error), (found, wrong) = (gain_and_error(one.merged, made) for one in (tables, attacked))
    assert found[0] == pytest.approx(gain[0], rel=1e-12)
    assert wrong[0] / found[0] == pytest.approx(error[0] / gain[0], rel=2e-3)  # second clicks in a pulse become rarer
    if decoys != "no decoy":
        # the decoys show it: with fewer photons they are blocked more often
        assert np.all(found[1] < (0.5 if removed_loss_db == CHANNEL_DB else 0.98) * gain[1])


def test_the_better_channel_decides_what_must_be_blocked() -> None:
    tables = photon_number_tables(setup())
    little, much = unnoticed_splitting(tables, 3.0), unnoticed_splitting(tables, CHANNEL_DB)
    assert 0.0 < little.blocked_single < 1.0
    assert little.blocked_multi == 0.0
    assert much.blocked_single == 1.0
    assert 0.0 < much.blocked_multi < 1.0
    # faint light, no noise, first order in the transmittance: sum p_n [(n-1) g - n] against p_1, g the better channel
    faint = setup(transmittance=[1e-9, 1e-9], noise_probability=[0.0, 0.0])
    number = photon_number_tables(faint).number_probability[0]
    photons = np.arange(2, len(number))
    surplus = number[2:] @ ((photons - 1) * 10.0**0.3 - photons)
    found = unnoticed_splitting(photon_number_tables(faint), 3.0).blocked_single
    assert found == pytest.approx(surplus / number[1], rel=1e-7)


def test_yields_behind_a_splitter() -> None:
    made = setup(noise_probability=[1e-4, 1e-4])
    attacked = PhotonNumberSplitting(0.4, CHANNEL_DB, 0.25)(photon_number_tables(made))
    yields = attacked.pattern_probability[:, KEY_BASIS, 0, KEY_BASIS, 1:].sum(axis=-1)
    dark, eta, better = (1 - 1e-4) ** 2, 3e-3, 3e-3 * 10**1.5
    assert yields[0] == pytest.approx(1 - dark, rel=1e-9)
    assert yields[1] == pytest.approx(1 - dark * (1 - 0.6 * eta), rel=1e-9)
    for n in (2, 3, 7):
        assert yields[n] == pytest.approx(0.75 * (1 - dark * (1 - better) ** (n - 1)) + 0.25 * (1 - dark), rel=1e-9)


def key_of(theory: str, made: Bb84Setup, tables: PhotonNumberTables) -> KeyLength:
    statistics = Statistics.of(counts_of(tables.merged, PULSES))
    settings = DecoySettings(made.mean_photon_number, made.intensity_probability, 1e-15)
    leak = planned_leak_ec_bits(statistics.sifted_bits, statistics.qber, 1.16, 1e-15)
    match theory:
        case "lim-2014":
            return lim2014(statistics, settings, 1e-10, leak)
        case "rusca-2018":
            return rusca2018(statistics, settings, 1e-10, leak)
        case "tomamichel-2012":
            return tomamichel2012(statistics, settings, 1e-10, leak)
        case _:
            return asymptotic_decoy(statistics, settings, leak)


@pytest.mark.parametrize(
    ("theory", "decoys"),
    [
        ("lim-2014", "two decoys"),
        ("asymptotic-decoy", "two decoys"),
        ("rusca-2018", "one decoy"),
        ("asymptotic-decoy", "one decoy"),
    ],
)
def test_decoys_see_the_splitting(theory: str, decoys: str) -> None:
    made, tables, attacked = split(decoys, CHANNEL_DB)
    honest, key = key_of(theory, made, tables), key_of(theory, made, attacked)
    assert honest.secret_bits[0] > 0.1 * counts_of(tables.merged, PULSES).detected(KEY_BASIS).sum()
    assert key.secret_bits[0] == 0.0
    assert key.single_photon_bits[0] < 0.01 * honest.single_photon_bits[0]


def test_without_decoys_a_theory_for_single_photons_is_fooled() -> None:
    made, tables, attacked = split("no decoy", CHANNEL_DB)
    honest, fooled = (key_of("tomamichel-2012", made, one).secret_bits[0] for one in (tables, attacked))
    assert fooled == pytest.approx(honest, rel=1e-3)
    counts = PhotonNumberCounts.of(counts_of(attacked.resolved(3), PULSES), 3)
    detected = counts.detected(KEY_BASIS)[0].sum(axis=0)
    assert fooled > 0.5 * detected.sum()
    # in truth the eavesdropper knows every bit but those of noise clicks
    assert detected[2] > 0.995 * detected.sum()
    # what every pulse of several photons could have caused is too much for GLLP without decoys
    assert key_of("asymptotic-decoy", made, tables).secret_bits[0] == 0.0


def test_single_photons_cannot_be_split() -> None:
    tables = photon_number_tables(setup(single_photons=True))
    attack = unnoticed_splitting(tables, CHANNEL_DB)
    assert attack.blocked_single == 0.0
    assert np.array_equal(attack(tables).pattern_probability, tables.pattern_probability)


# --- through detectors and links


@pytest.mark.parametrize(
    "attack", [InterceptResend(0.3), InterceptResend(0.3, 0.5, 1.0), PhotonNumberSplitting(0.5, 10.0)], ids=repr
)
def test_tallies_of_attacked_tables_follow_the_means(attack: Attack) -> None:
    attacked = attack(photon_number_tables(setup(transmittance=[0.02, 0.02])))
    blocks, pulses = 400, 1e6
    tally = TallyTable.of(registered(attacked.resolved(3), DetectorMemory(np.zeros(2), np.zeros(2))), both_bases=False)
    sent, tallied = np.full(blocks, pulses), Tallied(np.random.default_rng(5))
    drawn = PhotonNumberCounts.of(tallied.counts(tally, sent, tallied.key_detections(tally, sent, np.inf)), 3).seen
    mean = counts_of(attacked.merged, pulses).bits[0]
    often = mean * blocks > 25.0
    z = (drawn.bits.mean(axis=0) - mean)[often] / np.sqrt(mean[often] / blocks)
    assert often.sum() > 30
    assert np.abs(z).max() < 4.5
    assert np.sum(z**2) < often.sum() + 4.0 * np.sqrt(2.0 * often.sum())


def test_operating_point_under_attack() -> None:
    profile = load_profile("boaron-2018")
    state = ChannelState(1e-3)
    usual, none = (operating_point(profile, profile, state, attack) for attack in (None, InterceptResend(0.0)))
    assert none.clicks.table.pattern_probability == pytest.approx(usual.clicks.table.pattern_probability, abs=1e-12)
    assert none.single_photons.pattern_probability == pytest.approx(usual.single_photons.pattern_probability, abs=1e-12)
    attacked = operating_point(profile, profile, state, InterceptResend(0.2))
    for table, before in ((attacked.clicks.table, usual.clicks.table), (attacked.single_photons, usual.single_photons)):
        (gain, error), (usual_gain, usual_error) = (gain_and_error(one, usual.setup) for one in (table, before))
        assert gain == pytest.approx(usual_gain, rel=1e-9)
        e0 = usual_error[0] / usual_gain[0]
        # afterpulses are errors in half the cases, with and without her: the law holds for the whole
        assert error[0] / gain[0] == pytest.approx(e0 + 0.2 * (1 - 2 * e0) / 4, rel=2e-3)


def test_the_linear_model_knows_no_photon_numbers() -> None:
    profile = load_profile("lim-2014")
    with pytest.raises(ValueError, match="expected the exact click model"):
        operating_point(profile, profile, ChannelState(0.1), InterceptResend(0.1))


# --- bad input


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: InterceptResend(1.1), "intercept-resend: fraction: got 1.1, expected a number from 0 to 1"),
        (lambda: InterceptResend(float("nan")), "fraction: got nan"),
        (lambda: InterceptResend(0.1, -0.1), "key_basis_probability: got -0.1"),
        (lambda: InterceptResend(0.1, 0.5, -1.0), "resent_mean_photon_number: got -1.0, expected a number >= 0"),
        (lambda: PhotonNumberSplitting(2.0, 0.0), "photon-number splitting: blocked_single: got 2.0"),
        (lambda: PhotonNumberSplitting(0.0, -1.0), "removed_loss_db: got -1.0, expected a number >= 0"),
        (lambda: PhotonNumberSplitting(0.0, 0.0, 1.5), "blocked_multi: got 1.5"),
        (lambda: PhotonNumberSplitting(0.0, 0.0, 0.0, -1), "fraction: got -1"),
    ],
)
def test_impossible_attacks_are_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


def test_a_channel_with_less_than_no_loss_is_refused() -> None:
    tables = photon_number_tables(setup())
    with pytest.raises(InputError, match=r"removed_loss_db: got 30.0, expected .* which is below 25.2288 dB"):
        PhotonNumberSplitting(0.0, 30.0)(tables)
    with pytest.raises(InputError, match="makes up for the photon kept"):
        unnoticed_splitting(tables, 0.0)
