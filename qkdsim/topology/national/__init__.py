"""Networks of national scale that do not exist: cities, rings, trunk routes."""

from qkdsim.topology.national.generate import DEFAULT_PROFILE, generate_network

__all__ = ["DEFAULT_PROFILE", "generate_network"]
