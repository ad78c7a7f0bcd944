"""What somebody should look at: the same conditions for the tiles of the front page and the filters of the lists."""

from datetime import UTC, date, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from finance.gateways import ADAPTERS
from finance.models import Invoice, PaymentIntent, ProviderCall, Refund

SLOW_PAYMENT = timedelta(hours=1)
"""How long a provider may process a payment before somebody should look."""

SLOW_REFUND = timedelta(days=1)
"""How long a refund may be on its way."""

_UNDONE = (ProviderCall.State.PENDING, ProviderCall.State.LEASED)


def slow_payments(rows: QuerySet[PaymentIntent]) -> QuerySet[PaymentIntent]:
    """Keep those that are processing and whose last step was long ago; each look at a payment moves `updated_at`."""
    return rows.filter(
        state=PaymentIntent.State.PROCESSING,
        changes__number=F("version"),
        changes__created_at__lt=timezone.now() - SLOW_PAYMENT,
    )


def slow_refunds(rows: QuerySet[Refund]) -> QuerySet[Refund]:
    """Keep those that have been pending for long."""
    return rows.filter(state=Refund.State.PENDING, created_at__lt=timezone.now() - SLOW_REFUND)


def waiting_calls(rows: QuerySet[ProviderCall]) -> QuerySet[ProviderCall]:
    """Keep what a provider is still to be asked; watches wait by their nature."""
    return rows.filter(state__in=_UNDONE).exclude(kind=ProviderCall.Kind.WATCH)


def today() -> date:
    """Return the day by which the admin tells whether an invoice is overdue, for every seller the same."""
    return timezone.now().astimezone(UTC).date()


def invoices_that_are(standing: str) -> Q:
    """Return the condition that an invoice stands so (`selectors.invoice_status`), or is `overpaid`."""
    is_credited = Q(balance__credited__gte=F("total"))
    is_open, is_late = Q(still_due__gt=0), Q(due_on__lt=today())
    is_begun = Q(balance__paid__gt=F("balance__refunded"))
    return {
        "issued": is_open & ~is_late & ~is_begun,
        "partially_paid": is_open & ~is_late & is_begun,
        "overdue": is_open & is_late,
        "paid": Q(still_due__lte=0) & ~is_credited,
        "credited": is_credited,
        "overpaid": Q(still_due__lt=0),
    }[standing]


class KnownChoices(admin.SimpleListFilter):
    """A filter whose choices no query has to find."""

    words: ClassVar[dict[str, str]] = {}

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Offer every choice."""
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the chosen one."""
        chosen = self.value()
        return self.keep(queryset, chosen) if chosen in self.words else queryset

    def keep(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        """Keep the rows of a choice."""
        raise NotImplementedError


class ProviderFilter(KnownChoices):
    """Rows by the provider that they are with."""

    title = parameter_name = "provider"
    words = {name: name.capitalize() for name in ADAPTERS}

    def keep(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        """Keep those of one provider."""
        return rows.filter(provider=chosen)


class PaymentStates(KnownChoices):
    """Payments by where they stand, and those that take too long."""

    title = parameter_name = "state"
    words = {
        "requires_payment_method": "Not confirmed",
        "requires_action": "Waits for the payer",
        "processing": "Processing",
        "slow": "Processing for more than an hour",
        "requires_capture": "Authorized",
        "succeeded": "Paid",
        "canceled": "Canceled",
        "failed": "Failed",
    }

    def keep(self, rows: QuerySet[PaymentIntent], chosen: str) -> QuerySet[PaymentIntent]:
        """Keep those in one state."""
        return slow_payments(rows) if chosen == "slow" else rows.filter(state=chosen)


class RefundStates(KnownChoices):
    """Refunds by where they stand, and those that take too long."""

    title = parameter_name = "state"
    words = {
        "pending": "Pending",
        "slow": "Pending for more than a day",
        "succeeded": "Succeeded",
        "failed": "Failed",
    }

    def keep(self, rows: QuerySet[Refund], chosen: str) -> QuerySet[Refund]:
        """Keep those in one state."""
        return slow_refunds(rows) if chosen == "slow" else rows.filter(state=chosen)


class StandingFilter(KnownChoices):
    """Invoices by how they stand today."""

    title = parameter_name = "status"
    words = {
        "issued": "Issued",
        "partially_paid": "Partly paid",
        "overdue": "Overdue",
        "paid": "Paid",
        "credited": "Credited",
        "overpaid": "Paid too much",
    }

    def keep(self, rows: QuerySet[Invoice], chosen: str) -> QuerySet[Invoice]:
        """Keep those."""
        return rows.filter(invoices_that_are(chosen))
