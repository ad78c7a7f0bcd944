"""What the holder of a ticket shows. It is computed from the ticket's id and `SECRET_KEY`, so that no row holds it."""

from hashlib import sha256
from uuid import UUID

from django.utils.crypto import salted_hmac

CODE_DIGITS = 6

_TOKEN_SALT = "accounts.ticket.token"  # noqa: S105 - separates the two kinds, and is no secret
_CODE_SALT = "accounts.ticket.code"


def token_of(ticket_id: UUID) -> str:
    """Return the token that stands in the link of a ticket: 64 hexadecimal characters."""
    return salted_hmac(_TOKEN_SALT, ticket_id.bytes, algorithm="sha256").hexdigest()


def hash_of(token: str) -> str:
    """Return what is stored of a token, to find its ticket by."""
    return sha256(token.encode()).hexdigest()


def code_of(ticket_id: UUID) -> str:
    """Return the code of a ticket that a person types: six digits, of which nothing is stored."""
    number = int.from_bytes(salted_hmac(_CODE_SALT, ticket_id.bytes, algorithm="sha256").digest(), "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"
