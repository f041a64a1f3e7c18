"""A certification as one self-contained page, and as the files of an evidence bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from qkdsim.evaluation import Certification, LevelVerdict, Scheme
from qkdsim.evaluation.comparison import Outcome
from qkdsim.evaluation.mutual_recognition import recognised, scheme_documents, under_each_scheme
from qkdsim.evaluation.sensitivity import Remedy, sensitivity
from qkdsim.plots import to_svg
from qkdsim.plots.evidence_series import evidence_figure, series_groups
from qkdsim.report.certificate_rows import SIGNS, CriterionRow, criterion_rows, figure_name
from qkdsim.report.japanese import japanese, japanese_measured, japanese_scheme, japanese_title
from qkdsim.report.junit import junit_xml
from qkdsim.results import json_text
from qkdsim.version import __version__

CERTIFICATE_FORMAT = "certify/1"
CRITERION_FORMAT = "criterion-evidence/1"  # of a file of a bundle; `evidence/1` are records of a laboratory
_SHOWN_BLOCKING = 12

BASIS_WORDS = {
    "declared": "Declared: what follows from the device's own profile. Nothing was measured on a device.",
    "specimen": "Specimen: estimated from clicks, transcripts and ledgers of a simulated device whose true parameters "
    "are hidden.",
    "measured": "Measured: a laboratory's records of a device.",
    "assumed": "Assumed: values that nobody declares; never enough to pass.",
    "none": "There is no evidence that a verdict could rest on.",
}
ROLE_WORDS = {
    "link": "Role: a whole link, judged with both ends.",
    "transmitter": "Role: transmitter, one module of a link. What takes both ends is judged with its partner.",
    "receiver": "Role: receiver, one module of a link. What takes both ends is judged with its partner.",
}
_READING = (
    ("pass", "The whole confidence interval meets the limit."),
    (
        "fail",
        "The whole confidence interval misses the limit, an event that must not happen did, or the device's own "
        "statements contradict each other.",
    ),
    (
        "inconclusive",
        "The interval holds the limit, the sample is smaller than planned, or the value is missing or assumed. Never "
        "counted as a pass.",
    ),
    ("not-applicable", "The criterion does not concern this device, or has no limit at this level."),
    ("not-tested", "Needs a live endpoint and stands outside the verdict of the level."),
    (
        "Margin",
        "Distance from the worse end of the interval to the limit, positive on the safe side; in brackets as a share "
        "of the limit.",
    ),
    (
        "Limits",
        "Public: the number stands in the source that is cited. Assumed: a default of qkdsim. Proof: the bound that "
        "the profile declares for its security proof, where it is tighter.",
    ),
    (
        "Sources",
        "A publication is named only for what is public of it; the brackets say how far its text was checked.",
    ),
)


def write_certificate(found: Certification, language: str = "en") -> str:
    """The page of a certification: no scripts, nothing fetched. `language`: `en` or `ja`."""
    return _page(found, sensitivity(found), _figures(found), language)


def certificate_files(found: Certification, language: str = "en") -> dict[str, str]:
    """The files of an evidence bundle: name to text."""
    remedies, figures = sensitivity(found), _figures(found)
    return {
        "certificate.json": json_text(certificate_document(found)),
        "report.html": _page(found, remedies, figures, language),
        "junit.xml": junit_xml(found),
        **{f"evidence/{id_}.json": json_text(_evidence(found, id_, remedies)) for id_ in found.evidence},
        **{f"figures/{name}.svg": svg for name, svg in figures.items()},
    }


def certificate_document(found: Certification) -> dict[str, Any]:
    """What `qkdsim certify --json` prints."""
    return {"format": CERTIFICATE_FORMAT, **found.as_dict(), "schemes": scheme_documents(found)}


def _evidence(found: Certification, criterion: str, remedies: Mapping[str, Remedy]) -> dict[str, Any]:
    """All evidence on one criterion with its facts and series, and what would turn its verdict."""
    remedy = remedies.get(criterion)
    return {
        "format": CRITERION_FORMAT,
        "criterion": criterion,
        "evidence": [asdict(one) for one in found.evidence[criterion]],
        "sensitivity": None if remedy is None else asdict(remedy),
    }


def _figures(found: Certification) -> dict[str, str]:
    """Figures without words as SVG, by name."""
    svgs = {}
    for criterion in found.criteria:
        evidence = [one for one in found.evidence.get(criterion.id, ()) if one.applicable]
        groups = series_groups([series for one in evidence for series in one.series])
        for index, group in enumerate(groups):
            name = figure_name(criterion.id, index)
            svgs[name] = to_svg(evidence_figure(group), f"{criterion.id} {criterion.title}", name)
    return svgs


def _page(found: Certification, remedies: Mapping[str, Remedy], figures: Mapping[str, str], language: str) -> str:
    loader = PackageLoader("qkdsim.report", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("certificate.html.j2").render(_content(found, remedies, figures, language))


def _content(
    found: Certification, remedies: Mapping[str, Remedy], figures: Mapping[str, str], language: str
) -> dict[str, Any]:
    rows = list(criterion_rows(found, remedies))
    categories = list(dict.fromkeys(one.category for one in rows))
    decisive, undecided = _decisive(rows)
    schemes = under_each_scheme(found)
    return {
        "found": found,
        "device": found.device,
        "overall": found.verdict,
        "headline": headline(found.verdict),
        "basis_words": BASIS_WORDS,
        "role_words": ROLE_WORDS,
        "grounds": Counter(one.basis for one in found.verdicts if one.verdict in ("pass", "fail")).most_common(),
        "counts": [(outcome, found.verdict.counts[outcome]) for outcome in get_args(Outcome)],
        "decisive": decisive,
        "undecided": undecided,
        "categories": [(name, [one for one in rows if one.category == name]) for name in categories],
        "schemes": schemes,
        "recognised": recognised(schemes),
        "figures": {name: Markup(svg) for name, svg in figures.items()},
        "signs": SIGNS,
        "reading": _READING,
        "breakable": _breakable,
        "shown_blocking": _SHOWN_BLOCKING,
        "language": language,
        "t": _translation(language),
        "title": partial(_title, language),
        "measured": partial(_measured, language),
        "scheme_title": partial(_scheme_title, language),
        "version": __version__,
    }


def _decisive(rows: list[CriterionRow]) -> tuple[list[CriterionRow], list[tuple[str, list[CriterionRow]]]]:
    """What stands in the way: rows to show one by one, failures first, and those without a value by their reason."""
    failed = [one for one in rows if one.verdict == "fail"]
    inconclusive = [one for one in rows if one.verdict == "inconclusive"]
    without: dict[str, list[CriterionRow]] = {}
    for one in inconclusive:
        if not one.found and not one.remedies:
            without.setdefault(one.reason, []).append(one)
    shown = [one for one in inconclusive if one.found or one.remedies]
    return failed + shown, list(without.items())


def headline(overall: LevelVerdict) -> str:
    """The verdict of a level in a few words, which say what it rests on."""
    if overall.verdict == "fail":
        return "Does not conform"
    if overall.verdict == "inconclusive":
        return "Inconclusive"
    return {
        "declared": "Conforms as declared",
        "specimen": "Conforms, measured on a simulated specimen",
        "measured": "Conforms, by measured records",
    }.get(overall.basis, "Conforms")


def _breakable(text: str) -> str:
    """With places in long names where a line may end."""
    return text.replace("/", "/\u200b").replace("+", "+\u200b")


def _translation(language: str) -> Callable[[str], str]:
    return japanese if language == "ja" else str


def _title(language: str, row: CriterionRow) -> str:
    return japanese_title(row.id, row.title) if language == "ja" else row.title


def _measured(language: str, row: CriterionRow) -> str:
    return japanese_measured(row.id, row.measured) if language == "ja" else row.measured


def _scheme_title(language: str, scheme: Scheme) -> str:
    return japanese_scheme(scheme.name, scheme.title) if language == "ja" else scheme.title
