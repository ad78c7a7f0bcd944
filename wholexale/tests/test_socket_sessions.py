"""Sockets end with their sessions, at once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from wholexale.tests.live import PASSWORD, Person, Server, Stores

pytestmark = pytest.mark.live

SOON = 1.5
"""Seconds: one by contract, and a little for a busy test machine."""


async def rest(person: Person, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await asyncio.to_thread(person.request, method, path, body)
    assert answer.is_success, answer.text
    data: dict[str, Any] = answer.json()
    return data


async def test_logout_closes_the_sockets_of_that_session_only(buyer: Person) -> None:
    other = buyer.sign_in_again()
    async with buyer.socket() as ended, other.socket() as lives:
        await rest(buyer, "POST", "/api/auth/logout")

        assert await ended.closed(timeout=SOON) == 4401
        assert await lives.call("ping")


async def test_logout_everywhere_closes_every_socket(buyer: Person) -> None:
    other = buyer.sign_in_again()
    async with buyer.socket() as one, other.socket() as two:
        await rest(buyer, "POST", "/api/auth/logout-all")

        assert await one.closed(timeout=SOON) == 4401
        assert await two.closed(timeout=SOON) == 4401


async def test_a_password_change_closes_the_other_sockets(buyer: Person) -> None:
    other = buyer.sign_in_again()
    async with buyer.socket() as own, other.socket() as ended:
        body = {"currentPassword": PASSWORD, "newPassword": "quite-another-password"}
        await rest(buyer, "POST", "/api/auth/change-password", body)

        assert await ended.closed(timeout=SOON) == 4401
        assert await own.call("ping")


async def test_ending_a_session_from_the_list_closes_its_sockets(buyer: Person) -> None:
    other = buyer.sign_in_again()
    async with other.socket() as ended:
        await rest(buyer, "DELETE", f"/api/auth/sessions/{other.session_id}")

        assert await ended.closed(timeout=SOON) == 4401


async def test_a_reused_refresh_token_closes_the_sockets_of_its_family(buyer: Person, server: Server) -> None:
    first = buyer.refresh_token
    second = (await rest(buyer, "POST", "/api/auth/refresh", {"refreshToken": first}))["refreshToken"]
    await rest(buyer, "POST", "/api/auth/refresh", {"refreshToken": second})
    async with buyer.socket() as socket:
        reused = await asyncio.to_thread(buyer.request, "POST", "/api/auth/refresh", {"refreshToken": first})

        assert (reused.status_code, reused.json()["code"]) == (401, "INVALID_REFRESH_TOKEN")
        assert await socket.closed(timeout=SOON) == 4401


async def test_a_token_of_an_ended_session_opens_nothing(buyer: Person) -> None:
    await rest(buyer, "POST", "/api/auth/logout")

    async with buyer.socket(signed_in=False) as socket:
        assert await socket.refused("auth", token=buyer.token) == "SESSION_REVOKED"
        assert await socket.closed() == 4401


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """Return a server whose access tokens live two seconds."""
    with Stores.fresh(JWT_EXPIRES_IN="2s") as stores, Server.run(stores) as running:
        yield running


async def test_an_expiring_token_is_announced_and_can_be_renewed_in_place(hasty: Server) -> None:
    person = Person.register(hasty)
    async with person.socket() as socket:
        notice = await socket.expect("auth:expiring")
        renewed = await rest(person, "POST", "/api/auth/refresh", {"refreshToken": person.refresh_token})
        ack = await socket.call("auth", token=renewed["token"])
        await asyncio.sleep(2.1)
        expired = await socket.refused("auth", token=renewed["token"])

        assert ack["expiresAt"] >= notice["expiresAt"]
        assert expired == "TOKEN_EXPIRED"
        assert await socket.call("ping")  # within the grace of thirty seconds


@pytest.mark.proof
async def test_an_expired_token_closes_its_socket_after_the_grace(hasty: Server) -> None:
    person = Person.register(hasty)
    async with person.socket() as socket:
        assert await socket.closed(timeout=36) == 4401
