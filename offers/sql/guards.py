"""What keeps the history of deals and of approvals as it was written; put in place after every migration."""

from django.db.backends.base.base import BaseDatabaseWrapper

from offers.models import Offer, Order
from wholexale.common import numbers
from wholexale.common.guards import InsertOnly

INSERT_ONLY = (
    "offers_offerrevision",
    "offers_offerline",
    "offers_offerevent",
    "offers_orderevent",
    "offers_approvalpolicychange",
    "offers_approvaldecision",
)

_GUARDS = InsertOnly("offers", INSERT_ONLY)

remove = _GUARDS.remove
missing = _GUARDS.missing


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard in place, and the sequences of numbers; harmless where they are."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            numbers.install(cursor, (Offer, Order))
    _GUARDS.install(connection)
