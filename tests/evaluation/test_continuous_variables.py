"""The bench of continuous-variable devices, and attacks on the unit of shot noise and on the detector's range."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from qkdsim import rng
from qkdsim.devices import load_profile
from qkdsim.errors import InputError
from qkdsim.evaluation import certify
from qkdsim.evaluation.certification import open_device
from qkdsim.evaluation.cv_design import CvDesign, is_complete
from qkdsim.evaluation.device import Device
from qkdsim.evaluation.procedures.attacks_cv import calibration, saturation
from qkdsim.evaluation.procedures.cv import excess_noise, false_release, key_excess
from qkdsim.evaluation.procedures.inspection_performance import rate_bps
from qkdsim.evaluation.procedures.observed import bench_of
from qkdsim.evaluation.specimen.cv_quadratures import NO_ATTACK, QuadratureAttack, QuadratureLaw

NAME = "generic-cv-metro"


@cache
def sound() -> Device:
    return open_device(NAME, 1)


def device(truth: dict[str, Any] | None = None, **cv: Any) -> Device:
    """The sound specimen with other declarations, and with a truth of its own where one is given."""
    overrides: dict[str, Any] = {f"cv.{key}": value for key, value in cv.items()}
    if truth is not None:
        overrides["truth.values"] = truth
    return open_device(load_profile(NAME, overrides=overrides), 1)


@pytest.mark.parametrize("displacement", [0.0, 3.0, 4.5])
def test_moments_of_cut_records_are_those_of_simulated_ones(displacement: float) -> None:
    law = QuadratureLaw(4.0, 0.4, 1.1, displacement, 4.0)
    values = 400_000
    drawn = law.sampled(float(values), 200, rng.stream(1, "moments"))
    generator = rng.stream(2, "moments")
    alice = generator.normal(0.0, 2.0, values)
    noise = generator.normal(0.0, math.sqrt(law.noise), values)
    record = np.clip(law.slope * alice + displacement + noise, -4.0, 4.0)
    seen = {
        "square_x": (alice**2).mean(),
        "product": (alice * record).mean(),
        "square_y": (record**2).mean(),
        "mean_y": record.mean(),
        "cut_share": (np.abs(record) >= 4.0).mean(),
    }
    for name, value in seen.items():
        column = getattr(drawn, name)
        spread = float(column.std(ddof=1))
        assert abs(value - float(column.mean())) < 4.5 * max(spread, 1e-12), name
    variances = drawn.variance_y
    assert abs(record.var() - variances.mean()) < 4.5 * variances.std(ddof=1)


def test_the_device_finds_the_channel_that_is_there() -> None:
    design, bench = CvDesign.of(sound().profile), bench_of(sound()).quadratures
    for loss_db in (0.0, 10.0, 20.0):
        log = bench.blocks(loss_db, 200, rng.stream(1, "estimate", str(loss_db)))
        noise = log.channel.excess_noise_snu
        # 0.0046 in truth, seen through a modulation and electronics that differ a little from what is declared
        bias = 2.0 * 1e-4 / (design.receiver.efficiency * 10.0 ** (-loss_db / 10.0))
        error = noise.std(ddof=1) / math.sqrt(200.0)
        assert abs(noise.mean() - 0.0046) < 5.0 * error + bias + 1e-4
        assert log.channel.transmittance.mean() == pytest.approx(10.0 ** (-loss_db / 10.0), rel=0.01)


def test_interception_shows_as_two_units_of_noise() -> None:
    bench = bench_of(sound()).quadratures
    quiet = bench.blocks(10.0, 50, rng.stream(1, "quiet")).channel.excess_noise_snu.mean()
    attacked = bench.blocks(10.0, 50, rng.stream(1, "attacked"), QuadratureAttack(intercepted=0.1))
    assert attacked.channel.excess_noise_snu.mean() - quiet == pytest.approx(0.2, rel=0.01)
    assert not attacked.released_bits.any()


def test_a_delayed_oscillator_hides_noise_only_from_a_unit_that_was_found_before() -> None:
    signal = 0.35 * 0.1
    attack = QuadratureAttack(0.2, 1.0 / (1.0 - 0.4 * signal), 1.0 - 0.4 * signal)
    old, live = device({"cv.shot_noise_calibration": "start"}, local_oscillator="transmitted"), sound()
    hidden = bench_of(old).quadratures.blocks(10.0, 10, rng.stream(1, "old"), attack)
    assert hidden.channel.excess_noise_snu.mean() == pytest.approx(0.005, abs=0.001)
    assert hidden.released_bits.all()
    transmitted = device({}, local_oscillator="transmitted")
    seen = bench_of(transmitted).quadratures.blocks(10.0, 10, rng.stream(1, "live"), attack)
    assert seen.channel.excess_noise_snu.mean() == pytest.approx(0.405, rel=0.02)
    assert not seen.released_bits.any()
    assert bench_of(live).quadratures.secure_bits(10.0, QuadratureAttack(intercepted=1.0)) == 0.0


@pytest.mark.parametrize(
    ("truth", "oscillator", "is_sound"),
    [
        (None, "local", True),
        ({}, "transmitted", True),  # calibration in service is enough
        ({"cv.shot_noise_calibration": "start"}, "local", True),  # nothing to delay
        ({"cv.shot_noise_calibration": "start"}, "transmitted", False),
        ({"cv.shot_noise_calibration": "power"}, "transmitted", False),  # the power does not tell of timing
    ],
)
def test_calibration_attack(truth: dict[str, Any] | None, oscillator: str, is_sound: bool) -> None:
    found = calibration(device(truth, local_oscillator=oscillator), 3)
    assert found.interval is not None
    assert isinstance(found.value, float)
    if is_sound:
        assert found.interval[1] < 0.005
        assert not found.contradiction
    else:
        # full interception at 10 dB: 2 x 2 SNU x 0.035 of shot noise hidden
        assert found.interval[0] <= 1.0 / (1.0 - 2.0 * 0.035) - 1.0 <= found.interval[1]
        assert "released beyond the secure length" in found.contradiction
    share, refused = found.series[1].x, found.series[1].y
    assert (share[0], refused[0]) == (0.0, 0.0)  # no false alarm
    assert refused[-1] == (1.0 if is_sound else 0.0)  # every symbol intercepted


def test_saturation_attack_works_only_where_nobody_looks_at_the_range() -> None:
    for truth, is_sound in (({}, True), ({"cv.range_abort_share": 1.0}, False)):
        found = saturation(device(truth), 3)
        assert found.value is is_sound
        facts = dict(found.facts)
        assert float(facts["values at the ends of the range"]) > 0.01
        assert (found.events == 0) is is_sound


def test_without_a_limit_of_the_range_there_is_no_saturation_attack() -> None:
    found = saturation(device({"cv.range_abort_share": 1.0, "cv.linear_range_sigma": 1e6}), 1)
    assert found.value is True
    assert "no displacement" in found.note


def test_intervals_of_the_excess_noise_hold_the_truth() -> None:
    profile = load_profile(NAME)
    inside = 0
    for seed in range(200):
        found = excess_noise(open_device(profile, seed), seed)
        assert found.interval is not None
        inside += found.interval[0] <= 0.0046 <= found.interval[1]
    assert 180 <= inside <= 199  # 95 % of 200 is 190, three standard errors are 9


def test_the_sound_device_keeps_its_key_rule() -> None:
    assert key_excess(sound(), 1).value == 0.0
    released = false_release(sound(), 1)
    assert released.interval is not None
    assert released.interval[1] < 1e-10
    assert dict(released.facts)["blocks released above the limit"] == 0.0


def test_a_homodyne_receiver_finds_its_channel_too() -> None:
    homodyne = device({"cv.excess_noise_snu": 0.01}, detection="homodyne")
    log = bench_of(homodyne).quadratures.blocks(10.0, 100, rng.stream(1, "homodyne"))
    assert log.channel.excess_noise_snu.mean() == pytest.approx(0.01, abs=5e-4)
    assert log.channel.transmittance.mean() == pytest.approx(0.1, rel=1e-3)
    assert log.released_bits.all()


def test_inspection_computes_the_rate_of_declared_components_and_leaves_tables_alone() -> None:
    assert rate_bps(sound().profile, 10.0).value == CvDesign.of(sound().profile).rate_bps(10.0)
    assert rate_bps(sound().profile, 10.0).basis == "declared"
    table = load_profile("secoqc-2008-cv")
    assert not is_complete(table)
    assert rate_bps(table, 2.8).value == 8000.0
    with pytest.raises(InputError, match="symbol_rate_hz"):
        CvDesign.of(table)


def test_a_proof_for_quadratures_bounds_the_unit_of_noise() -> None:
    missing = {
        one.criterion: one for one in certify("defective/cv-proof-assumption-missing", criteria=["PP-17"]).verdicts
    }
    assert missing["PP-17"].reason == "not declared: a bound on cv.shot_noise_calibration"
    found = certify(NAME, criteria=["TX-01", "RX-01", "PF-04", "PP-01", "PP-09", "PP-17"])
    assert {one.criterion: one.verdict for one in found.verdicts} == {
        "TX-01": "not-applicable",
        "RX-01": "not-applicable",
        "PF-04": "not-applicable",
        "PP-01": "not-applicable",
        "PP-09": "not-applicable",
        "PP-17": "pass",
    }


def test_released_bits_are_below_the_secure_length_in_every_block() -> None:
    bench = bench_of(sound()).quadratures
    for loss_db in (0.0, 5.0, 10.0, 15.0, 20.0):
        log = bench.blocks(loss_db, 300, rng.stream(9, str(loss_db)), NO_ATTACK)
        assert (log.released_bits <= bench.secure_bits(loss_db)).all()
        assert log.released_bits.any()
