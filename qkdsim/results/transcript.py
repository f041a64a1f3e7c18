"""The messages of key processing as files: one line of JSON per message, one file per block."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TextIO

from qkdsim.errors import RunError
from qkdsim.results.json_text import json_text
from qkdsim.results.place import Stage
from qkdsim.results.run import MANIFEST
from qkdsim.version import __version__

FORMAT = "transcript/1"


class TranscriptFolder:
    """Writes the messages of blocks to a folder that appears whole, at `commit`, or not at all.

    A context manager: leaving it without a commit (an error, Ctrl-C) removes what was written. Raises InputError when
    the target cannot be written, RunError when the disk refuses.
    """

    def __init__(self, target: str | Path) -> None:
        """Prepare the hidden stage."""
        self._stage = Stage(Path(target), FORMAT)
        self._files: list[str] = []
        self._open: TextIO | None = None
        self._is_placed = False

    def __enter__(self) -> TranscriptFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if not self._is_placed:
            self._stage.remove()

    def add(self, block: int, kind: str, receiver: str, body: bytes) -> None:
        """Append a message; blocks come in order."""
        name = f"block-{block:05d}.jsonl"
        with self._writing():
            if not self._files or self._files[-1] != name:
                self._close()
                self._files.append(name)
                self._open = (self._stage.path / name).open("w", encoding="utf-8")
            line = {"kind": kind, "to": receiver, "bits": 8 * len(body), "body": base64.b64encode(body).decode()}
            if self._open is not None:
                self._open.write(json.dumps(line) + "\n")

    def commit(self) -> None:
        """Write the manifest and put the folder in place of the target, replacing an earlier transcript."""
        with self._writing():
            self._close()
            manifest = {
                "format": FORMAT,
                "version": __version__,
                "encoding": "one JSON object a line, in order; body in base64",
                "files": self._files,
            }
            (self._stage.path / MANIFEST).write_text(json_text(manifest), encoding="utf-8")
        self._stage.place()
        self._is_placed = True

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunError(f"{self._stage.shown}: cannot be written: {error.strerror or error}") from None
