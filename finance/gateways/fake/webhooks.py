"""Webhooks: written in the transaction of what they tell, sent as work that is due, signed when they are sent."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from finance.gateways.fake.conduct import Conduct
from finance.gateways.interface import Disputed, Event, News, PaidOut, Payment, Refunded
from finance.gateways.signing import sign, verify
from finance.models import FakeWebhook
from finance.models.fake import fake_reference
from wholexale.common import wire
from wholexale.common.logging import current_request
from wholexale.common.models import WorkRow
from wholexale.common.work import Backoff, Work, nudge_on_commit

SIGNATURE = "X-Fake-Signature"
PATH = "/api/webhooks/in/fake"
POST_SECONDS = 5

_SHAPES: Mapping[str, type[News]] = {
    "payment.requires_action": Payment,
    "payment.processing": Payment,
    "payment.requires_capture": Payment,
    "payment.succeeded": Payment,
    "payment.failed": Payment,
    "payment.canceled": Payment,
    "refund.succeeded": Refunded,
    "refund.failed": Refunded,
    "dispute.opened": Disputed,
    "dispute.won": Disputed,
    "dispute.lost": Disputed,
    "payout.paid": PaidOut,
    "payout.failed": PaidOut,
}
_HEAD_START = timedelta(seconds=30)
"""How long a webhook that is sent from inside a request is nobody else's work."""


class NotHeard(Exception):
    """Whoever was told has not said that they have heard."""


class _Notice(msgspec.Struct):
    """A webhook as it is sent; `data` is what has happened in the words of `News`, such as a `Payment`."""

    id: str
    type: str
    created: int
    data: dict[str, Any]


def tell(kind: str, news: News, *, conduct: Conduct, seconds: int = 0) -> None:
    """Write down, in the surrounding transaction, what is to be told, and not before so many seconds have passed."""
    at = timezone.now() + timedelta(seconds=seconds)
    notice = _Notice(fake_reference("ev"), kind, int(at.timestamp()), msgspec.to_builtins(news))
    rows = [
        FakeWebhook(
            event_id=notice.id,
            body=wire.encode(notice).decode(),
            run_at=at + _HEAD_START if conduct.tells_first else at,
            request_id=current_request(),
        )
        for _ in range(conduct.deliveries)
    ]
    FakeWebhook.objects.bulk_create(rows)
    if conduct.tells_first:
        transaction.on_commit(lambda: _deliver_first(rows))
    elif seconds <= 0:
        nudge_on_commit(*rows)


def _deliver_first(rows: list[FakeWebhook]) -> None:
    """Send webhooks before the reply goes out; one that is not heard is sent again, as work."""
    for row in rows:
        with contextlib.suppress(httpx.HTTPError, NotHeard):
            deliver(row)
            waiting = FakeWebhook.objects.filter(pk=row.pk, state=WorkRow.State.PENDING)
            waiting.update(state=WorkRow.State.DONE, finished_at=timezone.now())


def deliver(row: FakeWebhook) -> None:
    """Send a webhook.

    Raises:
        NotHeard: the answer is no 2xx.
        httpx.HTTPError: nobody answers.
    """
    body = row.body.encode()
    headers = {"Content-Type": "application/json", SIGNATURE: sign(body, _secrets()[0])}
    status = post(f"{settings.BASE_URL}{PATH}", body, headers)
    if not httpx.codes.is_success(status):
        raise NotHeard(f"HTTP {status}")


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body and return the status of the answer; the one place where the provider talks to us."""
    return _client().post(url, content=body, headers=dict(headers)).status_code


@cache
def _client() -> httpx.Client:
    """Return a client that keeps no connection open: the next webhook may be for another process."""
    return httpx.Client(timeout=POST_SECONDS, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def read_event(body: bytes, headers: Mapping[str, str]) -> Event:
    """Read a webhook: names of headers in lower case.

    Raises:
        Unverified: the signature is missing, wrong or older than five minutes.
        ValidationFailed: it is signed, but no such webhook.
    """
    verify(body, headers.get(SIGNATURE.lower(), ""), _secrets())
    notice = wire.decode(body, _Notice)
    shape = _SHAPES.get(notice.type)
    news = msgspec.convert(notice.data, shape) if shape else None
    return Event(id=notice.id, type=notice.type, news=news)


def _secrets() -> list[str]:
    """Return the secrets that webhooks are believed by, the one that signs first: they change with `SECRET_KEY`."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac("finance.gateways.fake", "webhooks", key, algorithm="sha256").hexdigest() for key in keys]


WORK = Work(
    model=FakeWebhook,
    run=deliver,
    batch=5,
    tries=30,
    backoff=Backoff(base=timedelta(seconds=1), cap=timedelta(minutes=1)),
)
