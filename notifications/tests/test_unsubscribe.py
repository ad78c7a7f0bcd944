"""`/api/notifications/unsubscribe/:token`: one click in a mail, without signing in."""

import pytest
from django.core import signing
from django.test import Client

from accounts.models import User
from notifications import services
from notifications.models import Preference
from wholexale.common.ids import new_id

pytestmark = pytest.mark.once


def path_of(user: User, name: str = "reminder") -> str:
    return services.unsubscribe_url(user_id=user.id, type=name).partition("//")[2].partition("/")[2]


def click(user: User, name: str = "reminder") -> int:
    """Do what a mail program does (RFC 8058)."""
    body = "List-Unsubscribe=One-Click"
    answer = Client().generic("POST", f"/{path_of(user, name)}", body, content_type="application/x-www-form-urlencoded")
    return answer.status_code


def choices(user: User) -> list[tuple[str, str, bool]]:
    return list(Preference.objects.filter(user=user).values_list("type", "channel", "is_on"))


def test_one_click_turns_mails_of_the_type_off(buyer: User) -> None:
    assert [click(buyer), click(buyer)] == [200, 200]
    assert choices(buyer) == [("reminder", "email", False)]


def test_other_types_and_other_people_stay_as_they_are(buyer: User, seller: User) -> None:
    Preference.objects.create(user=buyer, type="promotion", channel="email", is_on=True)
    click(buyer)

    assert ("promotion", "email", True) in choices(buyer)
    assert choices(seller) == []


def test_the_link_of_a_digest_turns_all_mails_off_that_can_be(buyer: User) -> None:
    assert click(buyer, "digest") == 200
    buyer.refresh_from_db()
    assert buyer.preferences["notifications"]["email"] is False
    assert buyer.preferences["notifications"]["push"] is True


def test_looking_at_the_page_changes_nothing(buyer: User) -> None:
    page = Client().get(f"/{path_of(buyer)}")

    assert page.status_code == 200
    assert "reminders" in page.content.decode()
    assert '<form method="post">' in page.content.decode()
    assert choices(buyer) == []


def test_the_page_speaks_the_language_of_the_person(buyer: User) -> None:
    User.objects.filter(id=buyer.id).update(preferences=buyer.preferences | {"language": "hi-IN"})
    page = Client().post(f"/{path_of(buyer)}").content.decode()

    assert '<html lang="hi">' in page
    assert "हो गया" in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_not_ours_is_none(buyer: User, method: str) -> None:
    token = path_of(buyer).rpartition("/")[2]
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), "x", signing.dumps([str(buyer.id), "reminder"])]
    answers = [getattr(Client(), method)(f"/api/notifications/unsubscribe/{one}") for one in forged]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert choices(buyer) == []


def test_the_link_of_nobody_is_none(db: None) -> None:
    url = services.unsubscribe_url(user_id=new_id(), type="reminder")

    assert Client().post("/api" + url.partition("/api")[2]).status_code == 404
