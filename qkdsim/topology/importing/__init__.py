"""Networks in other formats, read as topologies: one file per format, one that settles ids, lengths and gaps."""

from qkdsim.topology.importing.assemble import Gaps, Imported
from qkdsim.topology.importing.formats import FORMATS, import_network

__all__ = ["FORMATS", "Gaps", "Imported", "import_network"]
