"""A log put together, block by block, from the logs of several real operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qkdsim.evaluation.specimen.observations import FloatArray, OperationRecord


@dataclass(frozen=True)
class Logs:
    """Logs of equal conditions, arrays (logs, blocks): the n-th blocks of all of them have one law.

    pause_s     from the end of the block before, or from power-on
    delay_s     from the end of a block to its key
    rest        sifted bits, errors, released bits, outcome
    duration_s  for which a mosaic can be asked
    """

    pause_s: FloatArray
    length_s: FloatArray
    delay_s: FloatArray
    rest: tuple[FloatArray, ...]
    duration_s: float

    @classmethod
    def of(cls, records: Sequence[OperationRecord], duration_s: float) -> Logs:
        blocks = min(len(one.start_s) for one in records)

        def column(name: str) -> FloatArray:
            return np.stack([getattr(one, name)[:blocks] for one in records])

        start_s, end_s = column("start_s"), column("end_s")
        before_s = np.concatenate([np.zeros((len(records), 1)), end_s[:, :-1]], axis=1)[:, :blocks]
        rest = tuple(column(name) for name in ("sifted_bits", "errors", "released_bits", "outcome"))
        return cls(start_s - before_s, end_s - start_s, column("available_s") - end_s, rest, duration_s)

    def mosaic(self, duration_s: float, generator: np.random.Generator) -> OperationRecord:
        """Each block is that of a log drawn for it, and keeps its place, where the drift of the day is the same."""
        logs, blocks = self.length_s.shape
        place = generator.integers(logs, size=blocks), np.arange(blocks)
        pause_s, length_s = self.pause_s[place], self.length_s[place]
        end_s = np.cumsum(pause_s + length_s)
        whole = int(np.searchsorted(end_s, duration_s, side="right"))
        sifted, errors, released, outcome = (one[place][:whole] for one in self.rest)
        return OperationRecord(
            start_s=(end_s - length_s)[:whole],
            end_s=end_s[:whole],
            available_s=(end_s + self.delay_s[place])[:whole],
            sifted_bits=sifted,
            errors=errors,
            released_bits=released,
            outcome=outcome.astype(np.int64),
            end_of_record_s=duration_s,
        )
