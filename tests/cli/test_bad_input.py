"""Bad input: one line on stderr, exit status 2, nothing written, never a traceback."""

from pathlib import Path

import pytest

from qkdsim import library
from qkdsim.cli import main

TOKYO = (library.data_folder() / "scenarios" / "tokyo-day.toml").read_text(encoding="utf-8")
PROFILE = (library.data_folder() / "certification/profiles/generic-ingaas-metro.toml").read_text(encoding="utf-8")
NETWORK = (library.data_folder() / "topologies" / "tokyo-2010.toml").read_text(encoding="utf-8")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    before = sorted(Path().rglob("*"))
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert 1 <= len(lines) <= 3
    assert all(line.startswith("qkdsim: ") for line in lines)
    assert "Traceback" not in captured.err
    assert sorted(Path().rglob("*")) == before
    return captured.err


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def changed(text: str, old: str, new: str, name: str) -> str:
    assert old in text
    Path(name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("seed = 7", "seed = 7\nsped = 8", "sped: got an unknown key"),
        ("seed = 7", 'seed = "seven"', "seed: got 'seven'"),
        ("seed = 7", "seed = -7", "seed: got -7, expected greater than or equal to 0"),
        ('duration = "24h"', 'duration = "a day"', "duration: got 'a day', expected a duration"),
        ('duration = "24h"', "duration = 24", "duration: got 24"),
        ('duration = "24h"', 'duration = "0s"', "duration: got 0"),
        ('to = "otemachi-2"', 'to = "atlantis"', "demand[0].to: got 'atlantis'"),
        ('link = "otemachi-2--hongo"', 'link = "otemachi-2--ueno"', "fault[1].link: got 'otemachi-2--ueno'"),
        ("rate_bps = 128000", "rate_bps = nan", "demand[0].rate_bps: got nan"),
        ("rate_bps = 128000", "rate_bps = -1.0", "demand[0].rate_bps: got -1.0, expected a number > 0"),
        ('id = "tunnel-otemachi"', 'id = "video"', "'video' twice"),
        ('topology = "tokyo-2010"', 'topology = "tokyo-2011"', "tokyo-2011"),
        ('fidelity = "tallied"', 'fidelity = "wild"', "fidelity: got 'wild'"),
        ('topology = "tokyo-2010"', 'topology = "/dev/zero"', "topology: '/dev/zero': file is larger than 64 MiB"),
        ('topology = "tokyo-2010"', 'topology = "a\\u0000.toml"', "cannot be read: no path has a NUL character"),
        ('topology = "tokyo-2010"', f'topology = "{"x" * 300}.toml"', "cannot be read: File name too long"),
        ('topology = "tokyo-2010"', f'topology = "{"x" * 300}"', "no shipped topology of this name"),
        ('duration = "24h"', 'duration = "101a"', "expected at most 100a"),
    ],
)
def test_bad_scenarios(capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str) -> None:
    name = changed(TOKYO, old, new, "bad.toml")
    message = refused(capsys, "run", name)
    assert expected in message
    assert "bad.toml" in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("efficiency = 0.20", "efficiency = 1.2", "detector.efficiency: got 1.2, expected a number >= 0 and <= 1"),
        ("probability = 0.75", "probability = 0.70", "source: intensity probabilities sum to 0.95, expected 1"),
        (
            "pulse_rate_hz = { value = 1.0e9, uncertainty = 1.0e3 }",
            "pulse_rate_hz = nan",
            "source.pulse_rate_hz: got nan, expected a number > 0",
        ),
        (
            "pulse_rate_hz = { value = 1.0e9, uncertainty = 1.0e3 }",
            "pulse_rate_hz = true",
            "source.pulse_rate_hz: got True",
        ),
        ("dead_time_s = 100e-9", "dead_time_s = -100e-9", "detector.dead_time_s: got -1e-07"),
        ('proof = "lim-2014"', 'proof = "rusca-2018"', "rusca-2018 needs 2 intensities, the source has 3"),
        ('proof = "lim-2014"', 'proof = "vibes"', "security_model.proof: got 'vibes'"),
        ('format = "profile/1"', 'format = "profile/2"', "format: got 'profile/2'"),
        ('format = "profile/1"', "", "format: got 'nothing'"),
    ],
)
def test_bad_profiles(capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str) -> None:
    name = changed(PROFILE, old, new, "device.toml")
    assert expected in refused(capsys, "rate", name, "--length-km", "10")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("length_km = 45.0", "length_km = -45.0", "link[0].length_km: got -45.0, expected a number >= 0"),
        ('ends = ["koganei-1", "otemachi-1"]', 'ends = ["koganei-1", "narita"]', "link[0].ends: got 'narita'"),
        ('id = "koganei-2"', 'id = "koganei-1"', "node[1].id: got 'koganei-1' twice"),
        ("loss_db = 14.5", "loss_db = 14.5\namplifiers = 1", "no quantum signal passes an optical amplifier"),
        ('profile = "tokyo-2010-nec"', 'profile = "tokyo-2010-nex"', "tokyo-2010-nex"),
    ],
)
def test_bad_topologies(capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str) -> None:
    name = changed(NETWORK, old, new, "net.toml")
    assert main(["check", name]) == 2
    text = capsys.readouterr().out
    assert expected in text
    Path("s.toml").write_text(TOKYO.replace('"tokyo-2010"', '"net.toml"'), encoding="utf-8")
    assert "net.toml" in refused(capsys, "run", "s.toml")


