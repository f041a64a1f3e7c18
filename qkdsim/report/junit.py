"""Verdicts as JUnit XML, for the CI of those who build devices.

A criterion that fails is a `failure`. One that is inconclusive is an `error`: it was asked for and could not be
decided, so a build must not turn green over it, as `qkdsim certify` does not exit with 0. What does not concern the
device or was not tested is `skipped`. Times are left out: the same verdicts give the same bytes.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from qkdsim.evaluation import Certification, Criterion, Verdict
from qkdsim.report.verdict_words import found_words, limit_words

_ELEMENT = {"fail": "failure", "inconclusive": "error", "not-applicable": "skipped", "not-tested": "skipped"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(found: Certification) -> str:
    """The document: one test suite per category, one test case per criterion."""
    root = Xml.Element("testsuites", name=_clean(f"qkdsim certify {found.device.name} {found.level}"))
    for category in dict.fromkeys(one.category for one in found.criteria):
        judged = [
            (criterion, verdict)
            for criterion, verdict in zip(found.criteria, found.verdicts, strict=True)
            if criterion.category == category
        ]
        suite = Xml.SubElement(root, "testsuite", {"name": category, **_counts(judged)})
        for criterion, verdict in judged:
            _case(suite, criterion, verdict, found.device.name)
    total = _counts(list(zip(found.criteria, found.verdicts, strict=True)))
    del total["skipped"]  # the root has no such attribute
    root.attrib.update(total)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _counts(judged: list[tuple[Criterion, Verdict]]) -> dict[str, str]:
    kinds = [_ELEMENT.get(verdict.verdict, "pass") for _, verdict in judged]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }


def _case(suite: Xml.Element, criterion: Criterion, verdict: Verdict, device: str) -> None:
    name = _clean(f"{criterion.id} {criterion.title}")
    case = Xml.SubElement(suite, "testcase", name=name, classname=_clean(f"qkdsim.{device}.{criterion.category}"))
    element = _ELEMENT.get(verdict.verdict)
    if element == "skipped":
        Xml.SubElement(case, element, message=_clean(f"{verdict.verdict}: {verdict.reason}"))
    elif element is not None:
        message = f"{found_words(criterion, verdict)}, expected {limit_words(criterion, verdict.threshold)}"
        child = Xml.SubElement(case, element, message=_clean(message), type=verdict.verdict)
        child.text = _clean(f"{verdict.reason}\n{criterion.measured}\nbasis: {verdict.basis}; method: {verdict.method}")
    else:
        text = f"{found_words(criterion, verdict)}; basis: {verdict.basis}; method: {verdict.method}"
        Xml.SubElement(case, "system-out").text = _clean(text)


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("�", text)
