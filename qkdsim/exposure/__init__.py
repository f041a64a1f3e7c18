"""What compromised nodes give away of the keys that a run delivered, and how many nodes that takes."""

from qkdsim.exposure.compromise import Compromise
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
    "exposing_any",
    "exposing_every",
    "exposure",
    "pair_secrecy",
    "route_cuts",
]
