"""The health of money on the front page: what the verifier found, whether the guards stand, what waits or is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Count, Min, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from finance.admin.attention import invoices_that_are, slow_payments, slow_refunds, waiting_calls
from finance.models import (
    CreditRequest,
    Dispute,
    HoldExpiry,
    Invoice,
    LedgerCheck,
    PaymentIntent,
    ProviderCall,
    Refund,
    Transfer,
)
from finance.selectors.invoices import invoices
from finance.sql import guards
from wholexale.common.admin import admin_url, list_url, say_amount, say_when
from wholexale.common.models import WorkRow

FRESH = timedelta(hours=25)
"""How old the last check may be: it runs every day."""

LATE = timedelta(minutes=5)
"""How long after its time work may begin before somebody should look."""

MAX_COUNT = 1000
VIEW = "finance.view_ledgercheck"
VERIFY = "finance.add_ledgercheck"

State = WorkRow.State


class Colour(StrEnum):
    """How a tile looks: `grey` knows nothing, `amber` asks for somebody's attention."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing that is well or not, in a word and a sentence, and where to see more."""

    name: str
    colour: Colour
    word: str
    text: str
    url: str


def tiles() -> list[Tile]:
    """Return the health of the ledger and of what surrounds it, each by a query or two."""
    missing = guards.missing(connection)
    ledger = [_ledger(is_guarded=not missing), _guards(missing), _holds(), _work(), _requests()]
    return [*ledger, _calls(), _payments(), _disputes(), _refunds(), _overdue()]


def newest_check() -> LedgerCheck | None:
    """Return the last check that came to an end."""
    return LedgerCheck.objects.filter(finished_at__isnull=False).order_by("-started_at").first()


def _ledger(*, is_guarded: bool) -> Tile:
    """Return green only for a clean check that is not old, of a ledger whose guards stand."""
    name, check = "Ledger", newest_check()
    if check is None or check.finished_at is None:
        return Tile(name, Colour.GREY, "never verified", "No check has come to an end yet.", list_url(LedgerCheck))
    when = f"{timesince(check.finished_at)} ago"
    if not check.is_clean:
        word = f"{len(check.findings)} findings"
        return Tile(name, Colour.RED, word, f"Verified {when}. Look before anything else moves.", admin_url(check))
    said = f"{check.entries:,} entries, verified {when}"
    if timezone.now() - check.finished_at > FRESH:
        return Tile(name, Colour.RED, "too long ago", f"Clean then: {said}.", admin_url(check))
    if not is_guarded:
        return Tile(name, Colour.RED, "not guarded", f"Clean: {said}. History is not protected.", admin_url(check))
    return Tile(name, Colour.GREEN, "clean", f"{said}.", admin_url(check))


def _guards(missing: list[str]) -> Tile:
    if missing:
        text = f"Not in place: {', '.join(missing)}. Run manage.py migrate."
        return Tile("Guards", Colour.RED, f"{len(missing)} missing", text, "")
    return Tile("Guards", Colour.GREEN, "in place", "What was recorded cannot be changed.", "")


def _holds() -> Tile:
    """Return the oldest open hold of those that end by themselves."""
    oldest = _oldest_open_hold()
    if oldest is None:
        return Tile("Holds", Colour.GREEN, "none open", "Nothing is held that ends by itself.", list_url(HoldExpiry))
    made = f"The oldest, {oldest.hold.transaction}, was made {timesince(oldest.created_at)} ago"
    url = admin_url(oldest.hold)
    if oldest.run_at < timezone.now() - LATE:
        text = f"{made} and should have ended {timesince(oldest.run_at)} ago."
        return Tile("Holds", Colour.RED, "overdue", text, url)
    return Tile("Holds", Colour.GREEN, "in time", f"{made} and ends in {timeuntil(oldest.run_at)}.", url)


def _oldest_open_hold() -> HoldExpiry | None:
    """Return the work of ending the hold, for the holds themselves have no index by age.

    The subquery keeps PostgreSQL at walking from the oldest on: of a join it believes that it finds next to nothing,
    and reads every transfer. Work that a runner has just taken is not looked at.
    """
    resolution = Transfer.objects.filter(hold_id=OuterRef("hold_id")).values("id")[:1]
    waiting = HoldExpiry.objects.filter(state=State.PENDING).alias(resolution=Subquery(resolution))
    return waiting.filter(resolution=None).order_by("created_at").first()


def _work() -> Tile:
    """Return what failed for good, else what should have begun, of all the work there is."""
    kinds = [model for model in apps.get_models() if issubclass(model, WorkRow)]
    late_since = timezone.now() - LATE
    dead = _counted({model: model._default_manager.filter(state=State.DEAD) for model in kinds})
    if dead:
        url = _work_url(next(iter(dead)), State.DEAD)
        return Tile("Work", Colour.RED, "dead", f"{_named(dead)}. Replay it once the cause is gone.", url)
    waiting = {"state__in": [State.PENDING, State.LEASED], "run_at__lt": late_since}
    late = _counted({model: model._default_manager.filter(**waiting) for model in kinds})
    if late:
        url = _work_url(next(iter(late)), State.PENDING)
        return Tile("Work", Colour.RED, "late", f"{_named(late)}. Does anything run the work?", url)
    return Tile("Work", Colour.GREEN, "in time", "Nothing is late, and nothing has failed for good.", "")


