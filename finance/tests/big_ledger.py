"""A sound ledger of any size: a year of trade between many businesses, with rows of every table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.models import Business, Membership, User
from finance import services
from finance.models import (
    Account,
    Balance,
    CreditLine,
    CreditLineChange,
    SpendingLimit,
    SpendingWindow,
    chart,
)
from finance.sql.numbered import NUMBERS
from finance.tests.big_writer import STEP, Book, Trade, Writer, unguarded
from wholexale.common.ids import new_id

PAIRS = 50
"""How many buyers there are, and as many sellers."""

CURRENCIES = ("INR", "USD", "JPY")
LIMIT = 10**12
BATCH = 5_000
FAR = timedelta(days=30)


def load_ledger(entries: int) -> int:
    """Write a ledger of at least so many entries into an empty database; return how many there are."""
    trades = _trades()
    now = timezone.now()
    # Four transactions for each cycle of six entries, and some for holds that come to nothing.
    starts_at = now - STEP * (entries + 1000)
    writer = Writer(at=starts_at, first_id=new_id().int >> 64 << 64)
    with unguarded():
        cycle = 0
        while writer.entries < entries:
            _trade(writer, trades[cycle % len(trades)], cycle, now)
            cycle += 1
            if cycle % BATCH == 0:
                writer.flush()
        writer.flush()
    _close_books(trades)
    _count_spending(writer, starts_at)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(%s, %s)", [NUMBERS, writer.number])
        cursor.execute("ANALYZE")
    return writer.entries


def _trade(writer: Writer, trade: Trade, cycle: int, now: datetime) -> None:
    """Let something happen between a buyer and a seller; in twenty rounds, everything that can."""
    amount, currency, taken = 1000 + cycle % 977, trade.currency, None
    match cycle // len(CURRENCIES) % 20:
        case 14:
            repayment = writer.move("repayment", currency, trade.cash, trade.receivable, amount)
            writer.move("reversal", currency, trade.receivable, trade.cash, amount, reverses=repayment)
            return
        case 15:
            writer.resolve("release", "void", trade, writer.hold(trade, amount, until=None))
            return
        case 16:
            ends_at = writer.at + STEP * 2
            held = writer.hold(trade, amount, until=ends_at)
            writer.resolve("expiry", "expire", trade, held)
            writer.expiry(held, ends_at, "done")
            return
        case 17:
            writer.expiry(writer.hold(trade, amount, until=now + FAR), now + FAR, "pending")
            return
        case 18 | 19:
            taken = amount // 2
    writer.resolve("capture", "post", trade, writer.hold(trade, amount, until=None), taken)
    writer.move("fee", currency, trade.payable, trade.fees, 10)
    writer.move("repayment", currency, trade.cash, trade.receivable, taken or amount)


def _trades() -> list[Trade]:
    """Make the businesses, their people, accounts and credit lines."""
    businesses = [Business(name=f"Big {number}", slug=f"big-{number}") for number in range(2 * PAIRS)]
    users = [User(email=f"big{number}@example.com", first_name="Big", last_name="Buyer") for number in range(PAIRS)]
    Business.objects.bulk_create(businesses)
    User.objects.bulk_create(users)
    buyers, sellers = businesses[:PAIRS], businesses[PAIRS:]
    members = [Membership(user=user, business=buyer) for user, buyer in zip(users, buyers, strict=True)]
    Membership.objects.bulk_create(members)
    trades = []
    for currency in CURRENCIES:
        places = [chart.cash("manual", currency), chart.fees(currency)]
        places += [chart.receivable(buyer.id, currency) for buyer in buyers]
        places += [chart.payable(seller.id, currency) for seller in sellers]
        accounts = services.open_accounts(places)
        cash, fees, *books = [Book(one.id, one.normal_side == Account.Side.DEBIT) for one in accounts]
        _open_lines(buyers, accounts[2 : PAIRS + 2], currency)
        trades += [
            Trade(currency, receivable, payable, cash, fees, member.id, member.user_id)
            for receivable, payable, member in zip(books[:PAIRS], books[PAIRS:], members, strict=True)
        ]
    return trades


def _open_lines(buyers: Sequence[Business], accounts: Sequence[Account], currency: str) -> None:
    lines = [
        CreditLine(business=buyer, currency=currency, account=account, limit_minor=LIMIT, version=2)
        for buyer, account in zip(buyers, accounts, strict=True)
    ]
    CreditLine.objects.bulk_create(lines)
    CreditLineChange.objects.bulk_create(
        CreditLineChange(
            line=line, number=number, old_limit_minor=old, new_limit_minor=new, old_status=status, new_status="active"
        )
        for line in lines
        for number, old, new, status in ((1, 0, LIMIT * 2, ""), (2, LIMIT * 2, LIMIT, "active"))
    )


def _count_spending(writer: Writer, starts_at: datetime) -> None:
    """Write a limit for each spender and currency, and its counter."""
    of = [{"membership_id": spender, "currency": currency, "window": "month"} for spender, currency in writer.spent]
    SpendingLimit.objects.bulk_create(SpendingLimit(limit_minor=LIMIT, **whose) for whose in of)
    SpendingWindow.objects.bulk_create(
        SpendingWindow(starts_at=starts_at, ends_at=starts_at + FAR, spent_minor=spent, **whose)
        for whose, spent in zip(of, writer.spent.values(), strict=True)
    )


def _close_books(trades: Sequence[Trade]) -> None:
    """Write the balances."""
    books = {book.id: book for trade in trades for book in (trade.receivable, trade.payable, trade.cash, trade.fees)}
    balances = list(Balance.objects.filter(account_id__in=books))
    for row in balances:
        book = books[row.account_id]
        row.debits_posted, row.credits_posted, row.last_seq = book.debits, book.credits, book.seq
        row.debits_pending, row.credits_pending = book.held_debits, book.held_credits
    counters = ["debits_posted", "credits_posted", "debits_pending", "credits_pending", "last_seq"]
    Balance.objects.bulk_update(balances, counters, batch_size=50)
