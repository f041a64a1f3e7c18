"""The evidence bundle: a folder with everything that a verdict rests on, and the hash of every file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qkdsim.errors import RunError
from qkdsim.evaluation.signing import SigningKeys
from qkdsim.results import json_text
from qkdsim.results.place import Stage
from qkdsim.results.run import MANIFEST
from qkdsim.version import __version__

BUNDLE_FORMAT = "bundle/1"
SIGNATURES = "signatures.json"


def check_target(target: Path) -> None:
    """Raise InputError where no bundle could be written, before the work is done that it would hold."""
    Stage(target, BUNDLE_FORMAT, beside=(SIGNATURES,)).remove()


def write_bundle(
    target: Path, files: Mapping[str, str], made_from: Mapping[str, Any], keys: SigningKeys | None = None
) -> str:
    """Write the files of a bundle with their manifest, in one step or not at all; gives the SHA-256 of the manifest.

    An earlier bundle in the same place is replaced. Signatures stand beside the manifest and are not part of it: the
    same files and `made_from` give the same manifest, signed or not.

    Raises InputError when the target cannot be written or holds anything else, RunError when the disk refuses.
    """
    stage = Stage(target, BUNDLE_FORMAT, beside=(SIGNATURES,))
    try:
        contents = {name: text.encode("utf-8") for name, text in files.items()}
        manifest = json_text(_manifest(contents, made_from)).encode("utf-8")
        contents[MANIFEST] = manifest
        if keys is not None:
            contents[SIGNATURES] = json_text(keys.signatures(manifest)).encode("utf-8")
        for name, content in contents.items():
            path = stage.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        stage.place()
    except OSError as error:
        stage.remove()
        raise RunError(f"{target}: cannot be written: {error.strerror or error}") from None
    except BaseException:
        stage.remove()
        raise
    return hashlib.sha256(manifest).hexdigest()


def _manifest(contents: Mapping[str, bytes], made_from: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(contents)
    return {
        "format": BUNDLE_FORMAT,
        "version": __version__,
        **made_from,
        "files": names,
        "sha256": {name: hashlib.sha256(contents[name]).hexdigest() for name in names},
    }
