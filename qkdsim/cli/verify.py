"""`qkdsim verify`: is an evidence bundle whole, and who signed it? `qkdsim signing-key`: keys to sign with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qkdsim.evaluation.bundle_check import BundleCheck

NOT_WHOLE = 1  # exit status
SHOWN_MISMATCHES = 5


def verify(
    bundle: Annotated[Path, typer.Argument(help="An evidence bundle of `qkdsim certify --out`.")],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Public key of who must have signed it; see `signing-key`.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check every file of an evidence bundle against its manifest, and the manifest against its signatures.

    Exit status: 0 whole, 1 changed or not signed by the key, 2 no bundle.
    """
    from qkdsim.evaluation.bundle_check import check_bundle
    from qkdsim.evaluation.signing import read_public_keys

    found = check_bundle(bundle, None if key is None else read_public_keys(key))
    if json_:
        from qkdsim.cli.output import print_json

        print_json(
            {
                "format": "verify/1",
                "bundle": str(bundle),
                "whole": found.is_whole,
                "files": len(found.manifest["files"]),
                "manifest_sha256": found.manifest_sha256,
                "mismatches": list(found.mismatches),
                "signed": found.signatures is not None,
                "signatures": found.signatures,
                "key": None if key is None else str(key),
            }
        )
    else:
        for line in _lines(bundle, found):
            typer.echo(line)
    if not found.is_whole:
        raise typer.Exit(NOT_WHOLE)


def _lines(bundle: Path, found: BundleCheck) -> list[str]:
    lines = [f"{bundle}: {line}" for line in found.mismatches[:SHOWN_MISMATCHES]]
    if more := len(found.mismatches) - len(lines):
        lines.append(f"{bundle}: and {more} more files")
    if not lines:
        lines.append(f"{bundle}: all {len(found.manifest['files'])} files are as the manifest says")
    return [*lines, f"  SHA-256 of the manifest: {found.manifest_sha256}", f"  {_signed(found)}"]


def _signed(found: BundleCheck) -> str:
    if found.signatures is None:
        if found.is_key_given:
            return "not signed, though a key is given"
        return "not signed: whoever can change a file can change the manifest as well"
    words = {
        "valid": "valid",
        "invalid": "INVALID",
        "missing": "missing",
        "another-key": "not by this key",
    }
    states = ", ".join(f"{name} {words[state]}" for name, state in found.signatures.items())
    if found.is_key_given:
        return f"signatures: {states}"
    return f"signatures: {states}, under the keys that the bundle itself states; --key FILE checks whose they are"


def signing_key(
    file: Annotated[Path, typer.Argument(help="New file for the secret keys; the public ones go to FILE.pub.")],
) -> None:
    """Make keys to sign evidence bundles with: ML-DSA-65 and Ed25519, of which both must hold."""
    from qkdsim.evaluation.signing import new_keys, write_keys

    public = write_keys(new_keys(), file)
    typer.echo(f"{file}: secret keys, for `qkdsim certify --sign {file}`; readable by its owner only")
    typer.echo(f"{public}: public keys, to be given to others")
