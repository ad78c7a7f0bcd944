"""The door `/ws/`: who is let in, what is refused and how, and that no other socket notices."""

import asyncio
import base64

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from wholexale.tests.live import Person, Server, open_socket

pytestmark = [pytest.mark.live, pytest.mark.once]


def bearer(token: str) -> list[str]:
    encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    return ["wholexale.v1", f"bearer.{encoded}"]


async def test_the_first_frame_authenticates(buyer: Person, server: Server) -> None:
    async with open_socket(server) as socket:
        ack = await socket.call("auth", token=buyer.token)

    assert (ack["userId"], ack["sessionId"]) == (buyer.id, buyer.session_id)
    assert isinstance(ack["expiresAt"], int)


async def test_a_bearer_subprotocol_authenticates_and_is_not_echoed(buyer: Person, server: Server) -> None:
    async with open_socket(server, subprotocols=bearer(buyer.token)) as socket:
        assert socket.connection.subprotocol == "wholexale.v1"
        assert await socket.call("presence:set", status="online")


@pytest.mark.parametrize("token", ["", "no-token", "a.b.c"])
async def test_a_bad_bearer_subprotocol_is_refused_before_the_socket_opens(server: Server, token: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with open_socket(server, subprotocols=bearer(token)):
            pass

    assert refusal.value.response.status_code == httpx.codes.FORBIDDEN


async def test_a_foreign_origin_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with open_socket(server, origin="https://evil.example"):
            pass

    assert refusal.value.response.status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize("origin", ["http://[", "null", "://", "http://127.0.0.1:1"])
async def test_a_malformed_origin_is_refused(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with open_socket(server, origin=origin):
            pass

    assert refusal.value.response.status_code in {httpx.codes.FORBIDDEN, httpx.codes.BAD_REQUEST}


async def test_our_own_and_the_frontends_origin_are_let_in(server: Server) -> None:
    for origin in (server.url, "http://localhost:3000"):
        async with open_socket(server, origin=origin) as socket:
            assert (await socket.call("ping"))["serverTime"] > 0


async def test_an_unknown_path_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(f"ws://127.0.0.1:{server.port}/nowhere/", proxy=None):
            pass


@pytest.mark.parametrize("token", ["", "no-token", "a.b.c", "x" * 20_000])
async def test_a_bad_token_is_named_and_closes_the_socket(server: Server, token: str) -> None:
    async with open_socket(server) as socket:
        assert await socket.refused("auth", token=token) == "INVALID_TOKEN"
        assert await socket.closed() == 4401


async def test_a_refresh_token_does_not_open_a_socket(buyer: Person, server: Server) -> None:
    async with open_socket(server) as socket:
        assert await socket.refused("auth", token=buyer.refresh_token) == "INVALID_TOKEN"


async def test_commands_before_auth_are_refused_and_the_socket_stays(buyer: Person, server: Server) -> None:
    async with open_socket(server) as socket:
        assert await socket.refused("chat:send", conversationId=buyer.id, content="hi") == "UNAUTHENTICATED"
        await socket.call("auth", token=buyer.token)


async def test_who_does_not_authenticate_in_time_is_closed(server: Server) -> None:
    async with open_socket(server) as socket:
        assert await socket.closed(timeout=14) == 4408


async def test_a_live_socket_takes_a_new_token_of_its_own_session_only(
    buyer: Person, outsider: Person, server: Server
) -> None:
    body = {"refreshToken": buyer.refresh_token}
    renewed = (await asyncio.to_thread(buyer.request, "POST", "/api/auth/refresh", body)).json()
    async with buyer.socket() as socket:
        ack = await socket.call("auth", token=renewed["token"])

        assert ack["sessionId"] == buyer.session_id
        assert await socket.refused("auth", token=outsider.token) == "FORBIDDEN"
        assert await socket.refused("auth", token=buyer.sign_in_again().token) == "FORBIDDEN"
        assert await socket.refused("auth", token="rubbish") == "INVALID_TOKEN"
        assert await socket.call("ping")


MALFORMED = {
    "no json": "hello",
    "empty": "",
    "a list": "[1]",
    "a number": "7",
    "null": "null",
    "no event": '{"data":{}}',
    "event no text": '{"event":5}',
    "event null": '{"event":null}',
    "id an object": '{"event":"ping","id":{}}',
    "id a float": '{"event":"ping","id":1.5}',
    "trailing": '{"event":"ping"} x',
    "lone surrogate": '{"event":"ping","x":"\\ud800"}',
    "deep": '{"event":"ping","data":' + "[" * 20_000 + "]" * 20_000 + "}",
    "deep unknown field": '{"event":"ping","x":' + '{"a":' * 9_000 + "1" + "}" * 9_000 + "}",
}


async def test_a_malformed_frame_gets_a_coded_error_and_the_socket_stays(
    buyer: Person, subtests: pytest.Subtests
) -> None:
    async with buyer.socket() as socket:
        for what, text in MALFORMED.items():
            with subtests.test(what):
                await socket.send_text(text)

                error = await socket.expect("error")
                assert (error["code"], error["event"], error["retryAfterMs"]) == ("BAD_FRAME", None, None)
                assert await socket.call("ping")


WRONG = {
    "data a list": '{"event":"chat:send","id":99,"data":[]}',
    "data null": '{"event":"chat:send","id":99,"data":null}',
    "no data": '{"event":"chat:send","id":99}',
    "number for text": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":5}}',
    "text for id": '{"event":"chat:send","id":99,"data":{"conversationId":"x","content":"hi"}}',
    "object for id": '{"event":"chat:join","id":99,"data":{"conversationId":{"$ne":null}}}',
    "negative seq": '{"event":"chat:join","id":99,"data":{"conversationId":"%s","lastSeq":-1}}',
    "huge seq": '{"event":"chat:join","id":99,"data":{"conversationId":"%s","lastSeq":99999999999999999999}}',
    "nul": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"a\\u0000b"}}',
    "bad client id": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"a","clientMessageId":"ä"}}',
    "empty content": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"  "}}',
    "long content": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"' + "x" * 4001 + '"}}',
    "system line": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"a","messageType":"system"}}',
    "offer line": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"a","messageType":"offer"}}',
    "unknown type": '{"event":"chat:send","id":99,"data":{"conversationId":"%s","content":"a","messageType":"x"}}',
    "too many watched": '{"event":"presence:watch","id":99,"data":{"userIds":[' + ",".join(['"%s"'] * 201) + "]}}",
    "unknown status": '{"event":"presence:set","id":99,"data":{"status":"asleep"}}',
    "history limit": '{"event":"chat:history","id":99,"data":{"conversationId":"%s","limit":101}}',
}


