"""The reference page of the files people write: every key, from the models that read them."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import tokenize
from collections.abc import Iterator
from io import StringIO
from typing import Any

from generate_schemas import FILLED_IN, MODELS, inner_models, is_duration, schema_of
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qkdsim.devices import Quantity
from qkdsim.units import format_duration

UNITS = {  # suffix of a key: unit; the longest suffix wins
    "_db_per_km": "dB/km", "_ps_per_nm_km": "ps/(nm km)", "_per_km_nm": "1/(km nm)", "_requests_per_s": "1/s",
    "_per_s": "1/s", "_per_h": "1/h", "_bps": "bit/s", "_bits": "bit", "_dbm": "dBm", "_db": "dB", "_km": "km",
    "_nm": "nm", "_ps": "ps", "_hz": "Hz", "_s": "s", "_deg": "°", "_w": "W", "_h": "h", "_eur": "€",
    "_urad": "µrad", "_m": "m", "_per_arcsec2": "1/arcsec²", "_snu": "shot-noise units", "_percent": "%", "_c": "°C",
    "_w_per_m2_sr_um": "W/(m² sr µm)", "_m_2_3": "m^(-2/3)",
}  # fmt: skip
INTRO = """<!-- written by docs/generate.py; edit the models, not this page -->
# Files

Profiles, topologies, scenarios, criteria, schemes and evidence of certification are TOML files. The first key says what
a file is, `format = "profile/1"`, `"topology/1"`, `"scenario/1"`, `"criteria/1"`, `"scheme/1"` or `"evidence/1"`.
Unknown keys are refused. `qkdsim check FILE` prints every problem of a file. JSON Schemas for editors:
[profile](../schemas/profile-1.json), [topology](../schemas/topology-1.json), [scenario](../schemas/scenario-1.json),
[criteria](../schemas/criteria-1.json), [scheme](../schemas/scheme-1.json), [evidence](../schemas/evidence-1.json).

- **Units** are the suffix of a key. Probabilities and error rates are fractions from 0 to 1.
- A **quantity** is a number, which then counts as *declared*, or a table
  `{ value = 0.2, uncertainty = 0.01, basis = "measured", source = "…" }`. `basis` is `measured`, `declared` or
  `assumed`; `uncertainty` is one standard deviation in the unit of the value. Defaults marked *assumed* are nobody's
  claim; a report lists them.
- A **duration** is a text such as `"24h"`, `"1h30min"`, `"20min"`, `"90s"`, `"250ms"`, `"2d"` or `"10a"` (Julian
  years).
- `[name]` is a table, `[[name]]` a list of tables. *required* keys have no default; *none* means not stated.
- A name of another file is a shipped one (see `qkdsim list`); with a `/` or the ending `.toml` it is a path, looked
  up from the working directory and then from the folder of the file that names it.
- A profile with `based_on = "NAME or path"` takes over another one: its tables are joined with that one's key by key,
  any other value stands in place of the one taken over. A JSON Schema checks whole profiles; `qkdsim check` such a one,
  too.
- A profile with a table `[based_on]` of `transmitter` and `receiver` is the
  [pair of these two modules](../explanation/certification.md#modules-of-a-link).
- Many keys of a profile only describe the device; [not modelled](../explanation/not-modelled.md) lists them.
"""


def files_page() -> str:
    """The whole page."""
    parts = [INTRO]
    for kind, model in MODELS.items():
        parts.append(f"\n## {kind.capitalize()}\n")
        parts.extend(_section(model, "", schema_of(kind)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _section(model: type[BaseModel], path: str, schema: dict[str, Any], listed: bool = False) -> Iterator[str]:
    """A table of a file: its docstring, its keys, then the tables inside it."""
    if path:
        yield f"\n### `{'[[' if listed else '['}{path}{']]' if listed else ']'}`\n"
    yield _prose(model)
    table = schema["$defs"][model.__name__] if path else schema
    rows, inner = [], []
    for name, field in model.model_fields.items():
        models = inner_models(field.annotation)
        if models:
            inner.append((field.alias or name, models[0], "tuple" in str(field.annotation)))
        else:
            rows.append(_row(model, name, field, table["properties"][field.alias or name]))
    if rows:
        yield "| key | value | unit | default | meaning |\n|---|---|---|---|---|"
        yield "\n".join(rows)
    for name, one, is_list in inner:
        yield from _section(one, f"{path}.{name}" if path else name, schema, is_list)


def _prose(model: type[BaseModel]) -> str:
    text = inspect.cleandoc(model.__doc__ or "")
    return "\n\n".join(textwrap.fill(part, 116) for part in text.split("\n\n")) + "\n"


def _row(model: type[BaseModel], name: str, field: FieldInfo, schema: dict[str, Any]) -> str:
    key = field.alias or name
    value = "duration" if is_duration(field) else _value(schema)
    cells = (f"`{key}`", value, _unit(key), _default(model, key, field), _meaning(model, name))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(schema: dict[str, Any]) -> str:  # noqa: PLR0911 (one return per kind of value)
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(choices) == 2 and choices[1].get("type") == "object":  # a number or a claim
        return _quantity(choices[0])
    if choices:
        return " or ".join(_value(one) for one in choices)
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            kinds = {one.get("type") for one in schema["prefixItems"]}
            return f"{len(schema['prefixItems'])} {'numbers' if kinds == {'number'} else 'texts'}"
        return f"list of {_value(schema['items'])}"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    words["object"] = "table"
    if schema.get("format") == "date-time":
        return "date and time"
    if schema.get("format") == "date":
        return "date"
    return words[schema["type"]] + _range(schema)


def _quantity(schema: dict[str, Any]) -> str:
    return f"quantity{_range(schema)}"


def _range(schema: dict[str, Any]) -> str:
    signs = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
    words = [f"{sign} {schema[name]:g}" for name, sign in signs if name in schema]
    return f" {', '.join(words)}" if words else ""


def _unit(key: str) -> str:
    fits = [suffix for suffix in UNITS if f"_{key}".endswith(suffix)]
    return UNITS[max(fits, key=len)] if fits else ""


def _default(model: type[BaseModel], key: str, field: FieldInfo) -> str:  # noqa: PLR0911 (one return per kind of default)
    if field.is_required():
        return "*required*"
    default = field.default
    if (model.__name__, key) in FILLED_IN:
        return "made from the ends"
    if default is None:
        return "none"
    if isinstance(default, Quantity):
        return f"{float(default):g}{' *assumed*' if default.basis == 'assumed' else ''}"
    if is_duration(field):
        return f'"{format_duration(default) if default else "0 s"}"'
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return f'"{default}"'
    return "empty" if default == () else f"{default}"


def _meaning(model: type[BaseModel], name: str) -> str:
    """The comment beside the field in the source, if any."""
    source = textwrap.dedent(inspect.getsource(model))
    body = ast.parse(source).body[0]
    if not isinstance(body, ast.ClassDef):
        return ""
    lines = {
        node.target.id: node.end_lineno
        for node in body.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.start[0] == lines.get(name):
            return token.string.lstrip("# ")
    return ""
