"""The page of a certification, its figures and gauges, JUnit, Japanese."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim.evaluation import Certification, Evidence, Series, certify, load_criteria
from qkdsim.evaluation.level import level_verdict
from qkdsim.evaluation.verdict import judge
from qkdsim.plots.evidence_series import evidence_figure, series_groups
from qkdsim.report.certificate import certificate_files, write_certificate
from qkdsim.report.gauge import gauge
from qkdsim.report.japanese_titles import TITLES

from .test_report import Page

KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
STRENGTHS = tuple(index / 10 for index in range(11))
POWER = Series("theory", "share intercepted", STRENGTHS, "detection probability", tuple(x**2 for x in STRENGTHS))
DRAWN = replace(POWER, name="simulated", y_low=tuple(0.9 * y for y in POWER.y), y_high=tuple(1.1 * y for y in POWER.y))
RATE = Series("rate", "loss (dB)", STRENGTHS, "secret key rate (bit/s)", tuple(10.0 ** (6 - 5 * x) for x in STRENGTHS))
# one of each verdict, in the order of the catalogue
EVIDENCE = {
    "TX-01": Evidence("TX-01", "experiment", "specimen", 0.031, (0.029, 0.033), 0.95, 1e5, 1e5, seed=1),
    "TX-02": Evidence("TX-02", "experiment", "specimen", 0.09, (0.08, 0.1), note='<b>drifts</b> & "more"\x07'),
    "PP-03": Evidence("PP-03", "attack", "specimen", True, series=(POWER, DRAWN, RATE), facts=(("blocks", 2000.0),)),
    "PF-10": Evidence("PF-10", "inspection", "assumed", 45.0, confidence=1.0),
    "CV-01": Evidence("CV-01", "inspection", "none", None, applicable=False, note="not a continuous-variable system"),
}


@pytest.fixture(scope="module")
def found() -> Certification:
    """A certification with evidence made by hand; the verdicts on it are judged as ever."""
    base = certify("generic-ingaas-metro", criteria=["IF-01"])
    criteria = tuple(load_criteria()[id_] for id_ in (*EVIDENCE, "IF-01"))
    verdicts = (*(judge(one, "L2", EVIDENCE[one.id]) for one in criteria[:-1]), base.verdicts[0])
    levels = tuple(replace(level_verdict("L2", verdicts), level=level) for level in ("L1", "L2", "L3"))
    evidence = {id_: (one,) for id_, one in EVIDENCE.items()}
    return replace(base, criteria=criteria, verdicts=verdicts, levels=levels, evidence=evidence)


@pytest.fixture(scope="module")
def files(found: Certification) -> dict[str, str]:
    return certificate_files(found)


def test_the_hand_made_evidence_has_every_verdict(found: Certification) -> None:
    assert [one.verdict for one in found.verdicts] == [
        "pass",
        "fail",
        "pass",
        "inconclusive",
        "not-applicable",
        "not-tested",
    ]


def test_the_page_is_well_formed_and_fetches_nothing(files: dict[str, str]) -> None:
    page = Page(files["report.html"])
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not page.tags & {"script", "link", "iframe", "img"}
    assert not [value for _, name, value in page.attributes if name in ("src", "href") and not value.startswith("#")]
    targets = {value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href"}
    assert targets <= set(page.ids)


def test_the_verdict_comes_first_and_every_criterion_has_its_evidence(
    files: dict[str, str], found: Certification
) -> None:
    page = Page(files["report.html"])
    text = page.text
    assert text.index("Does not conform") < text.index("TX-01")
    assert {one.id for one in found.criteria} <= set(page.ids)
    for words in ("0.031", "[0.029, 0.033]", "≤ 0.05", "+0.017 (+34 %)", "blocks: 2000", "specimen"):
        assert words in text, words
    assert '<b>drifts</b> & "more"' in text  # shown, not obeyed


def test_the_page_shows_sources_with_how_far_they_were_checked(files: dict[str, str]) -> None:
    text = Page(files["report.html"]).text
    for one in load_criteria()["TX-01"].sources:
        assert f"{one.cite} [{one.basis}]" in re.sub(r"\s+\[", " [", text)


def test_figures_hold_numbers_only(files: dict[str, str]) -> None:
    names = [name for name in files if name.startswith("figures/")]
    assert names == ["figures/pp-03-1.svg", "figures/pp-03-2.svg"]
    for name in names:
        words = re.findall(r"<text[^>]*>([^<]*)</text>", files[name])
        assert words
        assert all(re.fullmatch(r"[-−+.\de]+", word) for word in words), words


def test_series_with_the_same_axes_share_a_figure() -> None:
    groups = series_groups([POWER, RATE, DRAWN])
    assert [[one.name for one in group.series] for group in groups] == [["theory", "simulated"], ["rate"]]
    assert evidence_figure(groups[1]).axes[0].get_yscale() == "log"
    assert evidence_figure(groups[0]).axes[0].get_yscale() == "linear"


def test_same_certification_same_bytes(found: Certification, files: dict[str, str]) -> None:
    assert certificate_files(found) == files


def test_the_japanese_page_has_its_headings_verdicts_and_titles_in_japanese(found: Certification) -> None:
    page = write_certificate(found, "ja")
    text = Page(page).text
    for words in ("不適合", "合格", "判定保留", "適用外", "未試験", *(TITLES[one.id] for one in found.criteria)):
        assert words in text
    for heading in re.findall(r"<h[123][^>]*>(.*?)</h", page, flags=re.S)[1:]:
        assert KANA.search(heading), heading
    for heading in re.findall(r"<th[^>]*>(.*?)</th>", page, flags=re.S):
        assert KANA.search(heading) or heading in ("", "L1", "L2", "L3"), heading


def test_junit_counts_add_up_and_say_what_ci_must_know(files: dict[str, str]) -> None:
    root = Xml.fromstring(files["junit.xml"].encode())
    assert root.attrib | {"name": ""} == {"name": "", "tests": "6", "failures": "1", "errors": "1"}
    cases = {case.attrib["name"].split()[0]: case for case in root.iter("testcase")}
    assert {id_: next((child.tag for child in case), "") for id_, case in cases.items()} == {
        "TX-01": "system-out",
        "TX-02": "failure",
        "PP-03": "system-out",
        "PF-10": "error",
        "CV-01": "skipped",
        "IF-01": "skipped",
    }
    failure = cases["TX-02"].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "0.09 [0.08, 0.1], expected ≤ 0.05", "type": "fail"}
    for suite in root:
        kinds = [next((child.tag for child in case), "") for case in suite]
        assert int(suite.attrib["tests"]) == len(kinds)
        for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == kinds.count(kind)


def test_junit_has_only_what_its_schema_knows(files: dict[str, str]) -> None:
    """Elements and attributes of the schema that Jenkins publishes for JUnit (junit-10.xsd)."""
    allowed = {
        "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
        "testsuite": {"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname"},
        "testcase": {"name", "assertions", "time", "classname", "status"},
        "failure": {"type", "message"},
        "error": {"type", "message"},
        "skipped": {"type", "message"},
        "system-out": set(),
    }
    for element in Xml.fromstring(files["junit.xml"].encode()).iter():
        assert set(element.attrib) <= allowed[element.tag]
        assert element.tag not in ("testsuite", "testcase") or "name" in element.attrib


@given(
    value=st.floats(-1e6, 1e6),
    limit=st.floats(-1e6, 1e6),
    below=st.floats(0, 1e6),
    above=st.floats(0, 1e6),
    op=st.sampled_from(["<=", ">="]),
)
def test_a_gauge_keeps_the_order_of_what_it_shows(
    value: float, limit: float, below: float, above: float, op: str
) -> None:
    strip = gauge(value, (value - below, value + above), limit, op)
    assert strip is not None
    assert 0.0 <= strip.low <= strip.value <= strip.high <= 1.0
    assert 0.0 <= strip.limit <= 1.0
    if value < limit:
        assert strip.value <= strip.limit
    assert strip.passes_left == (op == "<=")


@pytest.mark.parametrize("value", [None, True, "EAL4", float("nan")])
def test_what_is_no_number_has_no_gauge(value: object) -> None:
    assert gauge(value, None, 1.0, "<=") is None
