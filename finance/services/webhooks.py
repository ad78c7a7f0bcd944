"""Webhooks of providers: verified first, then stored and taken in one transaction, once for each id."""

import logging
from collections.abc import Mapping

from django.db import transaction

from finance.gateways import News, gateway
from finance.gateways.interface import Unverified
from finance.models import PaymentEvent
from finance.services.disputes import ToldTooEarly
from finance.services.intents import Source
from finance.services.provider_news import ask_about, take_news
from wholexale.common.errors import NotFound, Unauthenticated

logger = logging.getLogger(__name__)


def hear_provider(*, provider: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Take a webhook; return whether it was new.

    Args:
        provider: who has sent it.
        body: as it came, byte for byte.
        headers: by name in lower case.

    Raises:
        NotFound: `PROVIDER_NOT_FOUND`.
        Unauthenticated: `INVALID_SIGNATURE`; nothing was stored.
        ValidationFailed: it is signed, and no webhook of this provider.
        ToldTooEarly: it follows from what we have not heard of; nothing was stored, and the provider is asked.
    """
    try:
        event = gateway(provider).read_event(body, headers)
    except (KeyError, ImportError):
        raise NotFound("PROVIDER_NOT_FOUND", "There is no such provider.") from None
    except Unverified:
        logger.warning("a webhook of %s was refused: its signature is missing, wrong or too old", provider)
        raise Unauthenticated("INVALID_SIGNATURE", "The signature is missing, wrong or too old.") from None
    row = PaymentEvent(
        provider=provider, event_id=event.id[:120], type=event.type[:80], body=body.decode(errors="replace")
    )
    try:
        return _take_once(row, event.news)
    except ToldTooEarly:
        ask_about(provider, event.news, key=event.id)
        raise


@transaction.atomic
def _take_once(row: PaymentEvent, news: News | None) -> bool:
    PaymentEvent.objects.bulk_create([row], ignore_conflicts=True)  # a twin waits here for the first
    if not PaymentEvent.objects.filter(pk=row.pk).exists():
        return False
    if news is None:
        logger.info("%s of %s means nothing here", row, row.provider)
    elif not take_news(row.provider, news, source=Source.WEBHOOK, event=row):
        logger.warning("%s of %s is about nothing that we know", row, row.provider)
    return True
