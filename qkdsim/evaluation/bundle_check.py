"""Checking an evidence bundle: every file as the manifest says, no other file, and who signed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qkdsim.errors import InputError, shown
from qkdsim.evaluation.bundle import BUNDLE_FORMAT, SIGNATURES
from qkdsim.evaluation.signing import SignatureState, signature_states
from qkdsim.library import bytes_of
from qkdsim.results.run import MANIFEST, manifest_of

MAX_FILE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """What a check of a bundle found.

    mismatches       one line per file that is not as the manifest says, in its order; empty if all are
    signatures       the state of each algorithm's signature; None for a bundle without signatures
    is_key_given     whether the signatures were checked under a key of the reader's, not that of the bundle itself
    """

    manifest: Mapping[str, Any]
    manifest_sha256: str
    mismatches: tuple[str, ...]
    signatures: Mapping[str, SignatureState] | None
    is_key_given: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing speaks against the bundle; an unsigned one only where no key was given."""
        if self.signatures is None:
            return not self.mismatches and not self.is_key_given
        return not self.mismatches and all(state == "valid" for state in self.signatures.values())


def check_bundle(folder: Path, public_keys: Mapping[str, bytes] | None = None) -> BundleCheck:
    """Compare the files of a bundle with its manifest, and the manifest with its signatures.

    Raises InputError if the folder is no bundle.
    """
    if not folder.is_dir():
        raise InputError.of(str(folder), "", None, "not a folder" if folder.exists() else "no such folder")
    if not (folder / MANIFEST).is_file():
        raise InputError.of(str(folder), "", None, f"not an evidence bundle: {MANIFEST} is missing")
    manifest = manifest_of(folder)
    hashes = _hashes(folder, manifest)
    raw = (folder / MANIFEST).read_bytes()
    document = _signatures(folder)
    return BundleCheck(
        manifest=manifest,
        manifest_sha256=hashlib.sha256(raw).hexdigest(),
        mismatches=tuple(_mismatches(folder, hashes)),
        signatures=None if document is None else signature_states(document, raw, public_keys),
        is_key_given=public_keys is not None,
    )


def _hashes(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """The hashes of a manifest by file name, in its order."""
    shown, hashes = f"{folder}/{MANIFEST}", manifest.get("sha256")
    if manifest.get("format") != BUNDLE_FORMAT:
        raise InputError.of(shown, "format", manifest.get("format") or "nothing", f'"{BUNDLE_FORMAT}"')
    if not isinstance(hashes, dict) or not all(isinstance(one, str) for one in hashes.values()):
        raise InputError.of(shown, "sha256", None, "expected a hash for each file")
    if list(hashes) != manifest["files"]:
        raise InputError.of(shown, "files", None, "expected the files of `sha256`, in its order")
    for name in hashes:
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
            raise InputError.of(shown, "files", name, "a path inside the bundle")
    return dict(hashes)


def _mismatches(folder: Path, hashes: Mapping[str, str]) -> list[str]:
    found = [line for name, sha256 in hashes.items() if (line := _mismatch(folder, name, sha256))]
    known = {*hashes, MANIFEST, SIGNATURES}
    # a link is no file of a bundle, wherever it leads; the manifest and its signatures no less
    found += [f"{name}: a link, expected a file" for name in (MANIFEST, SIGNATURES) if (folder / name).is_symlink()]
    present = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    names = [path.relative_to(folder).as_posix() for path in present]
    return found + [f"{_named(name)}: added, the manifest does not list it" for name in names if name not in known]


def _mismatch(folder: Path, name: str, sha256: str) -> str:
    path, name = folder / name, _named(name)
    try:
        if path.is_symlink():
            return f"{name}: a link, expected a file"
        if not path.is_file():
            return f"{name}: missing"
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError as error:
        return f"{name}: cannot be read: {error.strerror or error}"
    return "" if same else f"{name}: changed, its SHA-256 is not that of the manifest"


def _named(name: str) -> str:
    """A file name as one line; one with control characters could pass for other lines of the report."""
    return name if name.isprintable() else shown(name)


def _signatures(folder: Path) -> dict[str, Any] | None:
    path = folder / SIGNATURES
    if not path.exists():
        return None
    if not path.is_file():
        return {}  # a folder, or a pipe that nobody writes to
    try:
        document = json.loads(bytes_of(path, str(path), MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}  # a file that says nothing: no signature in it holds
    return document if isinstance(document, dict) else {}
