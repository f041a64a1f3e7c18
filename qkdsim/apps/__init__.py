"""Who asks for keys, in which class of service, and when; objects stored as shares over the network."""

from qkdsim.apps.arrivals import Arrivals
from qkdsim.apps.day_shape import NAMED_SHAPES, DayShape
from qkdsim.apps.demand import KeyDemand, RunningDemand, start_demand
from qkdsim.apps.patterns import Batches, Constant, Diurnal, OnOff, Pattern, Poisson
from qkdsim.apps.stored_object import (
    Absence,
    Content,
    KeyTaken,
    OperationRecord,
    Rebuild,
    StoredObject,
    planned_requests,
    refresh_times,
)
from qkdsim.apps.stored_object_life import ObjectLog, RunningObject, start_objects

__all__ = [
    "NAMED_SHAPES",
    "Absence",
    "Arrivals",
    "Batches",
    "Constant",
    "Content",
    "DayShape",
    "Diurnal",
    "KeyDemand",
    "KeyTaken",
    "ObjectLog",
    "OnOff",
    "OperationRecord",
    "Pattern",
    "Poisson",
    "Rebuild",
    "RunningDemand",
    "RunningObject",
    "StoredObject",
    "planned_requests",
    "refresh_times",
    "start_demand",
    "start_objects",
]
