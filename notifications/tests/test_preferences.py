"""Preferences: what is sent is merged, nothing else changes, and the old switches stay where clients read them."""

from typing import Any

import pytest

from accounts.models import User
from notifications.models import Channel, Manner, Preference, Type
from notifications.selectors import people_to_reach
from notifications.tests.staging import told, trace, verified
from wholexale.common.testing import Api

pytestmark = pytest.mark.django_db


def saved(api: Api, user: User, body: dict[str, Any]) -> dict[str, Any]:
    """Save preferences, and return what is read afterwards."""
    answer = api.as_(user).put("notifications/preferences", body)
    assert answer.status == 200, answer.body
    read: dict[str, Any] = api.as_(user).get("notifications/preferences").body["preferences"]
    assert answer.body["preferences"] == read
    return read


def test_who_has_said_nothing_has_the_defaults(api: Api, buyer: User) -> None:
    read = saved(api, buyer, {})

    assert {name: read[name] for name in ("email", "sms", "push", "chat", "offers", "system")} == {
        "email": True, "sms": False, "push": True, "chat": True, "offers": True, "system": True,
    }  # fmt: skip
    assert read["quietHours"] == {"enabled": False, "start": "22:00", "end": "08:00", "timezone": "Asia/Kolkata"}
    assert read["types"].keys() == set(Type.values)
    assert read["types"]["security_alert"]["forced"] == ["in_app", "email"]
    assert not Manner.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"enabled": False},
        {"quietHours": {"enabled": True}},
        {"quietHours": {"start": "23:30"}},
        {"quietHours": {"end": "06:15"}},
        {"channels": {"in_app": False}},
        {"channels": {"push": False}},
        {"channels": {"email": False}},
        {"channels": {"sms": True}},
        {"digestMinutes": 60},
        {"chat": False},
        {"offers": False},
        {"system": False},
        {"types": {"offer_received": {"email": False}}},
        {"types": {"credit_deducted": {"push": True}}},
    ],
)
def test_one_wish_changes_one_thing(api: Api, buyer: User, body: dict[str, Any]) -> None:
    before = saved(api, buyer, {"quietHours": {"enabled": False}})
    after = saved(api, buyer, body)

    def flat(value: Any, path: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            return {path: value}
        return {name: one for key, inner in value.items() for name, one in flat(inner, f"{path}.{key}").items()}

    old, new = flat(before), flat(after)
    changed = {name for name in new if new[name] != old[name]}
    (wish,) = flat({"channels": {}, **body})
    words = wish.split(".")
    assert changed
    for name in changed:
        assert name.rpartition(".")[2] == words[-1], (name, wish)


def test_the_old_switches_stand_in_the_users_own_preferences(api: Api, buyer: User) -> None:
    saved(api, buyer, {"channels": {"email": False, "sms": True}, "chat": False})
    me = api.as_(buyer).get("auth/me").body["user"]["preferences"]
    assert me["notifications"] == {
        "email": False, "sms": True, "push": True, "chat": False, "offers": True, "system": True,
    }  # fmt: skip
    assert (me["language"], me["privacy"]["showOnlineStatus"]) == ("en", True)

    api.as_(buyer).put("auth/profile", {"preferences": {"notifications": {"email": True}}})
    assert saved(api, buyer, {})["channels"] == {"in_app": True, "push": True, "email": True, "sms": True}


def test_a_wish_for_a_type_is_taken_back_by_null(api: Api, buyer: User) -> None:
    read = saved(api, buyer, {"types": {"order_placed": {"email": False, "sms": True}}})
    assert read["types"]["order_placed"]["channels"] == {"in_app": True, "push": True, "email": False, "sms": True}
    read = saved(api, buyer, {"types": {"order_placed": {"email": None}}})
    assert read["types"]["order_placed"]["channels"]["email"] is True
    assert list(Preference.objects.values_list("channel", "is_on")) == [("sms", True)]


@pytest.mark.parametrize(
    "body",
    [
        {"quietHours": {"start": "24:00"}},
        {"quietHours": {"start": "8:00"}},
        {"digestMinutes": 30},
        {"enabled": "yes"},
        {"types": {"nothing": {"email": True}}},
        {"types": {"reminder": {"email": 1}}},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(api: Api, buyer: User, body: dict[str, Any]) -> None:
    assert api.as_(buyer).put("notifications/preferences", body | {"chat": False}).status == 400
    assert saved(api, buyer, {})["chat"] is True


def test_what_was_saved_is_what_decides(api: Api, buyer: User) -> None:
    verified(buyer)
    body = {"quietHours": {"enabled": True, "start": "00:00", "end": "23:59"}, "digestMinutes": 60, "enabled": True}
    saved(api, buyer, body)
    person = people_to_reach([buyer.id])[buyer.id]
    assert person.digest_minutes == 60
    assert person.quiet is not None
    assert trace(told(buyer))[0] == ("held", "digest")

    saved(api, buyer, {"types": {"credit_added": {"email": False}}})
    assert trace(told(buyer)) == [("skipped", "preference_off")]
    assert trace(told(buyer), Channel.IN_APP) == [("delivered", "")]
