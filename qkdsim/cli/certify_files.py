"""What `qkdsim certify` writes: the evidence bundle, the page, the document for CI."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        from qkdsim.errors import InputError
        from qkdsim.evaluation.bundle import check_target
        from qkdsim.evaluation.signing import read_signing_keys

        if lang not in ("en", "ja"):
            raise InputError.of("--lang", "", lang, "en or ja")
        if sign is not None and out is None:
            raise InputError.of("--sign", "", None, "goes with --out: a bundle is signed, not a page")
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

            _write(self.html, page or write_certificate(found, self.language))
            lines.append(str(self.html))
        if self.junit is not None:
            from qkdsim.report.junit import junit_xml

            _write(self.junit, junit_xml(found))
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
        "verdict": found.verdict.verdict,
        "basis": found.verdict.basis,
        **({} if records is None else {"records": records.as_dict()}),
    }


def _write(path: Path, text: str) -> None:
    from qkdsim.errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of(str(path), "", None, f"cannot be written: {error.strerror or error}") from None
