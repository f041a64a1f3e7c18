"""Evidence bundles: whole or not there, the same bytes each time, every change found, signed by two algorithms."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from qkdsim.errors import InputError
from qkdsim.evaluation.bundle import write_bundle
from qkdsim.evaluation.bundle_check import check_bundle
from qkdsim.evaluation.signing import (
    ALGORITHMS,
    SigningKeys,
    new_keys,
    read_public_keys,
    read_signing_keys,
    write_keys,
)

FILES = {"certificate.json": "{}\n", "evidence/TX-01.json": '{"value": 1}\n', "report.html": "<p>é</p>\n"}
MADE_FROM = {"profile": "some-device", "seed": 1}
KEYS = SigningKeys({name: bytes([index]) * 32 for index, name in enumerate(ALGORITHMS)})
OTHERS = SigningKeys({name: bytes([9 + index]) * 32 for index, name in enumerate(ALGORITHMS)})


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", FILES, MADE_FROM, KEYS)
    return tmp_path / "bundle"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_whole_bundle_passes_under_the_key_of_its_signer(bundle: Path) -> None:
    found = check_bundle(bundle, KEYS.public_keys)
    assert found.is_whole
    assert found.mismatches == ()
    assert found.signatures == dict.fromkeys(ALGORITHMS, "valid")
    assert contents(bundle).keys() == {*FILES, "manifest.json", "signatures.json"}


def test_the_hashed_part_has_the_same_bytes_signed_or_not(tmp_path: Path, bundle: Path) -> None:
    hash_signed = check_bundle(bundle).manifest_sha256
    assert write_bundle(tmp_path / "plain", FILES, MADE_FROM) == hash_signed
    signed, plain = contents(bundle), contents(tmp_path / "plain")
    del signed["signatures.json"]
    assert signed == plain


@pytest.mark.parametrize("name", [*FILES])
def test_one_changed_bit_of_any_file_is_found_and_named(bundle: Path, name: str) -> None:
    raw = bytearray((bundle / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (bundle / name).write_bytes(bytes(raw))
    found = check_bundle(bundle)
    assert not found.is_whole
    assert found.mismatches == (f"{name}: changed, its SHA-256 is not that of the manifest",)


def test_missing_added_and_linked_files_are_found(bundle: Path) -> None:
    (bundle / "report.html").unlink()
    (bundle / "evidence" / "TX-02.json").write_text("{}")
    (bundle / "certificate.json").rename(bundle / "elsewhere")
    (bundle / "certificate.json").symlink_to(bundle / "elsewhere")
    (bundle / "folder").symlink_to(bundle.parent, target_is_directory=True)
    assert check_bundle(bundle).mismatches == (
        "certificate.json: a link, expected a file",
        "report.html: missing",
        "elsewhere: added, the manifest does not list it",
        "evidence/TX-02.json: added, the manifest does not list it",
        "folder: added, the manifest does not list it",
    )


@pytest.mark.parametrize("name", ["manifest.json", "signatures.json"])
def test_links_are_no_files_of_a_bundle_beside_the_hashed_part_either(bundle: Path, name: str) -> None:
    elsewhere = bundle.parent / "elsewhere"
    (bundle / name).rename(elsewhere)
    (bundle / name).symlink_to(elsewhere)
    assert check_bundle(bundle).mismatches == (f"{name}: a link, expected a file",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_place_of_signatures_is_not_waited_for(bundle: Path) -> None:
    (bundle / "signatures.json").unlink()
    os.mkfifo(bundle / "signatures.json")
    assert check_bundle(bundle).signatures == {"ml-dsa-65": "missing", "ed25519": "missing"}


def test_a_file_name_cannot_add_lines_to_the_report(bundle: Path) -> None:
    (bundle / "a\nsignatures: \x1b[32mvalid").write_text("")
    [line] = check_bundle(bundle).mismatches
    assert line.isprintable()
    assert line.endswith(": added, the manifest does not list it")


def test_a_manifest_made_to_fit_a_changed_file_breaks_both_signatures(bundle: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "forged", {**FILES, "certificate.json": '{"verdict": "pass"}\n'}, MADE_FROM)
    (tmp_path / "forged" / "signatures.json").write_bytes((bundle / "signatures.json").read_bytes())
    found = check_bundle(tmp_path / "forged")
    assert found.mismatches == ()
    assert found.signatures == dict.fromkeys(ALGORITHMS, "invalid")
    assert not found.is_whole


def test_a_bundle_signed_anew_by_somebody_else_holds_only_without_the_key(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", FILES, MADE_FROM, OTHERS)
    assert check_bundle(tmp_path / "bundle").is_whole
    found = check_bundle(tmp_path / "bundle", KEYS.public_keys)
    assert found.signatures == dict.fromkeys(ALGORITHMS, "another-key")
    assert not found.is_whole


def test_both_algorithms_must_hold(bundle: Path) -> None:
    document = json.loads((bundle / "signatures.json").read_text())
    document["signatures"] = [one for one in document["signatures"] if one["algorithm"] == "ed25519"]
    (bundle / "signatures.json").write_text(json.dumps(document))
    found = check_bundle(bundle, KEYS.public_keys)
    assert found.signatures == {"ml-dsa-65": "missing", "ed25519": "valid"}
    assert not found.is_whole


def test_an_unsigned_bundle_is_whole_until_a_key_is_asked_for(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", FILES, MADE_FROM)
    assert check_bundle(tmp_path / "bundle").signatures is None
    assert check_bundle(tmp_path / "bundle").is_whole
    assert not check_bundle(tmp_path / "bundle", KEYS.public_keys).is_whole


@pytest.mark.parametrize("text", ["", "[]", '{"signatures": 3}', '{"signatures": [{"algorithm": "ed25519"}]}'])
def test_signatures_that_say_nothing_do_not_hold(bundle: Path, text: str) -> None:
    (bundle / "signatures.json").write_text(text)
    assert set((check_bundle(bundle).signatures or {}).values()) == {"missing"}
    assert not check_bundle(bundle).is_whole


def test_an_earlier_bundle_is_replaced_and_a_foreign_folder_is_not(bundle: Path) -> None:
    write_bundle(bundle, FILES, {**MADE_FROM, "seed": 2})
    assert check_bundle(bundle).signatures is None
    (bundle / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt, which would be lost"):
        write_bundle(bundle, FILES, MADE_FROM)
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["bundle"]


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "..\\outside", "C:outside"])
def test_a_manifest_does_not_lead_outside_its_folder(bundle: Path, name: str) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"], manifest["sha256"] = [name], {name: "0" * 64}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="a path inside the bundle"):
        check_bundle(bundle)


@pytest.mark.parametrize(("name", "said"), [("n" * 5000, "n" * 5000), ("a\0b", "'a\\x00b'"), ("evidence", "evidence")])
def test_a_name_that_is_no_file_is_a_mismatch(bundle: Path, name: str, said: str) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"], manifest["sha256"] = [name], {name: "0" * 64}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert check_bundle(bundle).mismatches[0].startswith(said + ":")


def test_the_files_of_a_manifest_are_those_of_its_hashes_in_their_order(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"].reverse()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="expected the files of `sha256`"):
        check_bundle(bundle)


def test_keys_are_read_back_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    keys = new_keys()
    public = write_keys(keys, tmp_path / "key")
    assert read_signing_keys(tmp_path / "key").seeds == keys.seeds
    assert read_public_keys(public) == keys.public_keys
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert tomllib.loads(public.read_text())["format"] == "public-key/1"
    with pytest.raises(InputError, match="never replaced"):
        write_keys(new_keys(), tmp_path / "key")


def test_secret_keys_stand_in_no_repr_and_no_error(tmp_path: Path) -> None:
    secret = KEYS.seeds["ed25519"].hex()
    assert secret not in repr(KEYS)
    path = tmp_path / "key"
    for text in (
        f'format = "signing-key/1"\nml-dsa-65 = "{secret}"\ned25519 = "{secret}00"\n',
        f'format = "signing-key/1"\nml-dsa-65 = "{secret}',
        f'format = "{secret}"\n',
        f'format = "signing-key/1"\nml-dsa-65 = ["{secret}"]\n',
    ):
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_signing_keys(path)
        assert secret not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_signing_keys(tmp_path / "none")
