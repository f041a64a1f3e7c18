"""`qkdsim plot` for runs with sessions: figures, and one line where a run has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from qkdsim.cli import main
from qkdsim.scenario import simulate


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("runs") / "diversity"
    simulate("kem-diversity", duration_s=1800.0, out=folder)
    return str(folder)


@pytest.mark.parametrize("words", [["sessions"], ["sessions", "--show", "handshakes"], ["exposure"]])
def test_figures_of_sessions(words: list[str], run_folder: str, tmp_path: Path) -> None:
    out = tmp_path / "figure.svg"
    assert main(["plot", words[0], run_folder, *words[1:], "--out", str(out)]) == 0
    assert "one-lattice" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("figure", ["objects", "migration"])
def test_a_run_without_is_refused_in_one_line(
    figure: str, run_folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figure.svg"
    assert main(["plot", figure, run_folder, "--out", str(out)]) == 2
    assert f"a run with {figure}; this one has none" in capsys.readouterr().err
    assert not out.exists()
