"""CSV files that a topology or a scenario names: found beside it, read once, hashed, since results depend on them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from qkdsim import library
from qkdsim.channels.freespace import TransmissionTable
from qkdsim.channels.weather import WeatherTable
from qkdsim.errors import InputError


class UserTables:
    """Reads each table once, and remembers the hash of every file that it read."""

    def __init__(self) -> None:
        """Start empty."""
        self._hashes: dict[str, str] = {}
        self._weather: dict[Path, WeatherTable] = {}
        self._air: dict[Path, TransmissionTable] = {}

    @property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """Name, as the files give it, and hash of the bytes of every table in use, sorted."""
        return tuple(sorted(self._hashes.items()))

    def weather(self, name: str, beside: Path, source: str, key: str) -> WeatherTable:
        """The weather that `key` of the file at `beside`, in messages `source`, names.

        Raises InputError.
        """
        path = self._found(name, beside, source, key)
        if path not in self._weather:
            self._weather[path] = WeatherTable.read(path, library.display_name(path))
        return self._weather[path]

    def transmission(self, name: str, beside: Path, source: str, key: str) -> TransmissionTable:
        """The clear air that `key` of the file at `beside`, in messages `source`, names.

        Raises InputError.
        """
        path = self._found(name, beside, source, key)
        if path not in self._air:
            self._air[path] = TransmissionTable.from_csv(path, library.display_name(path))
        return self._air[path]

    def _found(self, name: str, beside: Path, source: str, key: str) -> Path:
        path = beside.parent / name
        try:
            self._hashes[name] = hashlib.sha256(library.bytes_of(path, name)).hexdigest()
        except OSError as error:
            expected = f"a readable file beside this one ({error.strerror})"
            raise InputError.of(source, key, name, expected) from None
        return path
