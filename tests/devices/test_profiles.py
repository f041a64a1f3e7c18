"""Profiles as files: what is refused, and how; overrides; what survives pickling."""

from __future__ import annotations

import copy
import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest

from qkdsim import library
from qkdsim.devices import DeviceProfile, Quantity, load_named_profile, load_profile
from qkdsim.devices.claims import assumed_values, claims
from qkdsim.errors import InputError

GOOD = """\
format = "profile/1"

[identity]
vendor = "Nagoya Håndværk ☃"
model = "光"
fictional = true
summary = "a specimen"
source = "fictional specimen"

[protocol]
name = "bb84-decoy"

[source]
pulse_rate_hz = 1e9

[[source.intensity]]
name = "signal"
mean_photon_number = 0.5
probability = 0.7

[[source.intensity]]
name = "decoy"
mean_photon_number = { value = 0.1, basis = "measured", uncertainty = 0.002, source = "lab" }
probability = 0.2

[[source.intensity]]
name = "vacuum"
mean_photon_number = 0
probability = 0.1

[receiver]

[detector]
efficiency = 0.2
dark_count_probability = 1e-6

[post_processing]
epsilon_secrecy = 1e-10
"""

# (key to set or remove, value, key path of the message, a word that must stand in it)
REMOVE = "(removed)"
BAD: list[tuple[str, Any, str, str]] = [
    ("detector.colour", "red", "detector.colour", "only documented keys"),
    ("colour", "red", "colour", "only documented keys"),
    ("detector.efficiency", "high", "detector.efficiency", "a number >= 0 and <= 1"),
    ("detector.efficiency", True, "detector.efficiency", "a number"),
    ("detector.efficiency", 1.2, "detector.efficiency", "<= 1"),
    ("detector.efficiency", -0.2, "detector.efficiency", ">= 0"),
    ("detector.efficiency", float("nan"), "detector.efficiency", "a number"),
    ("detector.efficiency", float("inf"), "detector.efficiency", "a number"),
    ("detector.efficiency", [0.2], "detector.efficiency", "a number"),
    ("detector.efficiency", {"value": 0.2, "unit": "%"}, "detector.efficiency", "value, uncertainty, basis, source"),
    ("detector.efficiency", {"basis": "declared"}, "detector.efficiency", "value"),
    ("detector.efficiency", {"value": 0.2, "basis": "guessed"}, "detector.efficiency", "measured"),
    ("detector.efficiency", {"value": 0.2, "uncertainty": -1}, "detector.efficiency", "uncertainty >= 0"),
    ("detector.efficiency", {"value": 0.2, "uncertainty": float("nan")}, "detector.efficiency", "uncertainty"),
    ("detector.efficiency", {"value": 0.2, "source": 3}, "detector.efficiency", "source to be a text"),
    ("detector.efficiency", {"value": float("nan")}, "detector.efficiency", "a number"),
    ("detector.efficiency", REMOVE, "detector.efficiency", "required"),
    ("detector.dark_count_rate_hz", 100, "detector", "exactly one of dark_count_rate_hz and dark_count_probability"),
    ("detector.dark_count_probability", REMOVE, "detector", "exactly one of"),
    ("detector.afterpulse_probability", 1.0, "detector", "afterpulse_probability"),
    ("detector.dead_time_rule", "sometimes", "detector.dead_time_rule", "blank-all"),
    ("detector.unit", [{"efficiency": 0.1}], "detector", "two entries"),
    ("detector.unit", [{}, {}, {}], "detector.unit", "fewer entries"),
    ("source.pulse_rate_hz", 0, "source.pulse_rate_hz", "> 0"),
    ("source.pulse_rate_hz", -1e9, "source.pulse_rate_hz", "> 0"),
    ("source.intensity", [], "source.intensity", "more entries"),
    ("source.intensity[0].probability", 0.8, "source", "sum to 1.1, expected 1"),
    ("source.intensity[0].probability", float("nan"), "source.intensity[0].probability", "a number"),
    ("source.intensity[1].mean_photon_number", 0.6, "source", "brightest first"),
    ("source.intensity[1].mean_photon_number", 0.5, "source", "brightest first"),
    ("source.intensity[2].mean_photon_number", -0.1, "source.intensity[2].mean_photon_number", ">= 0"),
    ("source.intensity[0].mean_photon_number", 1e6, "source.intensity[0].mean_photon_number", "<= 100"),
    ("source.intensity[1].name", "signal", "source", "unique names"),
    ("source.intensity[1].name", "", "source.intensity[1].name", "not empty"),
    ("source.photon_statistics", "single-photon", "source", "mean_photon_number = 1 for a single-photon source"),
    ("protocol.name", "bb85", "protocol.name", "bb84-decoy"),
    ("protocol.name", "bb84-single-photon", "source.photon_statistics", "does not fit"),
    ("protocol.name", "cow", "performance.rate_table", "required for cow"),
    ("protocol.key_basis_probability", 1.0, "protocol.key_basis_probability", "< 1"),
    ("protocol.states", 5, "protocol.states", "3 or 4"),
    ("post_processing.epsilon_secrecy", REMOVE, "post_processing", "exactly one of epsilon_secrecy"),
    ("post_processing.epsilon_secrecy_per_bit", 1e-15, "post_processing", "exactly one of epsilon_secrecy"),
    ("post_processing.epsilon_secrecy", 0.0, "post_processing.epsilon_secrecy", ">= 1e-300"),
    ("post_processing.qber_abort", 0.6, "post_processing.qber_abort", "<= 0.5"),
    ("post_processing", REMOVE, "", "[post_processing]"),
    ("security_model.proof", "rusca-2018", "security_model.proof", "needs 2 intensities, the source has 3"),
    ("security_model.proof", "tomamichel-2012", "security_model.proof", "does not fit bb84-decoy"),
    ("security_model.proof", "magic", "security_model.proof", "lim-2014"),
    ("security_model.tail_bound", "gauss", "security_model.tail_bound", "hoeffding"),
    ("performance.rate_table", [{"loss_db": 2, "secret_key_rate_bps": 1}] * 2, "performance", "strictly rising"),
    ("identity.vendor", 3, "identity.vendor", "a text"),
    ("identity", REMOVE, "identity", "required"),
    ("format", "topology/1", "format", "profile/1"),
    ("format", "profile/9", "format", "one of"),
    ("format", REMOVE, "format", "one of"),
]


