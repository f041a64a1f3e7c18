"""What compromised nodes and satellites give away of a run's keys, and with broken algorithms of sessions and objects.

And how many failures that takes.
"""

from qkdsim.exposure.broken import Failures, UsedAlgorithms, check_broken, used_algorithms
from qkdsim.exposure.compromise import Compromise, expected_place, known_places, nearest
from qkdsim.exposure.failure_search import MOST_FAILURES, FailureSet, FailureSets
from qkdsim.exposure.failure_sets import ObjectSets, SessionSets, object_failure_sets, session_failure_sets
from qkdsim.exposure.keys import ExposedKeys, Exposure, compromised_keys, exposure
from qkdsim.exposure.matrix import ExposureMatrix, MatrixColumn, MatrixRow, exposure_matrix
from qkdsim.exposure.object_ledger import ExposedObject, ObjectExposure, object_exposure
from qkdsim.exposure.pair import PairSecrecy, pair_secrecy
from qkdsim.exposure.routes import RouteCuts, route_cuts
from qkdsim.exposure.session_ledger import (
    ExposedSessions,
    Reason,
    SessionExposure,
    session_exposure,
    session_ledger,
)
from qkdsim.exposure.smallest import PathFamily, SmallestSets, exposing_any, exposing_every

__all__ = [
    "MOST_FAILURES",
    "Compromise",
    "ExposedKeys",
    "ExposedObject",
    "ExposedSessions",
    "Exposure",
    "ExposureMatrix",
    "FailureSet",
    "FailureSets",
    "Failures",
    "MatrixColumn",
    "MatrixRow",
    "ObjectExposure",
    "ObjectSets",
    "PairSecrecy",
    "PathFamily",
    "Reason",
    "RouteCuts",
    "SessionExposure",
    "SessionSets",
    "SmallestSets",
    "UsedAlgorithms",
    "check_broken",
    "compromised_keys",
    "expected_place",
    "exposing_any",
    "exposing_every",
    "exposure",
    "exposure_matrix",
    "known_places",
    "nearest",
    "object_exposure",
    "object_failure_sets",
    "pair_secrecy",
    "route_cuts",
    "session_exposure",
    "session_failure_sets",
    "session_ledger",
    "used_algorithms",
]
