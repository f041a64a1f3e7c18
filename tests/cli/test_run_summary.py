"""What `qkdsim run` prints where there is much to print."""

from __future__ import annotations

import pytest

from qkdsim.cli.run_summary import SHOWN_ROWS, print_summary
from qkdsim.results import MemorySink, RunResult


def many(count: int) -> RunResult:
    """A run with many links and demands; number 7 is served least, and demand 3 has many pairs."""
    link = {"profile": "p", "loss_db": 5.0, "qber": None, "blocks": 3, "keyless_blocks": 0, "stopped_s": None}
    links = [
        {**link, "id": f"link-{one}", "secret_key_rate_bps": 1000.0 + one, "covered_by_proof": True}
        for one in range(count)
    ]
    demands = [
        {
            "id": f"demand-{one}",
            "from": None if one == 3 else "a",
            "to": None if one == 3 else "b",
            "pairs": 1234 if one == 3 else 1,
            "requested_bits": 1000,
            "served_bits": 900,
            "served_fraction": 0.1 if one == 7 else 0.2 if one == 3 else 0.9,
            "blocked": 1,
            "lost": 0,
            "mean_delay_s": None,
        }
        for one in range(count)
    ]
    summary = {"scenario": "many", "duration_s": 60.0, "seed": 1, "links": links, "demands": demands}
    return MemorySink().result(summary, {})


def test_long_tables_show_their_worst_rows_and_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(many(500), 1.0)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 2 * SHOWN_ROWS + 20
    assert f"{SHOWN_ROWS} of 500 links, those with the lowest rates; all of them are in the report" in lines
    assert f"{SHOWN_ROWS} of 500 demands, those served least; all of them are in the report" in lines
    shown = [line.split()[0] for line in lines if line.strip().startswith("demand-")]
    assert shown[:2] == ["demand-7", "demand-3"]
    assert any("1,234 pairs" in line for line in lines)


def test_six_demands_are_shown_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(many(6), 1.0)
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if " demand-" in line] == [f"demand-{n}" for n in range(6)]
    assert " of 6 " not in out
