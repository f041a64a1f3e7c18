"""What `qkdsim certify` writes: the evidence bundle, the page, the document for CI."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qkdsim.cli.target_file import check_file, write_file
from qkdsim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qkdsim.evaluation import Certification
    from qkdsim.evaluation.signing import SigningKeys


@dataclass(frozen=True, slots=True)
class CertifyFiles:
    """Where to write what; checked before the procedures run. None for what is not asked for."""

    out: Path | None
    html: Path | None
    junit: Path | None
    keys: SigningKeys | None
    language: str

    @classmethod
    def of(cls, out: Path | None, html: Path | None, junit: Path | None, sign: Path | None, lang: str) -> CertifyFiles:
        """The options of the command line.

        Raises InputError for another language, a key file or folder that cannot be used, a signature without a bundle.
        """
        from qkdsim.evaluation.bundle import check_target
        from qkdsim.evaluation.signing import read_signing_keys

        if lang not in ("en", "ja"):
            raise InputError.of("--lang", "", lang, "en or ja")
        if sign is not None and out is None:
            raise InputError.of("--sign", "", None, "goes with --out: a bundle is signed, not a page")
        _check_files([path for path in (html, junit) if path is not None], out)
        if out is not None:
            check_target(out)
        return cls(out, html, junit, None if sign is None else read_signing_keys(sign), lang)

    def write(self, found: Certification) -> list[str]:
        """Write what was asked for; one line on each.

        Raises InputError for a bundle's folder that holds anything else, RunError when the disk refuses.
        """
        lines = []
        page = None
        if self.out is not None:
            from qkdsim.evaluation.bundle import write_bundle
            from qkdsim.report.certificate import certificate_files

            files = certificate_files(found, self.language)
            page = files["report.html"]
            sha256 = write_bundle(self.out, files, made_from(found), self.keys)
            signed = "" if self.keys is None else ", signed"
            lines.append(f"{self.out}: evidence bundle{signed}, SHA-256 of its manifest {sha256}")
        if self.html is not None:
            from qkdsim.report.certificate import write_certificate

            write_file(self.html, page or write_certificate(found, self.language))
            lines.append(str(self.html))
        if self.junit is not None:
            from qkdsim.report.junit import junit_xml

            write_file(self.junit, junit_xml(found))
            lines.append(str(self.junit))
        return lines


def made_from(found: Certification) -> dict[str, object]:
    """What a bundle was made from, for its manifest."""
    records = found.device.records
    return {
        "profile": found.device.name,
        "level": found.level,
        "scheme": found.scheme.name,
        "require": found.require,
        "seed": found.seed,
        "batteries": found.batteries,
        "left_out": list(found.left_out),
        "verdict": found.verdict.verdict,
        "basis": found.verdict.basis,
        **({} if records is None else {"records": records.as_dict()}),
    }


def _check_files(paths: Sequence[Path], out: Path | None) -> None:
    """Raise InputError for a file that cannot be written, one file for two texts, and one inside of the bundle."""
    places = [Path(os.path.realpath(path)) for path in paths]
    for path, place in zip(paths, places, strict=True):
        if out is not None and Path(os.path.realpath(out)) in place.parents:
            raise InputError.of(str(path), "", None, f"expected outside of {out}: a bundle holds its own files only")
        check_file(path)
    if len(set(places)) < len(places):
        raise InputError.of(str(paths[-1]), "", None, "expected different files for --html and --junit")
