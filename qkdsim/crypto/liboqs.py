"""Where the liboqs shared library is, found without importing its Python wrapper.

The wrapper, liboqs-python, clones and builds liboqs when it is imported and finds no library. Nothing here may download
anything, so the library is looked for first, in the places where the wrapper looks, and loaded once to see that it
loads; only then is the wrapper imported. It describes the library's structures by hand, so the two must be of one
release: with another, lengths would be read from the wrong places.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import logging
import os
import platform
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

HOW_TO_INSTALL = (
    "needs liboqs: pip install 'qkdsim[oqs]', and the shared library of liboqs "
    "(https://github.com/open-quantum-safe/liboqs), on the library path or in OQS_INSTALL_PATH"
)


def library_version() -> str | None:
    """Version of the first liboqs shared library that loads; None if there is none."""
    return next((version for path in _candidates() if (version := _version(path)) is not None), None)


def wrapper_version() -> str | None:
    """Version of liboqs-python; None if it is not installed."""
    try:
        return importlib.metadata.version("liboqs-python")
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def obstacle() -> str:
    """Why liboqs cannot be used, and how to mend it; empty if it can."""
    library, wrapper = library_version(), wrapper_version()
    if library is None or wrapper is None:
        return HOW_TO_INSTALL
    if _release(library) != _release(wrapper):
        return f"needs liboqs and liboqs-python of one release: liboqs {library} does not fit liboqs-python {wrapper}"
    return ""


def how_to_get() -> str:
    """What is missing for an algorithm of liboqs that is not available: liboqs, or the algorithm in it."""
    return obstacle() or f"is not enabled in this liboqs {library_version()}: build liboqs with it"


@cache
def wrapper() -> ModuleType | None:
    """The wrapper `oqs`; None while there is an `obstacle`. What it prints when imported is kept still."""
    if obstacle():
        return None
    logging.getLogger("oqs.oqs").addFilter(lambda record: record.levelno > logging.INFO)
    return import_module("oqs")


def _candidates() -> list[str]:
    found = [ctypes.util.find_library(name) for name in ("oqs", "liboqs")]
    folder = Path(os.environ.get("OQS_INSTALL_PATH") or Path.home() / "_oqs")
    places = {
        "Windows": [folder / "bin" / "oqs.dll", folder / "bin" / "liboqs.dll"],
        "Darwin": [folder / "lib" / "liboqs.dylib", folder / "lib64" / "liboqs.dylib"],
    }.get(platform.system(), [folder / "lib" / "liboqs.so", folder / "lib64" / "liboqs.so"])
    return [path for path in found if path] + [str(path.absolute()) for path in places if path.is_file()]


def _version(path: str) -> str | None:
    try:
        version = ctypes.CDLL(path).OQS_version
    except (OSError, AttributeError):  # it does not load, or is no liboqs
        return None
    version.restype = ctypes.c_char_p
    text: bytes = version()
    return text.decode()


def _release(version: str) -> list[str]:
    """Major and minor number, which the wrapper shares with the library it was made for."""
    return version.split(".")[:2]
