"""`before` of the query for messages: any moment that can be written, also at the ends of the calendar."""

from datetime import UTC, datetime

import msgspec
import pytest

from accounts.models import User
from chat.models import Conversation
from chat.serializers.requests import MessageQuery
from wholexale.common.testing import Api


@pytest.mark.django_db
@pytest.mark.parametrize("before", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_of_the_calendar_is_refused_by_name(
    api: Api, talk: Conversation, buyer: User, before: str
) -> None:
    reply = api.as_(buyer).get(f"chat/messages/{talk.id}", before=before)

    assert (reply.status, reply.code) == (400, "VALIDATION_FAILED")
    assert [(fault["path"], fault["location"]) for fault in reply.body["details"]] == [("before", "query")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "before",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00-14:00",
        "0001-01-01",
        "9999-12-31T23:59:59.999999+14:00",
        "9999-12-31",
    ],
)
def test_the_ends_of_the_calendar_are_moments(api: Api, talk: Conversation, buyer: User, before: str) -> None:
    assert api.as_(buyer).get(f"chat/messages/{talk.id}", before=before).status == 200


def test_a_moment_is_read_in_utc() -> None:
    query = msgspec.convert({"before": "2026-05-01T12:00:00+05:30"}, MessageQuery)

    assert query.border == datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
    assert isinstance(query.border, datetime)
    assert query.border.tzinfo is UTC
