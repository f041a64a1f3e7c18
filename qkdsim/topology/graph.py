"""A topology as a networkx graph, and a graph as a topology.

Attributes carry the names and units of the file. A value of the file is a `Quantity`, a float that remembers its claim,
so `data["length_km"]` is a number and going there and back loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import networkx as nx
import numpy as np
from pydantic import BaseModel

from qkdsim import library
from qkdsim.devices.quantity import Quantity
from qkdsim.errors import InputError, Problem
from qkdsim.topology.model import Link, Node, Topology
from qkdsim.topology.names import unique_names

_NODE_NAMES = {
    **dict.fromkeys(("lat", "latitude", "Latitude"), "latitude_deg"),
    **dict.fromkeys(("lon", "lng", "long", "longitude", "Longitude"), "longitude_deg"),
    "name": "label",
}
_GRAPH_DEFAULTS = {
    "title": None,
    "source": "a networkx graph",
    "published": "Not stated.",
    "approximate": "Not stated.",
}
_OF_NETWORKX = {"node_default", "edge_default"}  # what networkx' own readers leave on a graph
_SOURCE = "graph"  # what messages call it
_USUAL = ("label", "latitude_deg", "longitude_deg", "weight", "id", "length_km", "loss_db", "profile", "name", "title")


def to_networkx(topology: Topology) -> nx.MultiGraph[str]:
    """The network as a multigraph; nodes and edge keys are the ids of the file.

    Node and edge attributes are the other keys, defaults included. Two more let `from_networkx` return the same
    topology: `ends` of an edge, since an undirected graph forgets which end comes first, and its `index` in the file.
    What the file says of the whole network is in `graph.graph`.
    """
    graph: nx.MultiGraph[str] = nx.MultiGraph(**_attributes(topology, {"node", "link"}))
    for node in topology.node:
        graph.add_node(node.id, **_attributes(node, {"id"}))
    for index, link in enumerate(topology.link):
        graph.add_edge(*link.ends, key=link.id, ends=link.ends, index=index, **_attributes(link, {"id", "ends"}))
    return graph


def _attributes(model: BaseModel, without: Collection[str]) -> dict[str, Any]:
    return {name: _plain(getattr(model, name)) for name in type(model).model_fields if name not in without}


def _plain(value: Any) -> Any:
    """Tables inside a table as dictionaries of what the file states; numbers and texts as they are."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    return tuple(_plain(one) for one in value) if isinstance(value, tuple) else value


def from_networkx(
    graph: nx.Graph[Any], *, names: Mapping[str, str] | None = None, ignore: Collection[str] = ()
) -> Topology:
    """A topology from a `Graph` or `MultiGraph` whose attributes have the names and units of the file.

    Positions may also be called `lat` and `lon`, `latitude` and `longitude`, a label `name`.

    names       further attributes to take: attribute -> key of the file, such as `{"dist": "length_km"}`
    ignore      attributes to leave aside; others that are unknown are refused, so that nothing is lost unseen

    An edge is named by its `id`, its key if that is a text, or its ends; parallel edges get numbers. `length` and
    `weight` of an edge have no unit, so they are taken by `names` only.

    Raises InputError for a directed graph, unknown attributes, and all that is wrong with the topology.
    """
    if not isinstance(graph, nx.Graph) or graph.is_directed():
        raise InputError.of(_SOURCE, "", type(graph).__name__, "a networkx Graph or MultiGraph, not a directed one")
    reader = _Attributes(names or {}, frozenset(ignore))
    nodes = [{"id": _text(node), **reader.read("node", data)} for node, data in graph.nodes(data=True)]
    links = _links(graph, reader)
    whole = reader.read("graph", {name: value for name, value in graph.graph.items() if name not in _OF_NETWORKX})
    reader.refuse_unknown()
    name = whole.get("name") or "network"
    body = {**_GRAPH_DEFAULTS, "title": name, **whole, "name": name, "node": nodes, "link": links}
    return library.validated(Topology, body, _SOURCE)


