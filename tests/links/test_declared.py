"""Links that live by a published rate table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from links.profiles import device
from links.test_blocks import run
from qkdsim.channels import FibreSpan
from qkdsim.devices import NamedProfile
from qkdsim.links import Disruption, QkdLink, build_link
from qkdsim.links.declared import declared_rate
from qkdsim.postprocessing.ledger import ABORTED, KEY, NO_KEY_AT_LOSS

TABLE = [
    {"loss_db": 10.0, "secret_key_rate_bps": 1e6, "qber": 0.01},
    {"loss_db": 20.0, "secret_key_rate_bps": 1e4, "qber": 0.03},
    {"loss_db": 25.0, "secret_key_rate_bps": 0.0},
]
# 10 to 20 dB: two decades, so 14 dB lies at 10^(6 - 2*0.4)
RATES = [(0.0, 1e6), (10.0, 1e6), (15.0, 1e5), (14.0, 10**5.2), (20.0, 1e4), (22.5, 5e3), (25.0, 0.0), (25.1, 0.0)]


def declared_device() -> NamedProfile:
    return device(performance={"rate_table": TABLE})


def declared_link(loss_db: float) -> QkdLink:
    made = declared_device()
    return build_link("a--b", made, made, FibreSpan(loss_db=loss_db), "declared")


@pytest.mark.parametrize(("loss_db", "rate_bps"), RATES)
def test_rates_are_interpolated_on_a_logarithmic_scale(loss_db: float, rate_bps: float) -> None:
    rate = declared_rate(declared_device().profile, loss_db)
    assert rate.secret_key_rate_bps == pytest.approx(rate_bps, rel=1e-9)


def test_error_rates_are_interpolated_in_a_straight_line() -> None:
    profile = declared_device().profile
    assert declared_rate(profile, 15.0).qber == pytest.approx(0.02)
    assert declared_rate(profile, 10.0).qber == 0.01
    assert math.isnan(declared_rate(profile, 22.0).qber)
    assert math.isnan(declared_rate(profile, 30.0).qber)


@given(st.floats(0.0, 30.0), st.floats(0.0, 10.0))
def test_more_loss_never_gives_more_key(loss_db: float, more_db: float) -> None:
    profile = declared_device().profile
    near, far = declared_rate(profile, loss_db), declared_rate(profile, loss_db + more_db)
    assert far.secret_key_rate_bps <= near.secret_key_rate_bps * (1 + 1e-9)


def test_blocks_add_up_to_rate_times_time() -> None:
    blocks = run(declared_link(14.0), 1000.0)
    assert blocks.secret_bits.sum() == math.floor(980.0 * 10**5.2)  # cold start of 20 s
    assert np.all(blocks.outcome == KEY)
    assert np.all(np.isnan(blocks.sifted_bits))
    assert blocks.end_s[-1] == 1000.0


def test_fractions_of_bits_are_carried_over() -> None:
    slow = device(performance={"rate_table": [{"loss_db": 1.0, "secret_key_rate_bps": 0.033}], "cold_start_s": 0.0})
    blocks = run(build_link("a--b", slow, slow, FibreSpan(loss_db=1.0), "declared"), 1000.0)
    assert blocks.secret_bits.sum() in (32, 33)  # the last bit completes at the very end
    assert blocks.secret_bits.max() == 1


def test_fractions_of_bits_survive_a_cut() -> None:
    slow = device(
        performance={
            "rate_table": [{"loss_db": 1.0, "secret_key_rate_bps": 0.03}],
            "cold_start_s": 0.0,
            "relock_s": 0.0,
        }
    )
    cuts = [Disruption("cut", 20.0 * k, 20.0 * k + 1.0) for k in range(1, 50)]  # pieces of light with half a bit each
    blocks = run(build_link("a--b", slow, slow, FibreSpan(loss_db=1.0), "declared"), 1000.0, cuts)
    assert blocks.secret_bits.sum() == math.floor(0.03 * (1000 - 49))


def test_a_year_of_key_comes_in_batches() -> None:
    year_s = 365.25 * 86_400.0
    batches = list(declared_link(15.0).blocks(year_s, 1))
    assert max(len(batch) for batch in batches) <= 65_536
    assert sum(int(batch.secret_bits.sum()) for batch in batches) == pytest.approx((year_s - 20.0) * 1e5, abs=10.0)
    ends_s = [float(batch.end_s[-1]) for batch in batches]
    assert ends_s[:-1] == [float(batch.start_s[0]) for batch in batches[1:]]
    assert ends_s[-1] == year_s


def test_faults_cost_their_time() -> None:
    cut = Disruption("cut", 100.0, 200.0)
    blocks = run(declared_link(15.0), 1000.0, [cut])
    assert blocks.secret_bits.sum() == pytest.approx((980.0 - 105.0) * 1e5, abs=1.0)  # relock of 5 s
    off = run(declared_link(15.0), 1000.0, [Disruption("off", 100.0, 200.0)])
    assert off.secret_bits.sum() == pytest.approx((980.0 - 120.0) * 1e5, abs=1.0)


def test_a_disturbed_link_gives_nothing_for_lack_of_physics() -> None:
    blocks = run(declared_link(15.0), 1000.0, [Disruption("disturbance", 100.0, 200.0, 1.0, 0.0)])
    disturbed = (blocks.start_s >= 100.0) & (blocks.end_s <= 200.0)
    assert np.all(blocks.outcome[disturbed] == ABORTED)
    assert blocks.secret_bits.sum() == pytest.approx(880.0 * 1e5, abs=1.0)


def test_beyond_its_table_a_device_claims_nothing() -> None:
    blocks = run(declared_link(30.0), 100.0)
    assert np.all(blocks.outcome == NO_KEY_AT_LOSS)
    assert blocks.secret_bits.sum() == 0


def test_declared_key_is_never_called_proven() -> None:
    made = declared_link(15.0)
    assert not made.coverage.covered
    assert str(made.coverage) == "not covered by proof: rate declared by the profile"
    assert made.bounds == "declared rate table"
    assert made.in_validity


def test_more_loss_moves_along_the_rate_table() -> None:
    weak = run(declared_link(15.0), 1000.0, [Disruption("loss", 0.0, 1000.0, loss_db=3.0)])
    there = run(declared_link(18.0), 1000.0)
    np.testing.assert_array_equal(weak.secret_bits, there.secret_bits)
    gone = run(declared_link(15.0), 1000.0, [Disruption("loss", 100.0, 200.0, loss_db=60.0)])
    inside = (gone.start_s >= 100.0) & (gone.end_s <= 200.0)
    assert gone.secret_bits[inside].sum() == 0
    assert gone.secret_bits[~inside].min() > 0
