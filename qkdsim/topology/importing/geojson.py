"""GeoJSON: points are nodes, lines are links. RFC 7946: longitude and latitude in degrees, WGS 84."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from qkdsim.errors import InputError
from qkdsim.topology.geography import EARTH_RADIUS_KM, great_circle_km, unit_vector
from qkdsim.topology.importing.attributes import AttributeReader, number
from qkdsim.topology.importing.parsed import ParsedEdge, ParsedNetwork, ParsedNode
from qkdsim.topology.importing.reading import ImportFile, check_size, objects
from qkdsim.topology.names import unique_names

TYPES = ("FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString", "MultiLineString")
_LINES = ("LineString", "MultiLineString")

Place = tuple[float, float]  # latitude and longitude in degrees
Shape = tuple[str, Any, Mapping[str, Any], str]  # type, coordinates, properties, where


def read_geojson(file: ImportFile, attributes: AttributeReader, snap_km: float) -> ParsedNetwork:
    """Read points and lines; ends of lines within `snap_km` of a node belong to it, others become nodes of their own.

    Parts of a MultiLineString that meet are one line. A node in the middle of a line does not cut it.

    Raises InputError.
    """
    table = file.json()
    _check_crs(file, table)
    shapes = list(_shapes(file, table, "", {}))
    check_size(file, len(shapes), len(shapes))
    nodes, index = _points(file, shapes, attributes), _PlaceIndex(snap_km)
    for number_, node in enumerate(nodes):
        assert node.place_deg is not None  # a point has a place
        index.add(number_, node.place_deg)
    notes, edges, named = [], [], len(nodes)
    for kind, coordinates, properties, where in shapes:
        if kind not in _LINES:
            continue
        parts = [coordinates] if kind == "LineString" else _list(file, coordinates, where)
        lines = _joined([_line(file, part, where) for part in parts], snap_km)
        if len(lines) > 1:
            notes.append(f"{where}: {len(lines)} parts that do not meet are links of their own")
        values = attributes.edge(properties, where)
        for line in lines:
            ends = []
            for place in (line[0], line[-1]):
                if (nearest := index.nearest(place)) is None:
                    nearest = len(nodes)
                    index.add(nearest, place)
                    nodes.append(_end_node(nearest - named + 1, place))
                ends.append(nodes[nearest].key)
            drawn_km = sum(great_circle_km(*step) for step in pairwise(line))
            edges.append(ParsedEdge(ends[0], ends[1], values, drawn_km))
            check_size(file, len(nodes), len(edges))
    if len(nodes) > named:
        notes.append(f"{len(nodes) - named:,} ends of lines have no point within {snap_km:g} km: nodes without a name")
    return ParsedNetwork(tuple(nodes), tuple(edges), unused=attributes.unused_names(), notes=tuple(notes))


def _end_node(count: int, place: Place) -> ParsedNode:
    return ParsedNode(f"end-{count}", {"latitude_deg": place[0], "longitude_deg": place[1]})


def _check_crs(file: ImportFile, table: Mapping[str, Any]) -> None:
    """Raise InputError where an old file states coordinates other than degrees on WGS 84."""
    crs = str(table.get("crs", "CRS84"))
    if not any(name in crs for name in ("CRS84", "4326")):
        raise InputError.of(file.name, "crs", None, "expected longitude and latitude in degrees (WGS 84)")


def _shapes(file: ImportFile, table: Mapping[str, Any], where: str, properties: Mapping[str, Any]) -> Iterator[Shape]:
    """All geometries that are points or lines."""
    kind = table.get("type")
    if kind == "FeatureCollection":
        for index, one in enumerate(objects(file, "features", table.get("features"))):
            yield from _shapes(file, one, f"features[{index}]", {})
    elif kind == "Feature":
        geometry, given = table.get("geometry"), table.get("properties")
        if isinstance(geometry, dict):
            own = {"id": table["id"]} if "id" in table else {}
            yield from _shapes(
                file, geometry, where or "feature", {**own, **(given if isinstance(given, dict) else {})}
            )
    elif kind == "GeometryCollection":
        for one in objects(file, f"{where}.geometries", table.get("geometries")):
            if one.get("type") == "GeometryCollection":
                raise InputError.of(file.name, where, None, "a collection inside a collection is not read")
            yield from _shapes(file, one, where, properties)
    elif kind == "MultiPoint":
        for place in _list(file, table.get("coordinates"), where):
            yield "Point", place, properties, where
    elif kind == "Point" or kind in _LINES:
        yield str(kind), table.get("coordinates"), properties, where or str(kind)
    else:
        raise InputError.of(file.name, f"{where}.type" if where else "type", kind, f"one of {', '.join(TYPES)}")


def _points(file: ImportFile, shapes: Sequence[Shape], attributes: AttributeReader) -> list[ParsedNode]:
    found: list[tuple[str, dict[str, Any]]] = []
    for kind, coordinates, properties, where in shapes:
        if kind == "Point":
            place = _place(file, coordinates, where)
            own = {name: value for name, value in properties.items() if name != "id"}
            values = attributes.node(own, where) | {"latitude_deg": place[0], "longitude_deg": place[1]}
            name = properties.get("id", values.get("label", f"point-{len(found) + 1}"))
            found.append((str(name), values))
    keys = unique_names((name for name, _ in found), join="-")
    return [ParsedNode(key, values) for key, (_, values) in zip(keys, found, strict=True)]


def _list(file: ImportFile, given: object, where: str) -> list[Any]:
    if not isinstance(given, list):
        raise InputError.of(file.name, f"{where}.coordinates", None, "expected a list")
    return given


def _place(file: ImportFile, given: object, where: str) -> Place:
    parts = _list(file, given, where)
    if len(parts) < 2:
        raise InputError.of(file.name, f"{where}.coordinates", parts, "longitude and latitude")
    longitude, latitude = (number(file.name, f"{where}.coordinates", part) for part in parts[:2])
    if abs(longitude) > 180.0 or abs(latitude) > 90.0:
        raise InputError.of(file.name, f"{where}.coordinates", parts[:2], "longitude and latitude in degrees (WGS 84)")
    return latitude, longitude


def _line(file: ImportFile, given: object, where: str) -> list[Place]:
    line = [_place(file, one, where) for one in _list(file, given, where)]
    if len(line) < 2:
        raise InputError.of(file.name, f"{where}.coordinates", f"{len(line)} places", "a line of two or more")
    return line


def _joined(parts: Sequence[list[Place]], snap_km: float) -> list[list[Place]]:
    """Parts that begin where the one before ends, as one line."""
    lines: list[list[Place]] = []
    for part in parts:
        if lines and great_circle_km(lines[-1][-1], part[0]) <= snap_km:
            lines[-1] += part
        else:
            lines.append(list(part))
    return lines


class _PlaceIndex:
    """Places in cells a snapping distance wide, on the sphere in space, so that poles and the date line are no edge."""

    def __init__(self, snap_km: float) -> None:
        self._snap_km = snap_km
        self._scale = EARTH_RADIUS_KM / max(snap_km, 1e-6)
        self._cells: dict[tuple[int, int, int], list[tuple[int, Place]]] = {}

    def _cell(self, place: Place) -> tuple[int, int, int]:
        x, y, z = (math.floor(part * self._scale) for part in unit_vector(*place))
        return x, y, z

    def add(self, number: int, place: Place) -> None:
        """Enter a place under a number."""
        self._cells.setdefault(self._cell(place), []).append((number, place))

    def nearest(self, place: Place) -> int | None:
        """The number of the nearest place within the snapping distance."""
        x, y, z = self._cell(place)
        around = ((x + i, y + j, z + k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1))
        near = (
            (great_circle_km(place, other), number) for cell in around for number, other in self._cells.get(cell, ())
        )
        distance_km, number = min(near, default=(math.inf, -1))
        return number if distance_km <= self._snap_km + 1e-9 else None
