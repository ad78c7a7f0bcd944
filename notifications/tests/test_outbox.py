"""`/dev/outbox`: what would have been sent, for the developer at this machine alone."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from notifications.channels import of
from notifications.channels.stored import StoredChannel
from notifications.models import Channel, Delivery, Status, StoredLetter, Suppression
from notifications.tests.letters import CODE, letter_to
from notifications.tests.staging import delivery, run, told, trace, verified
from wholexale.common.ids import new_id

pytestmark = pytest.mark.once

FROM_OUTSIDE: list[dict[str, Any]] = [
    {"REMOTE_ADDR": "192.0.2.1"},
    {"REMOTE_ADDR": "127.0.0.1", "headers": {"X-Forwarded-For": "192.0.2.1"}},
    {"REMOTE_ADDR": "127.0.0.1", "headers": {"Forwarded": "for=192.0.2.1"}},
    {"REMOTE_ADDR": ""},
]


def stored(channel: str = "email", template: str = "email-verification", **fields: Any) -> StoredLetter:
    """Keep a letter, as the channel would."""
    StoredChannel(channel).send(letter_to(channel, template, **fields))
    return StoredLetter.objects.order_by("-id")[0]


def page(path: str = "", **request: Any) -> str:
    answer = Client().get(f"/dev/outbox{path}", **request)
    assert answer.status_code == 200
    return answer.content.decode()


def play(letter: StoredLetter, outcome: str) -> int:
    return Client().post(f"/dev/outbox/{letter.id}/play", {"outcome": outcome}).status_code


def test_without_a_provider_everything_is_kept(db: None) -> None:
    assert {name: type(of(name)).__name__ for name in ("email", "sms", "push")} == {
        "email": "StoredChannel",
        "sms": "StoredChannel",
        "push": "PushChannel",
    }


def test_a_letter_that_is_sent_again_takes_the_place_of_the_first(db: None) -> None:
    letter = letter_to("sms", "otp")
    sent = [StoredChannel("sms").send(letter) for _ in range(2)]

    assert sent[0] == sent[1]
    assert StoredLetter.objects.count() == 1


def test_the_list_shows_all_and_finds_some(db: None) -> None:
    stored("email", to="asha@example.com")
    stored("sms", "otp", to="+919876543210")

    assert "Confirm your e-mail address" in page()
    assert CODE in page()
    assert "asha@example.com" not in page("?channel=sms")
    assert "+919876543210" in page("?q=9876543210")
    assert "Nothing like this." in page("?q=elsewhere")


def test_an_empty_outbox_says_what_to_do(db: None) -> None:
    assert "Nothing yet." in page()


def test_a_mail_shows_its_code_its_link_and_its_headers(db: None) -> None:
    letter = stored(values={"link": "https://www.wholexale.test/verify-email/abc"}, thread_id="t1")
    shown = page(f"/{letter.id}")

    assert CODE in shown
    assert 'href="https://www.wholexale.test/verify-email/abc"' in shown
    assert f"Message-ID: &lt;{letter.delivery_id}@wholexale.com&gt;" in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown


def test_the_mail_itself_runs_no_script_and_its_links_open_beside_it(db: None) -> None:
    answer = Client().get(f"/dev/outbox/{stored().id}/mail")
    policy = answer["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_blank">' in answer.content.decode()


@pytest.mark.parametrize("channel", ["sms", "push"])
def test_other_letters_are_shown_too(db: None, channel: str) -> None:
    letter = stored(channel, "offer-notification", values={"sender": "<b>Mill</b>"})

    assert "<b>Mill</b>" not in page(f"/{letter.id}")


@pytest.mark.parametrize("request_from", FROM_OUTSIDE)
@pytest.mark.parametrize("path", ["", "/letter", "/letter/mail"])
def test_nobody_else_sees_that_there_is_one(db: None, request_from: dict[str, Any], path: str) -> None:
    path = path.replace("letter", str(stored().id))

    assert Client().get(f"/dev/outbox{path}", **request_from).status_code == 404


def test_without_an_outbox_there_is_no_page(db: None, settings: LazySettings) -> None:
    settings.HAS_OUTBOX = False

    assert Client().get("/dev/outbox").status_code == 404
    assert Client().get("/dev/push").status_code == 404


def test_what_is_not_there_is_not_found(db: None) -> None:
    missing = f"/dev/outbox/{new_id()}"

    assert Client().get(missing).status_code == 404
    assert Client().post(f"{missing}/play", {"outcome": "delivered"}).status_code == 404
    assert play(stored(), "exploded") == 404


def test_another_site_cannot_press_the_buttons(db: None) -> None:
    letter = stored()
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/dev/outbox/{letter.id}/play", {"outcome": "bounced"}).status_code == 403
    assert client.post("/dev/outbox/empty").status_code == 403
    assert StoredLetter.objects.get().status == "sent"


def test_the_outbox_is_emptied(db: None) -> None:
    stored()

    assert Client().post("/dev/outbox/empty").status_code == 302
    assert StoredLetter.objects.count() == 0


def sent_mail(user: User) -> tuple[Delivery, StoredLetter]:
    """Tell somebody something by mail, and return it on its way and in the outbox."""
    notification = told(verified(user))
    run()
    on_its_way = delivery(notification, Channel.EMAIL)
    return on_its_way, StoredLetter.objects.get(delivery_id=on_its_way.id)


def test_a_mail_that_is_played_as_delivered_is_delivered(buyer: User) -> None:
    on_its_way, letter = sent_mail(buyer)

    assert play(letter, "delivered") == 302
    assert trace(on_its_way.notification)[-1][0] == "delivered"
    assert "delivered" in page(f"/{letter.id}")
    assert "<b>delivered</b>" in page(f"/{letter.id}")


@pytest.mark.parametrize(("outcome", "status"), [("bounced", Status.BOUNCED), ("opted_out", Status.FAILED)])
def test_a_mail_that_is_played_as_refused_suppresses_the_address(buyer: User, outcome: str, status: Status) -> None:
    on_its_way, letter = sent_mail(buyer)
    play(letter, outcome)
    on_its_way.refresh_from_db()
    suppression = Suppression.objects.get()
    again = told(buyer, dedupe_key="another")
    run()

    assert (on_its_way.status, on_its_way.reason) == (status, outcome)
    assert (suppression.channel, suppression.address, suppression.reason) == ("email", buyer.email, outcome)
    assert trace(again)[-1][0] == "suppressed"