def _text(node: object) -> object:
    """A node's name as a text; what is neither text nor whole number is left for the model to refuse."""
    return str(node) if isinstance(node, int) and not isinstance(node, bool) else node


def _links(graph: nx.Graph[Any], reader: _Attributes) -> list[dict[str, Any]]:
    """The edges in the order of the file where they remember it, else in that of the graph."""
    if isinstance(graph, nx.MultiGraph):
        edges = list(graph.edges(keys=True, data=True))
    else:
        edges = [(start, end, None, data) for start, end, data in graph.edges(data=True)]
    edges.sort(key=lambda edge: index if isinstance(index := edge[3].get("index"), int) else len(edges))
    links = [_link(*edge, reader) for edge in edges]
    taken = [str(link["id"]) for link in links if "id" in link]
    nameless = [link for link in links if "id" not in link]
    names = unique_names(["--".join(map(str, link["ends"])) for link in nameless], taken)
    for link, name in zip(nameless, names, strict=True):
        link["id"] = name
    return links


def _link(start: object, end: object, key: object, data: Mapping[Any, Any], reader: _Attributes) -> dict[str, Any]:
    ends, remembered = (_text(start), _text(end)), data.get("ends")
    values = reader.read("link", {name: value for name, value in data.items() if name not in ("ends", "index")})
    if isinstance(key, str):
        values = {"id": key, **values}
    return {"ends": ends[::-1] if remembered in (ends[::-1], list(ends[::-1])) else ends, **values}


class _Attributes:
    """Reads attributes by the names of the file, and remembers those that it does not know."""

    def __init__(self, names: Mapping[str, str], ignore: frozenset[str]) -> None:
        self._names = names
        self._ignore = ignore
        self._fields = {
            "node": set(Node.model_fields) - {"id"},
            "link": set(Link.model_fields) - {"ends"},
            "graph": set(Topology.model_fields) - {"node", "link"},
        }
        self._unknown: dict[tuple[str, str], None] = {}

    def read(self, kind: str, data: Mapping[Any, Any]) -> dict[str, Any]:
        """The values of one node, edge or graph under the keys of the file; defaults are left out."""
        defaults = _DEFAULTS[kind]
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name in self._ignore:
                continue
            key = self._key(kind, name)
            if key not in self._fields[kind]:
                self._unknown[kind, str(name)] = None
            elif key in values:
                raise InputError.of(_SOURCE, f"{kind}.{name}", None, f"{key} is given by two attributes")
            elif value is not None and not _same(value, defaults.get(key)):
                values[key] = value.item() if isinstance(value, np.generic) else value
        return values

    def _key(self, kind: str, name: Any) -> str:
        common = _NODE_NAMES if kind == "node" else {}
        return str(self._names.get(name, common.get(name, name)))

    def refuse_unknown(self) -> None:
        """Raise InputError with one problem per unknown attribute."""
        problems = [Problem(_SOURCE, kind, f"the attribute {name!r}", self._hint(kind)) for kind, name in self._unknown]
        if problems:
            raise InputError(*problems)

    def _hint(self, kind: str) -> str:
        usual = [name for name in _USUAL if name in self._fields[kind]]
        return f"{', '.join(usual)}, ...; else name it in `ignore`, or give its key in `names`"


def _same(value: object, default: object) -> bool:
    """Whether a value is the default of its key, its claim included."""
    if isinstance(value, Quantity) and isinstance(default, Quantity):
        return (*value.__getnewargs__(),) == (*default.__getnewargs__(),)
    return type(value) is type(default) and value == default


_DEFAULTS: dict[str, dict[str, Any]] = {
    kind: {name: field.default for name, field in model.model_fields.items()}
    for kind, model in (("node", Node), ("link", Link), ("graph", Topology))
}
