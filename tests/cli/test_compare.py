"""`qkdsim compare`: figures that agree with `rate`, bands around them, table, page, JSON, bad input."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from qkdsim.cli import main
from qkdsim.devices import load_profile
from qkdsim.evaluation.rate_band import BLOCKS, rate_band
from qkdsim.evaluation.side_by_side import LIFE_YEARS
from qkdsim.links import key_rate

NAMES = ("generic-ingaas-metro", "secoqc-2008-idq")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    page = tmp_path_factory.mktemp("compare") / "page.html"
    with redirect_stdout(io.StringIO()) as out:
        assert main(["compare", *NAMES, "--json", "--html", str(page), "--figure", str(page.with_suffix(".svg"))]) == 0
    return {**json.loads(out.getvalue()), "page": page.read_text(encoding="utf-8"), "svg": page.with_suffix(".svg")}


def test_rates_and_reach_are_those_of_the_rate_command(document: dict) -> None:
    metro, idq = document["profiles"]
    rate = key_rate("generic-ingaas-metro", loss_db=10.0)
    assert metro["rate_bps"] == pytest.approx(rate.secret_key_rate_bps)
    assert metro["qber"] == pytest.approx(rate.qber)
    assert metro["reach_km"] == pytest.approx(rate.max_length_km, rel=0.02)  # dispersion: a loss is not a length
    assert key_rate("generic-ingaas-metro", loss_db=metro["reach_db"]).secret_key_rate_bps > 0.0
    assert key_rate("generic-ingaas-metro", loss_db=metro["reach_db"] + 0.05).secret_key_rate_bps == 0.0
    assert idq["rate_bps"] == 0.0
    assert idq["energy_j_per_mbit"] is None


def test_effort_per_key_is_power_over_rate(document: dict) -> None:
    metro = document["profiles"][0]
    assert metro["energy_j_per_mbit"] == pytest.approx(150.0 / metro["rate_bps"] * 1e6)
    assert metro["cost_eur"] is None
    assert metro["cost_eur_per_mbit"] is None
    assert LIFE_YEARS == 5.0


def test_lines_lie_in_their_bands(document: dict) -> None:
    curve = document["profiles"][0]["curve"]
    rows = list(zip(curve["loss_db"], curve["rate_bps"], curve["low_bps"], curve["high_bps"], strict=True))
    assert len(rows) == 62
    assert document["profiles"][0]["reach_db"] in curve["loss_db"]  # where the line ends
    for loss_db, rate, low, high in rows:
        if loss_db < 25.0:  # beyond, the cliff of the last decibel
            assert low <= rate <= high
            assert low < high
    declared = document["profiles"][1]["curve"]
    assert declared["low_bps"] == declared["rate_bps"] == declared["high_bps"]


def test_the_band_narrows_with_larger_blocks() -> None:
    """Relative spread goes as one over the root of the block, once it is large."""

    def width(block_bits: float) -> float:
        sizes = {"post_processing.block_size_bits": block_bits}
        band = rate_band("x", load_profile("generic-ingaas-metro", overrides=sizes), 5.0)
        return (band.high_bps - band.low_bps) / band.rate_bps

    # two estimated widths, each good to about 1.3 / sqrt(blocks); four standard errors of their ratio
    assert width(1e8) / width(1e10) == pytest.approx(10.0, rel=4 * 2**0.5 * 1.3 / BLOCKS**0.5)


def test_security_margins_are_those_of_the_declared_values(document: dict) -> None:
    security = {one["criterion"]: one for one in document["profiles"][0]["security"]}
    assert security["TX-14"]["relative_margin"] == pytest.approx(175.0 / 150.0 - 1.0)
    assert {one["verdict"] for one in document["profiles"][1]["security"]} <= {"inconclusive", "not-applicable"}


def test_page_and_figure_show_both(document: dict) -> None:
    for name in NAMES:
        assert name in document["page"]
        assert name in document["svg"].read_text(encoding="utf-8")
    assert "<script" not in document["page"]
    assert "477 kbit/s" in document["page"]


def test_the_table_has_a_column_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "gys-2004"]) == 0
    out = capsys.readouterr().out
    assert "secret key rate at 10 dB" in out
    assert "gys-2004" in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("gys-2004", "gys-2004"), "compare: got 'gys-2004', expected each profile once"),
        (("gys-2004", "--loss-db", "-1"), "--loss-db: got -1.0, expected a number >= 0 and <= 120"),
        (("gys-2004", "--loss-db", "nan"), "--loss-db: got nan, expected a number >= 0 and <= 120"),
        (("gys-2004", "--level", "L4"), "--level: got 'L4', expected one of L1, L2, L3"),
        (("micius-2017-transmitter",), "micius-2017-transmitter: one half of a pair: its key rate follows from a pair"),
        (("gys-2003",), "gys-2003: no shipped profile of this name"),
        (("gys-2004", "--html", "no/such/page.html"), "no/such/page.html: cannot be written: no such folder"),
    ],
)
def test_bad_input_is_one_line(
    arguments: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["compare", *arguments]) == 2
    errors = [one for one in capsys.readouterr().err.splitlines() if one.startswith("qkdsim:")]
    assert len(errors) == 1
    assert errors[0].startswith(f"qkdsim: {line}")
