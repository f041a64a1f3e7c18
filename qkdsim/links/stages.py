"""The stages of a block at which two devices can be compared: which numbers, of which end, given or computed.

Files, reader, comparison and manual (docs/reference/vectors.md) follow this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Dtype = Literal["uint8", "int64", "float64", "binary"]
Values: TypeAlias = "NDArray[np.uint8] | NDArray[np.int64] | NDArray[np.float64] | Sequence[bytes]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stage; what is secret is never shown by a comparison."""

    name: str
    dtype: Dtype
    meaning: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: an `input` is given to a device, an `output` is what it has to compute."""

    name: str
    role: Literal["input", "output"]
    end: Literal["alice", "bob", "both"]
    meaning: str
    columns: tuple[Column, ...]

    @property
    def number(self) -> int:
        """Place in the list, from 1; a stage that a block does not have leaves its number free."""
        return STAGES.index(self) + 1

    @property
    def file(self) -> str:
        """Name of its Parquet file."""
        return f"{self.number:02d}-{self.name}.parquet"


@dataclass(frozen=True, slots=True)
class StageTable:
    """A stage with the values of one block, one array or list of byte strings for each column, all of one length."""

    stage: Stage
    values: tuple[Values, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one column of values for each column of the stage, of equal lengths."""
        if len(self.values) != len(self.stage.columns) or len({len(one) for one in self.values}) != 1:
            raise ValueError(f"stage {self.stage.name}: {[len(one) for one in self.values]} values")

    @property
    def rows(self) -> int:
        """Rows of every column."""
        return len(self.values[0])

    @property
    def columns(self) -> Iterator[tuple[Column, Values]]:
        """Each column with its values."""
        return zip(self.stage.columns, self.values, strict=True)

    def __getitem__(self, name: str) -> Values:
        """The values of a column. Raises KeyError for a name that is none."""
        return {column.name: values for column, values in self.columns}[name]


def stage_table(name: str, **columns: Values) -> StageTable:
    """A stage by name with its values by column.

    Raises KeyError for an unknown stage or a missing column, ValueError for columns of unequal lengths.
    """
    stage = BY_NAME[name]
    return StageTable(stage, tuple(columns[column.name] for column in stage.columns))


_SLOT = Column("slot", "int64", "number of the pulse, rising")
_BIT = Column("bit", "uint8", "0 or 1", is_secret=True)
_BODY = Column("body", "binary", "body of the message, as it crosses the service channel")
_INTENSITY = Column("intensity", "uint8", "place of the intensity in the profile, from 0")
_BASIS = Column("basis", "uint8", "0 key basis, 1 test basis")
_TO = Column("to", "uint8", "whom it goes to: 0 Alice, 1 Bob")

