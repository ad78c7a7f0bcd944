"""The whole way, from a notice to a provider that speaks the real protocol, and back into the trace."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from accounts.models import User
from notifications.models import Channel, PushSubscription, Status, StoredLetter, Suppression, Type
from notifications.tests.servers import mail_server, web_server
from notifications.tests.staging import delivery, run, told, trace, verified
from notifications.tests.test_push_channel import Browser


@pytest.fixture(autouse=True)
def _without_outbox() -> Iterator[None]:
    """Have providers, and nothing that stands for them."""
    channels = {"email": "email", "sms": "", "push": "push"}
    with override_settings(NOTIFICATION_CHANNELS=channels, HAS_OUTBOX=False):
        yield


def test_a_mail_goes_out_and_the_trace_says_so(buyer: User) -> None:
    notification = told(verified(buyer))
    with mail_server() as server:
        run()
    (mail,) = server.taken
    sent = delivery(notification)

    assert mail["To"] == buyer.email
    assert mail["Message-ID"] == f"<{sent.id}@wholexale.com>" == sent.provider_id
    assert (sent.status, sent.state, sent.address) == (Status.SENT, "done", buyer.email)
    assert [status for status, _ in trace(notification)] == ["pending", "sending", "sent"]
    assert not StoredLetter.objects.exists()


def test_a_mail_to_nobody_is_the_last_one_to_that_address(buyer: User) -> None:
    first = told(verified(buyer))
    with mail_server(recipient="550 5.1.1 No such user") as server:
        run()
        second = told(buyer, dedupe_key="another")
        run()

    assert server.taken == []
    assert trace(first)[-1] == ("failed", "bounced")
    assert trace(second) == [("suppressed", "suppressed")]
    assert list(Suppression.objects.values_list("address", flat=True)) == [buyer.email]


def test_a_mail_that_is_greylisted_goes_out_later(buyer: User) -> None:
    notification = told(verified(buyer))
    with mail_server(recipient="450 4.2.0 Come back") as server:
        run()
        assert delivery(notification).status == Status.PENDING
        server.recipient = "250 OK"
        type(delivery(notification)).objects.update(run_at=notification.created_at)
        run()

    assert len(server.taken) == 1
    assert delivery(notification).status == Status.SENT


def test_a_push_arrives_in_the_browser_and_opens_the_right_page(buyer: User) -> None:
    browser = Browser()
    with web_server(status=201) as service:
        browser.subscribe(service, buyer)
        values = {"sender": "Cotton Mill", "count": "2", "link": "/chat/1"}
        notification = told(
            buyer, type=Type.CHAT_MESSAGE, template="chat-message", values=values, data={"conversationId": "c1"}
        )
        run()
        read = browser.read(service.request)

    assert read["title"] == "Unread messages"
    assert read["data"] == {
        "notificationId": str(notification.id),
        "conversationId": "c1",
        "link": "http://localhost:3000/chat/1",
    }
    assert delivery(notification, Channel.PUSH).status == Status.SENT


def test_a_push_to_a_browser_that_is_gone_forgets_it(buyer: User) -> None:
    with web_server(status=410) as service:
        Browser().subscribe(service, buyer)
        values = {"sender": "Cotton Mill", "count": "2", "link": "/chat/1"}
        notification = told(buyer, type=Type.CHAT_MESSAGE, template="chat-message", values=values)
        run()

    assert trace(notification, Channel.PUSH)[-1] == ("failed", "no_address")
    assert not PushSubscription.objects.exists()
