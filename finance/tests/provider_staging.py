"""What tests of payments need of the fake provider beside what it does: its signature, and time that passes for it."""

import contextlib
from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.db.models import F
from django.test import override_settings

from accounts.models import User
from finance import services
from finance.gateways import Unavailable
from finance.gateways.fake import webhooks
from finance.gateways.signing import sign
from finance.models import (
    FakeCharge,
    FakeDispute,
    FakeEntry,
    FakePayout,
    FakeRefund,
    FakeWebhook,
    Invoice,
    PaymentIntent,
    ProviderCall,
)
from finance.tests.payment_staging import confirmed, fresh, invoice

sold = invoice  # the name that test_payment_checks knows


def charged(buyer: User, due: Invoice, amount: int | None = None, **fields: Any) -> PaymentIntent:
    """Let a buyer pay an invoice, and the provider answer; none of its webhooks has come yet."""
    payment = confirmed(buyer, due, amount, **fields)
    for call in payment.calls.exclude(kind="watch").order_by("id"):
        services.make_call(call_id=call.id)
    return fresh(payment)


def ask(call: ProviderCall) -> None:
    """Have the provider do what a call is about; the answer is lost with the worker who has asked."""
    died = mock.patch("finance.services.provider_calls.take_news", side_effect=SystemError("died"))
    with died, contextlib.suppress(SystemError, Unavailable):
        services.make_call(call_id=call.id)


def asked(payment: PaymentIntent) -> PaymentIntent:
    """Have the provider open a payment that is confirmed, and collect it; we do not know that it has."""
    ask(payment.calls.get(kind="create"))
    ask(payment.calls.get(kind="confirm"))
    return fresh(payment)


def repaid(seller: User, payment: PaymentIntent, amount: int | None = None) -> ProviderCall:
    """Let a seller refund a payment, and return what the provider is to be asked."""
    refund = services.refund_payment(actor=seller, payment_id=payment.id, amount=amount, reason="Returned")
    return refund.calls.get(kind="refund")


def webhooks_of(kind: str) -> list[FakeWebhook]:
    """Return what the provider has to tell of this kind, in the order in which it happened."""
    return list(FakeWebhook.objects.filter(state="pending", body__contains=f'"type":"{kind}"').order_by("id"))


def signed(body: bytes, *, at: int | None = None, secret_key: str = "") -> dict[str, str]:
    """Return the headers of a webhook, names in lower case.

    Args:
        body: what is sent.
        at: when it was signed, in seconds since 1970; None is now.
        secret_key: that of the installation; "" is ours.
    """
    with override_settings(SECRET_KEY=secret_key or settings.SECRET_KEY):
        return {webhooks.SIGNATURE.lower(): sign(body, webhooks._secrets()[0], at=at)}


def let_time_pass(seconds: int = 10) -> None:
    """Let so much time pass for the provider: what will be known later comes nearer."""
    passed = timedelta(seconds=seconds)
    FakeCharge.objects.update(known_at=F("known_at") - passed)
    FakeRefund.objects.update(known_at=F("known_at") - passed)
    FakePayout.objects.update(created_at=F("created_at") - passed)
    FakeDispute.objects.update(opened_at=F("opened_at") - passed)
    FakeEntry.objects.update(at=F("at") - passed)
    FakeWebhook.objects.filter(state="pending").update(run_at=F("run_at") - passed)
