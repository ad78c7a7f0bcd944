"""Whatever is sent, the answer is a coded refusal and never our fault."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import User
from chat.models import Conversation
from chat.tests.staging import say
from wholexale.common.testing import Api, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CALLS = [
    ("POST", "chat/conversations"),
    ("PATCH", "chat/conversations/{talk}"),
    ("POST", "chat/conversations/{talk}/participants"),
    ("POST", "chat/messages"),
    ("PATCH", "chat/messages/{message}"),
    ("POST", "chat/messages/{message}/reaction"),
    ("POST", "chat/blocks"),
    ("DELETE", "chat/blocks"),
    ("POST", "chat/reports"),
]
EVERY = pytest.mark.parametrize(("method", "path"), CALLS)
DEEP = 100_000
FIELDS = (
    "content",
    "emoji",
    "user",
    "reason",
    "name",
    "archived",
    "participantId",
    "conversationId",
    "media",
    "message",
)
ATTACKS: dict[str, tuple[bytes, int]] = {
    "half an object": (b'{"content": "x"', 400),
    "no JSON": (b"content=x", 400),
    "bad UTF-8": (b"{" + b", ".join(b'"%s": "\xff"' % name.encode() for name in FIELDS) + b"}", 400),
    "a lone surrogate": (("{" + ", ".join(f'"{name}": "\\ud800"' for name in FIELDS) + "}").encode(), 400),
    "NUL": (("{" + ", ".join(f'"{name}": "a\\u0000b"' for name in FIELDS) + "}").encode(), 400),
    "deep lists": (b'{"content": "x", "media": ' + b"[" * DEEP + b"]" * DEEP + b"}", 400),
    "deep objects": (b'{"x":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "a list": (b"[]", 400),
    "a number": (b"5", 400),
    "null": (b"null", 400),
    "oversize": (b'{"content": "' + b"x" * 1_100_000 + b'"}', 413),
}


class Target:
    """A client, and what its paths name."""

    def __init__(self, api: Api, talk: Conversation, user: User) -> None:
        self.client = api.as_(user)
        self.names = {"talk": str(talk.id), "message": str(say(talk, user).id)}

    def send(self, method: str, path: str, body: bytes) -> Reply:
        return self.client.send(method, path.format(**self.names), body)


@pytest.fixture
def target(api: Api, talk: Conversation, buyer: User) -> Target:
    return Target(api, talk, buyer)


@EVERY
@pytest.mark.parametrize("attack", ATTACKS)
def test_bodies_that_mean_nothing_are_refused(target: Target, method: str, path: str, attack: str) -> None:
    body, status = ATTACKS[attack]

    reply = target.send(method, path, body)

    assert reply.status == status
    assert reply.code in {"MALFORMED_JSON", "VALIDATION_FAILED", "PAYLOAD_TOO_LARGE"}
    assert reply.body["requestId"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMED = st.dictionaries(
    st.sampled_from([*FIELDS, "participants", "groupInfo", "businessContext", "location", "mentions", "replyTo"]),
    VALUES,
    max_size=6,
)


@EVERY
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=NAMED)
def test_no_types_in_no_field_break_anything(target: Target, method: str, path: str, body: object) -> None:
    reply = target.client.send(method, path.format(**target.names), body)

    assert reply.status < 500
    assert reply.status < 300 or reply.code
