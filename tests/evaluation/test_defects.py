"""Criterion by defect: the defective device fails its criterion, the sound specimen passes it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from defects import BATTERIES, DEFECTS, KEY_MANAGERS

from qkdsim import library
from qkdsim.cli import main
from qkdsim.devices import load_profile
from qkdsim.evaluation import certify
from qkdsim.evaluation.procedures import ALL

SOUND = "generic-ingaas-metro"
SOUND_FOR = {  # by criterion, or by how the names of defects begin
    "TX-21": "generic-snspd-longhaul",  # the other one declares no jitter of its source
    "RX-15": "generic-passive-metro",
    "cv": "generic-cv-metro",
}
LEVEL = "L2"
FOLDER = library.data_folder() / library.FOLDERS["profile"] / "defective"


@cache
def outcome(profile: str, criterion: str) -> tuple[str, str]:
    verdict = certify(profile, level=LEVEL, criteria=[criterion]).verdicts[0]
    return verdict.verdict, verdict.reason


@pytest.mark.parametrize(("criterion", "defect"), DEFECTS)
def test_a_defect_fails_its_criterion_and_the_sound_specimen_passes(criterion: str, defect: str) -> None:
    found, reason = outcome(f"defective/{defect}", criterion)
    assert found == "fail"
    assert reason
    sound = SOUND_FOR.get(defect.partition("-")[0], SOUND_FOR.get(criterion, SOUND))
    assert outcome(sound, criterion)[0] == "pass"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_defective_files_are_valid_and_say_what_they_are(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(path)]) == 0
    capsys.readouterr()
    identity = load_profile(f"defective/{path.stem}").identity
    assert identity.fictional
    assert "efective" in identity.summary


def test_defective_files_are_hidden_from_list_and_all_used() -> None:
    names = {path.stem for path in FOLDER.glob("*.toml")}
    assert not names & set(library.shipped_names("profile"))
    assert {defect for _, defect in DEFECTS} <= names


def test_every_criterion_that_is_tried_out_has_a_device_that_fails_it() -> None:
    tried = {one.criterion for one in ALL if one.needs in ("bench", "photons", "quadratures")}
    tried |= {one.criterion for one in ALL if one.method in ("experiment", "attack", "statistical-test")}
    assert tried <= {criterion for criterion, _ in (*DEFECTS, *KEY_MANAGERS, *BATTERIES)}
