"""liboqs is looked for without importing its wrapper, which would download and build it."""

from __future__ import annotations

import _ctypes
import ctypes.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qkdsim.crypto import liboqs

ON_LIBRARY_PATH = ctypes.util.find_library("oqs") is not None
PROBE = """
import json, sys
from qkdsim.crypto import liboqs
from qkdsim.crypto.kem import list_kems
rows = [[row.facts.name, row.available] for row in list_kems()]
print(json.dumps([liboqs.wrapper_version(), liboqs.library_version(), liboqs.obstacle(), "oqs" in sys.modules, rows]))
"""


def wrapper_that_must_not_be_imported(folder: Path) -> Path:
    """A package like liboqs-python in name and metadata, which ends the process as soon as it is imported."""
    site = folder / "site"
    (site / "oqs").mkdir(parents=True)
    (site / "oqs" / "__init__.py").write_text("raise SystemExit('downloading liboqs')\n")
    metadata = site / "liboqs_python-9.9.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: liboqs-python\nVersion: 9.9\n")
    return site


def probe(install: Path, site: Path) -> tuple[str | None, str | None, str, bool, list[list[object]]]:
    environment = {**os.environ, "OQS_INSTALL_PATH": str(install), "PYTHONPATH": str(site)}
    run = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    wrapper, library, obstacle, imported, rows = json.loads(run.stdout)
    return wrapper, library, obstacle, imported, rows


@pytest.mark.skipif(ON_LIBRARY_PATH, reason="liboqs is on the library path")
def test_without_the_library_the_wrapper_is_never_imported(tmp_path: Path) -> None:
    wrapper, library, obstacle, imported, rows = probe(tmp_path, wrapper_that_must_not_be_imported(tmp_path))
    assert (wrapper, library, imported) == ("9.9", None, False)
    assert "pip install 'qkdsim[oqs]'" in obstacle
    assert ["hqc-1", False] in rows
    assert ["ml-kem-768", True] in rows


@pytest.mark.skipif(ON_LIBRARY_PATH or sys.platform != "linux", reason="liboqs is on the library path, or not Linux")
def test_a_file_that_is_no_liboqs_does_not_count(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "liboqs.so"
    library.parent.mkdir()
    site = wrapper_that_must_not_be_imported(tmp_path)
    library.write_bytes(b"not a shared library")
    assert probe(tmp_path, site)[1:3] == (None, liboqs.HOW_TO_INSTALL)
    library.unlink()
    library.write_bytes(Path(_ctypes.__file__).read_bytes())  # a shared library that loads and is another
    assert probe(tmp_path, site)[1:3] == (None, liboqs.HOW_TO_INSTALL)


@pytest.mark.skipif(liboqs.obstacle() != "", reason=liboqs.obstacle())
def test_an_installed_library_offers_more_than_cryptography() -> None:
    from qkdsim.crypto.kem import available_kems

    assert liboqs.wrapper() is not None
    assert {"ml-kem-512", "ml-kem-768"} <= {
        kem.facts.name for kem in available_kems() if kem.facts.provider == "liboqs"
    }
