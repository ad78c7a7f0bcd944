"""What staff do about money: the amounts that they type, and pages of rows of money with things to do."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from finance.admin.showing import MoneyAdmin
from wholexale.common.admin import ActingAdmin, ReasonForm
from wholexale.common.errors import DomainError
from wholexale.common.money import to_minor


class AmountField(forms.DecimalField):
    """An amount in whole units of the currency, as people write it."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 20, "maxlength": 30, "autocomplete": "off"})


class AmountForm(ReasonForm):
    """Asks for an amount and why; `amount` becomes an integer of minor units."""

    amount = AmountField()
    may_be_zero: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the currency."""
        super().__init__(*args, **kwargs)
        if self.currency:
            self.fields["amount"].help_text = f"In {self.currency}, with a point and without commas."

    def clean(self) -> dict[str, Any]:
        """Count the amount in minor units."""
        said = self.cleaned_data
        currency = self.currency or said.get("currency_code")
        if isinstance(typed := said.get("amount"), Decimal) and currency:
            try:
                said["amount"] = 0 if self.may_be_zero and not typed else to_minor(typed, currency)
            except DomainError as refusal:
                self.refuse(refusal)
        return said


class MoneyActingAdmin(ActingAdmin, MoneyAdmin):
    """Rows of money with things to do."""
