"""Which format a file has, and the one call that imports it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from qkdsim.errors import InputError
from qkdsim.topology.importing.assemble import Imported, assemble
from qkdsim.topology.importing.attributes import AttributeReader
from qkdsim.topology.importing.csv_edges import read_csv
from qkdsim.topology.importing.gaps import Gaps
from qkdsim.topology.importing.geojson import TYPES, read_geojson
from qkdsim.topology.importing.gnpy import read_gnpy
from qkdsim.topology.importing.graphml import read_graphml
from qkdsim.topology.importing.node_link import read_node_link
from qkdsim.topology.importing.parsed import ParsedNetwork
from qkdsim.topology.importing.reading import ImportFile, check_size, read_file

FORMATS: Mapping[str, str] = {
    "graphml": "GraphML",
    "node-link": "node-link JSON",
    "geojson": "GeoJSON",
    "csv": "CSV edge list",
    "gnpy": "gnpy network JSON",
}
SNAP_KM = 0.5


def import_network(
    path: str | Path,
    *,
    form: str | None = None,
    name: str | None = None,
    nodes: str | Path | None = None,
    length: tuple[str, float] | None = None,
    snap_km: float = SNAP_KM,
    gaps: Gaps | None = None,
) -> Imported:
    """Read a network file of another format as a topology.

    form        one of `FORMATS`; recognised from the content when left out
    name        of the topology; that of the file when left out
    nodes       CSV file that describes the nodes of a CSV edge list
    length      an edge attribute without a unit in its name, and its unit in km
    snap_km     distance within which ends of GeoJSON lines belong to a node
    gaps        how lengths that are not stated are filled

    Raises InputError for what cannot be read, has more than 200,000 nodes or 500,000 links, or gives no topology.
    """
    file = read_file(Path(path))
    form = form or recognise(file)
    if form not in FORMATS:
        raise InputError.of("--from", "", form, f"one of {', '.join(FORMATS)}")
    if nodes is not None and form != "csv":
        raise InputError.of("--nodes", "", None, f"goes with a CSV edge list, not with {FORMATS[form]}")
    attributes = AttributeReader(file.name, length)
    parsed = _parsed(form, file, attributes, None if nodes is None else read_file(Path(nodes)), snap_km)
    check_size(file, len(parsed.nodes), len(parsed.edges))
    if length is not None and not attributes.has_length:
        raise InputError.of("--length", "", length[0], f"an attribute of the edges of {file.name}")
    return assemble(parsed, name=name or file.path.stem, file=file.name, form=FORMATS[form], gaps=gaps or Gaps())


def _parsed(
    form: str, file: ImportFile, attributes: AttributeReader, nodes: ImportFile | None, snap_km: float
) -> ParsedNetwork:
    match form:
        case "graphml":
            return read_graphml(file, attributes)
        case "node-link":
            return read_node_link(file, attributes)
        case "geojson":
            return read_geojson(file, attributes, snap_km)
        case "csv":
            return read_csv(file, attributes, nodes)
        case _:
            return read_gnpy(file)


def recognise(file: ImportFile) -> str:
    """The format of a file, by its content; its name only tells CSV. Raises InputError if it is none that is known."""
    head = file.raw[:4096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if head.startswith("<") or file.raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "graphml"
    if head.startswith(("{", "[")):
        return _recognise_json(file)
    first = [cell.strip(' "').lower() for cell in re.split(r"[,;\t|]", head.partition("\n")[0])]
    if file.path.suffix.lower() in (".csv", ".tsv") or {"source", "from", "src"} & set(first):
        return "csv"
    raise InputError.of(file.name, "", None, f"not recognised; expected {', '.join(FORMATS.values())}, or say --from")


def _recognise_json(file: ImportFile) -> str:
    table = file.json()
    if "elements" in table and "connections" in table:
        return "gnpy"
    if table.get("type") in TYPES:
        return "geojson"
    if "nodes" in table and ("links" in table or "edges" in table):
        return "node-link"
    expected = "elements and connections (gnpy), nodes and links or edges (node-link), or a GeoJSON type"
    raise InputError.of(file.name, "", None, f"JSON not recognised; expected {expected}")
