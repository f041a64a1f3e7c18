"""`list`, `check`, `plot`, `--help`, `--version`, `python -m qkdsim`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qkdsim import __version__, library
from qkdsim.cli import main


def test_list_names_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    shipped = json.loads(capsys.readouterr().out)
    names = {kind: {one["name"] for one in shipped[kind]} for kind in ("topologies", "scenarios", "profiles")}
    assert {"tokyo-day", "cambridge-day", "secoqc-day", "backbone-day"} <= names["scenarios"]
    assert {"tokyo-2010", "secoqc-2008", "cambridge-2019", "madqci-2024"} <= names["topologies"]
    assert {"gys-2004", "lim-2014", "boaron-2018", "t12-2013", "generic-ingaas-metro"} <= names["profiles"]
    assert main(["list", "scenarios"]) == 0
    assert "tokyo-day" in capsys.readouterr().out


def test_check_takes_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tokyo-day").mkdir()  # a shipped name stays one
    Path("mine").mkdir()
    assert main(["check", "tokyo-day"]) == 0
    assert capsys.readouterr().out == "tokyo-day: no problems\n"
    assert main(["check", "mine"]) == 2
    assert capsys.readouterr().out == "mine: a folder without TOML files\n"
    shipped = library.data_folder() / "topologies" / "tokyo-2010.toml"
    Path("mine/b.toml").write_bytes(shipped.read_bytes())
    Path("mine/a.toml").write_text("format = 7", encoding="utf-8")
    Path("mine/notes.txt").write_text("not TOML", encoding="utf-8")
    assert main(["check", "mine"]) == 2
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("mine/a.toml: format: got 7")
    assert second == "mine/b.toml: no problems"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plots_write_the_format_of_their_suffix(tmp_path: Path, suffix: str) -> None:
    magic = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[suffix]
    rate, network = tmp_path / f"rate.{suffix}", tmp_path / f"network.{suffix}"
    assert main(["plot", "key-rate", "gys-2004", "tokyo-2010-ntt", "--asymptotic", "--out", str(rate)]) == 0
    assert main(["plot", "network", "tokyo-2010", "--out", str(network)]) == 0
    assert rate.read_bytes().startswith(magic)
    assert network.read_bytes().startswith(magic)


def test_plots_of_a_run(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    assert main(["run", "cambridge-day", "--duration", "1h", "--out", run]) == 0
    assert main(["plot", "stores", run, "--out", str(tmp_path / "stores.svg")]) == 0
    assert main(["plot", "network", run, "--out", str(tmp_path / "map.svg")]) == 0
    assert (tmp_path / "stores.svg").stat().st_size > 1000


def test_python_dash_m_and_version() -> None:
    done = subprocess.run([sys.executable, "-m", "qkdsim", "--version"], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == __version__


def test_without_arguments_it_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(command in text for command in ("run", "rate", "plot", "list", "check"))


def test_help_imports_nothing_heavy() -> None:
    """A quick start is a promise: the help page must not load the numerical packages."""
    code = "import sys; from qkdsim.cli import main; main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    heavy = {"numpy", "scipy", "polars", "matplotlib", "pydantic", "simpy", "networkx"}
    assert not {name for name in heavy if f"'{name}'" in done.stderr}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipes and /dev/full")
def test_a_reader_that_leaves_early_is_no_failure() -> None:
    command = f"{sys.executable} -m qkdsim list 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stdout
    full = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m qkdsim list > /dev/full"], capture_output=True, text=True, check=False
    )
    assert full.returncode == 1
    assert full.stderr.splitlines()[0].startswith("qkdsim: cannot write")
    assert "Traceback" not in full.stderr
