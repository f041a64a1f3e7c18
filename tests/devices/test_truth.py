"""The truth of a specimen: what is refused, what it changes, and that nobody else looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qkdsim
from qkdsim.channels import FibreSpan
from qkdsim.devices import DeviceProfile, NamedProfile, load_profile
from qkdsim.errors import InputError
from qkdsim.links import build_link, key_rate

SPECIMEN = "generic-ingaas-metro"
READERS = {"devices/truth.py", "devices/profile.py"}


def specimen(**truth: Any) -> DeviceProfile:
    return load_profile(SPECIMEN, overrides={"truth": truth})


def test_true_values_take_the_place_of_declared_ones_and_of_nothing_else() -> None:
    profile = specimen(values={"detector.efficiency": 0.17, "detector.dead_time_rule": "independent"})
    true = profile.true_profile()
    assert true.truth is None
    assert true.detector is not None
    assert profile.detector is not None
    assert (float(true.detector.efficiency), true.detector.dead_time_rule) == (0.17, "independent")
    assert float(profile.detector.efficiency) == 0.2
    assert true.source == profile.source
    assert true.detector.model_copy(update={"efficiency": 0.2, "dead_time_rule": "blank-all"}) == profile.detector


def test_a_profile_without_truth_is_its_own() -> None:
    profile = load_profile("lim-2014")
    assert profile.true_profile() is profile


def test_a_changed_claim_has_no_known_truth() -> None:
    kept = load_profile(SPECIMEN, overrides={"source.intensity[1].mean_photon_number": 0.1}).truth
    assert kept is not None
    assert "source.intensity[1].mean_photon_number" not in kept.values
    assert "source.intensity[0].mean_photon_number" in kept.values
    whole = load_profile(SPECIMEN, overrides={"detector.unit": [{}, {}]}).truth
    assert whole is not None
    assert "detector.unit" not in whole.values
    assert "detector.dead_time_s" in whole.values


def test_two_unequal_detectors() -> None:
    units = [{"efficiency": 0.19}, {"efficiency": 0.21}]
    detector = specimen(values={"detector.unit": units}).true_profile().detector
    assert detector is not None
    assert [detector.of_unit(unit, "efficiency") for unit in range(2)] == [0.19, 0.21]


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ({"values": {"detector.efficency": 0.2}}, ["detector.efficency", "only documented keys"]),
        ({"values": {"detector.efficiency": 1.2}}, ["detector.efficiency", "1.2", "<= 1"]),
        ({"values": {"detector.efficiency": "high"}}, ["detector.efficiency", "a number"]),
        ({"values": {"source.intensity[7].mean_photon_number": 0.1}}, ["intensity[7]", "a key path"]),
        ({"values": {"source.intensity[0].mean_photon_number": 0.01}}, ["falling order"]),
        (
            {"values": {"detector.efficiency": 0.17, "detector.unit": [{"efficiency": 0.19}, {"efficiency": 0.21}]}},
            ["detector.efficiency has no effect", "detector.unit[1].efficiency"],
        ),
        ({"values": {"identity.vendor": "another"}}, ["identity.vendor", "detector.efficiency"]),
        ({"values": {"truth.values": 1.0}}, ["truth.values", "detector.efficiency"]),
        ({"values": {"detector.dark_count_rate_hz": 5.0}}, ["dark_count"]),
        ({"behaviour": {"bit_bias": 0.7}}, ["truth.behaviour.bit_bias", "0.5"]),
        ({"behaviour": {"bit_bais": 0.1}}, ["truth.behaviour.bit_bais", "only documented keys"]),
        ({"claims": {}}, ["truth.claims"]),
    ],
)
def test_a_truth_that_cannot_be_is_refused_in_one_line(truth: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        specimen(**truth)
    message = str(caught.value)
    assert "\n" not in message
    assert SPECIMEN in message
    for word in ("truth", *words):
        assert word in message


def test_the_truth_changes_no_link_and_no_rate() -> None:
    truth = {"values": {"detector.efficiency": 0.05, "performance.cold_start_s": 5.0}, "behaviour": {"bit_bias": 0.4}}
    with_truth = specimen(**truth)
    without = with_truth.model_copy(update={"truth": None})
    rates = [key_rate(one, loss_db=10.0).as_dict() for one in (with_truth, without)]
    assert rates[0] == rates[1]
    blocks = []
    for profile in (with_truth, without):
        named = NamedProfile("specimen", profile, "")
        link = build_link("a--b", named, named, FibreSpan(loss_db=10.0), "tallied")
        blocks.append(next(link.blocks(3600.0, 1)))
    for (name, column), (_, other) in zip(blocks[0].columns(), blocks[1].columns(), strict=True):
        assert np.array_equal(column, other, equal_nan=True), name


def test_nobody_but_the_specimen_reads_the_truth() -> None:
    root = Path(qkdsim.__file__).parent
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        if inside in READERS or inside.startswith("evaluation/specimen/"):
            continue
        assert not re.search(r"\.truth\b(?!_)|true_profile\(|\bimport Truth\b", path.read_text("utf-8")), inside
