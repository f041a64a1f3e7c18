"""The Japanese page: whatever a procedure, a verdict or a record can say has Japanese words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import qkdsim.evaluation
from qkdsim.devices import load_named_profile
from qkdsim.evaluation import Certification, Device, certify, conclude, gather, load_criteria, load_scheme
from qkdsim.evaluation.procedures import ALL
from qkdsim.evaluation.sensitivity import is_inspection
from qkdsim.library import shipped_names
from qkdsim.report.certificate import write_certificate
from qkdsim.report.japanese import UNITS, WORDS, japanese
from qkdsim.report.japanese_measured import MEASURED
from qkdsim.report.japanese_notes import NOTES
from qkdsim.report.japanese_titles import SCHEMES, TITLES

from .test_report import Page

ROOM = Path(qkdsim.evaluation.__file__).parent
# what speaks on the page: procedures, rules of verdicts, problems of records
SPEAKING = (
    *sorted((ROOM / "procedures").glob("*.py")),
    *(ROOM / "records" / f"{name}.py" for name in ("checks", "estimators", "kinds", "reading")),
    *(ROOM / f"{name}.py" for name in ("applicability", "comparison", "gather", "tampering", "verdict")),
    ROOM / "specimen" / "hybrid_attempts.py",
)
# names: of files, keys, units, methods, algorithms and whatever a profile calls its own
NAME = re.compile(
    r"\S*[._=\[\]/@0-9]\S*|(?<![A-Za-z])(?:qkdsim|dBm?|[GM]?Hz|nm|ps|bit|tag|Cascade|LDPC|Parquet|Telcordia|WireGuard|QoS"
    r"|wegman-carter|signal|decoy|vacuum|false|pseudo|coherent|qber|Error|size|number)(?![A-Za-z])"
)


def english(text: str) -> list[str]:
    """Words of a text that are neither Japanese nor names nor abbreviations."""
    words = re.findall(r"[A-Za-z]{3,}", NAME.sub(" ", text))
    return [word for word in words if not word.isupper()]


def templates(path: Path) -> Iterator[str]:
    """Strings of a source file with a 7 in each gap, without docstrings and texts of errors in the code itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(one) for node in ast.walk(tree) for one in _parts_left_out(node)}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in node.values)


def _parts_left_out(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        yield from (one.value for one in node.body[:1] if isinstance(one, ast.Expr))
    elif isinstance(node, ast.JoinedStr):
        yield from (inner for one in node.values for inner in ast.walk(one))
    elif isinstance(node, ast.Raise):
        yield from ast.walk(node)


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.stem)
def test_every_note_has_japanese(path: Path) -> None:
    sentences = {one for one in templates(path) if " " in one.strip()}
    assert [one for one in sorted(sentences) if english(japanese(one))] == []


def test_series_and_reasons_have_japanese() -> None:
    for text in ("at L1 already: no decoys; 3 of 5 keys differ at the two ends", "simulated", "sub-tests", "ratio"):
        assert english(japanese(text)) == []


def test_a_template_keeps_what_its_gaps_hold() -> None:
    assert japanese("3 of 512 keys differ at the two ends") == "512 鍵のうち 3 鍵が両端で異なる"
    assert japanese("0.5 [0.4, 0.6] 1/gate; declared: 0.3 1/gate") == "0.5 [0.4, 0.6] /ゲート；宣言値：0.3 /ゲート"
    assert japanese("a text that nobody knows") == "a text that nobody knows"


@pytest.mark.parametrize("table", [NOTES, UNITS], ids=["notes", "units"])
def test_no_gap_is_lost(table: dict[str, str]) -> None:
    for text, put in table.items():
        count = text.count("{}")
        gaps = re.findall(r"\{(\d*)\}", put)
        numbers = [int(one) if one else place for place, one in enumerate(gaps)]
        assert sorted(numbers) == list(range(count)), text


def test_the_tables_cover_the_catalogue_and_nothing_else() -> None:
    criteria = load_criteria()
    assert TITLES.keys() == criteria.keys()
    assert MEASURED.keys() == criteria.keys()
    assert SCHEMES.keys() == set(shipped_names("scheme"))
    assert {one.category for one in criteria.values()} <= WORDS.keys()
    assert {source.basis for one in criteria.values() for source in one.sources} <= WORDS.keys()
    for text in (*TITLES.values(), *MEASURED.values(), *SCHEMES.values(), *WORDS.values()):
        assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", text), text


@pytest.mark.parametrize("name", shipped_names("scheme"))
def test_remarks_of_the_catalogue_and_of_schemes_have_japanese(name: str) -> None:
    remarks = {one.notes for one in (*load_criteria().values(), *load_scheme(name).criteria.values()) if one.notes}
    assert [one for one in remarks if english(japanese(one))] == []


def inspected(name: str, level: str = "L2") -> Certification:
    """A device judged by what it declares, under every criterion there is."""
    base = certify(name, criteria=["IF-01"], level=level)
    named, criteria = load_named_profile(name), tuple(load_criteria().values())
    inspections = [one for one in ALL if is_inspection(one)]
    evidence = gather(Device(named.name, named.profile), criteria, 1, procedures=inspections)
    return conclude(replace(base, evidence=evidence), "default")


def unlabelled_english(page: str) -> list[str]:
    """English of a page where no `lang` says that it is: citations and the maker's own words are marked."""
    page = re.sub(r"<(style|svg)\b.*?</\1>", " ", page, flags=re.S)
    page = re.sub(r'<span (lang="en"|class="hash")>.*?</span>', " ", page, flags=re.S)
    page = re.sub(r"<(h1|title|code)\b.*?</\1>", " ", page, flags=re.S)  # the name of the profile, its parameters
    return sorted(set(english(Page(page).text)))


@pytest.mark.parametrize(
    "name",
    [
        "generic-ingaas-metro",
        "tokyo-2010-nec",
        "secoqc-2008-cv",
        "defective/pp-proof-bound-broken",
        "defective/hy-context-incomplete",
        "defective/pp-tags-too-short",
    ],
)
def test_a_page_of_what_is_declared_has_no_english(name: str) -> None:
    found = inspected(name)
    identity = found.device.profile.identity
    names = {
        *re.findall("[A-Za-z]+", f"{identity.vendor} {identity.model}"),
        *shipped_names("scheme"),
        "criteria",
        "all",
    }
    assert set(unlabelled_english(write_certificate(found, "ja"))) <= names


CHEAP = "TX-01,TX-13,TX-14,TX-20,RX-02,RX-08,RX-13,RX-17,PP-03,PP-14,PF-04,PF-07,KM-01,KM-10,HY-01,HY-04"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["generic-ingaas-metro", "defective/rx-monitor-missing", "defective/hy-downgrade"])
def test_a_page_of_a_specimen_has_no_english(name: str) -> None:
    found = certify(name, criteria=CHEAP.split(","))
    identity = found.device.profile.identity
    names = {*re.findall("[A-Za-z]+", f"{identity.vendor} {identity.model}"), "criteria", "all"}
    assert set(unlabelled_english(write_certificate(found, "ja"))) <= names
