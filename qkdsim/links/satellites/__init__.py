"""Satellites in the network: passes, scheduling, keys on board, and the pairs of stations that get them."""

from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft, link_direction
from qkdsim.links.satellites.link import SatelliteLink
from qkdsim.links.satellites.outages import SpaceFault
from qkdsim.links.satellites.records import PassRecord
from qkdsim.links.satellites.service import SatelliteService, ServicePlan

__all__ = [
    "OpticalStation",
    "PassRecord",
    "SatelliteLink",
    "SatelliteService",
    "ServicePlan",
    "SpaceFault",
    "Spacecraft",
    "link_direction",
]
