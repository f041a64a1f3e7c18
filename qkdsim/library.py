"""Reads the files people write: shipped ones by name, the user's own by path.

The wheel carries the shipped files under `qkdsim/data`; in a checkout they stand in the folders of the project.
A name without `/` or `.toml` is a shipped one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from qkdsim.errors import InputError, Problem, shown

FOLDERS = {
    "topology": "topologies",
    "scenario": "scenarios",
    "profile": "certification/profiles",
    "criteria": "certification/criteria",
    "scheme": "certification/schemes",
}
_PACKAGE = Path(__file__).parent
MAX_FILE_BYTES = 64 * 1024 * 1024

# pydantic speaks of dictionaries and tuples; people who write TOML do not
_PLAIN_WORDS = {
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "more entries",
    "too_long": "fewer entries",
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "bool_type": "true or false",
}

Model = TypeVar("Model", bound="FileModel")


class FileModel(BaseModel):
    """A table of a file: closed (unknown keys are refused) and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Source:
    """One file as read: the name for messages, the parsed table, and the hash of its bytes."""

    name: str
    table: dict[str, Any]
    sha256: str


def data_folder() -> Path:
    """Where the shipped files are: inside the wheel, or the root of the checkout."""
    inside = _PACKAGE / "data"
    return inside if inside.is_dir() else _PACKAGE.parent


def shipped_names(kind: str) -> list[str]:
    """Names of the shipped files of a kind, sorted; sub-folders (test devices) are left out."""
    return sorted(path.stem for path in (data_folder() / FOLDERS[kind]).glob("*.toml"))


def find(kind: str, name: str, beside: Path | None = None) -> Path:
    """The path of a shipped name or of a user's file; a relative path is looked up beside the file that names it.

    `folder/name` without ending is a shipped file of a sub-folder, such as `defective/NAME` among the profiles.

    Raises InputError when there is no such file.
    """
    if "/" not in name and "\\" not in name and not name.endswith(".toml"):
        if name in shipped_names(kind):
            return data_folder() / FOLDERS[kind] / f"{name}.toml"
        raise InputError.of(name, "", None, f"no shipped {kind} of this name; see `qkdsim list`{_nearest(kind, name)}")
    within = _in_sub_folder(kind, name)
    if within is not None:
        return within
    path = Path(name)
    if beside is not None and not path.is_absolute() and not _is_file(path):
        path = beside.parent / path
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _in_sub_folder(kind: str, name: str) -> Path | None:
    if re.fullmatch(r"[\w-]+/[\w-]+", name) is None:
        return None
    path = data_folder() / FOLDERS[kind] / f"{name}.toml"
    return path if path.is_file() else None


def _nearest(kind: str, name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, shipped_names(kind), n=3)
    return f" (nearest: {', '.join(near)})" if near else ""


def read(path: Path) -> Source:
    """Read one TOML file.

    Raises InputError if it is missing, not readable, not UTF-8 or not TOML.
    """
    name = display_name(path)
    try:
        raw = bytes_of(path, name)
    except FileNotFoundError:
        raise InputError.of(name, "", None, "no such file") from None
    except OSError as error:
        raise InputError.of(name, "", None, f"cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError.of(name, "", None, f"not UTF-8 text (byte {error.start})") from None
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError.of(name, "", None, f"not TOML: {shown(str(error), 120).strip(chr(39))}") from None
    return Source(name, table, hashlib.sha256(raw).hexdigest())


def bytes_of(path: Path, name: str, most_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file that messages call `name`; a device may have them without end.

    Raises InputError if there are more than `most_bytes` or the path is none, OSError if it cannot be read.
    """
    if "\0" in str(path):
        raise InputError.of(shown(name), "", None, "cannot be read: no path has a NUL character")
    with path.open("rb") as file:
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise InputError.of(name, "", None, f"file is larger than {most_bytes // 2**20} MiB")
    return raw


def display_name(path: Path) -> str:
    """How a message names a file: shipped files by folder and name, others as the user gave them."""
    try:
        return str(path.relative_to(data_folder()))
    except ValueError:
        return str(path)


def kind_of(source: Source) -> str:
    """The kind that the first key of a file states.

    Raises InputError if `format` is missing or unknown.
    """
    given = source.table.get("format")
    known = {f"{kind}/1": kind for kind in FOLDERS}
    if not isinstance(given, str) or given not in known:
        raise InputError.of(
            source.name, "format", given if given is not None else "nothing", f"one of {', '.join(known)}"
        )
    return known[given]


def parse(model: type[Model], source: Source, kind: str) -> Model:
    """Turn a read file into its model.

    Raises InputError with one problem per thing that is wrong.
    """
    found = kind_of(source)
    if found != kind:
        raise InputError.of(source.name, "format", f"{found}/1", f"{kind}/1")
    body = {key: value for key, value in source.table.items() if key != "format"}
    return validated(model, body, source.name)


def validated(model: type[Model], body: Mapping[str, Any], name: str) -> Model:
    """Validate a table against a model, with errors that name `name`.

    Raises InputError with one problem per thing that is wrong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InputError(*_problems(error, name)) from None


def _problems(error: ValidationError, name: str) -> Iterator[Problem]:
    for item in error.errors(include_url=False):
        key = key_path(item["loc"])
        kind, message = item["type"], item["msg"]
        context = item.get("ctx", {})
        if kind == "extra_forbidden":
            yield Problem(name, key, "an unknown key", "only documented keys")
        elif kind == "missing":
            yield Problem(name, key, "nothing", "a value: this key is required")
        elif kind == "value_error":
            for line in str(context.get("error", message)).splitlines():  # a model may find several things at once
                yield _found_by_model(name, key, line)
        elif kind == "too_short" and len(item["input"]) >= context["min_length"]:
            continue  # pydantic counts only entries that are right; the others have problems of their own
        elif kind in _PLAIN_WORDS:
            yield Problem(name, key, _given(item["input"]), _PLAIN_WORDS[kind])
        else:
            given = _given(item["input"])
            expected = message[:1].lower() + message[1:]
            expected = expected.removeprefix("input should be ").removeprefix("value should be ")
            yield Problem(name, key, given, expected)


def _found_by_model(name: str, key: str, line: str) -> Problem:
    """What a model says of itself, `key: got this, expected that` taken apart where it is so written."""
    parts = re.fullmatch(r"([\w.\[\]]+): got (.+), expected (.+)", line)
    if parts is None:
        return Problem(name, key, "", line)
    return Problem(name, f"{key}.{parts[1]}" if key else parts[1], parts[2], parts[3])


def _given(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return shown(value)


def key_path(loc: tuple[int | str, ...]) -> str:
    """A pydantic location as people write it: `link[3].loss_db`."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() or "-" in part:
            path += f".{part}" if path else part
    return path
