"""Modules of a link: what their role exempts them from, what it does not, and pairs made of two modules."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from defects import OF_MODULES
from sound_devices import MADE_OF_MODULES, RECEIVERS, SOUND_DEVICES, TRANSMITTERS

from qkdsim.cli import main
from qkdsim.devices import load_named_profile, load_profile
from qkdsim.errors import InputError
from qkdsim.evaluation import Certification, certify, load_criteria
from qkdsim.evaluation.applicability import why_not
from qkdsim.evaluation.procedures.inspection_proof import required_assumptions

CRITERIA = load_criteria()
TRANSMITTER, RECEIVER, PAIR = "generic-satellite-transmitter", "generic-ogs-1m", "generic-satellite-downlink"
# all that is read from a profile, and experiments that take well under a second
FAST = [one.id for one in CRITERIA.values() if one.part == "core" and one.methods == ("inspection",)]
FAST += ["TX-01", "TX-04", "TX-07", "TX-13", "TX-15", "RX-01", "RX-04", "RX-12", "RX-16", "RX-17"]
LINK_ONLY = "concerns a link: certify the module with its partner"


def verdicts(found: Certification) -> dict[str, str]:
    return {one.criterion: one.verdict for one in found.verdicts}


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.toml"
    path.write_text(f'format = "profile/1"\n{text}', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", SOUND_DEVICES)
def test_sound_devices_pass_l2_by_what_is_quick(name: str) -> None:
    found = certify(name, level="L2", criteria=FAST)
    assert found.device.profile.identity.fictional
    assert not found.verdict.blocking
    assert found.verdict.verdict == "pass"
    assert found.device.bench is not None


@pytest.mark.parametrize(("criterion", "defect", "sound"), OF_MODULES)
def test_a_defect_fails_its_criterion_and_its_sound_counterpart_passes(criterion: str, defect: str, sound: str) -> None:
    assert certify(f"defective/{defect}", criteria=[criterion]).verdicts[0].verdict == "fail"
    assert certify(sound, criteria=[criterion]).verdicts[0].verdict == "pass"


@pytest.mark.parametrize(
    ("name", "true"),
    [
        # sin^2 of half of 1.4 degrees, the one state that is off by all of the angle
        (TRANSMITTER, math.sin(math.radians(0.7)) ** 2),
        # 14 dB: 1 / (1 + 10^1.4) of the light in the wrong state, and the angle beside
        ("defective/tx-module-states-impure", 0.5 * (1 - math.cos(math.radians(1.4)) * (1 - 2 / (1 + 10**1.4)))),
        (RECEIVER, 0.0066),
        ("defective/rx-module-analyser-misaligned", 0.037),
    ],
)
def test_the_share_of_one_end_in_the_errors_of_a_link_is_measured_rightly(name: str, true: float) -> None:
    for seed in range(1, 6):
        found = [
            one for one in certify(name, criteria=["TX-07"], seed=seed).evidence["TX-07"] if one.basis == "specimen"
        ]
        (measured,) = found
        assert measured.interval is not None
        low, high = measured.interval
        slack = 0.02 * true  # the light of the greatest of four, and what is fed back by the analyser's own leak
        assert low - slack <= true <= high + slack
        assert high - low < 0.15 * true


@pytest.mark.parametrize("name", [*TRANSMITTERS, *RECEIVERS])
def test_a_module_is_exempt_from_nothing_but_the_other_end_and_the_link(name: str) -> None:
    profile = load_profile(name)
    end, other = ("TX", "RX") if profile.identity.role == "transmitter" else ("RX", "TX")
    for one in CRITERIA.values():
        reason = why_not(one.applies, one.concerns, profile)
        if one.category in ("rng", "platform", "interface") and one.applies == "always":
            assert reason is None, one.id
        if one.id.startswith(other) and one.id != "TX-07":
            assert reason is not None, one.id
        if one.id.startswith(end) and one.concerns == "device" and one.applies != "passive-choice":
            assert reason is None, one.id
        if one.concerns == "link":
            assert reason is not None, one.id
        if reason == LINK_ONLY:
            assert one.concerns == "link", one.id


@pytest.mark.parametrize("name", ["generic-ingaas-metro", PAIR])
def test_a_link_is_exempt_from_no_criterion_of_a_link(name: str) -> None:
    profile = load_profile(name)
    assert LINK_ONLY not in {why_not(one.applies, one.concerns, profile) for one in CRITERIA.values()}


def test_silence_exempts_nobody(tmp_path: Path) -> None:
    text = Path(load_folder() / f"{TRANSMITTER}.toml").read_text(encoding="utf-8")
    silent = written(tmp_path, text.replace('role = "transmitter"\n', "").replace('format = "profile/1"\n', ""))
    found = verdicts(certify(silent, criteria=["RX-01", "PF-01", "PP-14", "TX-01"]))
    assert found == {"TX-01": "pass", "RX-01": "inconclusive", "PF-01": "inconclusive", "PP-14": "inconclusive"}


def load_folder() -> Path:
    from qkdsim import library

    return library.data_folder() / library.FOLDERS["profile"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'based_on = "generic-ingaas-metro"\n[identity]\nrole = "transmitter"',
            "identity.role: got transmitter with a [",
        ),
        (
            'based_on = "generic-ingaas-metro"\n[identity]\nrole = "receiver"',
            "identity.role: got receiver with a [source]",
        ),
        (f'based_on = "{RECEIVER}"\n[identity]\nrole = "transmitter"', "identity.role: got transmitter"),
        (f'based_on = "{TRANSMITTER}"\n[identity]\nrole = "receiver"', "identity.role: got receiver"),
        (f'based_on = "{TRANSMITTER}"\n[performance]\nmax_loss_db = 30', "a transmitter alone has no key rate"),
        (f'based_on = "{TRANSMITTER}"\n[identity]\nrole = "repeater"', "identity.role"),
        (f'[based_on]\ntransmitter = "{TRANSMITTER}"', "a table with transmitter and receiver"),
        (f'[based_on]\ntransmitter = "{RECEIVER}"\nreceiver = "{TRANSMITTER}"', "based_on.transmitter"),
        (f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "nobody"', "based_on.receiver"),
        (f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "generic-ingaas-metro"', "based_on.receiver"),
        (f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = 3', "based_on.receiver"),
        (f'[based_on]\ntransmitter = "own.toml"\nreceiver = "{RECEIVER}"', "at most 7 profiles in a row"),
        (f'[based_on]\ntransmitter = "{PAIR}"\nreceiver = "{RECEIVER}"', "based_on.transmitter"),
        (f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "micius-2017-receiver"', "protocol.key_bases"),
    ],
)
def test_roles_that_contradict_the_profile_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_profile(written(tmp_path, text))
    (problem,) = caught.value.problems
    assert words in str(problem)


@pytest.mark.parametrize(
    "fault",
    [
        "isolation = 3",
        '[isolation]\nband_nm = ["red", 3]',
        "[isolation]\nband_nm = [{ value = 800.0 }, 900]",
        "[platform]\npower_w = true",
        "[security_model]\nassumptions = 7",
        "protocol = 5",
        '[truth]\nvalues = "all"',
        "[truth.behaviour]\nkey_manager = 3",
        "[detector]\nefficiency = 3.0",
    ],
)
def test_a_pair_of_a_bad_module_names_the_module(tmp_path: Path, fault: str) -> None:
    (tmp_path / "bad.toml").write_text(f'format = "profile/1"\nbased_on = "{RECEIVER}"\n{fault}\n', encoding="utf-8")
    pair = written(tmp_path, f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "bad.toml"\n')
    if "800.0" in fault:  # an unusual way to write a good band
        assert load_profile(pair).isolation.band_nm == (800.0, 900.0)
        return
    with pytest.raises(InputError):
        load_profile(pair)
    assert main(["check", pair]) == 2


@pytest.mark.parametrize(("name", "end"), [(TRANSMITTER, ("detector.",)), (RECEIVER, ("source.", "isolation.tr"))])
def test_a_module_bounds_its_own_end_and_the_partner_the_rest(name: str, end: tuple[str, ...]) -> None:
    module, pair = (set(required_assumptions(load_profile(one))) for one in (name, PAIR))
    left_to_the_partner = {one for one in pair - module if all(key.startswith(end) for key in one)}
    assert module < pair
    assert left_to_the_partner
    assert pair - module - left_to_the_partner <= {("post_processing.double_click_policy",)}


def test_an_assumption_on_the_partner_is_checked_in_the_pair(tmp_path: Path) -> None:
    strict = written(
        tmp_path,
        f'based_on = "{RECEIVER}"\n[[security_model.assumptions]]\n'
        'parameter = "source.state_error_deg"\nop = "<="\nbound = 1\n'
        '[[security_model.assumptions]]\nparameter = "detector.superlinearity"\nop = "<="\nbound = 1.2',
    )
    alone = certify(strict, criteria=["PP-18"]).verdicts[0]
    assert alone.verdict == "pass"
    assert alone.evidence is not None
    assert dict(alone.evidence.facts)["source.state_error_deg"] == "of the partner"
    pair = tmp_path / "pair.toml"
    table = f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "own.toml"\n'
    pair.write_text(f'format = "profile/1"\n{table}', encoding="utf-8")
    together = certify(str(pair), criteria=["PP-18"]).verdicts[0]
    assert together.verdict == "fail"
    assert "source.state_error_deg 3 (bound <= 1.0)" in together.reason


def test_a_pair_is_what_links_make_of_two_modules() -> None:
    named = load_named_profile(PAIR)
    sent, measured, pair = load_profile(TRANSMITTER), load_profile(RECEIVER), named.profile
    assert [one.name for one in named.modules] == [TRANSMITTER, RECEIVER]
    assert (pair.source, pair.detector, pair.receiver) == (sent.source, measured.detector, measured.receiver)
    assert pair.post_processing == measured.post_processing
    assert pair.security_model.proof == sent.security_model.proof
    wanted = {one.parameter for module in (sent, measured) for one in module.security_model.assumptions}
    assert {one.parameter for one in pair.security_model.assumptions} == wanted
    assert pair.isolation.receiver_round_trip_db == measured.isolation.receiver_round_trip_db
    assert pair.isolation.transmitter_one_way_db == sent.isolation.transmitter_one_way_db
    assert pair.platform.power_w == (sent.platform.power_w or 0.0) + (measured.platform.power_w or 0.0)
    true = pair.true_profile()
    assert true.source == sent.true_profile().source
    assert true.detector == measured.true_profile().detector
    assert true.receiver == measured.true_profile().receiver
    assert pair.identity.role == "link"
    assert pair.identity.fictional


def test_a_defect_of_one_module_shows_in_the_pair(tmp_path: Path) -> None:
    text = f'[based_on]\ntransmitter = "{TRANSMITTER}"\nreceiver = "defective/rx-module-analyser-misaligned"\n'
    found = certify(written(tmp_path, text), criteria=["TX-07", "RX-12"])
    assert verdicts(found) == {"TX-07": "fail", "RX-12": "pass"}
    modules = [dict(one.facts).get("module") for one in found.evidence["TX-07"]]
    assert modules == [TRANSMITTER] * 2 + ["defective/rx-module-analyser-misaligned"] * 2 + [None] * 2


def test_the_role_stands_beside_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*options: str) -> str:
        main(["certify", *options, "--criteria", "PP-05"])
        return capsys.readouterr().out

    document: dict[str, Any] = json.loads(printed(TRANSMITTER, "--json"))
    assert document["role"] == "transmitter"
    assert "role: transmitter, one module of a link" in printed(TRANSMITTER)
    assert f"role: link of {TRANSMITTER} and {RECEIVER}" in printed(PAIR)
    assert "role:" not in printed("generic-ingaas-metro")


@pytest.mark.parametrize("name", MADE_OF_MODULES)
def test_a_pair_is_judged_by_what_takes_both_ends(name: str) -> None:
    found = certify(name, criteria=["PF-01", "PF-02", "PF-04", "PP-07", "RX-10", "PP-12"])
    assert set(verdicts(found).values()) == {"pass"}
    assert all(one.basis == "specimen" for one in found.verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("name", [TRANSMITTER, RECEIVER])
def test_modules_pass_l2_with_all_but_the_batteries(name: str) -> None:
    found = certify(name, level="L2", batteries=False)
    batteries = {"RN-01", "RN-02", "PP-15"}
    assert set(found.verdict.blocking) <= batteries
    assert sum(one.basis == "specimen" for one in found.verdicts if one.verdict == "pass") >= 20
