"""Edge lists as CSV: a header, one edge a line; a second file may describe the nodes."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from qkdsim.errors import InputError
from qkdsim.topology.importing.attributes import AttributeReader
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.importing.reading import ImportFile, check_size

_SOURCES = ("source", "from", "src")
_TARGETS = ("target", "to", "dst")
_IDS = ("id", "node")
_DELIMITERS = ",;\t|"


def read_csv(file: ImportFile, attributes: AttributeReader, nodes: ImportFile | None = None) -> ParsedNetwork:
    """Read an edge list: columns `source` and `target`, others as keys of a link.

    nodes       a CSV file with a column `id`, others as keys of a node; without it the edges name the nodes
    Raises InputError.
    """
    edges = []
    for line, row in _rows(file):
        source, target = (_cell(file, line, row, names) for names in (_SOURCES, _TARGETS))
        values = {name: value for name, value in row.items() if name not in (*_SOURCES, *_TARGETS)}
        edges.append(ParsedEdge(source, target, attributes.edge(values, f"line {line}")))
        check_size(file, 0, len(edges))
    if nodes is None:
        keys = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))
        found = tuple(ParsedNode(key) for key in keys)
    else:
        found = tuple(_nodes(nodes, AttributeReader(nodes.name, unused=attributes.unused)))
    check_size(file, len(found), len(edges))
    return ParsedNetwork(found, tuple(edges), unused=attributes.unused_names())


def _nodes(file: ImportFile, attributes: AttributeReader) -> Iterator[ParsedNode]:
    for line, row in _rows(file):
        key = _cell(file, line, row, _IDS)
        yield ParsedNode(key, attributes.node({k: v for k, v in row.items() if k not in _IDS}, f"line {line}"))


def _rows(file: ImportFile) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines that are not empty with their number, as column name -> cell."""
    text = file.text()
    head = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    header: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                header = [name.lower() for name in cells]
                if len(set(header)) != len(header):
                    raise InputError.of(file.name, f"line {reader.line_num}", None, "a column name stands twice")
                continue
            if len(cells) != len(header):
                expected = f"{len(header)} cells, as many as the header has"
                raise InputError.of(file.name, f"line {reader.line_num}", len(cells), expected)
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise InputError.of(file.name, f"line {reader.line_num}", None, f"not CSV: {error}") from None


def _cell(file: ImportFile, line: int, row: dict[str, str], names: tuple[str, ...]) -> str:
    found = next((row[name] for name in names if name in row), None)
    if found is None:
        raise InputError.of(file.name, "header", ", ".join(row), f"a column {names[0]!r}")
    if not found:
        raise InputError.of(file.name, f"line {line}", None, f"the column {names[0]!r} is empty")
    return found
