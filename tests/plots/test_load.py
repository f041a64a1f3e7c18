from __future__ import annotations

import pytest

from qkdsim.plots import MapLink, MapNode, RelayLoad, load_figure, relay_load, to_svg
from qkdsim.plots.map_frame import LARGEST_DISC_IN, MapLook

from .tables import requests, table

NODES = [MapNode(name, name.upper(), 35.0, 139.0 + index) for index, name in enumerate("abcd")]
LINKS = [MapLink("ab", ("a", "b"), 1e3), MapLink("bc", ("b", "c"), 1e3), MapLink("cd", ("c", "d"), 1e3)]


def relay(request: int, hop: int, link: str, bits: int) -> dict[str, object]:
    return {
        "request": request,
        "path": 0,
        "hop": hop,
        "link": link,
        "time_s": 0.0,
        "key_bits": bits,
        "tag_bits": 64,
    }


def test_load_is_key_over_links_and_through_nodes() -> None:
    asked = requests(
        {"from": "a", "to": "c", "hops": 2, "path": "a>b>c", "bits": 100},
        {"from": "a", "to": "d", "hops": 3, "path": "a>b>c>d", "bits": 50},
        {"from": "a", "to": "b", "hops": 1, "path": "a>b", "bits": 999},  # direct: no relay
        {"from": "a", "to": "c", "hops": 4, "path": "a>b>c|a>d>c", "paths": 2, "bits": 10},  # a share on each path
        {"from": "a", "to": "c", "hops": 0, "path": "", "outcome": "lost", "cause": "messages lost", "bits": 7},
    )
    hops = [relay(0, 0, "ab", 100), relay(0, 1, "bc", 100), relay(4, 0, "ab", 7)]
    load = relay_load(table("relays", hops), asked, 10.0)
    assert load.link_bps == {"ab": 10.7, "bc": 10.0}
    assert load.node_bps == {"b": 16.0, "c": 5.0, "d": 1.0}


def test_no_relays_no_load() -> None:
    load = relay_load(table("relays", []), requests(), 10.0)
    assert load == RelayLoad({}, {})
    svg = to_svg(load_figure(NODES, LINKS, load))
    assert svg.count("no relay") == len(LINKS)
    assert "area:" not in svg


def test_the_map_says_what_is_relayed() -> None:
    svg = to_svg(load_figure(NODES, LINKS, RelayLoad({"ab": 1234.0, "bc": 20.0}, {"b": 600.0})))
    for text in ("1.23 kbit/s", "20 bit/s", "no relay", "Grey: relays nothing.", "key sent over a link by relays"):
        assert text in svg
    for text in ("area: key passed on by a node", "500 bit/s", "50 bit/s"):
        assert text in svg


def test_area_of_discs_is_proportional() -> None:
    look = MapLook("t", [], "bar", "", str, {"a": 400.0, "b": 100.0})
    assert look.disc_radius_in("a") == LARGEST_DISC_IN
    assert look.disc_radius_in("b") == pytest.approx(LARGEST_DISC_IN / 2)
    assert look.disc_radius_in("z") == 0
    assert [rate for rate, _ in look.disc_key()] == [20.0, 200.0]
