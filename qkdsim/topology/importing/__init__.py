"""Networks in other formats, read as topologies: one file per format, one that settles ids, lengths and gaps."""

from qkdsim.topology.importing.assemble import Imported
from qkdsim.topology.importing.formats import FORMATS, import_network
from qkdsim.topology.importing.gaps import Gaps

__all__ = ["FORMATS", "Gaps", "Imported", "import_network"]
