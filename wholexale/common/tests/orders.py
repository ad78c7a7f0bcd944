"""An endpoint for the tests of idempotency keys: its effect is a row and a push, and each test says how it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from wholexale.common import idempotency
from wholexale.common.api import endpoint
from wholexale.common.idempotency import Answer
from wholexale.common.ids import new_id
from wholexale.common.models import PeriodicRun
from wholexale.common.money import Amount
from wholexale.common.realtime import Actor, Push, push_on_commit, user_group
from wholexale.common.testing import Api, Reply
from wholexale.common.wire import Wire, encode, error_body

URLS = "wholexale.common.tests.orders"


class OrderBody(Wire, kw_only=True):
    """What to order."""

    name: str
    amount: Amount | None = None


class Order(Wire, kw_only=True):
    """What was ordered; the id is new each time."""

    id: str
    name: str


class OrderPlaced(Push, kw_only=True):
    """What sockets hear."""

    event = "test:placed"
    name: str


class _Ending:
    act: Callable[[], object] | None = None


@contextmanager
def ending(act: Callable[[], object]) -> Iterator[None]:
    """Call something after the effect of each order inside the block; what it raises ends the order."""
    _Ending.act = staticmethod(act)
    try:
        yield
    finally:
        _Ending.act = None


@contextmanager
def failing(error: Exception) -> Iterator[None]:
    """Let each order inside the block fail, after its effect."""

    def fail() -> None:
        raise error

    with ending(fail):
        yield


def place_order(actor: Actor, body: OrderBody) -> Order:
    """Write the row, register the push, and end as the test says."""
    PeriodicRun.objects.create(name=body.name, due_at=timezone.now())
    push_on_commit(OrderPlaced(name=body.name), to=[user_group(actor.id)])
    if _Ending.act is not None:
        _Ending.act()
    return Order(id=str(new_id()), name=body.name)


def caller(request: Request) -> User:
    """Return who is signed in."""
    assert isinstance(request.user, User)
    return request.user


class OrdersView(APIView):
    """`orders`."""

    @endpoint(body=OrderBody, returns=Order, status=HTTPStatus.CREATED, errors={409: "OFFER_CLOSED"}, idempotent=True)
    def post(self, request: Request, body: OrderBody) -> Order:
        """Order."""
        return place_order(caller(request), body)


class NudgesView(APIView):
    """`nudges`: takes no body."""

    @endpoint(returns=Order, idempotent=True)
    def post(self, request: Request, whom: str = "") -> Order:
        """Nudge."""
        return place_order(caller(request), OrderBody(name="nudge"))


urlpatterns = [
    path("api/orders", OrdersView.as_view()),
    path("api/more-orders", OrdersView.as_view()),
    path("api/nudges", NudgesView.as_view()),
    path("api/nudges/<str:whom>", NudgesView.as_view()),
]


def order(api: Api, key: str | None = "key-1", *, body: object = None, path: str = "orders") -> Reply:
    """Send an order, with a key or without."""
    client = api if key is None else api.with_headers(Idempotency_Key=key)
    return client.post(path, {"name": "kurtas", "amount": 10.5} if body is None else body)


def is_replay(reply: Reply) -> bool:
    """Return whether an answer says that it was given before."""
    return reply.headers.get("Idempotent-Replayed") == "true"


def effects(name: str = "kurtas") -> int:
    """Return how often something was ordered."""
    return PeriodicRun.objects.filter(name=name).count()


def over_a_socket(actor: Actor, key: str, body: OrderBody) -> Answer:
    """Place an order as a command of a socket would."""
    return idempotency.answer_once(
        scope=actor.id,
        key=key,
        route="order:place",
        content=encode(body),
        run=lambda: Answer(status=HTTPStatus.OK, body=encode(place_order(actor, body))),
        refuse=lambda error: Answer(status=error.status, body=encode(error_body(error))),
    )
