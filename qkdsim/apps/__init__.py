"""Who asks for keys, in which class of service, and when."""

from qkdsim.apps.arrivals import Arrivals
from qkdsim.apps.day_shape import NAMED_SHAPES, DayShape
from qkdsim.apps.demand import KeyDemand, RunningDemand, start_demand
from qkdsim.apps.patterns import Batches, Constant, Diurnal, OnOff, Pattern, Poisson

__all__ = [
    "NAMED_SHAPES",
    "Arrivals",
    "Batches",
    "Constant",
    "DayShape",
    "Diurnal",
    "KeyDemand",
    "OnOff",
    "Pattern",
    "Poisson",
    "RunningDemand",
    "start_demand",
]
