"""The ground floor: errors, units, random streams, library."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdsim import library, rng, units
from qkdsim.errors import InputError, Problem, QkdsimError, RunError, shown

# --- errors


def test_a_problem_is_one_line() -> None:
    problem = Problem("topologies/tokyo-2010.toml", "link[3].loss_db", "-2.0", "a number >= 0")
    assert str(problem) == "topologies/tokyo-2010.toml: link[3].loss_db: got -2.0, expected a number >= 0"
    assert str(Problem("a.toml", "", "", "no such file")) == "a.toml: no such file"


def test_exit_statuses() -> None:
    assert InputError.of("a", "b", 1, "c").exit_status == 2
    assert RunError("x").exit_status == QkdsimError("x").exit_status == 1
    assert isinstance(InputError.of("a", "b", 1, "c"), QkdsimError)


@given(st.text(max_size=500))
def test_values_are_shown_short_and_on_one_line(text: str) -> None:
    for value in (text, [text], {text: 1}):
        line = shown(value)
        assert len(line) <= 60
        assert len(line.splitlines()) <= 1


# --- units


@given(st.floats(0.0, 300.0))
def test_decibels_and_back(loss_db: float) -> None:
    assert units.loss_db(units.transmittance(loss_db)) == pytest.approx(loss_db, abs=1e-9)


def test_units() -> None:
    assert units.transmittance(3.0) == pytest.approx(0.501187, rel=1e-6)
    assert math.isinf(units.loss_db(0.0))
    assert units.watts(0.0) == 1e-3
    assert units.watts(-30.0) == pytest.approx(1e-6)
    # 0 dBm at 1550 nm is 7.80e15 photons/s
    assert units.photon_rate_hz(1e-3, 1550.0) == pytest.approx(7.80e15, rel=1e-3)
    assert pytest.approx(2.3548, abs=5e-5) == units.FWHM_PER_SIGMA
    assert units.sigma_from_fwhm(2.3548200450309493) == pytest.approx(1.0)
    assert pytest.approx(4.342945, abs=5e-7) == units.DB_PER_NEPER
    assert units.fibre_delay_s(100.0) == pytest.approx(4.9e-4, rel=0.01)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("24h", 86_400), ("1h30min", 5400), ("20min", 1200), ("90s", 90), ("250ms", 0.25), ("1.5h", 5400), ("2d", 172_800),
     ("10a", 315_576_000), ("1 h 30 min", 5400)],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert units.parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1y", "1h foo", "1,5h", "nan", "infs", "1e3s"])
def test_not_durations(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        units.parse_duration_s(text)


@given(st.integers(1, 10**8))
def test_a_duration_for_people_can_be_read_back(seconds: int) -> None:
    text = units.format_duration(float(seconds))
    assert units.parse_duration_s(text) == pytest.approx(seconds, rel=5e-3)


# --- random streams


def test_a_stream_is_found_by_its_name() -> None:
    first = rng.stream(7, "link", "a--b", "slice", 0).random(4).tolist()
    rng.stream(7, "another")
    assert rng.stream(7, "link", "a--b", "slice", 0).random(4).tolist() == first
    for other in ((8, "link", "a--b", "slice", 0), (7, "link", "a--b", "slice", 1), (7, "link", "a--c", "slice", 0)):
        assert rng.stream(*other).random(4).tolist() != first


def test_names_do_not_run_together() -> None:
    assert rng.stream(1, "ab", "c").random() != rng.stream(1, "a", "bc").random()
    assert rng.stream(1, "a", "1").random() == rng.stream(1, "a", 1).random()


def test_streams_are_independent() -> None:
    drawn = np.array([rng.stream(3, "link", str(i)).standard_normal(2000) for i in range(30)])
    correlations = np.corrcoef(drawn)[np.triu_indices(30, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(2000)
    assert abs(drawn.mean()) < 4 / np.sqrt(drawn.size)


def test_a_stream_is_promised_within_a_version() -> None:
    # changes here change every published run: raise the version and say so in the changelog
    assert rng.stream(0, "fixed").integers(0, 2**32, 3).tolist() == FIXED


FIXED = [3692559009, 3849023241, 1616489857]

# --- library


def test_shipped_files_are_found_by_name() -> None:
    assert "gys-2004" in library.shipped_names("profile")
    assert library.shipped_names("profile") == sorted(library.shipped_names("profile"))
    for kind in library.FOLDERS:
        for name in library.shipped_names(kind):
            source = library.read(library.find(kind, name))
            assert library.kind_of(source) == kind
            assert source.name == f"{library.FOLDERS[kind]}/{name}.toml"


def test_unknown_names_suggest_near_ones() -> None:
    with pytest.raises(InputError, match="nearest: tokyo-2010"):
        library.find("topology", "tokyo-2011")


def test_a_file_is_named_as_the_user_gave_it(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    assert library.display_name(path) == str(path)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("a = 1\n")
    two.write_text("a = 1 \n")
    assert library.read(one).table == library.read(two).table
    assert library.read(one).sha256 != library.read(two).sha256


def test_a_file_too_large_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(InputError, match="larger than 64 MiB"):
        library.read(path)


@pytest.mark.parametrize(
    ("loc", "text"),
    [(("link", 3, "loss_db"), "link[3].loss_db"), (("source", "intensity", 0), "source.intensity[0]"), ((), "")],
)
def test_key_paths(loc: tuple[int | str, ...], text: str) -> None:
    assert library.key_path(loc) == text
