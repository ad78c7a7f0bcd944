"""Twins at the same moment: one effect, and one answer for all, on real transactions and connections."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from wholexale.common import idempotency
from wholexale.common.errors import Conflict
from wholexale.common.models import IdempotencyKey
from wholexale.common.testing import Api, Reply, at_once
from wholexale.common.tests.orders import URLS, effects, ending, failing, is_replay, order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(URLS)]

TWINS = 8
Calls = list[Callable[[], Reply]]


@pytest.fixture
def client(api: Api, buyer: User) -> Api:
    return api.as_(buyer)


def own_connection(call: Callable[[], Reply]) -> Reply:
    """Call, and give the thread's connection back."""
    try:
        return call()
    finally:
        connection.close()


class FirstCall:
    """Holds the first call of the endpoint after its effect, until the test lets it go on; the others pass."""

    def __init__(self, ending: Exception | None = None) -> None:
        self.is_inside, self.may_end = Event(), Event()
        self.count, self._lock, self._ending = 0, Lock(), ending

    def act(self) -> None:
        with self._lock:
            self.count += 1
            is_first = self.count == 1
        if is_first:
            self.is_inside.set()
            assert self.may_end.wait(timeout=30)
            if self._ending is not None:
                raise self._ending


@contextmanager
def first_call_held(error: Exception | None = None) -> Iterator[FirstCall]:
    held = FirstCall(error)
    with ending(held.act):
        yield held


def twins(pool: ThreadPoolExecutor, held: FirstCall, client: Api) -> tuple[Future[Reply], Future[Reply]]:
    """Send a request, and its twin once the first is inside its transaction."""
    first = pool.submit(own_connection, lambda: order(client))
    assert held.is_inside.wait(timeout=30)
    twin = pool.submit(own_connection, lambda: order(client))
    time.sleep(0.3)  # long enough to arrive where it waits
    assert not twin.done()
    return first, twin


TRIALS = pytest.mark.parametrize("trials", [3, pytest.param(40, marks=[pytest.mark.proof, pytest.mark.timeout(600)])])


@TRIALS
def test_of_eight_twins_one_has_an_effect_and_all_get_its_answer(client: Api, trials: int) -> None:
    for trial in range(trials):
        replies = at_once([lambda key=f"key-{trial}": order(client, key)] * TWINS)  # type: ignore[misc] # a default binds

        assert {(reply.status, reply.raw) for reply in replies} == {(201, replies[0].raw)}
        assert sorted(is_replay(reply) for reply in replies) == [False] + [True] * (TWINS - 1)
        assert effects() == IdempotencyKey.objects.count() == trial + 1


def test_of_eight_refused_twins_all_get_the_same_refusal(client: Api) -> None:
    with failing(Conflict("OFFER_CLOSED")):
        replies = at_once([lambda: order(client)] * TWINS)

    assert {(reply.status, reply.raw) for reply in replies} == {(409, replies[0].raw)}
    assert [is_replay(reply) for reply in replies].count(False) == 1
    assert effects() == 0


def test_of_different_requests_under_one_key_one_wins_and_the_others_are_refused(client: Api) -> None:
    calls: Calls = [lambda size=size: order(client, body={"name": "kurtas", "amount": size}) for size in range(TWINS)]  # type: ignore[misc] # a default binds
    statuses = sorted(reply.status for reply in at_once(calls))

    assert statuses == [201] + [422] * (TWINS - 1)
    assert effects() == 1


def test_people_who_chose_the_same_key_do_not_wait_for_each_other_or_share_answers(
    api: Api, buyer: User, seller: User, outsider: User
) -> None:
    clients = [api.as_(user) for user in (buyer, seller, outsider)]
    calls: Calls = [lambda one=one: order(one) for one in clients]  # type: ignore[misc] # a default binds
    replies = at_once(calls)

    assert [reply.status for reply in replies] == [201] * 3
    assert len({reply.raw for reply in replies}) == effects() == 3


def test_a_twin_waits_for_the_first_and_gets_its_answer(client: Api) -> None:
    with first_call_held() as held, ThreadPoolExecutor(2) as pool:
        first, twin = twins(pool, held, client)
        held.may_end.set()

        assert first.result().raw == twin.result().raw
        assert (is_replay(first.result()), is_replay(twin.result())) == (False, True)
    assert effects() == held.count == 1


@pytest.mark.parametrize("error", [RuntimeError("a mistake"), OperationalError("gone")], ids=repr)
def test_a_twin_of_a_request_that_crashed_takes_its_place(client: Api, error: Exception) -> None:
    with first_call_held(error) as held, ThreadPoolExecutor(2) as pool:
        first, twin = twins(pool, held, client)
        held.may_end.set()

        assert first.result().status >= 500
        assert (twin.result().status, is_replay(twin.result())) == (201, False)
    assert effects() == 1
    assert order(client).raw == twin.result().raw


# --- PostgreSQL: waiting has an end -------------------------------------------------------------------------------


@pytest.mark.servers
def test_a_twin_does_not_wait_for_ever(client: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_MS", 500)
    with first_call_held() as held, ThreadPoolExecutor(2) as pool:
        first, twin = twins(pool, held, client)
        refused = twin.result()

        assert (refused.status, refused.code) == (409, "IDEMPOTENCY_IN_PROGRESS")
        assert int(refused.headers["Retry-After"]) >= 1
        assert not is_replay(refused)
        held.may_end.set()
        assert order(client).raw == first.result().raw
    assert effects() == 1


def lock_timeout() -> str:
    """Return how long the present transaction waits for locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        [value] = cursor.fetchone()
    return str(value)


@pytest.mark.servers
def test_only_the_wait_for_the_key_is_short(client: Api) -> None:
    seen: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '7s'")
    try:
        with ending(lambda: seen.append(lock_timeout())):
            assert order(client).status == 201
        assert seen == [lock_timeout()] == ["7s"]
    finally:
        connection.close()


@pytest.mark.servers
def test_a_lock_that_the_effect_waited_for_is_no_twin(client: Api) -> None:
    def give_up() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            cursor.execute("SELECT 1 FROM accounts_user FOR UPDATE")

    locked, may_end = Event(), Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM accounts_user FOR UPDATE")
            locked.set()
            may_end.wait(timeout=30)
            cursor.execute("ROLLBACK")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert locked.wait(timeout=30)
        with ending(give_up):
            reply = order(client)
        may_end.set()
        holder.result()

    assert (reply.status, reply.code) == (503, "UNAVAILABLE")
    assert not IdempotencyKey.objects.exists()
