"""Profiles that say how they differ from another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from qkdsim.devices import load_named_profile, load_profile
from qkdsim.errors import InputError

VARIANT = """format = "profile/1"
based_on = "{base}"

[identity]
model = "{model}"

[detector]
efficiency = 0.15
"""


def write(folder: Path, name: str, base: str) -> str:
    path = folder / f"{name}.toml"
    path.write_text(VARIANT.format(base=base, model=name), encoding="utf-8")
    return str(path)


def test_tables_are_joined_and_values_replaced(tmp_path: Path) -> None:
    shipped = load_profile("t12-2013")
    variant = load_profile(write(tmp_path, "variant", "t12-2013"))
    assert shipped.detector is not None
    assert variant.detector is not None
    assert (variant.identity.model, variant.identity.vendor) == ("variant", shipped.identity.vendor)
    assert float(variant.detector.efficiency) == 0.15
    assert variant.detector.dead_time_s == shipped.detector.dead_time_s
    assert variant.source == shipped.source


def test_a_variant_of_a_variant_lies_beside_it_and_the_hash_covers_all_three(tmp_path: Path) -> None:
    first = write(tmp_path, "first", "t12-2013")
    second = write(tmp_path, "second", "first.toml")
    before = load_named_profile(second)
    assert before.profile.identity.model == "second"
    Path(first).write_text(Path(first).read_text(encoding="utf-8") + "dead_time_s = 1e-7\n", encoding="utf-8")
    after = load_named_profile(second)
    assert before.sha256 != after.sha256
    assert after.profile.detector is not None
    assert float(after.profile.detector.dead_time_s) == 1e-7


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (
            "t12-2031",
            "based_on: got 't12-2031', expected the name or path of a profile (no shipped profile of this name",
        ),
        ("nowhere.toml", "based_on: got 'nowhere.toml', expected the name or path of a profile (no such file)"),
        ("round.toml", "based_on: got 'round.toml', expected at most 7 profiles in a row"),
    ],
)
def test_what_it_cannot_be_based_on(tmp_path: Path, base: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        load_profile(write(tmp_path, "round", base))
    assert words in str(refused.value)
    assert "round.toml" in str(refused.value)