async def test_wrong_data_names_the_field_and_the_socket_stays(
    buyer: Person, conversation: str, subtests: pytest.Subtests
) -> None:
    async with buyer.socket() as socket:
        for number, (what, text) in enumerate(WRONG.items(), 1_000):
            with subtests.test(what):
                await socket.send_text(text.replace("%s", conversation).replace('"id":99', f'"id":{number}'))
                await socket.call("ping")

                answer = next(frame for frame in socket.frames if frame["event"] == "ack" and frame["id"] == number)
                error = answer["data"]["error"]
                assert (answer["data"]["success"], error["code"]) == (False, "VALIDATION_FAILED")
                assert error["details"]
                assert all(detail["msg"] for detail in error["details"])


async def test_an_unknown_event_is_named(buyer: Person) -> None:
    async with buyer.socket() as socket:
        await socket.send_text('{"event":"send_message","data":{}}')

        assert (await socket.expect("error"))["event"] == "send_message"
        assert await socket.refused("send_message") == "UNKNOWN_EVENT"


async def test_a_binary_frame_is_refused(buyer: Person) -> None:
    async with buyer.socket() as socket:
        await socket.send_text(b'{"event":"ping"}')

        assert (await socket.expect("error"))["code"] == "BAD_FRAME"


async def test_an_oversize_frame_closes_only_its_socket(buyer: Person, seller: Person) -> None:
    async with buyer.socket() as bystander, seller.socket() as socket:
        await socket.send_text('{"event":"ping","data":{"x":"' + "y" * 70_000 + '"}}')

        assert await socket.closed() == buyer.server.close_code(1009)
        assert await bystander.call("ping")


async def test_bad_utf8_closes_only_its_socket(buyer: Person, seller: Person) -> None:
    async with buyer.socket() as bystander, seller.socket() as socket:
        await socket.connection.send(b'{"event":"\xff"}', text=True)

        assert await socket.closed() == buyer.server.close_code(1007)
        assert await bystander.call("ping")


async def test_bad_utf8_twice_in_one_segment_ends_cleanly(seller: Person, server: Server) -> None:
    async with seller.socket() as socket:
        frame = b"\x81\x82\x00\x00\x00\x00\xff\xff"
        socket.connection.transport.write(frame * 3)

        assert await socket.closed() == server.close_code(1007)
    assert "InvalidState" not in server.log.read_text()


async def test_twenty_malformed_frames_close_only_their_socket(buyer: Person, seller: Person) -> None:
    async with buyer.socket() as bystander, seller.socket() as socket:
        for _ in range(20):
            await socket.send_text("rubbish")

        assert await socket.closed() == buyer.server.close_code(1008)
        assert await bystander.call("ping")


async def test_a_frame_without_id_gets_no_ack(buyer: Person) -> None:
    async with buyer.socket() as socket:
        await socket.send_text('{"event":"ping","data":{}}')
        await socket.call("ping")

        assert [frame["event"] for frame in socket.frames] == ["ack", "ack"]


async def test_an_id_may_be_text(buyer: Person) -> None:
    async with buyer.socket() as socket:
        await socket.send_text('{"event":"ping","id":"a \\"quoted\\" id"}')
        await socket.call("ping")

        assert {frame["id"] for frame in socket.frames} >= {'a "quoted" id'}
