"""One body of evidence under every scheme: verdicts, gaps, what is recognised; in the document and on the page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from qkdsim.cli import main
from qkdsim.evaluation import Certification, Criterion, Evidence, certify, conclude, load_scheme
from qkdsim.evaluation.documents import CertificateDocument
from qkdsim.evaluation.mutual_recognition import recognised, scheme_documents, under_each_scheme
from qkdsim.library import shipped_names
from qkdsim.report.certificate import certificate_document, write_certificate
from qkdsim.results import json_text


def found_for(scheme: str, failing: str = "") -> Certification:
    """Evidence just at the limit, be it of the catalogue or of the device's proof, but for one criterion."""
    base, chosen = certify("generic-ingaas-metro", criteria=["IF-01"]), load_scheme(scheme)
    limits = {one.id: one for one in conclude(replace(base, evidence={}), chosen).criteria if one.id in chosen.criteria}
    evidence = {id_: (_evidence(one, is_good=id_ != failing),) for id_, one in limits.items()}
    return conclude(replace(base, evidence=evidence), chosen)


def _evidence(criterion: Criterion, *, is_good: bool) -> Evidence:
    limit = criterion.threshold("L2")
    value = limit[-1] if isinstance(limit, tuple) else limit
    if not is_good:
        value = {"<=": 1e9, ">=": -1e9}[criterion.op]
    return Evidence(criterion.id, "experiment", "specimen", 0.0 if value is None else value, confidence=1.0)


def test_the_own_scheme_comes_first_and_every_other_follows_once() -> None:
    judged = under_each_scheme(found_for("japan"))
    assert judged[0].scheme.name == "japan"
    assert sorted(one.scheme.name for one in judged) == sorted(shipped_names("scheme"))


def test_what_was_not_gathered_is_named_and_never_passes() -> None:
    judged = {one.scheme.name: one for one in under_each_scheme(found_for("default"))}
    assert judged["default"].missing == ()
    assert judged["default"].verdict.verdict == "pass"
    for name, one in judged.items():
        scheme = load_scheme(name)
        gap = {id_ for id_ in scheme.criteria if id_ not in load_scheme("default").criteria}
        assert set(one.missing) <= gap
        assert set(one.missing) <= set(one.verdict.blocking)
    assert judged["korea"].missing
    # what only a live endpoint could tell stands outside of the verdict, gathered or not
    [default] = [one for one in under_each_scheme(found_for("eu")) if one.scheme.name == "default"]
    assert set(default.missing) <= set(default.verdict.blocking)
    assert default.verdict.not_tested


def test_a_failure_counts_in_every_scheme_that_judges_it() -> None:
    judged = under_each_scheme(found_for("default", failing="RX-08"))
    for one in judged:
        assert ("RX-08" in one.failed) == ("RX-08" in one.scheme.criteria)
    assert judged[0].verdict.verdict == "fail"


def test_a_recognised_pass_is_a_pass_there() -> None:
    """Whatever passes under the scheme of a row passes under that of a column, where the table says so."""
    judged = under_each_scheme(found_for("default"))
    for row, of in zip(recognised(judged), judged, strict=True):
        for cell, by in zip(row, judged, strict=True):
            assert (cell.of, cell.by) == (of.scheme.name, by.scheme.name)
            assert set(cell.verdict) <= set(cell.evidence) <= set(cell.wanted)
            if cell.of == "default":
                assert not set(cell.verdict) & {*by.failed, *by.missing}


def test_a_part_of_the_evidence_says_nothing_of_a_scheme(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "generic-ingaas-metro", "--criteria", "PP-05", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schemes"] == []
    assert 'id="schemes"' not in write_certificate(certify("generic-ingaas-metro", criteria=["PP-05"]))


def test_the_document_has_its_schema() -> None:
    for found in (found_for("default", failing="RX-08"), certify("tokyo-2010-nec", criteria=["core"])):
        text = json_text(certificate_document(found))
        assert CertificateDocument.model_validate_json(text, strict=True).profile == found.device.name
        with pytest.raises(ValidationError):
            CertificateDocument.model_validate_json(text.replace('"level_reached"', '"level"', 1))


def test_the_document_and_the_page_name_every_scheme() -> None:
    found = found_for("default", failing="RX-08")
    documents = certificate_document(found)["schemes"]
    assert documents == scheme_documents(found)
    page = write_certificate(found)
    assert 'id="schemes"' in page
    for one in documents:
        assert one["title"] in page
        assert {each["scheme"] for each in one["recognised_by"]} == set(shipped_names("scheme")) - {one["scheme"]}
        assert sum(one["counts"].values()) >= len(load_scheme(one["scheme"]).criteria)
    assert "相互承認" in write_certificate(found, "ja")
