"""Phone numbers are kept in E.164."""

import pytest

from accounts import phones

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+919876543210", "+919876543210"),
        ("9876543210", "+919876543210"),
        ("919876543210", "+919876543210"),
        ("4479111234", "+914479111234"),
        ("447911123456", "+447911123456"),
        ("14155552671", "+14155552671"),
        ("+971501234567", "+971501234567"),
    ],
)
def test_a_number_is_read_as_people_in_india_write_it_and_else_without_its_plus(written: str, number: str) -> None:
    assert phones.e164(written) == phones.kept(written) == number


@pytest.mark.parametrize("written", ["", "1234", "+441632960000", "+9999999999999999"])
def test_what_can_be_no_number_is_kept_as_it_was_written(written: str) -> None:
    assert phones.e164(written) is None
    assert phones.kept(written) == written
