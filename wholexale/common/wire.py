"""What goes over the wire, on both doors: typed structs, one decoder, one text rule.

Shapes are `msgspec.Struct`s with camelCase names. Decoding is strict (`5` is not `"5"`), refuses NUL characters,
lone surrogates and deep nesting, and names every field at fault. Decimals are read and written as JSON numbers, digit
by digit.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from wholexale.common.decimals import Search, text_search
from wholexale.common.errors import DomainError, FieldError, ValidationFailed

T = TypeVar("T")

_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT = re.compile(r"^(?P<msg>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_PLAIN = msgspec.json.Decoder(float_hook=float)
"""Reads any JSON, also numbers too large for a float, to look for faults in it."""


class Wire(msgspec.Struct, rename="camel", kw_only=True):
    """A shape with camelCase names on the wire; unknown fields are ignored when read."""


class Resource(Wire, kw_only=True):
    """A shape with an id, sent as `id` and, for clients of the old backend, as an equal `_id`."""

    id: str
    legacy_id: str = msgspec.field(name="_id", default="")

    def __post_init__(self) -> None:
        """Keep both spellings of the id equal."""
        self.legacy_id = self.id


Page = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


def wire_time(moment: datetime) -> str:
    """Format a moment as ISO 8601 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def optional_time(moment: datetime | None) -> str | None:
    """Format a moment that may be missing."""
    return None if moment is None else wire_time(moment)


def clean_text(value: str) -> str:
    """Strip blanks around a text; what is inside stays as it was written."""
    return value.strip()


def decode(raw: bytes, shape: type[T]) -> T:
    """Decode a JSON text into a shape.

    Raises:
        ValidationFailed: with one entry for each field at fault; `MALFORMED_JSON` where it is no JSON, or nests
            deeper than the interpreter's own limit.
    """
    value, faults = _guarded(_decoded, raw, shape)
    if value is None or faults:
        raise ValidationFailed(details=faults)
    decoded: T = value
    return decoded


def canonical(raw: bytes) -> bytes:
    """Return a JSON text in the one spelling that equal values share, whatever their blanks and the order of names.

    Numbers are equal where they are exactly the same: `1.50` and `15e-1`, but not two that a float cannot tell apart.

    Raises:
        ValidationFailed: as `decode`.
    """
    text: bytes = _guarded(_canonical, raw)
    return text


def _guarded(read: Callable[..., Any], *arguments: Any) -> Any:
    """Read a JSON text; what is wrong with the text as a whole becomes a refusal."""
    try:
        return read(*arguments)
    except RecursionError:
        raise ValidationFailed("MALFORMED_JSON", "The JSON nests too deeply.") from None
    except msgspec.ValidationError as error:  # an integer of thousands of digits, which no plain value can hold
        raise ValidationFailed(details=[_field_error(str(error))]) from None
    except (msgspec.DecodeError, UnicodeError):
        raise ValidationFailed("MALFORMED_JSON", "The body is not valid JSON in UTF-8.") from None


def _canonical(raw: bytes) -> bytes:
    raw.decode()
    return _CANONICAL_ENCODER.encode(_CANONICAL_DECODER.decode(raw))


def _canonical_number(text: str) -> msgspec.Raw:
    try:
        number = _ANY_SIZE.normalize(Decimal(text))
    except InvalidOperation:  # its exponent has nineteen digits
        return msgspec.Raw(text.lower().encode())
    if number.is_zero():
        return msgspec.Raw(b"0")
    is_written_out = number.adjusted() < _LONGEST_INTEGER and number == number.to_integral_value()
    return msgspec.Raw((f"{number:f}" if is_written_out else str(number)).encode())


_ANY_SIZE = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation])
_LONGEST_INTEGER = 4300
"""Digits of the longest integer that a plain value can hold."""

_CANONICAL_DECODER = msgspec.json.Decoder(float_hook=_canonical_number)
_CANONICAL_ENCODER = msgspec.json.Encoder(order="deterministic")


def _decoded(raw: bytes, shape: Any) -> tuple[Any, list[FieldError]]:
    raw.decode()  # the decoder skips what nobody reads without looking at its encoding
    decoder, search = _reader(shape)
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        plain = _PLAIN.decode(raw)
        found = [*_faults(plain, shape, error), *(search(plain, "") if search else ())]
        return None, list({fault.path: fault for fault in found}.values())
    has_nul = rb"\u0000" in raw and _NUL_ESCAPE.search(raw)  # the first look is the quick one
    if not search and not has_nul:
        return value, []
    plain = _PLAIN.decode(raw)
    paths = _paths_with_nul(plain, "") if has_nul else ()
    faults = [FieldError(path=path, msg="NUL characters are not allowed") for path in paths]
    return value, [*faults, *(search(plain, "") if search else ())]


@cache
def _reader(shape: Any) -> tuple[msgspec.json.Decoder[Any], Search | None]:
    return msgspec.json.Decoder(shape), text_search(shape)


def decode_query(query: Mapping[str, str], shape: type[T]) -> T:
    """Read query parameters into a shape; numbers and booleans may be written as text.

    Raises:
        ValidationFailed: naming the parameter.
    """
    try:
        value = msgspec.convert(dict(query), shape, strict=False)
    except msgspec.ValidationError as error:
        raise ValidationFailed(details=[_field_error(str(error), location="query")]) from None
    if (path := next(_paths_with_nul(dict(query), ""), None)) is not None:
        raise ValidationFailed(details=[FieldError(path=path, msg="NUL characters are not allowed", location="query")])
    return value


def encode(value: Any) -> bytes:
    """Encode a shape (or plain values) as JSON."""
    return _ENCODER.encode(value)


def _encode_other(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not go over the wire")


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_other, decimal_format="number")


def _faults(body: object, shape: Any, error: msgspec.ValidationError) -> Iterator[FieldError]:
    """Yield one entry for each top-level field at fault; the decoder itself stops at the first."""
    if not isinstance(body, dict) or not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)):
        yield _field_error(str(error))
        return
    found = False
    for field in msgspec.structs.fields(shape):
        if field.encode_name in body:
            try:
                msgspec.convert(body[field.encode_name], field.type)
                continue
            except msgspec.ValidationError as fault:
                yield _field_error(str(fault), below=field.encode_name)
        elif field.required:
            yield FieldError(path=field.encode_name, msg="Required")
        else:
            continue
        found = True
    if not found:
        yield _field_error(str(error))


def _field_error(message: str, *, below: str = "", location: Any = "body") -> FieldError:
    match = _AT.match(message)
    msg, path = (match["msg"], match["path"] or "$") if match else (message, "$")
    names = [below, path.removeprefix("$").removeprefix(".")]
    if missing := _MISSING.search(msg):
        names.append(missing[1])
        msg = "Required"
    msg = msg.replace("`decimal", "`number")
    joined = ".".join(name for name in names if name).replace(".[", "[")
    return FieldError(path=joined, msg=msg, location=location)


def _paths_with_nul(value: object, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\x00" in value:
            yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _paths_with_nul(item, f"{path}.{key}" if path else str(key))
            if "\x00" in key:
                yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths_with_nul(item, f"{path}[{index}]")


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """The body of every REST error."""

    error: str
    code: str
    details: tuple[FieldError, ...] = ()
    requestId: str = ""  # noqa: N815 - the wire name; this struct has no renaming


def error_body(error: DomainError, *, request_id: str = "") -> dict[str, Any]:
    """Return the REST body of a refusal."""
    body: dict[str, Any] = {"error": error.detail, "code": error.code, "details": error.details}
    return body | error.context | {"requestId": request_id}
