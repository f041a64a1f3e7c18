"""A topology as the text of its file, and that text into its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from qkdsim.errors import InputError
from qkdsim.topology.model import Link, Topology

_ESCAPES = str.maketrans(
    {chr(code): f"\\u{code:04x}" for code in (*range(32), 127)} | {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n"}
)
_EXACT_BELOW = 1e15  # whole numbers up to here are written without a point


def topology_text(topology: Topology, *, compact: bool = False) -> str:
    """The file of a topology: read again it gives the same topology.

    compact     one line per node and link, for networks that nobody edits by hand
    """
    rows = {name: [_stated(one) for one in getattr(topology, name)] for name in _tables(topology)}
    lines = ['format = "topology/1"', ""]
    lines += [f"{key} = {_value(value)}" for key, value in _stated(topology).items() if key not in rows]
    for name, tables in rows.items():
        if compact and name in ("node", "link"):
            lines += ["", f"{name} = [", *(f"  {_inline(table)}," for table in tables), "]"]
    for name, tables in rows.items():
        if not (compact and name in ("node", "link")):
            lines += [line for table in tables for line in _section(name, table)]
    return "\n".join(lines) + "\n"


def write_topology(topology: Topology, path: Path, *, compact: bool = False) -> None:
    """Write the file of a topology; it is put in place when it is whole.

    Raises InputError for a name that does not end in `.toml` or cannot be written.
    """
    if path.suffix != ".toml":
        raise InputError.of(str(path), "", None, "expected a file name that ends in .toml")
    stage = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        stage.write_text(topology_text(topology, compact=compact), encoding="utf-8", newline="\n")
        stage.replace(path)
    except OSError as error:
        raise InputError.of(str(path), "", None, f"cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            stage.unlink(missing_ok=True)


def _tables(topology: Topology) -> list[str]:
    """The keys that hold lists of tables, in the order of the model."""
    return [name for name in type(topology).model_fields if isinstance(getattr(topology, name), tuple)]


def _stated(model: BaseModel) -> dict[str, Any]:
    """What a table states: no defaults, and no id that the ends of a link would give it anyway."""
    values = {key: value for key, value in model.model_dump(exclude_unset=True).items() if value is not None}
    if isinstance(model, Link) and values.get("id") == "--".join(model.ends):
        del values["id"]
    return values


def _section(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"[[{name}]]"
    yield from (f"{key} = {_value(value)}" for key, value in table.items())


def _inline(table: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in table.items() if value is not None)} }}"


def _value(value: Any) -> str:  # noqa: PLR0911 (one return per kind of value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT_BELOW else repr(float(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, Iterable):
        return f"[{', '.join(_value(one) for one in value)}]"
    raise TypeError(f"a {type(value).__name__} has no place in a TOML file")