def _requests() -> Tile:
    """Return how many requests for credit wait for a first or a second member of staff."""
    rows = CreditRequest.objects.filter(status__in=CreditRequest.OPEN)[:MAX_COUNT]
    statuses = list(rows.values_list("status", flat=True))
    second = statuses.count(CreditRequest.Status.UNDER_REVIEW)
    if not statuses:
        return Tile("Requests", Colour.GREEN, "none open", "Nobody waits for credit.", list_url(CreditRequest))
    text = f"{len(statuses) - second} to be decided, {second} waiting for a second person."
    return Tile("Requests", Colour.AMBER, f"{len(statuses)} open", text, list_url(CreditRequest))


def _calls() -> Tile:
    """Return the oldest thing that a provider was not asked yet, or never will be; one may fail a few times."""
    name, calls = "Providers", ProviderCall.objects.select_related("intent", "refund", "payout").order_by("created_at")
    oldest = calls.filter(state=State.DEAD).first() or waiting_calls(calls).first()
    if oldest is None:
        return Tile(name, Colour.GREEN, "all asked", "Nothing waits for a provider.", list_url(ProviderCall))
    about, age = oldest.intent or oldest.refund or oldest.payout, timesince(oldest.created_at)
    url = list_url(ProviderCall, state__exact=oldest.state)
    if oldest.state == State.DEAD:
        text = f"The {oldest.kind} of {about} has failed for good: {oldest.last_error or 'nobody knows why'}."
        return Tile(name, Colour.RED, "dead", text, url)
    text = f"The oldest, the {oldest.kind} of {about}, has waited for {age}, and was tried {oldest.attempts} times."
    if oldest.created_at < timezone.now() - LATE:
        return Tile(name, Colour.RED, "no answer", text, url)
    return Tile(name, Colour.GREEN, "in time", text, url)


def _payments() -> Tile:
    """Return how many payments a provider has processed for too long."""
    count = slow_payments(PaymentIntent.objects.all()).count()
    url = list_url(PaymentIntent, state="slow")
    if not count:
        return Tile("Payments", Colour.GREEN, "in time", "None is processing for more than an hour.", url)
    return Tile("Payments", Colour.RED, f"{count} slow", "Processing for more than an hour. Ask the provider.", url)


def _disputes() -> Tile:
    """Return how many disputes want an answer, and the first day on which one is lost without."""
    wanting = Dispute.objects.filter(state=Dispute.State.NEEDS_RESPONSE)
    found = wanting.aggregate(count=Count("pk"), first=Min("respond_by"))
    url = list_url(Dispute, state__exact=Dispute.State.NEEDS_RESPONSE)
    if not found["count"]:
        return Tile("Disputes", Colour.GREEN, "none to answer", "No bank waits for an answer.", url)
    until = f"The first by {say_when(found['first'])} UTC, at the provider." if found["first"] else "At the provider."
    return Tile("Disputes", Colour.RED, f"{found['count']} to answer", until, url)


def _refunds() -> Tile:
    """Return how many refunds are on their way for too long."""
    found = slow_refunds(Refund.objects.all()).aggregate(count=Count("pk"), oldest=Min("created_at"))
    url = list_url(Refund, state="slow")
    if not found["count"]:
        return Tile("Refunds", Colour.GREEN, "in time", "None is pending for more than a day.", url)
    text = f"The oldest has been pending for {timesince(found['oldest'])}. Those by hand wait for you."
    return Tile("Refunds", Colour.RED, f"{found['count']} slow", text, url)


def _overdue() -> Tile:
    """Return what buyers should have paid by now, by currency: for others to collect, and nothing that is broken."""
    late = invoices().filter(invoices_that_are("overdue")).order_by()
    found = list(late.values("currency").annotate(count=Count("pk"), sum=Sum("still_due")).order_by("currency"))
    url = list_url(Invoice, status="overdue")
    if not found:
        return Tile("Overdue", Colour.GREEN, "nothing", "No invoice is overdue.", url)
    amounts = ", ".join(say_amount(one["sum"], one["currency"]) for one in found)
    count = sum(one["count"] for one in found)
    return Tile("Overdue", Colour.AMBER, f"{count} invoices" if count > 1 else "1 invoice", f"{amounts}.", url)


def _work_url(kind: type[WorkRow], state: State) -> str:
    return list_url(kind, state__exact=state) if admin.site.is_registered(kind) else ""


def _counted(found: Mapping[type[WorkRow], QuerySet[Any]]) -> dict[type[WorkRow], int]:
    """Return how many rows there are of each kind that has some, the most first."""
    counts = {model: rows.order_by()[:MAX_COUNT].count() for model, rows in found.items()}
    return {model: count for model, count in sorted(counts.items(), key=lambda pair: -pair[1]) if count}


def _named(counts: Mapping[type[WorkRow], int]) -> str:
    """Return counts in words: 3 hold expiries, 1 periodic run."""
    words = []
    for model, count in counts.items():
        name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
        words.append(f"{count}{'+' if count == MAX_COUNT else ''} {name}")
    return ", ".join(words)
