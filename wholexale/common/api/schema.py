"""OpenAPI of wire shapes: `msgspec` knows the JSON Schema of its structs, drf-spectacular asks for it here.

A struct becomes a component of its own name; enumerations stand where they are used. Importing this module is what
makes drf-spectacular know structs; `endpoint` imports it. `auto_schema` is drf-spectacular's `AutoSchema`, whose module
cannot be imported while DRF itself still is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiParameter

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"
_PREFIX = _REFERENCE.format(name="")
_DELETION = "x-deletion-body"


@dataclass(frozen=True, slots=True)
class Documented:
    """What the description says of something that many endpoints share: headers, and refusals by status."""

    headers: Sequence[OpenApiParameter]
    refusals: Mapping[int, str] = field(default_factory=dict)


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call] # registers itself when defined
    """Describe `msgspec.Struct` classes as components."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Direction) -> str | None:
        """Name the component after the struct."""
        return str(self.target.__name__)

    def get_identity(self, auto_schema: Any, direction: Direction) -> ComponentIdentity:
        """Tell two structs of one name apart by what they describe; drf-spectacular warns where that differs."""
        return _identity(describe(self.target)[0])

    def map_serializer(self, auto_schema: Any, direction: Direction) -> Schema:
        """Return the schema of the struct; structs inside it become components of their own."""
        schema, inner = describe(self.target)
        for name, definition in inner.items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call] # drf-spectacular leaves it untyped
                name=name, type=ResolvedComponent.SCHEMA, schema=definition, object=_identity(definition)
            )
            auto_schema.registry.register_on_missing(component)
        return schema


def describe(struct: type[msgspec.Struct]) -> tuple[Schema, dict[str, Schema]]:
    """Return the JSON Schema of a struct, and those of the structs inside it by name."""
    (reference,), definitions = msgspec.json.schema_components([struct], ref_template=_REFERENCE)
    structs = {name: schema for name, schema in definitions.items() if schema.get("type") == "object"}
    enumerations = {name: schema for name, schema in definitions.items() if name not in structs}
    inlined: dict[str, Schema] = {name: _inline(schema, enumerations) for name, schema in structs.items()}
    return inlined.pop(reference["$ref"].removeprefix(_PREFIX)), inlined


def query_parameters(query: type[msgspec.Struct] | None) -> list[OpenApiParameter]:
    """Return the parameters that the fields of a struct stand for; null cannot be said in a query."""
    if query is None:
        return []
    schema, _ = describe(query)
    return [
        OpenApiParameter(name, _without_null(field), OpenApiParameter.QUERY, required=name in schema["required"])
        for name, field in schema["properties"].items()
    ]


def deletion_body(body: type[msgspec.Struct] | None) -> dict[str, Any]:
    """Note the body of a DELETE, which drf-spectacular leaves out, for `finish_operations`."""
    return {} if body is None else {_DELETION: body.__name__}


def finish_operations(result: Schema, **_context: Any) -> Schema:
    """Name each operation after its method and path, and give it the first line of its text as a summary."""
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            words = [word for word in re.split(r"\W|_", path.removeprefix("/api")) if word]
            operation["operationId"] = method + "".join(word.capitalize() for word in words)
            summary, _, text = operation.get("description", "").partition("\n")
            operation["summary"] = summary.rstrip(".")
            operation["description"] = text.strip() or summary
            if body := operation.pop(_DELETION, None):
                schema = {"$ref": _REFERENCE.format(name=body)}
                operation["requestBody"] = {"content": {"application/json": {"schema": schema}}, "required": True}
    return result


def _identity(schema: Schema) -> ComponentIdentity:
    return ComponentIdentity(schema)  # type: ignore[no-untyped-call] # drf-spectacular leaves it untyped


def _inline(schema: Any, enumerations: dict[str, Schema]) -> Any:
    """Put enumerations where they are referred to."""
    if isinstance(schema, list):
        return [_inline(item, enumerations) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix(_PREFIX)
    if name in enumerations:
        return {key: value for key, value in enumerations[name].items() if key == "enum"}
    inlined = {key: _inline(value, enumerations) for key, value in schema.items()}
    return inlined | {"type": "number"} if inlined.get("format") == "decimal" else inlined


def _without_null(schema: Schema) -> Schema:
    rest = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    return rest | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})
