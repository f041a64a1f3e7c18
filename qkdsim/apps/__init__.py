"""Who asks for keys, how often, and how long they wait."""

from qkdsim.apps.arrivals import poisson_times, regular_times
from qkdsim.apps.demand import KeyDemand, start_demand

__all__ = ["KeyDemand", "poisson_times", "regular_times", "start_demand"]
