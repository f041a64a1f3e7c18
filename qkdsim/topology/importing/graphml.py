"""GraphML, also as the Internet Topology Zoo writes it. The parser loads nothing and knows no entities of the file.

Format: U. Brandes et al., "GraphML Progress Report", Graph Drawing 2001, LNCS 2265.
Zoo: S. Knight et al., "The Internet Topology Zoo", IEEE JSAC 29, 1765 (2011).
"""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from qkdsim.errors import InputError
from qkdsim.topology.importing.attributes import AttributeReader
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.importing.reading import ImportFile, check_size
from qkdsim.topology.names import clean_text

_UNNAMED = {"", "none", "?"}  # what the Zoo writes where a map has no name
_FALSE = {"0", "false", "no"}
_TITLES = ("Network", "label", "name")


def read_graphml(file: ImportFile, attributes: AttributeReader) -> ParsedNetwork:
    """Read a GraphML file.

    A node with `hasLatLong = 0`, or a whole graph with it, has no position. A `hyperedge` element becomes a node that
    is joined to all its ends. Raises InputError.
    """
    content = _Content(file)
    _parse(file, content)
    nodes, places = [], _is_true(content.graph.get("hasLatLong"))
    for key, data in content.nodes.items():
        values = attributes.node({name: value for name, value in data.items() if name != "hasLatLong"}, f"node {key}")
        if not (places and _is_true(data.get("hasLatLong"))):
            values = {name: value for name, value in values.items() if name not in ("latitude_deg", "longitude_deg")}
        if values.get("label", "-").lower() in _UNNAMED:
            del values["label"]
        nodes.append(ParsedNode(key, values))
    edges = [
        ParsedEdge(source, target, attributes.edge({k: v for k, v in data.items() if k != "id"}, f"edge {index}"))
        for index, (source, target, data) in enumerate(content.edges)
    ]
    title = next((content.graph[name] for name in _TITLES if content.graph.get(name, "").strip()), None)
    return ParsedNetwork(
        tuple(nodes),
        tuple(edges),
        title=title,
        directed=content.directed,
        unused=attributes.unused_names(),
        notes=tuple(content.notes),
    )


def _is_true(text: str | None) -> bool:
    return text is None or text.strip().lower() not in _FALSE


class _Content:
    """What the parser has met so far; element by element, so depth and size of the file cost no stack."""

    def __init__(self, file: ImportFile) -> None:
        self.graph: dict[str, str] = {}
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[tuple[str, str, dict[str, str]]] = []
        self.directed = False
        self.notes: list[str] = []
        self._file = file
        self._graphs = 0
        self._names: dict[str, str] = {}  # of the attributes, by the id of their key
        self._defaults: dict[str, dict[str, str]] = {"node": {}, "edge": {}, "graph": {}}
        self._owners: list[dict[str, str]] = []
        self._key: tuple[str, str] | None = None
        self._hyperedge: str | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, given: dict[str, str]) -> None:
        """An element opens."""
        match tag.rpartition(":")[2]:
            case "key":
                self._key = (given.get("for", "all"), given.get("attr.name", given.get("id", "")))
                self._names[given.get("id", "")] = self._key[1]
            case "default" | "data":
                self._text = []
                self._data_name = self._names.get(given.get("key", ""), given.get("key", ""))
            case "graph":
                self._start_graph(given)
            case "node":
                self._start_node(given)
            case "edge":
                self._add_edge(self._end(given, "source"), self._end(given, "target"))
            case "hyperedge":
                self._hyperedge = f"hyperedge-{len(self.nodes)}"
                self._start_node({"id": self._hyperedge})
                self.notes.append(f"{self._hyperedge}: a hyperedge becomes a node joined to its ends")
            case "endpoint" if self._hyperedge is not None:
                self._add_edge(self._hyperedge, self._end(given, "node"))
                self._owners.pop()

    def end(self, tag: str) -> None:
        """An element closes."""
        name = tag.rpartition(":")[2]
        if name == "default" and self._key is not None:
            for kind in self._defaults if self._key[0] == "all" else (self._key[0],):
                self._defaults.setdefault(kind, {})[self._key[1]] = self._take_text()
        elif name == "data":
            value = self._take_text()
            if self._owners:
                self._owners[-1][self._data_name] = value
        elif name in ("graph", "node", "edge", "hyperedge") and self._owners:
            self._owners.pop()
            self._hyperedge = None

    def characters(self, text: str) -> None:
        """Text inside an element."""
        if self._text is not None:
            self._text.append(text)

    def _take_text(self) -> str:
        found, self._text = "".join(self._text or ()), None
        return found

    def _start_graph(self, given: dict[str, str]) -> None:
        self._graphs += 1
        if self._graphs > 1:
            raise InputError.of(self._file.name, "graph", None, "expected one graph, not several or nested ones")
        self.directed = given.get("edgedefault") == "directed"
        self.graph.update(self._defaults["graph"])
        self._owners.append(self.graph)

    def _start_node(self, given: dict[str, str]) -> None:
        name = self._end(given, "id")
        if name in self.nodes:
            raise InputError.of(self._file.name, "node", name, "every node id once")
        self.nodes[name] = dict(self._defaults["node"])
        self._owners.append(self.nodes[name])
        check_size(self._file, len(self.nodes), len(self.edges))

    def _end(self, given: dict[str, str], name: str) -> str:
        if name not in given:
            raise InputError.of(
                self._file.name, f"node or edge {len(self.nodes) + len(self.edges)}", None, f"no {name}"
            )
        return given[name]

    def _add_edge(self, source: str, target: str) -> None:
        data = dict(self._defaults["edge"])
        self.edges.append((source, target, data))
        self._owners.append(data)
        check_size(self._file, len(self.nodes), len(self.edges))


def _parse(file: ImportFile, content: _Content) -> None:
    """Run the parser. Raises InputError for what is not XML, or declares an entity (they can grow without bound)."""

    def refuse(*_: object) -> NoReturn:
        raise InputError.of(file.name, "", None, "declares an XML entity; entities are refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler = content.start
    parser.EndElementHandler = content.end
    parser.CharacterDataHandler = content.characters
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(file.raw, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise InputError.of(file.name, "", None, f"not XML: {clean_text(str(error))[:100]}") from None
    if not content.nodes:
        raise InputError.of(file.name, "", None, "no nodes found, expected a GraphML graph")
