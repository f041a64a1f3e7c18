"""Signing an evidence bundle: two algorithms, of which both must hold, so that one may fall.

Secret and public key files are TOML with one line per algorithm, in hexadecimal digits: seeds of 32 bytes, or public
keys in the form of the standards (FIPS 204, RFC 8032).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from qkdsim.crypto.signature import SignatureScheme, find_signature
from qkdsim.errors import InputError, RunError
from qkdsim.library import bytes_of

ALGORITHMS = ("ml-dsa-65", "ed25519")
SECRET_FORMAT, PUBLIC_FORMAT, SIGNATURES_FORMAT = "signing-key/1", "public-key/1", "signatures/1"
SEED_BYTES = 32
_HEADS = {
    SECRET_FORMAT: "# Secret. Whoever reads this file can sign in your name.\n",
    PUBLIC_FORMAT: "# Public: `qkdsim verify BUNDLE --key THIS_FILE` checks who signed a bundle.\n",
}
_MAX_BYTES = 1 << 20

SignatureState = Literal["valid", "invalid", "missing", "another-key"]


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The seeds from which the secret keys of all algorithms follow."""

    seeds: Mapping[str, bytes] = field(repr=False)

    @property
    def public_keys(self) -> dict[str, bytes]:
        """The public keys that belong to them."""
        return {name: _scheme(name).generate(seed).public_key for name, seed in self.seeds.items()}

    def signatures(self, message: bytes) -> dict[str, Any]:
        """The document of signatures of a message by each algorithm, with the public keys."""
        entries = []
        for name, seed in self.seeds.items():
            pair = _scheme(name).generate(seed)
            signature = _scheme(name).sign(pair.secret_key, message)
            entries.append({"algorithm": name, "public_key": pair.public_key.hex(), "signature": signature.hex()})
        return {"format": SIGNATURES_FORMAT, "signatures": entries}


def new_keys() -> SigningKeys:
    """Fresh keys from the system's randomness."""
    return SigningKeys({name: os.urandom(SEED_BYTES) for name in ALGORITHMS})


def write_keys(keys: SigningKeys, path: Path) -> Path:
    """Write a new secret key file that only its owner can read, and the public one beside it; gives the latter's path.

    Raises InputError if one of them exists, RunError when the disk refuses.
    """
    public = path.with_name(f"{path.name}.pub")
    for one in (path, public):
        if one.exists():
            raise InputError.of(str(one), "", None, "exists; keys are never replaced")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_text(SECRET_FORMAT, keys.seeds))
        public.write_text(_text(PUBLIC_FORMAT, keys.public_keys), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from None
    return public


def read_signing_keys(path: Path) -> SigningKeys:
    """The keys of a secret key file.

    Raises InputError, which names what is wrong and never what the file holds.
    """
    return SigningKeys(_read(path, SECRET_FORMAT, dict.fromkeys(ALGORITHMS, SEED_BYTES)))


def read_public_keys(path: Path) -> dict[str, bytes]:
    """The keys of a public key file, by algorithm.

    Raises InputError.
    """
    return _read(path, PUBLIC_FORMAT, {name: _scheme(name).facts.public_key_bytes for name in ALGORITHMS})


def signature_states(
    document: Mapping[str, Any], message: bytes, public_keys: Mapping[str, bytes] | None
) -> dict[str, SignatureState]:
    """Whether each algorithm's signature of a message holds, under the given keys or else those of the document."""
    found = _entries(document)
    return {name: _state(name, found.get(name), message, public_keys) for name in ALGORITHMS}


def _state(
    name: str, entry: tuple[bytes, bytes] | None, message: bytes, public_keys: Mapping[str, bytes] | None
) -> SignatureState:
    if entry is None:
        return "missing"
    stated_key, signature = entry
    key = stated_key if public_keys is None else public_keys[name]
    try:
        holds = _scheme(name).verify(key, message, signature)
    except ValueError:  # a public key of another length, or no point of the curve
        holds = False
    if holds:
        return "valid"
    return "invalid" if key == stated_key else "another-key"


def _entries(document: Mapping[str, Any]) -> dict[str, tuple[bytes, bytes]]:
    """Public key and signature by algorithm; what cannot be read is left out, and so missing."""
    found = {}
    entries = document.get("signatures")
    for entry in entries if isinstance(entries, list) else ():
        try:
            found[str(entry["algorithm"])] = bytes.fromhex(entry["public_key"]), bytes.fromhex(entry["signature"])
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _scheme(name: str) -> SignatureScheme:
    return find_signature(name, "cryptography")  # whose secret keys follow from a seed


def _text(kind: str, keys: Mapping[str, bytes]) -> str:
    lines = [f'{name} = "{key.hex()}"\n' for name, key in keys.items()]
    return f'format = "{kind}"\n\n{_HEADS[kind]}{"".join(lines)}'


def _read(path: Path, kind: str, lengths: Mapping[str, int]) -> dict[str, bytes]:
    """Keys by algorithm, all of them. What the file holds never stands in an error: it may be secret."""
    shown = str(path)
    try:
        table = tomllib.loads(bytes_of(path, shown, _MAX_BYTES).decode("utf-8"))
    except OSError as error:
        raise InputError.of(shown, "", None, f"cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        raise InputError.of(shown, "", None, f"not a key file of format {kind}") from None
    if table.get("format") != kind:
        raise InputError.of(shown, "format", None, f'expected "{kind}"')
    return {name: _key(table.get(name), shown, name, length) for name, length in lengths.items()}


def _key(given: object, shown: str, name: str, length: int) -> bytes:
    try:
        key = bytes.fromhex(given) if isinstance(given, str) else b""
    except ValueError:
        key = b""
    if len(key) != length:
        raise InputError.of(shown, name, None, f"expected {2 * length} hexadecimal digits")
    return key
