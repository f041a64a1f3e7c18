"""The file `evidence.toml`: whose records these are, of which device, and how good each instrument is."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from qkdsim import library
from qkdsim.errors import shown
from qkdsim.evaluation.records.kinds import FOLDERS, SAMPLES, SPACING_S, TABLES
from qkdsim.evaluation.records.reading import wrong
from qkdsim.library import FileModel

FORMAT = "evidence/1"
NAME = "evidence.toml"
Kind = Literal[
    "qber",
    "key_rate",
    "intensities",
    "counts",
    "temperature",
    "key_processing",
    "rng",
    "raw_noise",
    "key",
    "stage_outputs",
]
Text = Annotated[str, Field(min_length=1)]
_NEEDS = {  # key: kinds that must state it; no other kind may
    "loss_db": ("qber", "key_rate", "stage_outputs"),
    "path_loss_db": ("counts",),
    "uncertainty_c": ("temperature",),
    "during": ("temperature",),
    "seed": ("stage_outputs",),
    "stages_sha256": ("stage_outputs",),
}
_MAY_STATE = {"block_bits": ("stage_outputs",), "reconciliation": ("stage_outputs",)}


class RecordEntry(FileModel):
    """One file of records, with what its columns do not say."""

    kind: Kind  # what the record holds
    file: Text  # name of a file in the same folder; of a folder in it for `stage_outputs`
    instrument: Text  # what it was measured with
    relative_uncertainty: Annotated[float, Field(ge=0.0, lt=1.0, strict=True)] = (
        0.0  # one standard deviation, common to all rows
    )
    max_gap_s: Annotated[float, Field(gt=0.0, strict=True)] = SPACING_S  # longest time between two readings of a series
    loss_db: Annotated[float, Field(ge=0.0, strict=True)] | None = (
        None  # of the channel (`qber`, `key_rate`, `stage_outputs`)
    )
    path_loss_db: Annotated[float, Field(ge=0.0, strict=True)] | None = (
        None  # from where the mean holds to each detector (`counts`)
    )
    shared_calibration: StrictBool = False  # all rows share one calibration, so that it cancels in ratios
    uncertainty_c: Annotated[float, Field(ge=0.0, strict=True)] | None = None  # one standard deviation (`temperature`)
    during: tuple[Text, ...] | None = None  # files of the records taken meanwhile, on the same clock (`temperature`)
    seed: Annotated[int, Field(ge=0, strict=True)] | None = None  # of the stage vectors (`stage_outputs`)
    block_bits: Annotated[float, Field(gt=0.0, strict=True)] | None = (
        None  # of the stage vectors; the profile's when left out
    )
    reconciliation: Text | None = None  # of the stage vectors; the profile's when left out
    stages_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None  # from the vectors' manifest

    @model_validator(mode="after")
    def _states_what_its_kind_needs(self) -> RecordEntry:
        for key, kinds in (_NEEDS | _MAY_STATE).items():
            stated = getattr(self, key) is not None
            if stated and self.kind not in kinds:
                raise ValueError(f"{key}: not used by kind = {self.kind!r}")
            if not stated and self.kind in kinds and key in _NEEDS:
                raise ValueError(f"{key}: required for kind = {self.kind!r}")
        if re.fullmatch(r"[\w][\w .-]*", self.file) is None:
            raise ValueError(f"file: got {shown(self.file)}, expected a plain name of a file in the same folder")
        ending, endings = Path(self.file).suffix, _ENDINGS.get(self.kind, (".csv", ".parquet"))
        if ending not in endings:
            expected = f"a name that ends in {' or '.join(endings)}" if any(endings) else "a folder, without ending"
            raise ValueError(f"file: got {shown(self.file)}, expected {expected}")
        if self.kind in ("qber", "key_rate", "intensities", "counts") and "relative_uncertainty" not in (
            self.model_fields_set
        ):
            raise ValueError(f"relative_uncertainty: required for kind = {self.kind!r}; 0 where the scale is exact")
        return self


_ENDINGS = {**dict.fromkeys(SAMPLES, (".bin",)), **dict.fromkeys(FOLDERS, ("",))}


class EvidenceFile(FileModel):
    """Records of a laboratory: whose, when, of which device. See [records of a laboratory](evidence.md).

    Each kind stands there once, but for `key_rate` (once for each loss), `temperature` and `stage_outputs`.
    """

    laboratory: Text  # who measured
    date: date  # of the measurement
    device: Text  # vendor and model as its profile says, with a blank between
    serial_number: Text | None = None  # of the piece that was measured
    record: Annotated[tuple[RecordEntry, ...], Field(min_length=1)]

    @property
    def line(self) -> str:
        """Who measured, when, and which piece, in a line."""
        number = "serial number not stated" if self.serial_number is None else f"serial number {self.serial_number}"
        return f"{self.laboratory}, {self.date.isoformat()}, {self.device}, {number}"

    @model_validator(mode="after")
    def _is_of_the_past(self) -> EvidenceFile:
        if self.date > date.today() + timedelta(days=1):  # a day more: clocks and time zones differ
            raise ValueError(f"date: got {self.date}, expected a day that has been")
        return self

    @model_validator(mode="after")
    def _each_once(self) -> EvidenceFile:
        files, kinds = set(), set()
        for one in self.record:
            if one.file in files:
                raise ValueError(f"record: {one.file!r} is listed twice")
            files.add(one.file)
            if one.kind == "temperature":
                continue
            loss_db = one.loss_db if one.kind in ("key_rate", *FOLDERS) else None
            what = (one.kind, loss_db, one.seed, one.block_bits, one.reconciliation)
            if what in kinds:
                raise ValueError(f"record: kind = {one.kind!r} is listed twice")
            kinds.add(what)
        return self

    @model_validator(mode="after")
    def _temperatures_are_of_records(self) -> EvidenceFile:
        tables = {one.file for one in self.record if one.kind in TABLES and one.kind != "temperature"}
        for place, one in enumerate(self.record):
            for name in one.during or ():
                if name not in tables:
                    raise ValueError(f"record[{place}].during: got {shown(name)}, expected tables of this file")
        return self


def read_description(path: Path) -> tuple[EvidenceFile, str]:
    """The description and the hash of its bytes. Raises InputError."""
    if path.exists() and not path.is_file():  # such as a pipe, which may never end
        raise wrong(str(path), "", "a folder" if path.is_dir() else "no plain file", "a file")
    source = library.read(path)
    given = source.table.get("format")
    if given != FORMAT:
        raise wrong(source.name, "format", "nothing" if given is None else shown(given), FORMAT)
    body = {key: value for key, value in source.table.items() if key != "format"}
    return library.validated(EvidenceFile, body, source.name), source.sha256
