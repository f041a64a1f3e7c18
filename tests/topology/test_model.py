"""What a topology refuses, and that looking for it does not grow with the square of its size."""

from __future__ import annotations

import time
from typing import Any

import pytest

from qkdsim import library
from qkdsim.errors import InputError
from qkdsim.topology import Topology

TEXTS = {"name": "n", "title": "t", "source": "s", "published": "p", "approximate": "a"}


def ring(count: int) -> dict[str, Any]:
    nodes = [{"id": f"n{index}", "latitude_deg": 0.0, "longitude_deg": 0.0} for index in range(count)]
    links = [{"ends": (f"n{index}", f"n{(index + 1) % count}"), "length_km": 1.0} for index in range(count)]
    return {**TEXTS, "node": nodes, "link": links}


def problems(body: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        library.validated(Topology, body, "f")
    return [str(one) for one in caught.value.problems]


def test_repeated_and_unknown_names_are_all_named() -> None:
    body = ring(3)
    body["node"] += [{"id": "n1"}, {"id": "n1"}]
    body["link"] += [{"ends": ("n0", "n1"), "length_km": 2.0}, {"id": "x", "ends": ("n0", "n9"), "length_km": 2.0}]
    assert problems(body) == [
        "f: node[3].id: got 'n1' twice, expected unique ids",
        "f: node[4].id: got 'n1' twice, expected unique ids",
        "f: link[3].id: got 'n0--n1' twice, expected unique ids (parallel links need an id)",
        "f: link[4].ends: got 'n9', expected the id of a node",
    ]


def test_stations_and_satellites_are_named_once() -> None:
    body = ring(3)
    station = {"node": "n0", "receiver": "generic-ogs-40cm", "climate": "tokyo"}
    satellite = {"id": "n2", "transmitter": "generic-cubesat-transmitter"}
    orbit = {"altitude_km": 500.0, "inclination_deg": 97.4, "epoch": "2026-01-01T00:00:00Z"}
    body |= {"ground_station": [station, station], "satellite": [{**satellite, "orbit": orbit}]}
    found = "\n".join(problems(body))
    assert "ground_station[1].node: got 'n0' twice, expected one station a node" in found
    assert "satellite: got the id 'n2' twice, expected unique ids" in found


def test_weight_is_a_number_from_zero() -> None:
    body = ring(3)
    body["node"][0]["weight"] = 4e6
    assert library.validated(Topology, body, "f").node[0].weight == 4e6
    body["node"][0]["weight"] = -1.0
    assert problems(body) == ["f: node[0].weight: got -1.0, expected a number >= 0"]


def test_validation_grows_with_the_size_not_its_square() -> None:
    """A square would make the larger one 64 times as slow; a factor of 40 leaves room for a busy machine."""

    def least_s(count: int) -> float:
        body = ring(count)
        times_s = []
        for _ in range(3):
            start_s = time.process_time()
            Topology.model_validate(body)
            times_s.append(time.process_time() - start_s)
        return min(times_s)

    assert least_s(16_000) < 40 * least_s(2_000)