def test_a_demand_between_parts_that_no_link_joins(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.toml").write_text(NETWORK + '\n[[node]]\nid = "island"\n', encoding="utf-8")
    text = TOKYO.replace('"tokyo-2010"', '"net.toml"').replace('to = "otemachi-2"', 'to = "island"', 1)
    Path("s.toml").write_text(text, encoding="utf-8")
    assert "island" in refused(capsys, "run", "s.toml")


def test_files_that_are_no_text_no_toml_or_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("latin.toml").write_bytes("title = 'Köln'".encode("latin-1"))
    Path("broken.toml").write_text("title = = 3", encoding="utf-8")
    Path("folder.toml").mkdir()
    assert "not UTF-8" in refused(capsys, "run", "latin.toml")
    assert "not TOML" in refused(capsys, "run", "broken.toml")
    assert "no such file" in refused(capsys, "run", "absent.toml")
    assert "folder.toml" in refused(capsys, "run", "folder.toml")
    assert "nearest: tokyo-day" in refused(capsys, "run", "tokio-day")
    assert "scenario/1" in refused(capsys, "run", changed(PROFILE, "vendor", "vendor", "device.toml"))


def test_output_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("not a folder", encoding="utf-8")
    assert "cannot be written" in refused(capsys, "run", "tokyo-day", "--duration", "1h", "--out", "file/run")
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("years of work", encoding="utf-8")
    refused(capsys, "run", "tokyo-day", "--duration", "1h", "--out", "mine")
    assert Path("mine/thesis.tex").read_text(encoding="utf-8") == "years of work"
    assert "ends in .png" in refused(capsys, "plot", "network", "tokyo-2010", "--out", "map.bmp")


@pytest.mark.parametrize(
    "arguments",
    [
        ["rate", "gys-2004"],
        ["rate", "gys-2004", "--length-km", "10", "--loss-db", "2"],
        ["rate", "gys-2004", "--length-km", "-1"],
        ["rate", "gys-2004", "--length-km", "nan"],
        ["rate", "gys-2004", "--length-km", "1e9"],
        ["rate", "gys-2004", "--length-km", "ten"],
        ["rate", "gys-2004", "--length-km", "10", "--block-bits", "0"],
        ["rate", "gys-2004", "--length-km", "10", "--block-bits", "1e6", "--asymptotic"],
        ["rate", "gys-2004", "--length-km", "10", "--set", "detector.efficiency"],
        ["rate", "gys-2004", "--length-km", "10", "--set", "detector.colour=red"],
        ["rate", "gys-2004", "--length-km", "10", "--set", "source.intensity[9].probability=1"],
        ["run", "tokyo-day", "--duration", "soon"],
        ["run", "tokyo-day", "--seed", "-1"],
        ["run", "tokyo-day", "--fidelity", "vivid"],
        ["run"],
        ["fly"],
        ["list", "unicorns"],
        ["plot", "stores", "no-such-run"],
        ["rate", "\N{SNOWMAN}", "--length-km", "1"],
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    refused(capsys, *arguments)


def test_check_reports_every_problem_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    text = PROFILE.replace("efficiency = 0.20", "efficiency = 2").replace("qber_abort = 0.08", "qber_abort = 0.9")
    Path("device.toml").write_text(text + "\n[nonsense]\nx = 1\n", encoding="utf-8")
    assert main(["check", "device.toml", "tokyo-day"]) == 2
    lines = capsys.readouterr().out.splitlines()
    keys = [line.split(": ")[1] for line in lines[:3]]
    assert keys == ["detector.efficiency", "post_processing.qber_abort", "nonsense"]
    assert lines[3] == "tokyo-day: no problems"


def test_check_sees_what_other_problems_hide(capsys: pytest.CaptureFixture[str]) -> None:
    """Values, how they fit, and the files they name are looked at in turn; one must not keep the others from it."""
    text = TOKYO.replace('duration = "24h"', 'duration = "never"').replace('to = "otemachi-2"', 'to = "atlantis"', 1)
    text = text.replace('at = "6h"', "at = 6").replace('link = "otemachi-2--hongo"', 'link = "otemachi-2--ueno"')
    Path("day.toml").write_text(
        text
        + '\n[[fault]]\nkind = "cut"\nat = "1h"\nfor = "1s"\nnode = "ueno"\n'
        + '\n[[fault]]\nkind = "cut"\nat = "1h"\nfor = "0s"\nnode = "hongo"\n',
        encoding="utf-8",
    )
    assert main(["check", "day.toml"]) == 2
    keys = {line.split(": ")[1] for line in capsys.readouterr().out.splitlines()}
    assert keys == {"duration", "fault[0].at", "demand[0].to", "fault[1].link", "fault[2].node", "fault[3].for"}

    net = NETWORK.replace("loss_db = 14.5", "loss_db = -1", 1).replace(
        "latitude_deg = 35.7106", 'latitude_deg = "north"'
    )
    net = net.replace('ends = ["otemachi-2", "hongo"]', 'ends = ["otemachi-2", "ueno"]')
    Path("net.toml").write_text(net.replace("tokyo-2010-ntt", "tokyo-2010-ntz"), encoding="utf-8")
    assert main(["check", "net.toml"]) == 2
    keys = {line.split(": ")[1] for line in capsys.readouterr().out.splitlines()}
    assert keys == {"link[0].loss_db", "node[1].latitude_deg", "link[5].ends", "link[1].profile"}
