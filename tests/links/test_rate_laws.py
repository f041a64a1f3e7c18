"""Laws of the key rate over profiles, losses and block sizes; what key_rate refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from detections.random_profiles import random_profile
from hypothesis import given
from hypothesis import strategies as st

from links.profiles import device
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, load_profile
from qkdsim.errors import InputError
from qkdsim.links.rate import KeyRate, key_rate
from qkdsim.links.sender import choice_of, with_choice
from qkdsim.links.study import Study
from qkdsim.protocols import plob_bound_bits_per_use

NAMES = ["gys-2004", "lim-2014", "boaron-2018", "generic-ingaas-metro", "generic-snspd-longhaul"]
LOADED = {name: load_profile(name) for name in NAMES}


def bits_per_pulse(profile: DeviceProfile, loss_db: float, block_bits: float | None) -> float:
    study = Study(profile, block_bits, block_bits is None)
    return study.figures(FibreSpan(loss_db=loss_db)).secret_per_pulse


@given(st.sampled_from(NAMES), st.floats(0.0, 80.0), st.one_of(st.none(), st.floats(1e3, 1e12)))
def test_no_rate_exceeds_the_repeaterless_bound(name: str, loss_db: float, block_bits: float | None) -> None:
    bound = float(plob_bound_bits_per_use(10 ** (-loss_db / 10)))
    assert 0.0 <= bits_per_pulse(LOADED[name], loss_db, block_bits) <= bound


@given(st.integers(0, 10**6), st.floats(0.0, 60.0), st.one_of(st.none(), st.floats(1e4, 1e12)))
def test_nor_does_any_random_device(seed: int, loss_db: float, block_bits: float | None) -> None:
    profile = random_profile(np.random.default_rng(seed), memory=True)
    rate = bits_per_pulse(profile, loss_db, block_bits)
    assert 0.0 <= rate <= float(plob_bound_bits_per_use(10 ** (-loss_db / 10)))


@given(st.sampled_from(NAMES), st.floats(0.0, 60.0), st.floats(0.01, 20.0), st.one_of(st.none(), st.floats(1e4, 1e10)))
def test_more_loss_never_gives_more_key(name: str, loss_db: float, more_db: float, block_bits: float | None) -> None:
    near, far = (bits_per_pulse(LOADED[name], db, block_bits) for db in (loss_db, loss_db + more_db))
    assert far <= near * (1 + 1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_larger_blocks_give_more_key_per_pulse(name: str) -> None:
    rates = [bits_per_pulse(LOADED[name], 15.0, 10.0**digits) for digits in range(4, 13)]
    assert rates == sorted(rates)
    assert rates[-1] > 0.0


@pytest.mark.parametrize("sampling", ["gamma", "serfling"])
@pytest.mark.parametrize("bounds", ["hoeffding", "chernoff", "clopper-pearson"])
def test_a_smaller_epsilon_never_gives_more_key(bounds: str, sampling: str) -> None:
    """Down to the least that a profile may state, 1e-300, whose square is no number any more."""
    rates = []
    for epsilon in (1e-3, 1e-10, 1e-30, 1e-100, 1e-160, 1e-300):
        overrides = {"post_processing.epsilon_secrecy": epsilon, "security_model.sampling_bound": sampling}
        rates.append(key_rate("boaron-2018", loss_db=10.0, bounds=bounds, overrides=overrides).secret_key_rate_bps)
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == len(rates)
    assert rates[-1] > 0.0


@pytest.mark.parametrize("epsilon", [0.0, 1e-301, 1.0])
def test_an_epsilon_that_nothing_can_be_reckoned_with_is_refused(epsilon: float) -> None:
    with pytest.raises(InputError, match=r"epsilon_secrecy: got .*, expected a number >= 1e-300 and < 1"):
        key_rate("boaron-2018", loss_db=10.0, overrides={"post_processing.epsilon_secrecy": epsilon})


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_is_consistent_with_itself(name: str) -> None:
    rate = key_rate(name, loss_db=12.0, block_bits=1e7)
    source = LOADED[name].source
    assert source is not None
    assert rate.secret_key_bits_per_pulse is not None
    assert rate.sifted_rate_bps is not None
    assert rate.secret_key_rate_bps == pytest.approx(rate.secret_key_bits_per_pulse * source.pulse_rate_hz)
    assert rate.secret_key_rate_bps <= rate.sifted_rate_bps
    assert rate.transmittance == pytest.approx(10**-1.2)
    assert rate.block_duration_s == pytest.approx(1e7 / rate.sifted_rate_bps)
    assert rate.epsilon is not None
    assert 0.0 < rate.epsilon < 1e-6
    assert rate.qber is not None
    assert rate.phase_error_rate is not None
    assert 0.0 < rate.qber < rate.phase_error_rate < 0.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("asymptotic", [True, False])
def test_reach_ends_where_the_key_does(name: str, asymptotic: bool) -> None:
    reach = key_rate(name, length_km=10, asymptotic=asymptotic).max_length_km
    assert reach is not None
    assert key_rate(name, length_km=reach - 0.01, asymptotic=asymptotic).secret_key_rate_bps > 0.0
    assert key_rate(name, length_km=reach + 0.01, asymptotic=asymptotic).secret_key_rate_bps == 0.0


def test_length_and_its_loss_are_the_same() -> None:
    # but for dispersion, which only a length has
    km, db = (key_rate("gys-2004", length_km=50), key_rate("gys-2004", loss_db=10.5))
    assert km.secret_key_rate_bps == pytest.approx(db.secret_key_rate_bps, rel=1e-9)
    assert (km.length_km, db.length_km) == (50, None)


def test_high_loss_is_zero_not_an_error() -> None:
    for loss_db in (200.0, 3000.0, 100_000.0):
        rate = key_rate("boaron-2018", loss_db=loss_db)
        assert rate.secret_key_rate_bps == 0.0
        assert math.isfinite(rate.transmittance)


def test_a_dark_receiver_without_dark_counts() -> None:
    rate = key_rate(device(detector={"dark_count_probability": 0.0}).profile, loss_db=100_000.0)
    assert rate.secret_key_rate_bps == 0.0
    assert rate.block_duration_s is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "exactly one of"),
        ({"length_km": 1.0, "loss_db": 1.0}, "exactly one of"),
        ({"length_km": -1.0}, "length_km: got -1.0"),
        ({"loss_db": math.nan}, "loss_db: got nan"),
        ({"loss_db": math.inf}, "loss_db: got inf"),
        ({"length_km": 1.0, "block_bits": 0.0}, "block_bits: got 0.0"),
        ({"length_km": 1.0, "block_bits": math.nan}, "block_bits: got nan"),
        ({"length_km": 1.0, "block_bits": 1e6, "asymptotic": True}, "at most one of"),
        ({"length_km": 1.0, "overrides": {"detector.efficiency": 1.5}}, "detector.efficiency: got 1.5"),
        ({"length_km": 1.0, "overrides": {"detector.colour": 1}}, "detector.colour: got an unknown key"),
        ({"length_km": 1.0, "overrides": {"source.intensity[7].probability": 0.1}}, "intensity[7]"),
        ({"length_km": 1.0, "overrides": {"": 0.1}}, "a key path"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        key_rate("gys-2004", **arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_declared_profile_has_its_table_and_nothing_else() -> None:
    rate = key_rate("tokyo-2010-ntt", loss_db=27.0)
    assert rate.secret_key_rate_bps == 2100
    assert not rate.covered_by_proof
    assert rate.bounds == "declared rate table"
    assert rate.secret_key_bits_per_pulse is None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "asymptotic"), [("gys-2004", True), ("generic-snspd-longhaul", False)])
def test_optimised_settings_are_no_worse(name: str, asymptotic: bool) -> None:
    plain = key_rate(name, loss_db=20.0, asymptotic=asymptotic)
    best = key_rate(name, loss_db=20.0, asymptotic=asymptotic, optimise=True)
    assert best.secret_key_rate_bps >= plain.secret_key_rate_bps
    assert best.optimised is not None
    assert sum(best.optimised["probability"]) == pytest.approx(1.0, abs=1e-12)
    again = key_rate(name, loss_db=20.0, asymptotic=asymptotic, optimise=True)
    assert again == best


def test_other_settings_keep_the_rest_of_the_profile() -> None:
    profile = LOADED["lim-2014"]
    assert with_choice(profile, choice_of(profile)) == profile


ONE_DECOY = {
    "source.intensity": [
        {"name": "signal", "mean_photon_number": 0.5, "probability": 0.7},
        {"name": "decoy", "mean_photon_number": 0.2, "probability": 0.3},
    ],
    "security_model.proof": "rusca-2018",
}


# abstract of Rusca et al. 2018: "in almost all settings". Receivers with few errors and no afterpulses, as theirs
FEW_ERRORS = {"detector.afterpulse_probability": 0.0, "detector.dark_count_probability": 1.6e-7}
# misalignment, length, block size: every two of them meet
SETTINGS = [(0.01, 0, 1e5), (0.005, 100, 1e5), (0.005, 0, 1e7), (0.01, 100, 1e7), (0.01, 0, 1e8), (0.005, 100, 1e8)]
# not met: one decoy over two, where errors are many, for they bound the detections of empty pulses
MANY_ERRORS = {0.02: ({"receiver.misalignment_error": 0.02, **FEW_ERRORS}, 0.985), 0.024: ({}, 0.930)}


def one_over_two(length_km: float, block_bits: float, receiver: dict[str, Any]) -> float:
    """Rate with one decoy over that with two, each at its best settings, on the receiver of lim-2014."""

    def best(protocol: dict[str, Any]) -> KeyRate:
        return key_rate(
            "lim-2014",
            length_km=length_km,
            block_bits=block_bits,
            optimise=True,
            overrides=receiver | protocol,
        )

    one, two = best(ONE_DECOY), best({})
    assert (one.bounds, two.bounds) == ("rusca-2018, hoeffding, gamma", "lim-2014, hoeffding, gamma")
    return one.secret_key_rate_bps / two.secret_key_rate_bps


@pytest.mark.slow
@pytest.mark.parametrize(("error", "length_km", "block_bits"), SETTINGS)
def test_one_decoy_is_at_least_as_good_as_two(error: float, length_km: float, block_bits: float) -> None:
    assert one_over_two(length_km, block_bits, {"receiver.misalignment_error": error, **FEW_ERRORS}) >= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("error", MANY_ERRORS)
def test_one_decoy_falls_behind_where_errors_are_many(error: float) -> None:
    receiver, documented = MANY_ERRORS[error]
    assert one_over_two(0, 1e8, receiver) == pytest.approx(documented, abs=0.005)


def test_the_linear_model_knows_afterpulses_of_single_photons_too() -> None:
    """Lim's receiver at 50 km: Y_1 e_1 = p + e_mis eta + p_ap D_1/2 with D_1 = 1 - (1-2p)(1-eta), by hand."""
    eta, p, e_mis, p_ap = 0.01, 6e-7, 0.005, 0.04
    d_1 = 1 - (1 - 2 * p) * (1 - eta)
    found = key_rate("lim-2014", length_km=50.0, asymptotic=True)
    assert found.phase_error_rate == pytest.approx((p + e_mis * eta + p_ap * d_1 / 2) / (d_1 * (1 + p_ap)), rel=1e-9)