STAGES = (
    Stage(
        "alice-raw",
        "input",
        "alice",
        "what Alice prepared in the slots in which Bob's detectors clicked",
        (_SLOT, _INTENSITY, _BASIS, _BIT),
    ),
    Stage(
        "alice-sent",
        "input",
        "alice",
        "all pulses that Alice sent while the block was open",
        (
            _INTENSITY,
            _BASIS,
            Column("pulses", "int64", "number of pulses; the rows run over intensity, then basis"),
        ),
    ),
    Stage(
        "bob-raw",
        "input",
        "bob",
        "Bob's clicks",
        (
            _SLOT,
            Column("basis", "uint8", "basis in which he measured"),
            Column("detector_0", "uint8", "1 if the detector of bit 0 fired", is_secret=True),
            Column("detector_1", "uint8", "1 if the detector of bit 1 fired", is_secret=True),
            Column("coin", "uint8", "the bit that a double click is to become; 0 elsewhere", is_secret=True),
        ),
    ),
    Stage(
        "initial-secret",
        "input",
        "both",
        "authentication key that both ends hold before the block: hash key, mix key, one pad for each tag",
        (_BIT,),
    ),
    Stage(
        "bob-detections",
        "output",
        "bob",
        "clicks as bits, double clicks assigned or discarded",
        (_SLOT, Column("basis", "uint8", "basis in which he measured"), _BIT),
    ),
    Stage("detections-message", "output", "bob", "to Alice: where he detected, in which basis", (_BODY,)),
    Stage(
        "shuffle-seed",
        "input",
        "alice",
        "Alice's random choice, public from the bases message on",
        (Column("seed", "int64", "seed of reconciliation, 0 to 2^63 - 1"),),
    ),
    Stage(
        "published-sample",
        "input",
        "both",
        "only where key is drawn from both bases: detections in equal bases that are published in place of a basis",
        (_SLOT,),
    ),
    Stage(
        "bases-message", "output", "alice", "to Bob: seed, pulses sent, bases, intensities, published bits", (_BODY,)
    ),
    Stage("alice-sifted", "output", "alice", "Alice's sifted key", (_SLOT, _BIT)),
    Stage("bob-sifted", "output", "bob", "Bob's sifted key, with errors", (_SLOT, _BIT)),
    Stage(
        "estimate",
        "output",
        "bob",
        "errors among the published bits in equal bases, and the message to Alice",
        (
            Column("errors", "int64", "published bits that differ from Bob's"),
            Column("tested", "int64", "published bits in equal bases"),
            Column("planned_qber", "float64", "error rate for which reconciliation is planned"),
            _BODY,
        ),
    ),
    Stage(
        "parity-checks",
        "input",
        "both",
        "only with ldpc: the checks of a frame, one row for each bit of a check",
        (
            Column("check", "int64", "number of the check, rising"),
            Column("bit", "int64", "place of the bit in its frame, from 0"),
            Column("half", "uint8", "0 in the first half of the check, 1 in the second"),
            Column("round", "uint8", "round in which the parity of the first half is told"),
        ),
    ),
    Stage(
        "reconciliation",
        "output",
        "both",
        "questions of Bob and answers of Alice, in order, and Bob's word that he is done",
        (_TO, Column("parity_bits", "int64", "parities or syndrome bits in the message; 0 for one of Bob's"), _BODY),
    ),
    Stage("corrected", "output", "bob", "Bob's key after correction, equal to Alice's sifted key", (_BIT,)),
    Stage(
        "verification-key",
        "input",
        "alice",
        "Alice's random choice, public with the verification message",
        (Column("hash_key", "binary", "H, 16 bytes"), Column("mix_key", "binary", "16 bytes")),
    ),
    Stage(
        "verification",
        "output",
        "both",
        "tag of the corrected key, and the message to Bob",
        (Column("tag", "binary", "bits packed, first bit highest, the last byte filled with zeros"), _BODY),
    ),
    Stage(
        "counts",
        "output",
        "bob",
        "detections by setting, on which the key length rests; every setting has its row",
        (
            _INTENSITY,
            Column("alice_basis", "uint8", "basis sent"),
            Column("alice_bit", "uint8", "bit sent"),
            Column("bob_basis", "uint8", "basis measured"),
            Column("bob_bit", "uint8", "bit recorded"),
            Column("detections", "int64", "number of detections"),
        ),
    ),
    Stage(
        "verdict",
        "output",
        "bob",
        "length of the key, and the message to Alice",
        (Column("secret_bits", "int64", "bits of the secret key"), _BODY),
    ),
    Stage(
        "toeplitz-seed",
        "input",
        "alice",
        "Alice's random choice, public with the seed message; bits beyond the seed fill its last byte",
        (Column("bit", "uint8", "0 or 1"),),
    ),
    Stage(
        "authentication",
        "output",
        "both",
        "the tags in the order in which they are sent",
        (
            Column("phase", "uint8", "0 sifting, 1 reconciliation, 2 amplification"),
            _TO,
            Column("transcript_bytes", "int64", "length of the transcript under the tag, framing included"),
            Column("pad", "binary", "pad of the tag, packed", is_secret=True),
            Column("tag", "binary", "body of the tag message: bits packed, the last byte filled with zeros"),
        ),
    ),
    Stage(
        "final-key",
        "output",
        "both",
        "the secret key, equal at both ends",
        (_BIT, Column("to_pool", "uint8", "1 for the first bits, which refill the authentication pool; 0 released")),
    ),
)

BY_NAME: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}
