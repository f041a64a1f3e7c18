"""Where the liboqs shared library is, found without importing its Python wrapper.

The wrapper, liboqs-python, clones and builds liboqs when it is imported and finds no library. Nothing here may download
anything, so the library is looked for first, in the places where the wrapper looks, and loaded once to see that it
loads; only then is the wrapper imported.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import logging
import os
import platform
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

HOW_TO_INSTALL = (
    "needs liboqs: pip install 'qkdsim[oqs]', and the shared library of liboqs "
    "(https://github.com/open-quantum-safe/liboqs), on the library path or in OQS_INSTALL_PATH"
)


def library_path() -> str | None:
    """Name or path of a liboqs shared library that loads; None if there is none."""
    return next((path for path in _candidates() if _loads(path)), None)


def wrapper_version() -> str | None:
    """Version of liboqs-python; None if it is not installed."""
    try:
        return importlib.metadata.version("liboqs-python")
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def wrapper() -> ModuleType | None:
    """The wrapper `oqs`; None unless both it and the shared library are installed.

    Importing it would print to standard output and warn where its version and the library's differ; both are kept
    still, since `qkdsim list kems` names the versions.
    """
    if wrapper_version() is None or library_path() is None:
        return None
    logging.getLogger("oqs.oqs").addFilter(lambda record: record.levelno > logging.INFO)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("oqs")


def _candidates() -> list[str]:
    found = [ctypes.util.find_library(name) for name in ("oqs", "liboqs")]
    folder = Path(os.environ.get("OQS_INSTALL_PATH") or Path.home() / "_oqs")
    places = {
        "Windows": [folder / "bin" / "oqs.dll", folder / "bin" / "liboqs.dll"],
        "Darwin": [folder / "lib" / "liboqs.dylib", folder / "lib64" / "liboqs.dylib"],
    }.get(platform.system(), [folder / "lib" / "liboqs.so", folder / "lib64" / "liboqs.so"])
    return [path for path in found if path] + [str(path.absolute()) for path in places if path.is_file()]


def _loads(path: str) -> bool:
    try:
        return hasattr(ctypes.CDLL(path), "OQS_init")
    except OSError:
        return False
