"""What clients send of offers over the socket: as over REST, with the offer's id and a key in the data."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from offers.serializers.offers import OfferBody, RespondBody

Key = Annotated[str, Meta(min_length=1, max_length=255)]


class Create(OfferBody, kw_only=True):
    """Make an offer; with the same key again it is made once."""

    idempotency_key: Key | None = None


class Respond(RespondBody, kw_only=True):
    """Answer an offer; with the same key again it is answered once."""

    offer_id: UUID
    idempotency_key: Key | None = None