def write(folder: Path, text: str | bytes, name: str = "device.toml") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def changed(key: str, value: Any) -> dict[str, Any]:
    table = copy.deepcopy(tomllib.loads(GOOD))
    parts = key.replace("]", "").replace("[", ".").split(".")
    at: Any = table
    for part in parts[:-1]:
        at = at[int(part)] if part.isdigit() else at.setdefault(part, {})
    if value is REMOVE:
        del at[parts[-1]]
    else:
        at[parts[-1]] = value
    return table


def test_a_good_profile_loads(tmp_path: Path) -> None:
    named = load_named_profile(write(tmp_path, GOOD, "Gerät.toml"))
    assert named.profile.identity.vendor == "Nagoya Håndværk ☃"
    assert named.name.endswith("Gerät.toml")
    assert len(named.sha256) == 64
    assert named.profile.is_modelled


@pytest.mark.parametrize(("key", "value", "path", "words"), BAD, ids=[f"{k}={str(v)[:24]}" for k, v, _, _ in BAD])
def test_bad_values(key: str, value: Any, path: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        library.parse(DeviceProfile, library.Source("device.toml", changed(key, value), ""), "profile")
    messages = [str(problem) for problem in caught.value.problems]
    assert any(message.startswith(f"device.toml: {path}" if path else "device.toml: ") for message in messages), (
        messages
    )
    assert any(words in message for message in messages), messages
    assert all("\n" not in message and len(message) < 300 for message in messages)
    assert caught.value.exit_status == 2


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("efficiency = 0.2", "efficiency = 2").replace(
        "pulse_rate_hz = 1e9", "pulse_rate_hz = -1\nx = 1"
    )
    with pytest.raises(InputError) as caught:
        load_profile(write(tmp_path, text))
    assert {problem.key for problem in caught.value.problems} == {
        "detector.efficiency",
        "source.pulse_rate_hz",
        "source.x",
    }
    assert "and 2 more: see `qkdsim check`" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00bad", "not UTF-8 text (byte 0)"),
        (GOOD.encode("utf-16"), "not UTF-8 text"),
        (b"format = 'profile/1'\n[identity\n", "not TOML"),
        (b"{json: true}", "not TOML"),
        (b"", "format: got 'nothing'"),
        (b"a = 1\na = 2\n", "not TOML"),
        (b"format = 3", "format: got 3"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "not TOML"),
        (GOOD.replace("efficiency = 0.2", "efficiency = 1e999").encode(), "detector.efficiency"),
        (GOOD.replace("efficiency = 0.2", "efficiency = 1" + "0" * 400).encode(), "detector.efficiency"),
        (GOOD.replace("1e9", "1e300").encode(), "source.pulse_rate_hz: got 1e+300"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, words: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_profile(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_profile(str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match="cannot be read"):
        load_profile(f"{tmp_path}/")
    with pytest.raises(InputError, match=r"no shipped profile of this name.*nearest: gys-2004"):
        load_profile("gys-2005")


def test_a_relative_path_is_found_beside_the_file_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    named = load_named_profile("./device.toml", beside=tmp_path / "network.toml")
    assert named.profile.identity.model == "光"


# --- overrides


def test_overrides_set_single_values(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    changed_profile = load_profile(
        path,
        overrides={
            "detector.efficiency": 0.25,
            "source.intensity[0].mean_photon_number": 0.4,
            "security_model.tail_bound": "chernoff",
            "receiver.misalignment_error": {"value": 0.01, "basis": "measured"},
        },
    )
    detector, source = changed_profile.detector, changed_profile.source
    assert detector is not None
    assert source is not None
    assert detector.efficiency == 0.25
    assert [one.mean_photon_number for one in source.intensity] == [0.4, 0.1, 0.0]
    assert changed_profile.security_model.tail_bound == "chernoff"
    assert changed_profile.receiver.misalignment_error.basis == "measured"
    assert load_profile(path).detector != detector


NOWHERE = ["", ".", "detector.", "identity.vendor.name", "source.intensity[0"]
NOWHERE += [f"source.intensity[{index}].probability" for index in ("3", "x", "-1")]


@pytest.mark.parametrize("key", NOWHERE)
def test_overrides_that_lead_nowhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError) as caught:
        load_profile(write(tmp_path, GOOD), overrides={key: 1})
    assert "\n" not in str(caught.value)


# --- quantities


@pytest.mark.parametrize(
    "again", [lambda q: pickle.loads(pickle.dumps(q)), copy.copy, copy.deepcopy], ids=["pickle", "copy", "deep"]
)
def test_a_quantity_keeps_its_claim(again: Any) -> None:
    quantity = Quantity(0.2, "measured", 0.01, "lab report 7")
    twin = again(quantity)
    assert isinstance(twin, Quantity)
    assert (float(twin), twin.basis, twin.uncertainty, twin.source) == (0.2, "measured", 0.01, "lab report 7")


def test_a_profile_survives_pickling_with_its_claims() -> None:
    profile = load_profile("boaron-2018")
    twin = pickle.loads(pickle.dumps(profile))
    assert twin == profile
    assert assumed_values(twin) == assumed_values(profile) != ()


def test_a_quantity_is_a_number() -> None:
    assert Quantity(2.0) * 3 == 6.0
    assert type(Quantity(2.0) * 3) is float
    assert Quantity(2.0).basis == "declared"


def test_assumed_values_name_their_keys(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path, GOOD))
    assumed = assumed_values(profile)
    assert "source.wavelength_nm = 1550" in assumed  # a default that the file does not state
    assert not any(text.startswith("detector.efficiency") for text in assumed)
    found = dict(claims(profile))
    assert found["source.intensity[1].mean_photon_number"].basis == "measured"
    assert found["source.intensity[1].mean_photon_number"].uncertainty == 0.002


def test_a_profile_written_out_and_read_again_is_the_same() -> None:
    for name in library.shipped_names("profile"):
        profile = load_profile(name)
        again = library.validated(type(profile), profile.model_dump(exclude_none=True), name)
        assert again == profile
        # a file that is written out states every choice, so that only numbers can still be assumed
        numbers = [one for one in assumed_values(profile) if one.rpartition(" = ")[2][0].isdigit()]
        assert list(assumed_values(again)) == numbers


def test_single_photons_and_coherent_light_need_their_own_theory() -> None:
    """A Poisson source under a single-photon proof would be given key that photon-number splitting takes away."""
    coherent = {
        "protocol.name": "bb84-decoy",
        "source.intensity": [{"name": "s", "mean_photon_number": 0.5, "probability": 1.0}],
        "security_model.proof": "tomamichel-2012",
    }
    with pytest.raises(InputError, match="tomamichel-2012 does not fit bb84-decoy"):
        load_profile("generic-ingaas-metro", overrides=coherent)
    single = {
        "protocol.name": "bb84-single-photon",
        "source.photon_statistics": "single-photon",
        "source.intensity": [{"name": "s", "mean_photon_number": 1.0, "probability": 1.0}],
        "security_model.proof": "tomamichel-2012",
    }
    assert load_profile("generic-ingaas-metro", overrides=single).is_modelled
    for change, words in (
        ({"security_model.proof": "asymptotic-decoy"}, "does not fit bb84-single-photon"),
        ({"detector.click_model": "linear"}, "the linear model takes Poisson light"),
        ({"source.intensity[0].mean_photon_number": 0.1}, "mean_photon_number = 1"),
    ):
        with pytest.raises(InputError, match=words):
            load_profile("generic-ingaas-metro", overrides=single | change)


def test_what_a_file_leaves_out_counts_as_assumed() -> None:
    assumed = assumed_values(load_profile("gys-2004"))
    assert "source.phase_randomised = true" in assumed
    assert "detector.dead_time_s = 0" in assumed
