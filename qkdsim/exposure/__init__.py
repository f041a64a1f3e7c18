"""What compromised nodes and satellites give away of the keys of a run, and how many of them that takes."""

from qkdsim.exposure.compromise import Compromise, expected_place, known_places
from qkdsim.exposure.keys import ExposedKeys, Exposure, compromised_keys, exposure
from qkdsim.exposure.pair import PairSecrecy, pair_secrecy
from qkdsim.exposure.routes import RouteCuts, route_cuts
from qkdsim.exposure.smallest import PathFamily, SmallestSets, exposing_any, exposing_every

__all__ = [
    "Compromise",
    "ExposedKeys",
    "Exposure",
    "PairSecrecy",
    "PathFamily",
    "RouteCuts",
    "SmallestSets",
    "compromised_keys",
    "expected_place",
    "exposing_any",
    "exposing_every",
    "exposure",
    "known_places",
    "pair_secrecy",
    "route_cuts",
]
