"""A book with entries at chosen times, written around the ledger, which knows no time but now."""

import random
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from finance import services
from finance.models import Account, Balance, Entry, LedgerTransaction, Transfer, chart
from finance.models.chart import Place
from finance.tests.staging import business_of
from wholexale.common.ids import new_id
from wholexale.common.numbers import next_number

Side = Account.Side


def payable_of(user: User, currency: str = "INR") -> Account:
    """Return the account of what a person's business has earned."""
    (account,) = services.open_accounts([chart.payable(business_of(user).id, currency)])
    return account


def enter(account: Account, amount: int, at: datetime, description: str = "") -> Entry:
    """Enter an amount, which raises the balance, or lowers it where it is negative; return the entry."""
    (other,) = services.open_accounts([Place("elsewhere", account.currency, Account.Kind.EQUITY)])
    side = account.normal_side if amount > 0 else next(one for one in Side if one != account.normal_side)
    debit, credit = (account, other) if side == Side.DEBIT else (other, account)
    origin = LedgerTransaction.objects.create(
        number=next_number(LedgerTransaction),
        kind=LedgerTransaction.Kind.TRANSFER,
        category=LedgerTransaction.Category.TRANSFER,
        reference=str(new_id()),
        description=description,
        created_at=at,
    )
    balance = _count(account, side, abs(amount))
    transfer = Transfer.objects.create(
        transaction=origin,
        phase=Transfer.Phase.SINGLE,
        debit_account=debit,
        credit_account=credit,
        amount=abs(amount),
        currency=account.currency,
        debit_balance=balance.posted if debit == account else 0,
        credit_balance=balance.posted if credit == account else 0,
        created_at=at,
    )
    return Entry.objects.create(
        account=account,
        seq=balance.last_seq,
        transfer=transfer,
        side=side,
        amount=abs(amount),
        balance_after=balance.posted,
        created_at=at,
    )


def enter_many(account: Account, times: Sequence[datetime], seed: int = 1) -> list[Entry]:
    """Enter amounts that nobody would guess at some times."""
    dice = random.Random(seed)
    return [enter(account, dice.choice([-1, 1]) * dice.randint(1, 10**9), at, f"Entry {at:%d}") for at in times]


def _count(account: Account, side: str, amount: int) -> Balance:
    balance = Balance.objects.select_related("account").get(account=account)
    balance.last_seq += 1
    if side == Side.DEBIT:
        balance.debits_posted += amount
    else:
        balance.credits_posted += amount
    balance.save()
    return balance


def enter_bulk(account: Account, count: int, description: str) -> Account:
    """Enter 1.00 many times, without asking anybody, into an account that has no entries yet; return it."""
    (other,) = services.open_accounts([Place("elsewhere", account.currency, Account.Kind.EQUITY)])
    first, now = next_number(LedgerTransaction), timezone.now()
    origins = [
        LedgerTransaction(
            number=first + number,
            kind=LedgerTransaction.Kind.TRANSFER,
            category=LedgerTransaction.Category.TRANSFER,
            reference=str(new_id()),
            description=description,
            created_at=now,
        )
        for number in range(count)
    ]
    transfers = [
        Transfer(
            transaction=origin,
            phase=Transfer.Phase.SINGLE,
            debit_account=other,
            credit_account=account,
            amount=100,
            currency=account.currency,
            debit_balance=-100 * number,
            credit_balance=100 * number,
            created_at=now,
        )
        for number, origin in enumerate(origins, 1)
    ]
    entries = [
        Entry(
            account=account, seq=number, transfer=transfer, side=Side.CREDIT, amount=100, balance_after=100 * number,
            created_at=now,
        )
        for number, transfer in enumerate(transfers, 1)
    ]  # fmt: skip
    LedgerTransaction.objects.bulk_create(origins, batch_size=1000)
    Transfer.objects.bulk_create(transfers, batch_size=1000)
    Entry.objects.bulk_create(entries, batch_size=1000)
    Balance.objects.filter(account=account).update(credits_posted=100 * count, last_seq=count)
    return account
