"""A folder of records, read once: tables, samples, stage outputs, what is wrong with each, and all hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qkdsim import library
from qkdsim.devices import DeviceProfile
from qkdsim.errors import InputError, Problem
from qkdsim.evaluation.records.conditions import with_conditions
from qkdsim.evaluation.records.description import NAME, EvidenceFile, RecordEntry, read_description
from qkdsim.evaluation.records.kinds import FOLDERS, SAMPLES
from qkdsim.evaluation.records.stage_outputs import FILES, StageOutputs
from qkdsim.evaluation.records.table import BitSample, Table, sample_of, table_of

ENDINGS = (".csv", ".parquet", ".bin")


@dataclass(frozen=True, slots=True)
class Records:
    """What a laboratory hands over. `sha256` has the hash of every file that could be read, by name."""

    description: EvidenceFile
    tables: tuple[Table, ...]
    samples: tuple[BitSample, ...]
    stage_outputs: tuple[StageOutputs, ...]
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

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the records one by one; what only a device's vectors could tell is left out."""
        found = [one.problems for one in self.tables]
        found += [one.problems for one in self.samples]
        found += [one.problems for one in self.stage_outputs]
        return tuple(dict.fromkeys(problem for problems in found for problem in problems))

    def as_dict(self) -> dict[str, object]:
        """Who measured which device and when, and the hash of every file; no reading and no bit."""
        described = self.description
        return {
            "laboratory": described.laboratory,
            "date": described.date.isoformat(),
            "device": described.device,
            "serial_number": described.serial_number,
            "sha256": dict(sorted(self.sha256.items())),
        }


def read_records(folder: Path, profile: DeviceProfile | None) -> Records:
    """The records of a folder; without a profile nobody asks of which device they are.

    Raises InputError where there is no such folder, where `evidence.toml` breaks its schema, is of another device, or
    leaves out a record that lies beside it. What is wrong inside a record is told by the record.
    """
    if not folder.is_dir():
        raise InputError.of(str(folder), "", None, f"no such folder; expected one with {NAME} and records")
    path = folder / NAME
    described, sha256 = read_description(path)
    if profile is not None:
        device = f"{profile.identity.vendor} {profile.identity.model}"
        if described.device != device:
            raise InputError.of(str(path), "device", described.device, f"{device!r}, as the profile says")
    _check_all_listed(folder, path, {one.file for one in described.record})
    hashes = {NAME: sha256}
    tables, samples, outputs = [], [], []
    for entry in described.record:
        if entry.kind in FOLDERS:
            outputs.append(_outputs_of(entry, folder / entry.file, profile, hashes))
            continue
        raw = _bytes_of(folder / entry.file, entry.file)
        if isinstance(raw, bytes):
            hashes[entry.file] = hashlib.sha256(raw).hexdigest()
        if entry.kind in SAMPLES:
            samples.append(sample_of(entry, raw) if isinstance(raw, bytes) else BitSample(entry, problems=(raw,)))
        else:
            tables.append(table_of(entry, raw) if isinstance(raw, bytes) else Table(entry, problems=(raw,)))
    return Records(described, with_conditions(tables, profile), tuple(samples), tuple(outputs), hashes)


def _check_all_listed(folder: Path, path: Path, listed: set[str]) -> None:
    try:
        for other in sorted(folder.iterdir()):
            is_record = other.suffix.lower() in ENDINGS or (
                other.is_dir() and any((other / one).exists() for one in FILES)
            )
            if is_record and other.name not in listed:
                raise InputError.of(str(path), "record", None, f"{other.name} lies beside it and is not listed")
    except OSError as error:
        raise InputError.of(str(folder), "", None, f"cannot be read: {error.strerror or error}") from None


def _outputs_of(
    entry: RecordEntry, folder: Path, profile: DeviceProfile | None, hashes: dict[str, str]
) -> StageOutputs:
    """The folder of a device's stage outputs; its files are hashed here and read when they are compared."""
    if not folder.is_dir():
        problem = Problem(entry.file, "", "", f"{NAME} lists it, there is no such folder")
        return StageOutputs(entry, folder, problems=(problem,))
    problems = []
    for name in sorted(FILES):
        if (folder / name).exists():
            found = _hash_of(folder / name, f"{entry.file}/{name}")
            if isinstance(found, Problem):
                problems.append(found)
            else:
                hashes[f"{entry.file}/{name}"] = found
    return StageOutputs(entry, folder, profile, tuple(problems))


def _hash_of(path: Path, name: str) -> str | Problem:
    """SHA-256 of a file of any size."""
    if not path.is_file():
        return Problem(name, "", "no plain file", "a file")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return Problem(name, "", "", f"cannot be read: {error.strerror or error}")


def _bytes_of(path: Path, name: str) -> bytes | Problem:
    """The bytes of a record; what is no file, such as a pipe that never ends, is not opened."""
    try:
        if path.exists() and not path.is_file():
            return Problem(name, "", "a folder" if path.is_dir() else "no plain file", "a file")
        return library.bytes_of(path, name)
    except FileNotFoundError:
        return Problem(name, "", "", f"{NAME} lists it, there is no such file")
    except OSError as error:
        return Problem(name, "", "", f"cannot be read: {error.strerror or error}")
    except InputError as error:
        return error.problems[0]
