"""ClickTable -> Counts: detector memory, expected and tallied counts. Single clicks (`sampled`) are later work."""

from qkdsim.detections.fidelity import Expected, Tallied, Tally
from qkdsim.detections.memory import DetectorMemory, Registered, registered
from qkdsim.detections.tally import TallyTable

__all__ = ["DetectorMemory", "Expected", "Registered", "Tallied", "Tally", "TallyTable", "registered"]
