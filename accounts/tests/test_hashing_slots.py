"""A flood of sign-ins cannot take every processor."""

import threading

import pytest

from accounts import hashers
from wholexale.common.testing import PASSWORD, Api


@pytest.fixture
def _no_free_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(hashers, "_slots", taken)
    monkeypatch.setattr(hashers, "SLOT_WAIT", 0.01)


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_free_slot")
def test_a_sign_in_that_finds_no_processor_is_asked_to_come_back(api: Api) -> None:
    reply = api.post("auth/login", {"email": "a@example.com", "password": PASSWORD})

    assert (reply.status, reply.code) == (503, "UNAVAILABLE")
    assert int(reply.headers["Retry-After"]) >= 1


def test_a_slot_is_given_back_after_every_hash() -> None:
    for _ in range(20):
        assert hashers.verify_password(PASSWORD, hashers.UNUSABLE) == (False, False)
