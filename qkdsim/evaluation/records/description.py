"""The file `evidence.toml`: whose records these are, of which device, and how good each instrument is."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from qkdsim import library
from qkdsim.errors import shown
from qkdsim.evaluation.records.kinds import SPACING_S
from qkdsim.evaluation.records.reading import wrong
from qkdsim.library import FileModel

FORMAT = "evidence/1"
NAME = "evidence.toml"
Kind = Literal["qber", "key_rate", "intensities", "counts", "key_processing", "rng", "raw_noise", "key"]
Text = Annotated[str, Field(min_length=1)]
_NEEDS = {"loss_db": ("qber", "key_rate"), "path_loss_db": ("counts",)}


class RecordEntry(FileModel):
    """One file of records, with what its columns do not say.

    relative_uncertainty  standard uncertainty of the instrument's scale, as a fraction, common to all rows
    max_gap_s             longest time between two readings of a series
    loss_db               of the channel during the record (`qber`, `key_rate`)
    path_loss_db          from where `mean_photon_number` holds to each detector, splitting included (`counts`)
    shared_calibration    all rows share one calibration, so that it cancels in ratios (`intensities`, `counts`)
    """

    kind: Kind
    file: Text
    instrument: Text
    relative_uncertainty: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    max_gap_s: Annotated[float, Field(gt=0.0)] = SPACING_S
    loss_db: Annotated[float, Field(ge=0.0)] | None = None
    path_loss_db: Annotated[float, Field(ge=0.0)] | None = None
    shared_calibration: bool = False

    @model_validator(mode="after")
    def _states_what_its_kind_needs(self) -> RecordEntry:
        for key, kinds in _NEEDS.items():
            stated = getattr(self, key) is not None
            if stated != (self.kind in kinds):
                raise ValueError(f"{key}: {'not used by' if stated else 'required for'} kind = {self.kind!r}")
        if re.fullmatch(r"[\w][\w .-]*", self.file) is None:
            raise ValueError("file: a plain name of a file in the same folder")
        ending = Path(self.file).suffix
        endings = (".bin",) if self.kind in ("rng", "raw_noise", "key") else (".csv", ".parquet")
        if ending not in endings:
            raise ValueError(f"file: got {self.file!r}, expected a name that ends in {' or '.join(endings)}")
        if self.kind in ("qber", "key_rate", "intensities", "counts") and "relative_uncertainty" not in (
            self.model_fields_set
        ):
            raise ValueError(f"relative_uncertainty: required for kind = {self.kind!r}; 0 where the scale is exact")
        return self


class EvidenceFile(FileModel):
    """Whose records, when, of which device: vendor and model as its profile says, with a blank between.

    Only `key_rate` may stand there several times, at different losses.
    """

    laboratory: Text
    date: date
    device: Text
    serial_number: Text | None = None
    record: Annotated[tuple[RecordEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> EvidenceFile:
        files, kinds = set(), set()
        for one in self.record:
            if one.file in files:
                raise ValueError(f"record: {one.file!r} is listed twice")
            kind = (one.kind, one.loss_db if one.kind == "key_rate" else None)
            if kind in kinds:
                raise ValueError(f"record: kind = {one.kind!r} is listed twice")
            files.add(one.file)
            kinds.add(kind)
        return self


def read_description(path: Path) -> tuple[EvidenceFile, str]:
    """The description and the hash of its bytes. Raises InputError."""
    source = library.read(path)
    given = source.table.get("format")
    if given != FORMAT:
        raise wrong(source.name, "format", "nothing" if given is None else shown(given), FORMAT)
    body = {key: value for key, value in source.table.items() if key != "format"}
    return library.validated(EvidenceFile, body, source.name), source.sha256
