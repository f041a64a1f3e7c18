"""Studies: many runs of a scenario, and what they have in common."""

from qkdsim.studies.intervals import student_interval, with_intervals
from qkdsim.studies.replicas import Replica, ReplicaStudy, check_counts, measures_of, replica_seeds, replicas

__all__ = [
    "Replica",
    "ReplicaStudy",
    "check_counts",
    "measures_of",
    "replica_seeds",
    "replicas",
    "student_interval",
    "with_intervals",
]
