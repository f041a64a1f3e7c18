"""Faults as files state them: what is accepted, and every way of telling one wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.scenario import build, load_named_scenario
from qkdsim.scenario.faults import Fault

from .small_files import write_small_files

WHEN = {"at": "1h", "for": "2h"}
BY_CHANCE = {"mtbf": "30d", "mttr": "4h"}


def fault(**keys: object) -> Fault:
    return library.validated(Fault, keys, "file.toml")


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "cut", "link": "a", **WHEN},
        {"kind": "cut", "node": "a", "classical": True, **WHEN},
        {"kind": "off", "each": "node", **BY_CHANCE},
        {"kind": "loss", "each": "link", "loss_db": 3, **BY_CHANCE},
        {"kind": "loss", "link": "a", "loss_db": 3, "repeat_every": "10min", "repeat_for": "1min", **WHEN},
        {"kind": "disturbance", "link": "a", "misalignment_error": 0.1, **WHEN},
        {"kind": "eavesdropper", "link": "a", "fraction": 1, **WHEN},
        {"kind": "node-lost", "node": "a", "key_lost": False, **WHEN},
        {"kind": "node-lost", "each": "node", **BY_CHANCE},
        {"kind": "controller-lost", **WHEN},
        {"kind": "controller-lost", **BY_CHANCE},
        {"kind": "classical-cut", "classical_link": "a", **WHEN},
        {"kind": "classical-cut", "node": "a", **WHEN},
        {"kind": "classical-cut", "island": ["a", "b"], **WHEN},
        {"kind": "classical-cut", "each": "classical-link", **BY_CHANCE},
    ],
)
def test_faults_that_can_be_told(keys: dict[str, object]) -> None:
    assert fault(**keys).kind == keys["kind"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"kind": "cut", **WHEN},
            r"kind: got 'cut' with no target, expected exactly one of link, node, .*each = 'link'",
        ),
        ({"kind": "cut", "link": "a", "node": "b", **WHEN}, r"kind: got 'cut' with link, node, expected"),
        ({"kind": "cut", "link": "a", "each": "link", **WHEN}, r"kind: got 'cut' with link, each link, expected"),
        ({"kind": "cut", "classical_link": "a", **WHEN}, r"kind: got 'cut' with classical_link, expected"),
        (
            {"kind": "node-lost", "link": "a", **WHEN},
            r"got 'node-lost' with link, expected exactly one of node, .*each = 'node'",
        ),
        ({"kind": "controller-lost", "node": "a", **WHEN}, r"got 'controller-lost' with node, expected none"),
        (
            {"kind": "classical-cut", "island": ["a", "b", "a"], **WHEN},
            r"island\[2\]: got 'a' twice, expected every node",
        ),
        ({"kind": "classical-cut", "each": "link", **WHEN}, r"got 'classical-cut' with each link"),
        ({"kind": "cut", "link": "a"}, r"expected at and for, or mtbf and mttr"),
        ({"kind": "cut", "link": "a", "at": "1h"}, r"expected at and for, or mtbf and mttr"),
        ({"kind": "cut", "link": "a", **WHEN, **BY_CHANCE}, r"expected at and for, or mtbf and mttr"),
        ({"kind": "cut", "link": "a", "mtbf": "0s", "mttr": "1h"}, r"mtbf: got 0\.0, expected a duration above 0"),
        ({"kind": "cut", "link": "a", "at": "0s", "for": "0s"}, r"for: got 0\.0, expected a duration above 0"),
        ({"kind": "cut", "link": "a", "repeat_every": "1h", **WHEN}, r"repeat_every and repeat_for together"),
        (
            {"kind": "cut", "link": "a", "repeat_every": "1h", "repeat_for": "1min", **BY_CHANCE},
            r"repeat_every and repeat_for together, with at and for",
        ),
        (
            {"kind": "cut", "link": "a", "repeat_every": "1min", "repeat_for": "1min", **WHEN},
            r"repeat_for: got 60, expected less than repeat_every \(60 s\)",
        ),
        ({"kind": "loss", "link": "a", **WHEN}, r"kind 'loss' needs loss_db above 0"),
        ({"kind": "eavesdropper", "link": "a", **WHEN}, r"kind 'eavesdropper' needs fraction above 0"),
        ({"kind": "eavesdropper", "link": "a", "fraction": 1.1, **WHEN}, r"fraction: got 1\.1"),
        ({"kind": "disturbance", "link": "a", **WHEN}, r"needs noise_photon_rate_hz or misalignment_error above 0"),
        ({"kind": "cut", "link": "a", "loss_db": 3, **WHEN}, r"loss_db: got a value for kind 'cut', expected one for"),
        ({"kind": "off", "node": "a", "key_lost": True, **WHEN}, r"key_lost: got a value for kind 'off'"),
        ({"kind": "off", "link": "a", "classical": True, **WHEN}, r"classical: got a value for kind 'off'"),
        ({"kind": "flood", "link": "a", **WHEN}, r"kind: got 'flood'"),
    ],
)
def test_faults_that_make_no_sense_are_refused_in_one_line(keys: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        fault(**keys)
    assert "\n" not in str(caught.value)
    assert "file.toml" in str(caught.value)


CUT = 'kind = "cut"\nlink = "north--middle"\nat = "20min"\nfor = "5min"'


@pytest.mark.parametrize(
    ("instead", "message"),
    [
        (
            'kind = "classical-cut"\nclassical_link = "north--midle"\nat = "1min"\nfor = "1min"',
            r"fault\[0\]\.classical_link: got 'north--midle', expected the id of a classical link .*nearest: north--",
        ),
        (
            'kind = "classical-cut"\nisland = ["north", "x"]\nat = "1min"\nfor = "1min"',
            r"fault\[0\]\.island\[1\]: got 'x', expected the id of a node of the topology",
        ),
        (
            'kind = "classical-cut"\nisland = ["north", "middle", "south"]\nat = "1min"\nfor = "1min"',
            r"fault\[0\]\.island: got a list of 3, expected fewer nodes than all",
        ),
        (
            'kind = "node-lost"\nnode = "x"\nat = "1min"\nfor = "1min"',
            r"fault\[0\]\.node: got 'x', expected the id of a node",
        ),
        (
            'kind = "cut"\neach = "link"\nmtbf = "1ms"\nmttr = "1ms"',
            r"fault\[0\]: got one that comes 3,600,002 times, expected faults that come at most 1,000,000 times",
        ),
        (
            'kind = "cut"\nlink = "north--middle"\nat = "0s"\nfor = "10a"\nrepeat_every = "2ms"\nrepeat_for = "1ms"',
            r"fault\[0\]: got one that comes 1,800,001 times, expected",
        ),
    ],
)
def test_faults_that_do_not_fit_the_network_are_refused(tmp_path: Path, instead: str, message: str) -> None:
    path = write_small_files(tmp_path, hour=(CUT, instead))
    with pytest.raises(InputError, match=message) as caught:
        build(load_named_scenario(str(path)))
    assert "\n" not in str(caught.value)


def test_a_cut_cannot_take_a_classical_link_that_is_not_there(tmp_path: Path) -> None:
    own = "".join(f'[[classical_link]]\nends = ["south", "{end}"]\ndelay_s = 0.001\n' for end in ("north", "middle"))
    path = write_small_files(
        tmp_path, hour=('at = "20min"', 'classical = true\nat = "20min"'), three=("[[node]]", own + "[[node]]")
    )
    with pytest.raises(InputError, match=r"fault\[0\]\.classical: got true, expected a classical link north--middle"):
        build(load_named_scenario(str(path)))


def test_an_eavesdropper_needs_photon_numbers(tmp_path: Path) -> None:
    eve = 'kind = "eavesdropper"\nfraction = 0.1\neach = "link"\nat = "20min"\nfor = "5min"'
    path = write_small_files(tmp_path, hour=(CUT, eve))
    text = path.read_text(encoding="utf-8").replace('fidelity = "declared"', 'fidelity = "tallied"')
    text = text.replace('id = "middle--south"', 'id = "middle--south"\nprofile = "lim-2014"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"fault\[0\]\.kind: got 'eavesdropper', expected another kind on link midd"):
        build(load_named_scenario(str(path)))
