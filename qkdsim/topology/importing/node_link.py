"""Node-link JSON, as networkx and d3 write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qkdsim.errors import InputError
from qkdsim.topology.importing.attributes import AttributeReader
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.importing.reading import ImportFile, check_size, objects

_NOT_OF_NODES = {"id"}
_NOT_OF_EDGES = {"source", "target", "key", "ends", "index", "id"}


def read_node_link(file: ImportFile, attributes: AttributeReader) -> ParsedNetwork:
    """Read node-link JSON; `links` or `edges` join ids of nodes, or without ids their places in the list.

    Raises InputError.
    """
    table = file.json()
    nodes = objects(file, "nodes", table.get("nodes"))
    name = "edges" if "edges" in table else "links"
    edges = objects(file, name, table.get(name))
    check_size(file, len(nodes), len(edges))
    by_place = not any("id" in node for node in nodes)
    keys = [str(index) if by_place else _key(file, f"nodes[{index}].id", node) for index, node in enumerate(nodes)]
    whole = table.get("graph")
    title = whole.get("name") if isinstance(whole, Mapping) else None
    return ParsedNetwork(
        tuple(
            ParsedNode(key, attributes.node(_without(node, _NOT_OF_NODES), f"nodes[{index}]"))
            for index, (key, node) in enumerate(zip(keys, nodes, strict=True))
        ),
        tuple(_edge(file, f"{name}[{index}]", edge, attributes) for index, edge in enumerate(edges)),
        title=title if isinstance(title, str) else None,
        directed=table.get("directed") is True,
        unused=attributes.unused_names(),
    )


def _edge(file: ImportFile, where: str, edge: Mapping[str, Any], attributes: AttributeReader) -> ParsedEdge:
    values = attributes.edge(_without(edge, _NOT_OF_EDGES), where)
    name = edge.get("id", edge.get("key"))
    if isinstance(name, str) and name.strip():  # a whole number only counts parallel edges
        values["id"] = name
    return ParsedEdge(
        _key(file, f"{where}.source", edge, "source"), _key(file, f"{where}.target", edge, "target"), values
    )


def _key(file: ImportFile, where: str, table: Mapping[str, Any], name: str = "id") -> str:
    given = table.get(name)
    if given is None or isinstance(given, bool | dict):
        raise InputError.of(file.name, where, given, "the id of a node")
    return str(given)


def _without(table: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in names}
