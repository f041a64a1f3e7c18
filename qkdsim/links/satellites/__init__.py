"""Satellites in the network: passes, scheduling, keys on board, and the pairs of stations that get them."""

from qkdsim.links.satellites.fleet import OpticalStation, Spacecraft
from qkdsim.links.satellites.link import SatelliteLink
from qkdsim.links.satellites.service import PassRecord, SatelliteService, ServicePlan

__all__ = ["OpticalStation", "PassRecord", "SatelliteLink", "SatelliteService", "ServicePlan", "Spacecraft"]
