"""`qkdsim rate` against published figures, and its JSON document."""

import json

import pytest

from qkdsim.cli import main

RATE_KEYS = {
    "protocol",
    "bounds",
    "covered_by_proof",
    "length_km",
    "loss_db",
    "transmittance",
    "gain",
    "qber",
    "single_photon_gain",
    "phase_error_rate",
    "sifted_rate_bps",
    "secret_key_bits_per_pulse",
    "secret_key_rate_bps",
    "block_bits",
    "max_length_km",
}


def rate(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["rate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_gys_at_zero_length_gives_the_published_rate_and_reach(capsys: pytest.CaptureFixture[str]) -> None:
    """Ma et al., Phys. Rev. A 72, 012326 (2005): 2.5546e-3 from the paper's formulas, reach 142.05 km as printed."""
    found = rate(capsys, "gys-2004", "--length-km", "0", "--asymptotic")
    assert found["secret_key_bits_per_pulse"] == pytest.approx(2.5546e-3, rel=1e-3)
    assert found["max_length_km"] == pytest.approx(142.05, abs=0.2)
    assert found.keys() >= RATE_KEYS
    assert found["format"] == "rate/1"


def test_length_and_the_loss_it_makes_give_the_same_rate(capsys: pytest.CaptureFixture[str]) -> None:
    by_length = rate(capsys, "lim-2014", "--length-km", "50")
    by_loss = rate(capsys, "lim-2014", "--loss-db", "10")  # 0.2 dB/km, and the profile has no gate to disperse into
    assert by_loss["secret_key_bits_per_pulse"] == pytest.approx(by_length["secret_key_bits_per_pulse"], rel=1e-12)
    assert by_loss["length_km"] is None


def test_larger_blocks_give_more_key_and_asymptotics_most(capsys: pytest.CaptureFixture[str]) -> None:
    small = rate(capsys, "lim-2014", "--length-km", "50", "--block-bits", "1e6")
    large = rate(capsys, "lim-2014", "--length-km", "50", "--block-bits", "1e9")
    endless = rate(capsys, "lim-2014", "--length-km", "50", "--asymptotic")
    assert small["secret_key_rate_bps"] < large["secret_key_rate_bps"] < endless["secret_key_rate_bps"]


def test_set_changes_a_value_of_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    plain = rate(capsys, "gys-2004", "--length-km", "20", "--asymptotic")
    better = rate(capsys, "gys-2004", "--length-km", "20", "--asymptotic", "--set", "detector.efficiency=0.09")
    assert better["gain"] == pytest.approx(2 * plain["gain"], rel=0.02)


@pytest.mark.slow
def test_optimised_settings_reach_the_optimum_of_lim_2014(capsys: pytest.CaptureFixture[str]) -> None:
    """Global optimum of the published formulas at 50 km and 1e7 bits: 5.1390e-4 bit/pulse, within 1 %."""
    found = rate(capsys, "lim-2014", "--length-km", "50", "--block-bits", "1e7", "--optimise")
    assert found["secret_key_bits_per_pulse"] == pytest.approx(5.1389851e-4, rel=0.01)
    assert sum(found["optimised"]["probability"]) == pytest.approx(1.0)


def test_what_no_proof_covers_is_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    three_states = rate(capsys, "boaron-2018", "--loss-db", "42.7")
    assert not three_states["covered_by_proof"]
    assert "three states" in three_states["coverage"]
    independent = rate(capsys, "generic-ingaas-metro", "--loss-db", "5", "--set", "detector.dead_time_rule=independent")
    assert independent["coverage"].startswith("not covered by proof: independent dead times")
    declared = rate(capsys, "tokyo-2010-ntt", "--loss-db", "27")
    assert not declared["covered_by_proof"]


def test_for_people_it_names_theory_and_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rate", "generic-ingaas-metro", "--length-km", "20"]) == 0
    text = capsys.readouterr().out
    assert "lim-2014, chernoff" in text
    assert "covered" in text
