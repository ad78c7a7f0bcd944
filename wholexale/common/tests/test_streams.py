"""Answers that are made while they are sent, and what is answered to an `Accept` header."""

from collections.abc import Iterator

import pytest
from django.db import connection

from accounts.models import User
from wholexale.common.api import file_stream
from wholexale.common.api.streams import PART_BYTES
from wholexale.common.testing import Api


def parts_of(*parts: bytes) -> list[bytes]:
    response = file_stream(iter(parts), media_type="text/csv", file_name="x.csv")
    return [bytes(part) for part in response]


@pytest.mark.django_db
def test_a_stream_says_what_it_is_and_what_the_file_is_called() -> None:
    response = file_stream(iter([b"x"]), media_type="text/csv", file_name="x.csv")

    assert response["Content-Type"] == "text/csv"
    assert response["Content-Disposition"] == 'attachment; filename="x.csv"'
    assert response.getvalue() == b"x"


@pytest.mark.django_db
def test_a_large_part_is_sent_in_small_ones() -> None:
    assert [len(part) for part in parts_of(b"x" * (2 * PART_BYTES + 1), b"", b"y")] == [PART_BYTES, PART_BYTES, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_given_back_before_a_part_is_sent(buyer: User) -> None:
    made = []

    def parts() -> Iterator[bytes]:
        for _ in range(3):
            assert User.objects.exists()
            made.append(connection.connection is not None)
            yield b"x"

    sent = [connection.connection is not None for _ in file_stream(parts(), media_type="text/csv", file_name="x.csv")]

    assert (made, sent) == ([True] * 3, [False] * 3)


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/csv", "text/html", "image/*", "application/json;q=0", "nonsense", ""])
def test_json_is_answered_whatever_the_caller_accepts(api: Api, buyer: User, accept: str) -> None:
    client = api.as_(buyer).with_headers(Accept=accept)

    assert client.get("auth/me").body["user"]["id"] == str(buyer.id)
    assert client.get("auth/me", format="csv").status == 200
    assert client.get("chat/conversations/1").code == "CONVERSATION_NOT_FOUND"
