"""`POST auth/logout` and `auth/logout-all`."""

import pytest

from accounts import tokens
from accounts.models import Session, User
from wholexale.common.realtime import SessionEnded
from wholexale.common.testing import Api, SentItems, make_session

pytestmark = pytest.mark.django_db


def test_signing_out_ends_this_session_and_its_sockets(api: Api, buyer: User, sent: SentItems) -> None:
    session, other = make_session(buyer), make_session(buyer)
    client = api.with_token(tokens.issue(session).access)

    with sent() as items:
        reply = client.post("auth/logout")

    assert (reply.status, set(reply.body)) == (200, {"message"})
    assert items == [SessionEnded(session_ids=(str(session.id),))]
    assert client.get("auth/me").code == "SESSION_REVOKED"
    assert api.post("auth/refresh", {"refreshToken": tokens.issue(session).refresh}).status == 401
    assert api.with_token(tokens.issue(other).access).get("auth/me").status == 200


def test_signing_out_everywhere_ends_every_session_of_the_person_only(
    api: Api, buyer: User, seller: User, sent: SentItems
) -> None:
    mine = {str(make_session(buyer).id) for _ in range(3)}
    theirs = api.as_(seller)
    client = api.as_(buyer)

    with sent() as items:
        reply = client.post("auth/logout-all")

    [ended] = items
    assert reply.status == 200
    assert isinstance(ended, SessionEnded)
    assert mine < set(ended.session_ids)
    assert not Session.objects.filter(user=buyer, ended_at=None).exists()
    assert client.get("auth/me").code == "SESSION_REVOKED"
    assert theirs.get("auth/me").status == 200


@pytest.mark.parametrize("path", ["auth/logout", "auth/logout-all"])
def test_nobody_signs_out_without_a_token(api: Api, path: str) -> None:
    assert api.post(path).code == "NO_TOKEN"
