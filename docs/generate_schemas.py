"""JSON Schema of the files people write, from the models that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from qkdsim.devices import DeviceProfile, Quantity
from qkdsim.evaluation.catalogue.files import CriteriaFile, SchemeFile
from qkdsim.evaluation.documents import CertificateDocument
from qkdsim.evaluation.records import EvidenceFile
from qkdsim.scenario import Scenario
from qkdsim.topology import Topology
from qkdsim.units import format_duration

MODELS: dict[str, type[BaseModel]] = {
    "profile": DeviceProfile,
    "topology": Topology,
    "scenario": Scenario,
    "criteria": CriteriaFile,
    "scheme": SchemeFile,
    "evidence": EvidenceFile,
}
DURATION = {"type": "string", "pattern": r"^(\d+(\.\d+)?\s*(ms|min|s|h|d|a)\s*)+$"}
# filled in by the reader when the file leaves them out, from other keys
FILLED_IN = {("Link", "id"), ("Demand", "id")}


class _Schema(GenerateJsonSchema):
    """Defaults as a file would state them: assumed numbers as plain numbers, tables not at all."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No titles: they would only repeat the keys."""
        return False

    def default_schema(self, schema: Any) -> Any:
        """The schema of a field with its default, unless that is a whole table."""
        default = schema.get("default")
        inner = self.generate_inner(schema["schema"])
        if default is None or isinstance(default, BaseModel):
            return inner
        plain = float(default) if isinstance(default, Quantity) else default
        return {**inner, "default": list(plain) if isinstance(plain, tuple) else plain}


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file."""
    model = MODELS[kind]
    schema = model.model_json_schema(by_alias=True, schema_generator=_Schema)
    for one in models_of(model):
        table = schema if one is model else schema["$defs"][one.__name__]
        _state_durations(one, table)
        for key in list(table["properties"]):
            if (one.__name__, key) in FILLED_IN:
                table["properties"][key].pop("default", None)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{kind}/1"}
    schema["properties"] = {"format": {"const": f"{kind}/1"}, **schema["properties"]}
    schema["required"] = ["format", *schema.get("required", [])]
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def schema_text(kind: str) -> str:
    """The schema as a file."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def document_schema_text() -> str:
    """The schema of what `qkdsim certify --json` prints."""
    schema = CertificateDocument.model_json_schema(schema_generator=_Schema)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "certify/1"}
    schema = {**head, **{key: value for key, value in schema.items() if key != "title"}}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def models_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model its fields hold, in file order, each once per place."""
    yield model
    for field in model.model_fields.values():
        for inner in inner_models(field.annotation):
            yield from models_of(inner)


def inner_models(annotation: Any) -> list[type[BaseModel]]:
    """The models named in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in inner_models(part)]


def is_duration(field: FieldInfo) -> bool:
    """Whether the file states this field in words such as `24h`."""
    return any(isinstance(one, BeforeValidator) for one in _metadata(field.annotation, field.metadata))


def _metadata(annotation: Any, own: list[Any]) -> Iterator[Any]:
    yield from own
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _metadata(part, [])


def _state_durations(model: type[BaseModel], table: dict[str, Any]) -> None:
    for name, field in model.model_fields.items():
        if not is_duration(field):
            continue
        key = field.alias or name
        stated: dict[str, Any] = dict(DURATION)
        if isinstance(field.default, float):
            stated["default"] = format_duration(field.default) if field.default else "0 s"
        table["properties"][key] = stated
