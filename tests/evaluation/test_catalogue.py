"""The catalogue: its counts, its limits, and that every criterion can be looked at."""

from __future__ import annotations

from collections import Counter

import pytest

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.evaluation import load_criteria
from qkdsim.evaluation.catalogue import LEVELS
from qkdsim.evaluation.catalogue.files import CriteriaFile
from qkdsim.evaluation.procedures import ALL

CRITERIA = load_criteria()
CORE = [one for one in CRITERIA.values() if one.part == "core"]
EXTRA = [one for one in CRITERIA.values() if one.part == "extra"]
# criteria per category: core, extra
COUNTS = {
    "transmitter": (16, 5),
    "receiver": (18, 3),
    "rng": (4, 2),
    "post-processing": (15, 3),
    "performance": (9, 3),
    "key-management": (15, 1),
    "interface": (11, 0),
    "hybrid": (5, 1),
    "cv-qkd": (3, 1),
    "platform": (4, 1),
}


def test_it_has_100_core_and_20_extra_criteria() -> None:
    found = {name: [Counter(one.category for one in part)[name] for part in (CORE, EXTRA)] for name in COUNTS}
    assert {name: tuple(both) for name, both in found.items()} == COUNTS
    assert (len(CORE), len(EXTRA)) == (100, 20)


def test_methods_are_those_of_the_plan() -> None:
    core, extra = (Counter(method for one in part for method in one.methods) for part in (CORE, EXTRA))
    assert core == {"inspection": 48, "experiment": 44, "attack": 28, "endpoint": 21, "statistical-test": 11}
    assert extra == {"inspection": 13, "experiment": 8, "attack": 3, "statistical-test": 3}


def test_limits_and_their_owners_are_as_planned() -> None:
    by_level = {level: Counter(one.threshold_status[level] for one in CORE) for level in LEVELS}
    assert by_level["L1"] == {"assumed": 58, "public": 36, "not-required": 6}
    assert by_level["L2"] == {"assumed": 60, "public": 39, "not-required": 1}
    assert by_level["L3"] == {"assumed": 59, "public": 41}


@pytest.mark.parametrize(
    ("id_", "limits"),
    [
        ("TX-13", (1e-4, 1e-6, 1e-7)),
        ("TX-14", (100.0, 150.0, 170.0)),
        ("PP-01", (0.11, 0.09, 0.08)),
        ("PP-12", (1e-9, 2.0**-40, 2.0**-64)),
        ("PF-01", (1e3, 1e4, 1e5)),
        ("PS-01", (None, 1.0, 0.1)),
        ("PF-12", (None, None, None)),
        ("RN-04", (True, True, True)),
    ],
)
def test_limits(id_: str, limits: tuple[object, ...]) -> None:
    assert tuple(CRITERIA[id_].threshold(level) for level in LEVELS) == limits
    assert all(isinstance(one, bool) == isinstance(CRITERIA[id_].threshold("L2"), bool) for one in limits if one)


def test_a_public_number_has_a_source_that_is_named() -> None:
    for one in CRITERIA.values():
        if "public" in one.threshold_status.values():
            assert any(source.basis != "none" for source in one.sources), one.id
        for source in one.sources:  # topics of texts that were not checked carry no clause number
            if "ISO/IEC 23837" in source.cite:
                assert any(word in source.cite for word in ("topic", "scope", "approach")), one.id


def test_every_inspection_criterion_has_a_procedure() -> None:
    inspected = {one.criterion for one in ALL if one.method == "inspection" and one.needs == "profile"}
    assert inspected == {one.id for one in CRITERIA.values() if "inspection" in one.methods}


def test_procedures_use_the_methods_of_their_criterion() -> None:
    for one in ALL:  # a laboratory may do more than the catalogue asks for, never less
        assert one.needs in ("bench", "link") or one.method in CRITERIA[one.criterion].methods, one


FILE = """
format = "criteria/1"
category = "own"
title = "Own criteria"
[[criterion]]
id = "OW-01"
part = "core"
title = "a"
measured = "b"
metric = "c"
unit = "d"
op = "<="
threshold = { L1 = 3, L2 = 2 }
threshold_status = { L1 = "assumed", L2 = "assumed", L3 = "not-required" }
methods = ["inspection"]
sources = [{ cite = "e", basis = "none" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("L2 = 2", "L2 = 4", "expected limits that do not ease from level to level"),
        ("L2 = 2", "L2 = true", "got True at L2, expected a number"),
        ('op = "<="', 'op = "in"', "expected a list of names"),
        ('op = "<="', 'op = "<"', "op"),
        ('L3 = "not-required"', 'L3 = "public"', "threshold_status.L3"),
        ('"inspection"', '"guessing"', "methods"),
        ('basis = "none"', 'basis = "hearsay"', "sources"),
        ('id = "OW-01"', 'id = "one"', "id"),
        ('metric = "c"', 'metric = "c"\napplies = "sundays"', "applies"),
        ("d", "", "unit"),
    ],
)
def test_bad_files_are_told_in_one_line(
    old: str, new: str, message: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("criteria") / "own.toml"
    text = FILE.replace('unit = "d"', 'unit = ""') if old == "d" else FILE.replace(old, new)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        library.parse(CriteriaFile, library.read(path), "criteria")
    assert message in str(caught.value.problems[0])
    assert "\n" not in str(caught.value.problems[0])


def test_the_file_of_these_tests_is_sound(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("criteria") / "own.toml"
    path.write_text(FILE, encoding="utf-8")
    assert library.parse(CriteriaFile, library.read(path), "criteria").criterion[0].id == "OW-01"
