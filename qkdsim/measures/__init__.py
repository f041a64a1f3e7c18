"""What the users of a network got: measures of a run per class, pair and node, after ITU-T Y.3807."""

from qkdsim.measures.catalogue import NODE, SERVICE, Measure, measure
from qkdsim.measures.tables import measure_tables

__all__ = ["NODE", "SERVICE", "Measure", "measure", "measure_tables"]
