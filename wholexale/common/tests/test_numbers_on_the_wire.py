"""Decimals on the wire: numbers in, the same numbers out, and texts refused by name."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest

from wholexale.common import wire
from wholexale.common.api.schema import describe
from wholexale.common.errors import FieldError, ValidationFailed
from wholexale.common.money import Amount
from wholexale.common.realtime import Push
from wholexale.common.wire import Wire
from wholexale.realtime.framing import push_payload

pytestmark = pytest.mark.once


class Line(Wire, kw_only=True):
    unit_price: Amount
    note: str = ""


class Order(Wire, kw_only=True):
    total: Amount | None = None
    tiers: list[Amount] = []
    by_region: dict[str, Annotated[Decimal, msgspec.Meta(title="Share")]] = {}
    lines: tuple[Line, ...] = ()
    metadata: dict[str, Any] = {}
    count: int = 0


class Priced(Push, kw_only=True):
    event = "test:priced"
    amount: Amount


def faults(raw: bytes) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as refused:
        wire.decode(raw, Order)
    return {fault.path: fault.msg for fault in refused.value.details}


NO_TEXT = "Expected `number`, got `str`"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b'{"total": "5"}', "total"),
        (b'{"total": "NaN"}', "total"),
        (b'{"total": "Infinity"}', "total"),
        (b'{"total": "1_0"}', "total"),
        (b'{"total": ""}', "total"),
        (b'{"tiers": [5, "5"]}', "tiers[1]"),
        (b'{"byRegion": {"south": "5"}}', "byRegion.south"),
        (b'{"lines": [{"unitPrice": 1}, {"unitPrice": "1"}]}', "lines[1].unitPrice"),
    ],
)
def test_a_text_in_place_of_a_number_is_refused_by_name(raw: bytes, path: str) -> None:
    assert faults(raw) == {path: NO_TEXT}


def test_every_text_in_place_of_a_number_is_named_beside_the_other_faults() -> None:
    assert faults(b'{"total": "5", "count": "x", "lines": [{"unitPrice": "2"}]}') == {
        "total": NO_TEXT,
        "count": "Expected `int`, got `str`",
        "lines[0].unitPrice": NO_TEXT,
    }


@pytest.mark.parametrize("raw", [b'{"total": true}', b'{"total": []}', b'{"total": {}}'])
def test_what_is_no_number_at_all_is_refused_in_the_words_of_the_wire(raw: bytes) -> None:
    assert faults(raw)["total"].startswith("Expected `number | null`, got `")


@pytest.mark.parametrize("raw", [b'{"total": NaN}', b'{"total": Infinity}', b'{"total": -Infinity}', b'{"total": .5}'])
def test_words_for_numbers_are_no_json(raw: bytes) -> None:
    with pytest.raises(ValidationFailed, match="MALFORMED_JSON"):
        wire.decode(raw, Order)


@pytest.mark.parametrize("number", ["1E+9999999999999999999", "1" * 5_000, "-" + "9" * 5_000])
def test_numbers_that_nothing_can_hold_are_refused(number: str) -> None:
    assert faults(b'{"total": %b}' % number.encode())


@pytest.mark.parametrize("number", ["1e999", "1e999999999", "0.1", "1e3", "12345678901234567890.12345678901234567890"])
def test_numbers_are_read_digit_by_digit(number: str) -> None:
    order = wire.decode(b'{"total": %b, "tiers": [%b]}' % (number.encode(), number.encode()), Order)

    assert order.total == order.tiers[0] == Decimal(number)


def test_numbers_in_free_data_stay_what_they_were() -> None:
    order = wire.decode(b'{"total": 0.1, "metadata": {"size": 1.5, "note": "5"}}', Order)

    assert order.metadata == {"size": 1.5, "note": "5"}
    assert isinstance(order.metadata["size"], float)


def test_a_shape_without_decimals_keeps_its_texts() -> None:
    assert wire.decode(b'{"path": "5", "msg": "5"}', FieldError).path == "5"


@pytest.mark.parametrize(("text", "sent"), [("10.50", b"10.50"), ("0.00", b"0.00"), ("-3", b"-3")])
def test_decimals_go_out_as_numbers_on_both_doors(text: str, sent: bytes) -> None:
    assert wire.encode({"amount": Decimal(text)}) == b'{"amount":%b}' % sent
    assert b'"amount":%b' % sent in push_payload(Priced(amount=Decimal(text)))


def test_the_description_calls_them_numbers() -> None:
    schema, inner = describe(Order)
    properties = schema["properties"]

    assert properties["total"]["anyOf"][0]["type"] == "number"
    assert properties["tiers"]["items"]["type"] == "number"
    assert properties["byRegion"]["additionalProperties"]["type"] == "number"
    assert inner["Line"]["properties"]["unitPrice"]["type"] == "number"
