"""Laws that every key-length theory keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.setups import setup, setups
from qkdsim.detections import DetectorMemory, Expected, TallyTable, registered
from qkdsim.protocols import Bb84Setup, Counts, Security, Theory, click_table, secret_key
from qkdsim.protocols.keylength import DecoySettings, Statistics, leakage_floor_bits, planned_leak_ec_bits

PROOFS = {3: "lim-2014", 2: "rusca-2018", 1: "tomamichel-2012"}
INTENSITIES = {3: [0.5, 0.1, 0.001], 2: [0.5, 0.2], 1: [0.1]}
SHARES = {3: [0.6, 0.3, 0.1], 2: [0.7, 0.3], 1: [1.0]}
SECURITY = Security(1e-10, None, 1e-15, 50.0, 1.16)


def counts_of(made: Bb84Setup, pulses: float) -> Counts:
    clicks = registered(click_table(made), DetectorMemory(np.zeros(2), np.zeros(2)))
    table = TallyTable.of(clicks, both_bases=False)
    sent = np.array([pulses])
    return Expected().counts(table, sent, sent * table.key_probability)


def settings_of(made: Bb84Setup, verification_bits: float = 50.0) -> DecoySettings:
    return DecoySettings(made.mean_photon_number, made.intensity_probability, 1e-15, verification_bits)


def made_for(count: int, loss_db: float = 20.0) -> Bb84Setup:
    eta = 10 ** (-loss_db / 10)
    return setup(
        mean_photon_number=INTENSITIES[count],
        intensity_probability=SHARES[count],
        sent_basis_probability=[0.9, 0.1],
        measured_basis_probability=[0.9, 0.1],
        transmittance=[eta, eta],
        single_photons=count == 1,
    )


def theories(count: int) -> list[Theory]:
    bounds = ["hoeffding", "chernoff", "clopper-pearson", "none"]
    found = [Theory("asymptotic-decoy", "none", "gamma", both) for both in (False, True)]
    for both in (False, True):
        found += [Theory(PROOFS[count], bound, "gamma", both) for bound in bounds]
    return found


@given(
    st.integers(1, 3),
    st.floats(0.0, 60.0),
    st.floats(3.0, 13.0),
    st.floats(0.0, 0.25),
    st.integers(0, 9),
)
def test_secret_never_exceeds_sifted(count: int, loss_db: float, log_pulses: float, error: float, which: int) -> None:
    made = made_for(count, loss_db)
    made = setup(**{name: getattr(made, name) for name in made.__slots__} | {"error_probability": [error, error]})
    theory = theories(count)[which]
    counts = counts_of(made, 10**log_pulses)
    length = secret_key(counts, theory, settings_of(made), SECURITY)
    sifted = Statistics.of(counts).sifted_bits
    if theory.both_bases:
        sifted = sifted + Statistics.of(counts).swapped.sifted_bits
    assert length.secret_bits[0] >= 0.0
    assert length.secret_bits[0] == np.floor(length.secret_bits[0])
    assert length.secret_bits[0] + (length.leak_ec_bits[0] if length.secret_bits[0] else 0.0) <= sifted[0] * (1 + 1e-9)
    assert 0.0 <= length.phase_error_rate[0] <= 0.5


@given(st.integers(1, 3), st.floats(0.0, 50.0), st.floats(0.1, 10.0), st.integers(0, 9))
def test_more_loss_never_gives_more_key(count: int, loss_db: float, more_db: float, which: int) -> None:
    theory = theories(count)[which]
    near, far = (
        secret_key(
            counts_of(made_for(count, db), 1e11), theory, settings_of(made_for(count, db)), SECURITY
        ).secret_bits[0]
        for db in (loss_db, loss_db + more_db)
    )
    assert far <= near


@pytest.mark.parametrize("count", [1, 2, 3])
def test_exact_limits_give_the_most_key_of_all_bounds(count: int) -> None:
    made = made_for(count)
    counts = counts_of(made, 1e10)
    bits = {
        bound: float(
            secret_key(counts, Theory(PROOFS[count], bound, "gamma"), settings_of(made), SECURITY).secret_bits[0]
        )
        for bound in ("hoeffding", "chernoff", "clopper-pearson", "none")
    }
    assert max(bits["hoeffding"], bits["chernoff"]) <= bits["clopper-pearson"] <= bits["none"]
    assert bits["none"] > 0.0


def test_bounded_key_tends_to_the_unbounded_one() -> None:
    made = made_for(3)
    short, long = (
        secret_key(counts_of(made, pulses), Theory("lim-2014", "hoeffding", "gamma"), settings_of(made), SECURITY)
        .secret_bits[0] / pulses
        for pulses in (1e11, 1e17)
    )  # fmt: skip
    endless = secret_key(counts_of(made, 1e17), Theory("lim-2014", "none", "gamma"), settings_of(made), SECURITY)
    assert short < long == pytest.approx(endless.secret_bits[0] / 1e17, rel=2e-3)


@pytest.mark.parametrize(("tag_bits", "cost"), [(0, 50.83), (50, 50.83), (64, 64.0), (128, 128.0)])
def test_the_verification_tag_is_paid_once(tag_bits: float, cost: float) -> None:
    # log2(2/1e-15) = 50.83 bits pay for a tag of up to that length; only an excess is subtracted
    assert settings_of(made_for(3), tag_bits).correctness_cost_bits == pytest.approx(cost, abs=0.005)
    made = made_for(3)
    counts, theory = counts_of(made, 1e10), Theory("lim-2014", "chernoff", "gamma")
    without = secret_key(counts, theory, settings_of(made, 0.0), SECURITY).secret_bits[0]
    with_tag = secret_key(counts, theory, settings_of(made, tag_bits), SECURITY).secret_bits[0]
    assert without - with_tag == pytest.approx(cost - 50.83, abs=1.0)


def test_epsilon_per_bit_is_a_fixed_point() -> None:
    made = made_for(3)
    counts, settings = counts_of(made, 1e10), settings_of(made)
    theory = Theory("lim-2014", "hoeffding", "gamma")
    bits = float(secret_key(counts, theory, settings, Security(None, 1e-15, 1e-15, 50.0, 1.16)).secret_bits[0])
    again = secret_key(counts, theory, settings, Security(1e-15 * bits, None, 1e-15, 50.0, 1.16))
    assert bits > 1e5
    assert float(again.secret_bits[0]) == pytest.approx(bits, abs=1.0)


@given(st.floats(10.0, 1e9), st.floats(0.0, 0.5))
def test_planned_leakage_is_never_below_the_floor(sifted: float, qber: float) -> None:
    floor = float(leakage_floor_bits(sifted, qber, 1e-15))
    assert floor >= 0.0
    assert float(planned_leak_ec_bits(sifted, qber, 1.16, 1e-15)) >= floor
    assert float(planned_leak_ec_bits(sifted, qber, 1.0, 1e-15)) >= floor


def test_leakage_floor_tends_to_the_entropy() -> None:
    # h(0.02) = 0.14144054
    assert float(leakage_floor_bits(1e9, 0.02, 1e-15)) / 1e9 == pytest.approx(0.14144054, rel=2e-3)
    assert float(leakage_floor_bits(1e4, 0.02, 1e-10)) / 1e4 > 0.1414 * 1.1


@given(setups())
def test_counts_add_up(made: Bb84Setup) -> None:
    one = counts_of(made, 1e6)
    assert one.pulses == pytest.approx(1e6, rel=1e-9)
    double = one + one
    assert double.sent == pytest.approx(2 * one.sent)
    assert double.bits == pytest.approx(2 * one.bits)
    assert double.doubles == pytest.approx(2 * one.doubles)
    total = one.detected(0).sum() + one.detected(1).sum() + one.mismatched().sum()
    assert total == pytest.approx(one.bits.sum())
    assert np.all(one.bits.sum(axis=-1) <= one.sent * (1 + 1e-9) + 1e-9)
    nothing = Counts.zero(len(made.mean_photon_number))
    assert (one + nothing).pulses == pytest.approx(one.pulses)
