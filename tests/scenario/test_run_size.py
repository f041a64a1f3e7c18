"""What a run may be asked to do: slips of the pen are one line, and nothing is computed before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.scenario import build, load_named_scenario
from qkdsim.scenario.run_size import size_problems
from qkdsim.studies import check_counts

from .small_files import write_small_files

YEAR_S = 365.25 * 86_400


def refused(path: Path, **more: float) -> str:
    with pytest.raises(InputError) as caught:
        build(load_named_scenario(str(path)), **more)
    return str(caught.value).removeprefix(f"{path}: ")


CENTRAL = 'grid = "10min"\n[routing]\ncontrol = "central"\ncontroller = "north"\n'
ON_OFF = 'requests_per_s = 0.05\npattern = "bursts"\nmean_on = "0.001ms"\nmean_off = "0.001ms"'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"10min"', '"0.001ms"', "grid: got 1e-06 s: 7.2e+09 store levels in 1 h, expected at most 1,000,000,000"),
        (
            'grid = "10min"\n',
            CENTRAL + 'update_interval = "0.01ms"\n',
            "routing.update_interval: got 1e-05 s: 3.6e+08 updates in 1 h, expected at most 100,000,000",
        ),
        ('interval = "10s"', 'interval = "0.000002s"', "demand[0]: got 1.8e+09 requests in 1 h, expected at most"),
        (
            "requests_per_s = 0.05",
            "requests_per_s = 1e9",
            "demand[1]: got 3.6e+12 requests in 1 h, expected at most",
        ),
        ("requests_per_s = 0.05", ON_OFF, "demand[1].mean_on: got 1.8e+09 times on in 1 h, expected at most"),
        ('duration = "1h"', 'duration = "1000000000a"', "duration: got 3.15576e+16 s, expected at most 100a"),
    ],
)
def test_too_much_to_do_is_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    rate = "rate_bps = 500\n"
    path = write_small_files(tmp_path, hour=(old, new))
    text = path.read_text(encoding="utf-8").replace(rate, "rate_bps = 1e9\n")  # at least a bit an interval
    path.write_text(text, encoding="utf-8")
    assert expected in refused(path)


def test_the_length_given_beside_the_file_counts(tmp_path: Path) -> None:
    path = write_small_files(tmp_path)
    assert "expected a duration above 0, at most 100a" in refused(path, duration_s=4e9)
    quick = write_small_files(tmp_path, hour=("requests_per_s = 0.05", "requests_per_s = 1e4"))
    build(load_named_scenario(str(quick)))
    assert "demand[1]: got 3.16e+11 requests in 365 d" in refused(quick, duration_s=YEAR_S)


def test_updates_that_nobody_makes_do_not_count(tmp_path: Path) -> None:
    hour = ('grid = "10min"\n', 'grid = "10min"\n[routing]\nupdate_interval = "0.01ms"\n')
    build(load_named_scenario(str(write_small_files(tmp_path, hour=hour))))


SESSION = '[[session]]\nid = "vpn"\nfrom = "north"\nto = "south"\npolicy = "PqcOnly"\n'
SIMULATED = SESSION + 'cryptography = "simulated"\n'
OBJECT = '[[object]]\nid = "record"\nowner = "north"\nholders = ["middle", "south"]\nthreshold = 2\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SIMULATED + 'rekey_after = "0.01ms"\n', "session[0]: got 3.6e+08 handshakes and pads in 1 h, expected"),
        (SIMULATED + "traffic_bps = 1e7\nrekey_after_bytes = 1\n", "session[0]: got 4.5e+09 handshakes and pads in"),
        (SIMULATED + "traffic_bps = 3e15\nmessage_bytes = 65536\n", "session[0].traffic_bps: got 1.35e+18 bytes in"),
        (SIMULATED + "traffic_bps = 1e30\n", "session[0]: got 1.93e+21 handshakes and pads in 1 h"),
        (SESSION + 'rekey_after = "0.1ms"\n', "session[0]: got 3.6e+07 real handshakes in 1 h, expected at"),
        (
            SESSION + 'retry_interval = "0.001ms"\n',
            "session[0].retry_interval: got 3.6e+09 retries, should every one be needed, in 1 h, expected at most",
        ),
        (
            OBJECT + "bytes = 1\n" + OBJECT.replace("rec", "b-rec") + "bytes = 1000000000000\nrequest_bits = 1024\n",
            "object[1]: got 1000000000000 bytes in keys of 1024 bit: 1.56e+10 requests in 1 h, expected at most 1",
        ),
    ],
)  # fmt: skip
def test_too_much_of_sessions_and_objects_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = write_small_files(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert expected in refused(path)


def test_a_block_of_one_bit_is_too_many_blocks(tmp_path: Path) -> None:
    shipped = library.data_folder() / "certification/profiles/generic-ingaas-metro.toml"
    text = shipped.read_text(encoding="utf-8")
    assert "block_size_bits = " in text
    scenario = write_small_files(tmp_path)
    (tmp_path / "even.toml").write_text(text, encoding="utf-8")
    words = scenario.read_text(encoding="utf-8").replace('fidelity = "declared"', 'fidelity = "tallied"')
    scenario.write_text(words, encoding="utf-8")
    plan = build(load_named_scenario(str(scenario)))
    assert not list(size_problems(plan))
    lines = ["block_size_bits = 1" if line.startswith("block_size_bits = ") else line for line in text.splitlines()]
    (tmp_path / "even.toml").write_text("\n".join(lines), encoding="utf-8")
    said = refused(scenario, duration_s=10 * YEAR_S)
    assert said.startswith("duration: got 3.15576e+08 s: ")
    assert said.endswith("key blocks, expected at most 10,000,000,000")


def test_years_of_a_shipped_scenario_are_far_from_the_limits() -> None:
    build(load_named_scenario("tokyo-day"), duration_s=10 * YEAR_S)


@pytest.mark.parametrize(("count", "workers"), [(10**8, 1), (1, 10**6), (0, 1), (1, 0)])
def test_replicas_and_workers_have_limits(count: int, workers: int) -> None:
    with pytest.raises(InputError, match=r"(replicas|workers): got \d+, expected a whole number from 1 to 1"):
        check_counts(count, workers)


LATE = {
    "fault[0].at": ('at = "20min"', 'at = "60min"'),
    "demand[1].start": ("requests_per_s = 0.05", 'requests_per_s = 0.05\nstart = "2h"'),
}


@pytest.mark.parametrize("key", LATE)
def test_what_begins_after_the_end_of_the_file_is_refused(tmp_path: Path, key: str) -> None:
    path = write_small_files(tmp_path, hour=LATE[key])
    assert refused(path).startswith(f"{key}: got ")
    assert refused(path).endswith("expected earlier than the end of the run (3600 s)")


@pytest.mark.parametrize("key", LATE)
@pytest.mark.parametrize("duration_s", [600.0, 36_000.0])
def test_a_run_of_another_length_leaves_out_what_comes_later(tmp_path: Path, key: str, duration_s: float) -> None:
    path = write_small_files(tmp_path, hour=LATE[key])
    plan = build(load_named_scenario(str(path)), duration_s=duration_s)
    assert len(plan.demands) == 2


STORE = "[store]\ninitial_key_bits = 5000\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            STORE,
            STORE + "capacity_bits = 1000\nhigh_watermark_bits = 2000\n",
            "store.high_watermark_bits: got 2000, expected at most capacity_bits (1000)",
        ),
        (
            STORE,
            STORE + "high_watermark_bits = 200000\n",
            "link[0].capacity_bits: got 100000, expected at least its watermarks (200000 bit)",
        ),
        (
            "initial_key_bits = 0\ncapacity_bits = 100000\n[[demand]]",
            "high_watermark_bits = 7000\n[[demand]]",
            "link[0].high_watermark_bits: got 7000, expected at most capacity_bits (6000)",
        ),
        ("requests_per_s = 0.05", "requests_per_s = 0.05\nkey_bits = 128.5", "key_bits: got 128.5, expected a whole"),
    ],
)
def test_bits_that_fit_no_store_or_key(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = write_small_files(tmp_path, hour=(old, new))
    if "(6000)" in expected:
        text = path.read_text(encoding="utf-8").replace(STORE, STORE + "capacity_bits = 6000\n")
        path.write_text(text, encoding="utf-8")
    assert expected in refused(path)
