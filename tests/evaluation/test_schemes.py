"""Schemes select from the catalogue; recognition says what the evidence of one is worth under another."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from qkdsim import library
from qkdsim.cli import main
from qkdsim.errors import InputError
from qkdsim.evaluation import load_criteria, load_scheme, recognition, recognition_table
from qkdsim.evaluation.catalogue import LEVELS

NAMES = library.shipped_names("scheme")
SCHEMES = {name: load_scheme(name) for name in NAMES}


def test_the_programmes_are_there() -> None:
    assert NAMES == ["default", "eu", "japan", "korea", "singapore", "uk"]
    core = {one.id for one in load_criteria().values() if one.part == "core"}
    assert set(SCHEMES["default"].criteria) == core


@pytest.mark.parametrize("name", NAMES)
def test_the_first_rule_holds_everywhere(name: str) -> None:
    assert {"PP-17", "PP-18"} <= set(SCHEMES[name].criteria)


def test_own_limits_name_their_source() -> None:
    eu = SCHEMES["eu"]
    assert eu.overridden == ("PS-05",)
    package = eu.criteria["PS-05"]
    assert package.threshold("L1") == ("EAL4+ALC_DVS.2+AVA_VAN.5",)
    assert "ETSI GS QKD 016" in package.sources[0].cite
    uk = SCHEMES["uk"].criteria["HY-03"]
    assert [uk.threshold(level) for level in LEVELS] == [3.0, 3.0, 5.0]
    assert dict(uk.threshold_status) == {"L1": "public", "L2": "public", "L3": "assumed"}


@pytest.mark.parametrize("level", LEVELS)
def test_recognition_is_sound(level: str) -> None:
    for of, by in product(SCHEMES.values(), repeat=2):
        found = recognition(of, by, level)  # type: ignore[arg-type]
        assert set(found.verdict) <= set(found.evidence) <= set(found.wanted)
        assert set(found.evidence) == set(found.wanted) & set(of.criteria)
        assert set(found.missing) == set(found.wanted) - set(found.evidence)
        if of is by:
            assert found.verdict == found.wanted


def test_a_pass_under_an_easier_limit_is_not_recognised() -> None:
    found = recognition(SCHEMES["default"], SCHEMES["eu"], "L2")
    assert "PS-05" in found.evidence
    assert "PS-05" not in found.verdict
    assert "PS-05" in recognition(SCHEMES["eu"], SCHEMES["default"], "L2").verdict
    assert "HY-03" not in recognition(SCHEMES["default"], SCHEMES["uk"], "L1").verdict
    assert len(recognition_table(list(SCHEMES.values()), "L2")) == len(NAMES) * (len(NAMES) - 1)


def test_no_event_in_some_trials_is_not_a_small_probability() -> None:
    """100 trials without an event pass a limit of none, and leave one of 0.001 undecided."""
    default = SCHEMES["default"]
    strict = replace(default.criteria["RX-07"], thresholds={"L2": 0.0})
    of = replace(default, name="strict", criteria={"RX-07": strict})
    assert default.criteria["RX-07"].threshold("L2") == 1e-3
    assert recognition(of, default, "L2").verdict == ()
    assert recognition(of, of, "L2").verdict == ("RX-07",)


OWN = """
format = "scheme/1"
title = "Own"
summary = "Two criteria"
selection = "assumed"
criteria = ["TX-13", "PP-18"]
[[override]]
criterion = "TX-13"
threshold = { L2 = 1e-7, L3 = 1e-8 }
status = "assumed"
source = { cite = "us", basis = "none" }
"""


def test_a_users_scheme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    found = load_scheme(str(path))
    assert list(found.criteria) == ["TX-13", "PP-18"]
    assert [found.criteria["TX-13"].threshold(level) for level in LEVELS] == [1e-4, 1e-7, 1e-8]
    assert main(["check", str(path)]) == 0
    assert "no problems" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"PP-18"]', '"PP-99"]', "criteria[1]: got 'PP-99'"),
        ("L2 = 1e-7", "L2 = 1e-3", "limits that do not ease"),
        ("title", 'categories = ["optics"]\ntitle', "categories[0]: got 'optics'"),
        ("L3 = 1e-8", "L4 = 1e-8", "an unknown key"),
        ('status = "assumed"\nsource', 'status = "proof"\nsource', "override[0].status"),
    ],
)
def test_bad_schemes(tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scheme(str(path))
    assert message in str(caught.value.problems[0])
    assert main(["check", str(path)]) == 2
    assert len(capsys.readouterr().out.splitlines()) == 1
