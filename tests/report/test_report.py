from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from qkdsim.plots import MapNode
from qkdsim.plots.timeline import TimeAxis
from qkdsim.report import ProfileFacts, report_files, write_report
from qkdsim.report.demand_rows import demand_rows
from qkdsim.report.words import count, flattened, percent, probability
from qkdsim.results import FolderSink, open_run

from .synthetic import FakeLink, FakeRun, backbone, many_nodes, one_link, tokyo

VOID = {"meta", "br", "link", "img", "input", "hr"}
SECTIONS = ("map", "levels", "key-rates", "demand", "links", "faults", "inputs", "assumed", "not-modelled")


class Page(HTMLParser):
    """Checks that tags close in order, and keeps ids, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> in line {self.getpos()[0]}"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


RUNS = {"tokyo": tokyo, "one link": one_link, "many nodes": many_nodes, "backbone": backbone}


@cache
def page_of(name: str) -> str:
    run = RUNS[name]()
    return write_report(run.result(), run.facts())


@pytest.mark.parametrize("name", RUNS)
def test_the_page_is_whole_and_fetches_nothing(name: str) -> None:
    page = Page(page_of(name))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(SECTIONS) <= set(page.ids)
    assert not page.tags & {"script", "link", "iframe", "img", "object"}
    for tag, attribute, value in page.attributes:
        assert not attribute.startswith("on")
        if attribute.startswith("xmlns"):
            continue
        if not value.startswith("data:image/png;base64,"):
            assert "//" not in value, (tag, attribute, value)
        if attribute in {"href", "xlink:href", "src"}:
            assert value.startswith(("#", "data:image/png;base64,"))
        if value.startswith("#") and attribute in {"href", "xlink:href"}:
            assert value[1:] in page.ids
        for target in re.findall(r"url\(#([^)]*)\)", value):
            assert target in page.ids


def test_styles_fetch_nothing() -> None:
    for style in re.findall(r"<style.*?</style>", page_of("one link"), flags=re.DOTALL):
        assert "url(" not in style
        assert "@import" not in style


def test_the_page_shows_what_happened() -> None:
    run = tokyo()
    text = Page(page_of("tokyo")).text
    for node in run.nodes:
        assert node.label in text
    for link in run.links:
        assert text.count(link.id) >= 2
    assert "disturbance: koganei-2--otemachi-2" in text
    assert "21.94 h" in text  # 79,000 s
    assert "not covered by proof: dead times of the detectors" in text
    assert "koganei-1 → otemachi-1 → otemachi-2 → hongo: 100.0 %" in text
    assert "304 kbit/s" in text
    assert "3.80 %" in text
    assert "fictional device" in text
    assert "ab" * 32 in text
    assert "Initial store of 400 Mbit" in text
    assert "Side channels of the devices." in text
    for term in ("QBER", "served", "blocked", "key store", "epsilon", "trusted", "declared"):
        assert term in text


def test_numbers_of_the_table_of_links_follow_the_tables() -> None:
    row = tokyo().result().table("links").row(4, named=True)
    cells = re.search(r"<th class=\"id\">koganei-2--otemachi-2.*?</tr>", page_of("tokyo"), flags=re.DOTALL)
    assert cells is not None
    assert f"{row['secret_key_rate_bps'] / 304_000:.3f}" in cells.group()
    assert f"{row['secret_bits'] / 1e9:.1f} Gbit" in cells.group()
    assert f"{row['blocks']:,}".replace(",", " ") in cells.group()


def test_a_declared_rate_states_no_epsilon() -> None:
    run = tokyo(block_s=60.0)
    rows = {row.id: row for row in demand_rows(run.result(), TimeAxis.of(86_400.0), {}).rows}
    assert (rows["video"].epsilon_note, rows["archive"].epsilon_note) == ("", "and hops that state none")
    assert rows["archive"].epsilon != "—"  # its last hop, to hongo, is declared; the others are not
    assert (rows["rekeying-hongo"].epsilon, rows["rekeying-hongo"].epsilon_note) == ("—", "")


def test_names_are_escaped() -> None:
    nasty = "</svg><script>alert('x')</script>&\"$\\alpha$ 東京"
    nodes = [MapNode("a", nasty), MapNode("b", "<b>")]
    link = FakeLink(nasty, ("a", "b"), 100.0, 0.02, 60.0, coverage="not covered by proof: <i>")
    run = FakeRun(nodes, [link], duration_s=3600.0, title=nasty)
    facts = run.facts(
        description=nasty,
        assumptions=(nasty,),
        published=nasty,
        profiles=(ProfileFacts(nasty, nasty, nasty),),
    )
    text = write_report(run.result(), facts)
    page = Page(text)
    assert page.open == []
    assert not page.tags & {"script", "b", "i"}
    assert nasty in "".join(page.words)
    assert "東京" in text


def test_no_demands_and_no_faults_are_said() -> None:
    run = one_link()
    text = Page(write_report(run.result(), run.facts(assumptions=(), not_modelled=(), profiles=()))).text
    assert "This scenario asks for no key." in text
    assert "Nothing goes wrong in this scenario." in text
    assert "Schematic" in text


def test_same_run_same_bytes_and_figures_beside_the_page() -> None:
    run = tokyo(block_s=60.0)
    first, second = (report_files(run.result(), run.facts()) for _ in range(2))
    assert first == second
    names = ["network", "stores", "rates", "demands", "outcomes", "served"]
    assert list(first) == ["report.html", *(f"figures/{name}.svg" for name in names)]


def test_a_folder_gives_the_page_that_memory_gives(tmp_path: Path) -> None:
    run = tokyo(block_s=60.0)
    kept = run.result()
    with FolderSink(tmp_path / "run") as sink:
        for name, frame in kept.frames.items():
            sink.append(name, {column: frame[column].to_list() for column in frame.columns})
        staged = sink.result(kept.summary, kept.manifest)
        for name, text in report_files(staged, run.facts()).items():
            sink.write_text(name, text)
        sink.commit()
    read = open_run(tmp_path / "run")
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert page == write_report(read, run.facts())
    assert page == write_report(kept, run.facts())


def test_a_full_day_is_quick_and_light() -> None:
    run = tokyo(block_s=2.5)
    result = run.result()
    assert result.table("blocks").height > 50_000
    assert result.table("requests").height > 87_000
    write_report(one_link().result(), one_link().facts())  # imports are not part of the measure
    begin = time.process_time()
    page = write_report(result, run.facts())
    assert time.process_time() - begin < 3.0
    assert len(page.encode()) < 2_000_000


def test_unknown_start_and_seed_are_left_out() -> None:
    run = one_link()
    text = Page(write_report(run.result(), replace(run.facts(), start=None, seed=None))).text
    assert "time since start (min)" in text
    assert "seed 7" not in text.split("Network")[0]


def test_words() -> None:
    assert percent(0.99999) == "> 99.99 %"
    assert percent(1.0) == "100.00 %"
    assert percent(1e-9) == "< 0.01 %"
    assert percent(0.0) == "0.00 %"
    assert percent(float("nan")) == "—"
    assert probability(1.7e-6) == "1.7 × 10⁻⁶"
    assert probability(3.0) == "1 (nothing promised)"
    assert probability(None) == "—"
    assert count(1_234_567) == "1 234 567"
    nested = {"a": {"b": 1}, "c": [{"d": 2}, {"name": "x", "d": 3}], "e": ["x", "y"], "f": None, "g": []}
    assert list(flattened(nested)) == [("a.b", "1"), ("c[0].d", "2"), ("c[x].d", "3"), ("e", "x, y")]
