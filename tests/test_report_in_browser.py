"""The report page of a real run, in a real browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from qkdsim.cli import main

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=2000",
]
MEASURE = """<script>addEventListener('load', () => {
  const boxes = [...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect());
  document.body.dataset.measured = JSON.stringify({
    page_px: document.documentElement.scrollWidth, window_px: innerWidth,
    figures: boxes.filter(b => b.width > 200 && b.height > 100).length,
    wide_figures: boxes.filter(b => b.right > innerWidth + 1).length,
    resources: performance.getEntriesByType('resource').length,
    tables: document.querySelectorAll('table').length,
  });
});</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which .ci/run installs")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "run"
    assert main(["run", "tokyo-day", "--out", str(folder)]) == 0
    return folder / "report.html"


def measured(page: Path, tmp_path: Path, width_px: int) -> dict:
    copy = tmp_path / f"page-{width_px}.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={tmp_path / 'user'}",
        f"--window-size={width_px},900",
        "--dump-dom",
        copy.as_uri(),
    ]  # fmt: skip  (one flag after the other reads better than one a line)
    dom = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout
    found = re.search(r'data-measured="([^"]*)"', dom)
    assert found, "the page did not load"
    return json.loads(found[1].replace("&quot;", '"'))


@pytest.mark.slow
@pytest.mark.parametrize("width_px", [1280, 600])
def test_the_page_fits_its_window_and_loads_nothing(report: Path, tmp_path: Path, width_px: int) -> None:
    page = measured(report, tmp_path, width_px)
    assert page["page_px"] <= page["window_px"]
    assert page["figures"] >= 4
    assert page["wide_figures"] == 0
    assert page["resources"] == 0
    assert page["tables"] >= 3


def test_the_page_names_no_other_host(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    links = set(re.findall(r"https?://[^\"'\s<>)]+", text))
    assert all(link.startswith("http://www.w3.org/") for link in links), links
    assert report.stat().st_size < 2_000_000
