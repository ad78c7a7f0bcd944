"""How rows of money look to staff: whose accounts they are, and how a transaction is found."""

from django.db.models import Q
from django.utils.safestring import SafeString

from accounts.models import User
from finance.models import Account, LedgerTransaction
from wholexale.common.admin import LongList, ReadOnlyAdmin, has_id, link, numbered, show_two


def say_who(person: User | None) -> str:
    """Return somebody's name."""
    return person.full_name if person else "the system"


def short_code(account: Account) -> str:
    """Return the code of an account without the long id of the business."""
    return account.code.replace(str(account.business_id), "…")


def owner(account: Account) -> str:
    """Return whose account it is."""
    return account.business.name if account.business else "the platform"


def show_place(account: Account) -> SafeString:
    """Return the short code, and below it whose account it is."""
    return show_two(short_code(account), owner(account))


def link_place(account: Account) -> SafeString:
    """Return the same with a link to the account."""
    return show_two(link(account, short_code(account)), owner(account))


def find_transactions(text: str, *, prefix: str = "") -> Q:
    """Return the condition that a transaction has this number, reference, subject or id; `prefix` leads to it."""
    if (number := numbered(text, "TXN")) is not None:
        return Q(**{f"{prefix}number": number})
    if LedgerTransaction.objects.filter(reference=text).exists():  # the others have no index
        return Q(**{f"{prefix}reference": text})
    condition = Q()
    for lookup in ("reference__startswith", "subject_number__iexact", "subject_id"):
        condition |= Q(**{prefix + lookup: text})
    return condition | has_id(text, prefix)


class MoneyList(LongList):
    """A list of rows of money, or of work about it."""

    class Media:
        """What only pages of money have."""

        css = {"all": ["finance/admin.css"]}


class MoneyAdmin(MoneyList, ReadOnlyAdmin):
    """Rows of money, which nobody adds, changes or deletes here."""
