"""The chart of accounts: which accounts there are, what each stands for, and what is checked when it is drawn on."""

from dataclasses import dataclass
from uuid import UUID

from finance.models.ledger import Account


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the chart in one currency; the account is opened when money first needs it."""

    code: str
    currency: str
    kind: Account.Kind
    limit_policy: Account.Policy = Account.Policy.NONE
    business_id: UUID | None = None

    @property
    def normal_side(self) -> Account.Side:
        """Return the side on which the account grows."""
        grows_by_debit = self.kind in {Account.Kind.ASSET, Account.Kind.EXPENSE}
        return Account.Side.DEBIT if grows_by_debit else Account.Side.CREDIT


def receivable(business_id: UUID, currency: str) -> Place:
    """Return what a business owes for what it bought on account; its credit line limits it."""
    return Place(
        f"buyer:{business_id}:receivable", currency, Account.Kind.ASSET, Account.Policy.CREDIT_LIMIT, business_id
    )


def payable(business_id: UUID, currency: str) -> Place:
    """Return what a business is owed for what it sold; it cannot draw more than is there."""
    return Place(
        f"seller:{business_id}:payable", currency, Account.Kind.LIABILITY, Account.Policy.NO_OVERDRAFT, business_id
    )


def cash(provider: str, currency: str) -> Place:
    """Return the money that a payment provider holds for the platform."""
    return Place(f"gateway:{provider}:cash", currency, Account.Kind.ASSET)


def fees(currency: str) -> Place:
    """Return what the platform earns."""
    return Place("platform:fees", currency, Account.Kind.INCOME)


def taxes(currency: str) -> Place:
    """Return the tax on its fees that the platform owes the state."""
    return Place("platform:tax", currency, Account.Kind.LIABILITY)


def provider_fees(provider: str, currency: str) -> Place:
    """Return what a payment provider keeps for itself."""
    return Place(f"gateway:{provider}:fees", currency, Account.Kind.EXPENSE)


def losses(currency: str) -> Place:
    """Return what the platform gives away or loses."""
    return Place("platform:losses", currency, Account.Kind.EXPENSE)


def adjustments(currency: str) -> Place:
    """Return the counterpart of corrections by staff."""
    return Place("platform:adjustments", currency, Account.Kind.EQUITY)
