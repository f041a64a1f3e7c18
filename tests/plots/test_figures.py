from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import pytest

from qkdsim.errors import InputError
from qkdsim.plots import (
    FaultSpan,
    MapNode,
    RateCurve,
    RatePoint,
    key_rate_figure,
    network_figure,
    plob_rate_bps,
    save,
    to_svg,
)
from qkdsim.plots.timeline import TimeAxis, timeline

CURVE = RateCurve("device", [0.0, 50.0, 100.0, 150.0], [1e6, 1e4, 100.0, 0.0])


def test_plob_bound_per_use() -> None:
    # -log2(1 - eta): 0.152003 at 10 dB and 0.0144996 at 20 dB
    assert plob_rate_bps([10.0, 20.0], 1.0) == pytest.approx([0.152003, 0.0144996], rel=1e-5)
    assert plob_rate_bps([0.0], 1.0) == [float("inf")]


def test_key_rate_figure_has_title_units_and_legend() -> None:
    plob = RateCurve("repeaterless bound", [0.0, 100.0], plob_rate_bps([0.0, 20.0], 1e9))
    svg = to_svg(key_rate_figure([CURVE], plob=plob, points=[RatePoint("measured", 45.0, 3e4)]))
    for text in ("Secret key rate", "fibre length (km)", "kbit/s", "device", "repeaterless bound", "measured"):
        assert text in svg


def test_a_device_without_key_is_said() -> None:
    assert "no key anywhere" in to_svg(key_rate_figure([RateCurve("dead", [1.0, 2.0], [0.0, float("nan")])]))


def test_wrong_curves_are_refused() -> None:
    with pytest.raises(InputError, match="at least one curve"):
        key_rate_figure([])
    with pytest.raises(InputError, match="expected as many as rates"):
        key_rate_figure([RateCurve("x", [1.0], [1.0, 2.0])])


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")])
def test_the_suffix_chooses_the_format_and_bytes_repeat(tmp_path: Path, suffix: str, magic: bytes) -> None:
    for name in ("one", "two"):
        save(key_rate_figure([CURVE]), tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert first.startswith(magic)
    assert first == second


def test_figures_cannot_be_saved_everywhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        save(key_rate_figure([CURVE]), tmp_path / "x.gif")
    with pytest.raises(InputError, match="cannot be written"):
        save(key_rate_figure([CURVE]), tmp_path / "nowhere" / "x.png")


DRAW = """
import hashlib
from tests.report.synthetic import tokyo
from qkdsim.report import report_files
run = tokyo(block_s=120.0)
print(hashlib.sha256(repr(report_files(run.result(), run.facts())).encode()).hexdigest())
"""


def test_two_processes_draw_the_same_bytes(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nsvg.fonttype: path\n")  # the user's taste stays out
    seen = set()
    for seed, settings in (
        ("1", {}),
        ("2", {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "POLARS_MAX_THREADS": "1"}),
    ):
        environment = {**os.environ, "PYTHONHASHSEED": seed, **settings}
        command = [sys.executable, "-c", DRAW]
        seen.add(subprocess.run(command, check=True, cwd=root, env=environment, capture_output=True).stdout)
    assert len(seen) == 1
    assert len(seen.pop().strip()) == hashlib.sha256().digest_size * 2


def test_drawing_leaves_settings_alone_and_needs_no_pyplot() -> None:
    before = dict(mpl.rcParams)
    to_svg(key_rate_figure([CURVE]))
    assert dict(mpl.rcParams) == before
    command = "import sys, qkdsim.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True)


def test_names_in_any_script_are_text_and_raise_no_warning(tmp_path: Path) -> None:
    figure = network_figure([MapNode("a", "東京 $x_1$ <&>", 35.0, 139.0)], [])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = to_svg(figure)
        save(figure, tmp_path / "x.png")
    assert "東京 $x_1$ &lt;&amp;&gt;" in svg


@pytest.mark.parametrize(
    ("duration_s", "unit", "step"),
    [(90.0, "s", 10), (3600.0, "min", 5), (86_400.0, "h", 2), (30 * 86_400.0, "d", 5), (10 * 31_557_600.0, "years", 1)],
)
def test_time_is_shown_in_the_unit_that_fits(duration_s: float, unit: str, step: float) -> None:
    axis = TimeAxis.of(duration_s)
    assert (axis.unit, axis.step) == (unit, step)


def lanes_of(faults: list[FaultSpan]) -> str:
    return to_svg(timeline("Title", TimeAxis.of(3600.0), faults, (1.0,), 1.0).figure)


def test_few_faults_are_named_and_many_of_a_kind_counted() -> None:
    cuts = [FaultSpan("cut", f"link-{i}", 100.0 * i, 100.0 * i + 50, 100.0 * i + 60) for i in range(9)]
    late = FaultSpan("off", "late", 5000.0, 6000.0, float("inf"))
    others = [
        FaultSpan("controller-lost", "", 10.0, 20.0, 20.0, "controller"),
        FaultSpan("node-lost", "hub", 30.0, 40.0, 40.0, "node"),
        FaultSpan("classical-cut", "c-1", 50.0, 60.0, 60.0, "classical-link"),
    ]
    svg = lanes_of([*cuts, late, *others])
    for text in ("cut: 9 links", "controller-lost<", "node-lost: hub", "classical-cut: c-1"):
        assert text in svg
    assert "late" not in svg  # it starts after the run
    svg = lanes_of([*cuts[:3], *others])
    for text in ("cut: link-0", "cut: link-2", "controller-lost<"):
        assert text in svg


def test_links_of_a_lost_node_have_no_lanes_of_their_own() -> None:
    lost = FaultSpan("node-lost", "hub", 30.0, 40.0, 40.0, "node")
    svg = lanes_of([lost, *(FaultSpan("node-lost", f"hub--{i}", 30.0, 40.0, 50.0) for i in range(20))])
    assert "node-lost: hub<" in svg
    assert "hub--" not in svg
    assert "20 links" not in svg
