"""Decimals on the wire are numbers: `5` and `5.0`, and not `"5"`, which the decoder of `msgspec` takes as well."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import inspect

from wholexale.common.errors import FieldError

Search = Callable[[object, str], Iterator[FieldError]]
"""Yields the texts that stand where numbers belong, in plain values and below a path."""


def text_search(shape: Any) -> Search | None:
    """Return how to find texts in place of decimals in the plain values of a shape; None where it has no decimals."""
    return _search(inspect.type_info(shape))


def _search(kind: inspect.Type) -> Search | None:
    match kind:
        case inspect.DecimalType():
            return _refuse_text
        case inspect.Metadata(type=inner):
            return _search(inner)
        case inspect.UnionType(types=kinds):
            searches = [search for kind in kinds if (search := _search(kind))]
            return partial(_search_any, searches) if searches else None
        case inspect.StructType(fields=fields):
            named = {field.encode_name: search for field in fields if (search := _search(field.type))}
            return partial(_search_fields, named) if named else None
        case inspect.DictType(value_type=inner) | inspect.CollectionType(item_type=inner):
            return partial(_search_items, search) if (search := _search(inner)) else None
    return None


def _refuse_text(value: object, path: str) -> Iterator[FieldError]:
    if isinstance(value, str):
        yield FieldError(path=path, msg="Expected `number`, got `str`")


def _search_any(searches: list[Search], value: object, path: str) -> Iterator[FieldError]:
    for search in searches:
        yield from search(value, path)


def _search_fields(named: Mapping[str, Search], value: object, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        for name, search in named.items():
            if name in value:
                yield from search(value[name], f"{path}.{name}" if path else name)


def _search_items(search: Search, value: object, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from search(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from search(item, f"{path}[{index}]")
