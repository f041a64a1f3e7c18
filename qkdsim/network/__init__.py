"""Key supply over trusted nodes in simulated time: stores, routes, relay, waiting."""

from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.deposits import Deposits
from qkdsim.network.key_network import KeyNetwork
from qkdsim.network.levels import LevelReader
from qkdsim.network.request import KeyRequest, RequestQueue
from qkdsim.network.route import NetworkLink, Route
from qkdsim.network.routing import Barrier, RouteFinder

__all__ = [
    "Agenda",
    "Barrier",
    "Deposits",
    "KeyNetwork",
    "KeyRequest",
    "LevelReader",
    "NetworkLink",
    "RequestQueue",
    "Route",
    "RouteFinder",
    "Turn",
]