def test_a_rate_is_that_of_blocks_as_the_device_closes_them() -> None:
    """A block that cannot fill within its time limit is shorter, and gives less key than its full size would."""
    own = key_rate("generic-snspd-longhaul", length_km=316.0)
    asked = key_rate("generic-snspd-longhaul", length_km=316.0, block_bits=1e8)
    limit_s = load_profile("generic-snspd-longhaul").post_processing.block_time_limit_s  # type: ignore[union-attr]
    assert own.block_duration_s == pytest.approx(limit_s, rel=1e-9)
    assert own.secret_key_rate_bps < asked.secret_key_rate_bps


def test_bounds_replace_those_of_the_profile() -> None:
    tight = key_rate("lim-2014", length_km=50.0, bounds="clopper-pearson")
    assert tight.bounds == "lim-2014, clopper-pearson, gamma"
    assert tight.secret_key_rate_bps > key_rate("lim-2014", length_km=50.0).secret_key_rate_bps
    assert key_rate(LOADED["lim-2014"], length_km=50.0, bounds="clopper-pearson").bounds == tight.bounds
    for profile, bounds, asymptotic in (
        ("gys-2004", "chernoff", False),
        ("lim-2014", "chernoff", True),
        ("tokyo-2010-ntt", "chernoff", False),
        ("lim-2014", "rusca-2018", False),
        ("lim-2014", "chernof", False),
    ):
        with pytest.raises(InputError):
            key_rate(profile, loss_db=10.0, bounds=bounds, asymptotic=asymptotic)


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        ("tokyo-2010-ntt", {"asymptotic": True}),
        ("tokyo-2010-ntt", {"optimise": True}),
        ("tokyo-2010-ntt", {"block_bits": 1e6}),
        ("t12-2013", {"optimise": True}),  # decoys at face value: the best ones vanish
    ],
)
def test_options_that_mean_nothing_are_refused(profile: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        key_rate(profile, loss_db=12.0, **options)
