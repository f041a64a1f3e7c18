"""`qkdsim distill`: the ledger of each block, the transcript on disk, bad input in one line."""

import base64
import json
from pathlib import Path

import pytest

from qkdsim.cli import main

LEDGER_KEYS = {
    "raw_bits",
    "sifted_bits",
    "qber",
    "leak_ec_bits",
    "ec_efficiency",
    "verification_bits",
    "authentication_bits",
    "secret_bits",
    "keys_equal",
    "aborted",
    "reason",
}
NEAR = ("generic-ingaas-metro", "--length-km", "5")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def distilled(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["distill", *arguments, "--json"]) == 0
    captured = capsys.readouterr()
    return json.loads(captured.out)


def test_a_large_block_ends_in_equal_keys(capsys: pytest.CaptureFixture[str]) -> None:
    document = distilled(capsys, *NEAR, "--block-bits", "3e6")
    assert document["format"] == "distill/1"
    (block,) = document["blocks"]
    assert block.keys() >= LEDGER_KEYS
    assert block["keys_equal"] is True
    assert (block["aborted"], block["reason"]) == (False, None)
    assert block["sifted_bits"] == 3_000_000
    assert 100_000 < block["secret_bits"] < 1_000_000
    assert 1.0 < block["ec_efficiency"] < 1.2
    assert block["authentication_bits"] == 6 * 128
    assert "Alice parities only" in document["coverage"]


def test_a_block_too_small_has_no_key_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    document = distilled(capsys, *NEAR, "--block-bits", "2000", "--blocks", "3", "--reconciliation", "ldpc")
    assert len(document["blocks"]) == 3
    for block in document["blocks"]:
        assert (block["secret_bits"], block["keys_equal"]) == (0, None)
        assert block["reason"] == "bound leaves no key"
        assert block["leak_ec_bits"] > 0
    assert "Alice parities only" not in document["coverage"]


def test_an_eavesdropper_on_half_of_the_pulses_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    document = distilled(capsys, *NEAR, "--block-bits", "5e4", "--intercept-fraction", "0.5")
    (block,) = document["blocks"]
    assert block["reason"] == "qber above the abort threshold"
    # e + P (1 - 2e)/4 with e = 1.7 %, within four standard errors of the 600 published bits
    assert block["qber"] == pytest.approx(0.138, abs=4 * 0.014)
    assert block["leak_ec_bits"] == 0


def test_same_seed_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    few = (*NEAR, "--block-bits", "5e4", "--blocks", "2")
    first, again = distilled(capsys, *few, "--seed", "7"), distilled(capsys, *few, "--seed", "7")
    assert first == again
    assert distilled(capsys, *few, "--seed", "8")["blocks"] != first["blocks"]


def test_the_transcript_holds_what_the_ledger_counts(capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--block-bits", "5e4", "--blocks", "2")
    document = distilled(capsys, *NEAR, *few, "--transcript", "messages")
    assert sorted(path.name for path in Path("messages").iterdir()) == [
        "block-00000.jsonl",
        "block-00001.jsonl",
        "manifest.json",
    ]
    for number, block in enumerate(document["blocks"]):
        text = Path(f"messages/block-{number:05d}.jsonl").read_text(encoding="utf-8")
        messages = [json.loads(line) for line in text.splitlines()]
        assert len(messages) == block["messages"]
        assert sum(one["bits"] for one in messages if one["to"] == "bob") == block["bits_to_bob"]
        answers = [base64.b64decode(one["body"]) for one in messages if one["kind"] == "answer"]
        assert sum(int.from_bytes(body[:4], "little") for body in answers) == block["leak_ec_bits"]
    distilled(capsys, *NEAR, *few, "--transcript", "messages")  # an earlier transcript is replaced
    Path("messages/notes.txt").write_text("mine", encoding="utf-8")
    assert main(["distill", *NEAR, *few, "--transcript", "messages"]) == 2
    assert "notes.txt" in capsys.readouterr().err


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distill", *NEAR, "--block-bits", "5e4"]) == 0
    out = capsys.readouterr().out
    assert "bound leaves no key" in out
    assert "lim-2014, chernoff, gamma" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("generic-ingaas-metro",), "exactly one of --length-km and --loss-db"),
        ((*NEAR, "--loss-db", "3"), "exactly one of --length-km and --loss-db"),
        (("generic-ingaas-metro", "--length-km", "-1"), "length_km: got -1.0"),
        ((*NEAR, "--blocks", "0"), "--blocks: got 0, expected a whole number >= 1"),
        ((*NEAR, "--blocks", "two"), "--blocks"),
        ((*NEAR, "--blocks", "9" * 20), "--blocks"),
        ((*NEAR, "--seed", "-1"), "--seed: got -1, expected a whole number >= 0"),
        ((*NEAR, "--block-bits", "0"), "block_bits: got 0.0"),
        ((*NEAR, "--block-bits", "nan"), "block_bits: got nan"),
        ((*NEAR, "--block-bits", "1e9"), "block_bits: got 1000000000.0, expected a number >= 1 and <= 5e+07"),
        ((*NEAR, "--reconciliation", "winnow"), "one of cascade, cascade-option7, ldpc"),
        ((*NEAR, "--intercept-fraction", "1.5"), "--intercept-fraction: got 1.5, expected a number from 0 to 1"),
        ((*NEAR, "--intercept-fraction", "nan"), "--intercept-fraction: got nan"),
        (("tokyo-2010-idq", "--loss-db", "3"), "states no source, detector and post-processing"),
        (("lim-2014", "--loss-db", "3", "--intercept-fraction", "0.1"), "click_model"),
        (("no-such-device", "--loss-db", "3"), "no-such-device"),
        ((*NEAR, "--transcript", "/proc/nothing/here"), "cannot be written"),
    ],
)
def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str) -> None:
    assert main(["distill", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert expected in captured.err
    assert not list(Path().iterdir())
