"""The forms of what staff do about credit."""

from typing import Any

from django import forms
from django.conf import settings

from accounts.models import Business
from finance.admin.acting import AmountField, AmountForm
from finance.models import CreditLine, LedgerTransaction
from finance.services.checks import PAYMENT_TERMS
from finance.services.repayments import PAYMENT_METHODS
from wholexale.common.admin import ReasonForm

Kind = LedgerTransaction.Kind


def _choices(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word.replace("_", " ").capitalize()) for word in words]


def _terms(*, unchanged: str) -> forms.ChoiceField:
    """Return the choice of payment terms, or of leaving them."""
    return forms.ChoiceField(choices=[("", unchanged), *_choices(PAYMENT_TERMS)], required=False)


class LimitForm(AmountForm):
    """Asks for a whole new limit."""

    amount = AmountField(label="New limit")
    payment_terms = _terms(unchanged="As they are")
    may_be_zero = True
    paths = {"limit": "amount"}


class OpeningForm(LimitForm):
    """Asks for the first limit of a business in a currency."""

    business = forms.ModelChoiceField(Business.objects.order_by("name"))
    currency_code = forms.ChoiceField(label="Currency", choices=lambda: [(code, code) for code in settings.CURRENCIES])
    amount = AmountField(label="Limit", help_text="With a point and without commas.")
    payment_terms = _terms(unchanged="The usual ones")
    paths = {"limit": "amount", "currency": "currency_code"}
    field_order = ("business", "currency_code", "amount", "payment_terms", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the business that the page was opened for, or all of them."""
        super().__init__(*args, **kwargs)
        field = self.fields["business"]
        if isinstance(field, forms.ModelChoiceField) and (chosen := self.initial.get("business")):
            field.queryset = Business.objects.filter(slug=chosen)
            field.empty_label = None


class RepaymentForm(AmountForm):
    """Asks what was paid, and how."""

    payment_method = forms.ChoiceField(choices=_choices(PAYMENT_METHODS))
    payment_reference = forms.CharField(
        required=False,
        max_length=40,
        label="Their reference",
        help_text="The number of the payment at the bank, where there is one: nobody can book it twice.",
    )
    paths = {"reference": "payment_reference"}


class AdjustmentForm(AmountForm):
    """Asks for a charge or a credit."""

    direction = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[("charge", "Charge: the business owes more"), ("credit", "Credit: the business owes less")],
    )
    kind = forms.ChoiceField(
        choices=[
            (Kind.ADJUSTMENT.value, "Adjustment, either way"),
            (Kind.PENALTY.value, "Penalty, a charge"),
            (Kind.BONUS.value, "Bonus, a credit"),
        ]
    )
    field_order = ("direction", "kind", "amount", "reason")


class ReviewForm(ReasonForm):
    """Asks how creditworthy a business is."""

    rating = forms.ChoiceField(choices=CreditLine.Rating)
    risk_score = forms.IntegerField(min_value=0, max_value=100, help_text="0 to 100; more is riskier.")
    payment_terms = _terms(unchanged="As they are")
    next_review_at = forms.DateTimeField(
        label="Next review", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
