"""A folder of records, read once: tables and samples by kind, each with what is wrong with it, and all hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qkdsim import library
from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError, Problem
from qkdsim.evaluation.records import checks
from qkdsim.evaluation.records.description import NAME, EvidenceFile, RecordEntry, read_description
from qkdsim.evaluation.records.kinds import SAMPLES, TABLES
from qkdsim.evaluation.records.reading import cells_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of readings in order of time: columns of numbers of one length, in the units of their names.

    `series` names the series that each row belongs to, empty where there is only one. With `problems` nothing may be
    concluded from it.
    """

    entry: RecordEntry
    values: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)
    series: tuple[str, ...] = field(default=(), repr=False)
    places: tuple[str, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class BitSample:
    """Bytes of a generator or of key, the most significant bit first."""

    entry: RecordEntry
    raw: bytes = field(default=b"", repr=False)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """What a laboratory hands over. `sha256` has the hash of every file that could be read, by name."""

    description: EvidenceFile
    tables: tuple[Table, ...]
    samples: tuple[BitSample, ...]
    sha256: Mapping[str, str]

    def has(self, kind: str) -> bool:
        """Whether there is a record of this kind, sound or not."""
        return any(one.kind == kind for one in self.description.record)

    def tables_of(self, kind: str) -> list[Table]:
        """Tables of a kind."""
        return [one for one in self.tables if one.entry.kind == kind]

    def sample_of(self, kind: str) -> BitSample | None:
        """The sample of a kind; None where there is none."""
        return next((one for one in self.samples if one.entry.kind == kind), None)

    def as_dict(self) -> dict[str, object]:
        """What a bundle's manifest says of them."""
        described = self.description
        return {
            "laboratory": described.laboratory,
            "date": described.date.isoformat(),
            "device": described.device,
            "serial_number": described.serial_number,
            "sha256": dict(sorted(self.sha256.items())),
        }


def read_records(folder: Path, profile: DeviceProfile) -> Records:
    """The records of a folder.

    Raises InputError where there is no such folder, where `evidence.toml` breaks its schema, is of another device, or
    leaves out a table or sample that lies beside it. What is wrong inside a record is told by the record.
    """
    if not folder.is_dir():
        raise InputError.of(str(folder), "", None, f"no such folder; expected one with {NAME} and records")
    path = folder / NAME
    described, sha256 = read_description(path)
    device = f"{profile.identity.vendor} {profile.identity.model}"
    if described.device != device:
        raise InputError.of(str(path), "device", described.device, f"{device!r}, as the profile says")
    listed = {one.file for one in described.record}
    for other in sorted(folder.iterdir()):
        if other.suffix in (".csv", ".parquet", ".bin") and other.name not in listed:
            raise InputError.of(str(path), "record", None, f"{other.name} lies beside it and is not listed")
    hashes = {NAME: sha256}
    tables, samples = [], []
    for entry in described.record:
        raw = _bytes_of(folder / entry.file, entry.file)
        if isinstance(raw, bytes):
            hashes[entry.file] = hashlib.sha256(raw).hexdigest()
        if entry.kind in SAMPLES:
            samples.append(BitSample(entry, raw) if isinstance(raw, bytes) else BitSample(entry, problems=(raw,)))
        else:
            tables.append(table_of(entry, raw) if isinstance(raw, bytes) else Table(entry, problems=(raw,)))
    return Records(described, tuple(tables), tuple(samples), hashes)


def table_of(entry: RecordEntry, raw: bytes) -> Table:
    """The table that the bytes of a file hold, checked."""
    kind, name = TABLES[entry.kind], entry.file
    cells = cells_of(raw, name, kind)
    if isinstance(cells, Problem):
        return Table(entry, problems=(cells,))
    if not cells.places:
        return Table(entry, problems=(Problem(name, "", "no row", "readings below the names of the columns"),))
    problems: list[Problem] = []
    values = checks.numbers(cells, kind, name, problems)
    series: tuple[str, ...] = ()
    if kind.series is not None:
        series = checks.names(cells, kind.series, name, problems)
    if not problems:
        problems += checks.relations(values, entry.kind, name, cells.places)
        which = series or [""] * len(cells.places)
        if entry.kind == "counts":
            which = [f"{one:g}" for one in values["detector"]]
        problems += checks.order(values["time_s"], which, entry.max_gap_s, name, cells.places)
    return Table(entry, values, series, tuple(cells.places), tuple(problems))


def _bytes_of(path: Path, name: str) -> bytes | Problem:
    try:
        return library.bytes_of(path, name)
    except FileNotFoundError:
        return Problem(name, "", "", f"{NAME} lists it, there is no such file")
    except OSError as error:
        return Problem(name, "", "", f"cannot be read: {error.strerror or error}")
    except InputError as error:
        return error.problems[0]
