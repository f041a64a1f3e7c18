"""Who is joined to whom: nodes and links of a network file, and the same as a networkx graph."""

from qkdsim.topology.free_space import FreeSpacePath
from qkdsim.topology.model import (
    ClassicalChannel,
    Link,
    NamedTopology,
    Node,
    Published,
    Topology,
    load_named_topology,
    load_topology,
)

__all__ = [
    "ClassicalChannel",
    "FreeSpacePath",
    "Link",
    "NamedTopology",
    "Node",
    "Published",
    "Topology",
    "load_named_topology",
    "load_topology",
]
