"""From an offer to a mail: the whole way, once."""

import pytest

from accounts.models import User
from finance.models import CreditLine
from notifications.events import NotificationCount, NotificationNew
from notifications.models import Channel, Notification
from notifications.tests.staging import delivery, letters, run, trace, verified
from offers.tests.staging import business_of, offered, open_line
from wholexale.common.realtime import Outgoing, user_group
from wholexale.common.testing import Api, SentItems

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(buyer: User) -> CreditLine:
    return open_line(business_of(buyer), 10_000_000)


def test_an_offer_is_told_listed_pushed_and_mailed(
    api: Api, buyer: User, seller: User, line: CreditLine, sent: SentItems
) -> None:
    verified(seller)
    with sent() as items:
        offered(buyer, seller)
    pushes = [item for item in items if isinstance(item, Outgoing)]
    new = [item for item in pushes if isinstance(item.push, NotificationNew)]
    counts = [item.push.unread_count for item in pushes if isinstance(item.push, NotificationCount)]

    assert [item.to for item in new] == [(user_group(seller.id),)]
    assert counts == [1]

    page = api.as_(seller).get("notifications").body
    assert page["unreadCount"] == 1
    (shown,) = page["notifications"]
    assert (shown["type"], shown["title"], shown["isUnread"]) == ("offer_received", "New offer", True)
    assert "Corner Shop offers INR 85" in shown["message"]
    assert (shown["data"]["amount"], shown["data"]["amountMinor"]) == (8500.00, 850_000)

    told = Notification.objects.get(recipient=seller)
    assert trace(told, Channel.PUSH) == [("skipped", "no_address")]
    assert run() == 1
    assert delivery(told).status == "sent"
    assert trace(told) == [("pending", ""), ("sending", ""), ("sent", "")]
    (mail,) = letters()
    assert mail.to == "seller@example.com"
    assert mail.subject == "New offer from Corner Shop: Product Name"
