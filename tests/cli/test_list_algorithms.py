from __future__ import annotations

import json

import pytest

from qkdsim.cli import main
from qkdsim.crypto.kem import available_kems
from qkdsim.crypto.signature import available_signatures


@pytest.mark.parametrize("kind", ["kems", "signatures"])
def test_json_has_lengths_providers_and_how_to_install_the_rest(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", kind, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"format", kind}
    here = available_kems() if kind == "kems" else available_signatures()
    rows = {(row["name"], row["provider"]): row for row in document[kind]}
    assert {name for name, row in rows.items() if row["available"]} == {(x.facts.name, x.facts.provider) for x in here}
    for row in rows.values():
        assert row["public_key_bytes"] > 0
        assert row["category"] in {None, 1, 2, 3, 4, 5}
        assert row["available"] or "liboqs" in row["install"]


def test_tables_name_what_is_available_and_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "kems"]) == 0
    text = capsys.readouterr().out
    line = next(line for line in text.splitlines() if "ml-kem-768" in line)
    assert line.split() == ["ml-kem-768", "cryptography", "yes", "post-quantum", "3", "1184", "1088", "32"]
    assert "hqc-1" in text
    assert main(["list", "signatures"]) == 0
    assert "ed25519" in capsys.readouterr().out
