"""What a transaction is called on the wire, seen from one of its accounts."""

from finance.models import Account, LedgerTransaction

Kind = LedgerTransaction.Kind
_DEBIT, _CREDIT = Account.Side.DEBIT, Account.Side.CREDIT

# In the old backend's words. How a purchase ends is still that purchase.
_TYPES = {
    (Kind.PURCHASE, _DEBIT): "credit_deduction",
    (Kind.PURCHASE, _CREDIT): "payment_received",
    (Kind.REPAYMENT, _DEBIT): "payment_received",
    (Kind.REPAYMENT, _CREDIT): "payment_made",
    (Kind.PAYOUT, _DEBIT): "payment_made",
    (Kind.PAYOUT, _CREDIT): "payment_received",
    (Kind.TRANSFER, _DEBIT): "payment_made",
    (Kind.TRANSFER, _CREDIT): "payment_received",
}
_TYPES_OF_EITHER_SIDE = {
    Kind.FEE: "fee_charge",
    Kind.BONUS: "bonus_credit",
    Kind.PENALTY: "penalty",
    Kind.ADJUSTMENT: "adjustment",
    Kind.REVERSAL: "adjustment",
    Kind.CREDIT_NOTE: "refund",
    Kind.REFUND: "refund",
    Kind.CHARGEBACK: "chargeback",
}
_ENDINGS = (Kind.CAPTURE, Kind.RELEASE, Kind.EXPIRY)


def ledger_type(kind: str, side: str) -> str:
    """Return the type of a transaction for the owner of the account on one side of it.

    Args:
        kind: one of `LedgerTransaction.Kind`.
        side: on which side the account stands: debit or credit.
    """
    what = Kind.PURCHASE if kind in _ENDINGS else Kind(kind)
    return _TYPES_OF_EITHER_SIDE.get(what) or _TYPES[what, Account.Side(side)]
