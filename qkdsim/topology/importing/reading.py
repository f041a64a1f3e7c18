"""The bytes and the JSON of a file to import, with its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from qkdsim import library
from qkdsim.errors import InputError, shown

MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_NODES = 200_000
MAX_LINKS = 500_000


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as read: its path, its name for messages, its bytes."""

    path: Path
    name: str
    raw: bytes

    def text(self) -> str:
        """The file as UTF-8 text. Raises InputError."""
        try:
            return self.raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError.of(self.name, "", None, f"not UTF-8 text (byte {error.start})") from None

    def json(self) -> Mapping[str, Any]:
        """The file as a JSON object. Raises InputError, also for numbers that JSON does not have (NaN, Infinity)."""
        try:
            found = json.loads(self.text(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else shown(str(error), 100)
            raise InputError.of(self.name, "", None, f"not JSON: {reason}") from None
        if not isinstance(found, dict):
            raise InputError.of(self.name, "", None, "expected a JSON object at the top")
        return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def read_file(path: Path) -> ImportFile:
    """Read a file to import. Raises InputError if it cannot be read, is empty or too large."""
    name = str(path)
    try:
        raw = library.bytes_of(path, name, MAX_FILE_BYTES)
    except FileNotFoundError:
        raise InputError.of(name, "", None, "no such file") from None
    except (OSError, ValueError) as error:
        raise InputError.of(name, "", None, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not raw.strip():
        raise InputError.of(name, "", None, "file is empty")
    return ImportFile(path, name, raw)


def objects(file: ImportFile, where: str, given: object) -> list[Mapping[str, Any]]:
    """A list of JSON objects. Raises InputError for anything else."""
    if not isinstance(given, list):
        raise InputError.of(file.name, where, None if given is None else "another value", "a list of objects")
    for index, one in enumerate(given):
        if not isinstance(one, dict):
            raise InputError.of(file.name, f"{where}[{index}]", one, "an object")
    return given


def check_size(file: ImportFile, nodes: int, links: int) -> None:
    """Raise InputError for a network beyond the limits."""
    for what, count, limit in (("nodes", nodes, MAX_NODES), ("links", links, MAX_LINKS)):
        if count > limit:
            raise InputError.of(file.name, what, f"{count:,}", f"at most {limit:,}")
