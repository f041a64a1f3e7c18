"""ClickTable -> Counts or clicks: detector memory; expected and tallied counts; sampled clicks, one by one.

`qkdsim.detections.sampled` holds the sampler; it is not imported here, for it brings the compiler with it.
"""

from qkdsim.detections.clicks import Clicks, Stretch
from qkdsim.detections.fidelity import Expected, Tallied, Tally
from qkdsim.detections.memory import DetectorMemory, Registered, registered
from qkdsim.detections.tally import TallyTable

__all__ = [
    "Clicks",
    "DetectorMemory",
    "Expected",
    "Registered",
    "Stretch",
    "Tallied",
    "Tally",
    "TallyTable",
    "registered",
]
