"""Objects stored as shares, as a scenario file states them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, StrictInt, model_validator

from qkdsim import library
from qkdsim.scenario.duration import Duration
from qkdsim.securecloud.holders import MOST_HOLDERS

DEFAULT_CHUNK_BYTES = 2**20
LEAST_REQUEST_BITS, MOST_REQUEST_BITS = 128, 2**20  # as for other one-time-pad keys: 128 bit to 1 Mbit


class ObjectEntry(library.FileModel):
    """Data that its owner keeps as shares at `holders`, any `threshold` of which give it back.

    Its bytes are those of a `file`, or `bytes` of them drawn by the seed. It is cut into chunks of `chunk_bytes`. At
    `start` it is stored; every `refresh_every` the shares are made anew; at each of `rebuild_at` the `reader` (the
    owner, when left out) puts it together. A node that was lost gets its share back when it returns.

    Key for messages is asked for in pieces of at most `request_bits`, each of which waits at most `key_wait`, and is
    asked for again `retries` times, `retry_after` later. `class` names a `[[class]]`, which states the wait in place of
    `key_wait`; without it an object is a class of its own.
    """

    id: str = Field(min_length=1, max_length=100)
    owner: str
    holders: tuple[str, ...] = Field(min_length=2, max_length=MOST_HOLDERS)
    threshold: StrictInt
    bytes_: StrictInt | None = Field(default=None, alias="bytes", ge=1, le=10**12)
    file: str | None = None  # path, beside the scenario
    chunk_bytes: StrictInt = Field(default=DEFAULT_CHUNK_BYTES, ge=1024, le=2**30)
    start: Duration = 0.0
    refresh_every: Duration | None = None
    rebuild_at: tuple[Duration, ...] = ()
    reader: str | None = None
    class_: str | None = Field(default=None, alias="class")
    key_wait: Duration = 600.0
    request_bits: StrictInt | None = Field(default=None, ge=LEAST_REQUEST_BITS, le=MOST_REQUEST_BITS)
    retries: StrictInt = Field(default=3, ge=0, le=1000)
    retry_after: Duration = 60.0

    @model_validator(mode="after")
    def _is_told_rightly(self) -> ObjectEntry:
        lines = [*self._holder_problems(), *self._other_problems()]
        if lines:
            raise ValueError("\n".join(lines))
        return self

    def _holder_problems(self) -> Iterator[str]:
        count = len(self.holders)
        if not 2 <= self.threshold <= count:
            yield f"threshold: got {self.threshold}, expected 2 to {count}, the number of holders"
        for index, name in enumerate(self.holders):
            if name in self.holders[:index]:
                yield f"holders[{index}]: got {name!r} twice, expected every node once"

    def _other_problems(self) -> Iterator[str]:
        if not self.id.isprintable():
            yield f"id: got {self.id!r}, expected printable characters"
        if (self.bytes_ is None) == (self.file is None):
            yield f"bytes: got {'nothing' if self.file is None else 'a value beside file'}, expected bytes or file"
        if self.refresh_every == 0.0:
            yield "refresh_every: got 0.0, expected a duration above 0"
        if self.reader is not None and not self.rebuild_at:
            yield f"reader: got {self.reader!r}, expected none without rebuild_at"
        for index, at_s in enumerate(self.rebuild_at):
            if at_s < self.start:
                yield f"rebuild_at[{index}]: got {at_s:g} s, expected not earlier than start ({self.start:g} s)"
        if self.class_ is not None and "key_wait" in self.model_fields_set:
            yield f"key_wait: got {self.key_wait:g} s, expected none: class {self.class_!r} states it"

    @property
    def readers(self) -> str:
        """The node that puts the object together."""
        return self.owner if self.reader is None else self.reader
