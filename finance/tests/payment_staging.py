"""What tests of payments need: invoices that are due, a provider whose webhooks reach us, and time that passes."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.models import User
from finance import selectors, services, tasks
from finance.models import Balance, FakeWebhook, Invoice, PaymentIntent, ProviderCall, chart
from finance.models.chart import Place
from finance.services import InvoiceDraft, LineDraft, PaymentWish
from finance.tests.staging import business_of, hold, open_line
from wholexale.common.work import Work, run_due

CARD = "credit_card"


def draft(amount: int = 100_000, **fields: Any) -> InvoiceDraft:
    """Return a draft of one line without tax, of so many minor units of a currency with two digits."""
    line = LineDraft(description="Cotton kurtas", quantity=Decimal(1), unit="pieces", unit_price=Decimal(amount) / 100)
    return InvoiceDraft(**({"lines": [line], "reference": "PO-1"} | fields))


def invoice(buyer: User, seller: User, amount: int = 100_000, **fields: Any) -> Invoice:
    """Let a seller deliver to a buyer on account, with credit where it is missing, and return the invoice."""
    known = selectors.credit_positions(business_id=business_of(buyer).id, currency="INR")
    if not known or known[0].available < amount:
        open_line(business_of(buyer), 10**9 + amount + (known[0].limit if known else 0))
    held = hold(buyer, seller, amount).hold_id
    return services.settle_purchase(actor=seller, hold_id=held, draft=draft(amount, **fields))


def begun(buyer: User, due: Invoice, amount: int | None = None, *, method: str = CARD, **fields: Any) -> PaymentIntent:
    """Let a buyer begin to pay an invoice; nothing is confirmed."""
    wish = PaymentWish(invoice_id=due.id, method=method, amount=amount, **fields)
    return services.start_payment(actor=buyer, wish=wish)


def confirmed(buyer: User, due: Invoice, amount: int | None = None, **fields: Any) -> PaymentIntent:
    """Let a buyer begin to pay an invoice and confirm it; the provider was not asked yet."""
    return services.confirm_payment(actor=buyer, payment_id=begun(buyer, due, amount, **fields).id)


def paid(buyer: User, due: Invoice, amount: int | None = None, **fields: Any) -> PaymentIntent:
    """Let a buyer pay an invoice, and the provider do all that it does."""
    intent = confirmed(buyer, due, amount, **fields)
    settle_down()
    return fresh(intent)


def fresh(intent: PaymentIntent) -> PaymentIntent:
    """Return a payment as it is now."""
    return PaymentIntent.objects.select_related("invoice__balance").get(id=intent.id)


def settle_down(rounds: int = 12) -> None:
    """Let time pass until there is nothing more to do: calls are made, webhooks arrive, watches look."""
    for _ in range(rounds):
        sooner()
        if not run_due(*payment_work()):
            return


def payment_work() -> list[Work[Any]]:
    """Return the kinds of work that payments make."""
    return [work for work in tasks.WORK if work.model in {ProviderCall, FakeWebhook}]


def sooner() -> None:
    """Make everything due that waits, but for watches, which look once more and come back."""
    waiting = {"state": "pending"}
    FakeWebhook.objects.filter(**waiting).update(run_at=timezone.now())
    ProviderCall.objects.filter(**waiting).exclude(kind="watch").update(run_at=timezone.now())


def look_after() -> int:
    """Let every watch look now; return how many there were."""
    count = ProviderCall.objects.filter(state="pending", kind="watch").update(run_at=timezone.now())
    run_due(*payment_work())
    return count


def expire(intent: PaymentIntent) -> None:
    """Let the time of a payment be over."""
    PaymentIntent.objects.filter(id=intent.id).update(expires_at=F("created_at") - timedelta(seconds=1))


def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Bring a webhook to our own door, as the network would."""
    response = Client(raise_request_exception=False).generic(
        "POST", urlsplit(url).path, body, content_type="application/json", headers=dict(headers)
    )
    return response.status_code


def posted(place: Place) -> int:
    """Return what an account holds, in minor units."""
    balance = Balance.objects.select_related("account").filter(
        account__code=place.code, account__currency=place.currency
    )
    found = balance.first()
    return found.posted if found else 0


def owed_by(user: User, currency: str = "INR") -> int:
    """Return what a person's business owes."""
    return posted(chart.receivable(business_of(user).id, currency))


def owed_to(user: User, currency: str = "INR") -> int:
    """Return what a person's business is owed."""
    return posted(chart.payable(business_of(user).id, currency))
