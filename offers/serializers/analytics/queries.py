"""What clients may ask of how deals go."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field as wire_field

from accounts.models import User
from finance.selectors import Window
from offers.selectors import analytics
from offers.selectors.analytics import Scope, WantedFigures
from offers.serializers.fields import moment
from wholexale.common.money import check_currency
from wholexale.common.wire import Wire

Border = Annotated[
    str,
    Meta(
        max_length=40,
        description="A day where the business is (2026-03-31), as `to` until its end; or a moment with a time zone.",
    ),
]


class FiguresQuery(Wire, kw_only=True):
    """Which offers: on which side the business stands, of which time, currency, and colleague (the id of a user)."""

    role: Literal["buyer", "seller", "all"] = "all"
    start: Border | None = wire_field(name="from", default=None)
    end: Border | None = wire_field(name="to", default=None)
    currency: Annotated[str, Meta(max_length=8)] | None = None
    member: UUID | None = None

    def scope(self, actor: User) -> Scope:
        """Return what somebody may count of it.

        Raises:
            ValidationFailed: for a border that is none, a time that ends before it begins, or an unknown currency.
        """
        wanted = WantedFigures(
            role=self.role,
            window=Window(_border(self.start, "from"), _border(self.end, "to")),
            currency=None if self.currency is None else check_currency(self.currency),
            member=self.member,
        )
        return analytics.scope_of(actor=actor, wanted=wanted)


class SeriesQuery(FiguresQuery, kw_only=True):
    """Which offers, and the periods; weeks begin on Monday."""

    group_by: Literal["day", "week", "month"] = "day"


class TopQuery(FiguresQuery, kw_only=True):
    """Which offers, and what puts a row first."""

    by: Literal["amount", "quantity", "offers"] = "amount"


def _border(text: str | None, name: str) -> date | None:
    """Return the day or the moment that a query names.

    Raises:
        ValidationFailed: naming the parameter.
    """
    return None if text is None else moment(text.replace(" ", "+"), field=name)  # a plus reads as a blank in a query
