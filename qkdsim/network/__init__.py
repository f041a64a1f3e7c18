"""Key supply over trusted nodes in simulated time: stores, routes, relay, waiting, failures."""

from qkdsim.network.agenda import Agenda, Turn
from qkdsim.network.deposits import Deposits
from qkdsim.network.incidents import Incident
from qkdsim.network.key_network import KeyNetwork
from qkdsim.network.levels import LevelReader
from qkdsim.network.link_states import NetworkLink
from qkdsim.network.request import KeyRequest, RequestQueue
from qkdsim.network.route import Route
from qkdsim.network.search import Barrier, RouteSearch, SearchGraph
from qkdsim.network.settings import NetworkSettings, Watermarks

__all__ = [
    "Agenda",
    "Barrier",
    "Deposits",
    "Incident",
    "KeyNetwork",
    "KeyRequest",
    "LevelReader",
    "NetworkLink",
    "NetworkSettings",
    "RequestQueue",
    "Route",
    "RouteSearch",
    "SearchGraph",
    "Turn",
    "Watermarks",
]
