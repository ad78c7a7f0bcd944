"""What has numbers that people see."""

from finance.models import LedgerTransaction, PaymentIntent, Payout, Refund
from wholexale.common.numbers import numbers_of

NUMBERED = (LedgerTransaction, PaymentIntent, Refund, Payout)
"""The models whose rows have a number each."""

NUMBERS = numbers_of(LedgerTransaction)
