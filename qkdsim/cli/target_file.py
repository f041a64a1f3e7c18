"""Single files that commands write where the user says."""

from __future__ import annotations

import os
from pathlib import Path

from qkdsim.errors import InputError


def check_file(path: Path) -> None:
    """Raise InputError where no file could be written, before the work is done that it would hold."""
    try:
        if path.is_dir():
            reason = "is a folder, expected a file"
        elif not path.parent.is_dir():
            reason = "cannot be written: no such folder"
        elif not os.access(path if path.exists() else path.parent, os.W_OK):
            reason = "cannot be written: permission denied"
        else:
            return
    except (OSError, ValueError) as error:  # a name that no file can have
        reason = f"cannot be written: {getattr(error, 'strerror', None) or error}"
    raise InputError.of(str(path), "", None, reason)


def write_file(path: Path, text: str) -> None:
    """Write a text. Raises InputError when that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of(str(path), "", None, f"cannot be written: {error.strerror or error}") from None
