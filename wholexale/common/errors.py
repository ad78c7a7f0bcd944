"""The one tree of refusals and their one wire shape.

DomainError
 |- ValidationFailed   400
 |- Unauthenticated    401
 |- Forbidden          403
 |- NotFound           404
 |- Conflict           409
 |- PreconditionFailed 412
 |- PayloadTooLarge    413
 |- Locked             423
 |- RateLimited        429
 |- Unavailable        503
 `- InternalError      500

The same code is sent on REST and on the socket.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Literal

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One rule that one field broke; never carries the refused value."""

    path: str
    msg: str
    location: Literal["body", "query", "params", "headers"] = "body"
    type: Literal["field"] = "field"


class DomainError(Exception):
    """A refusal with a machine code, an HTTP status and a text for a person.

    Whoever refuses undoes what was begun. What is written about a refusal after that is kept where it `keeps_writes`.
    """

    keeps_writes: ClassVar[bool] = False
    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    default_code: ClassVar[str] = "BAD_REQUEST"
    default_detail: ClassVar[str] = "The request was refused."

    def __init__(
        self,
        code: str | None = None,
        detail: str | None = None,
        *,
        details: Sequence[FieldError] = (),
        retry_after: float | None = None,
        **context: Any,
    ) -> None:
        """Take the code, the text, the fields at fault, seconds to wait, and further top-level keys of the body."""
        self.code = code or self.default_code
        self.detail = detail or self.default_detail
        self.details = tuple(details)
        self.retry_after = retry_after
        self.context = context
        super().__init__(f"{self.code}: {self.detail}")


class ValidationFailed(DomainError):
    """The input has the wrong shape or breaks a rule of its fields."""

    default_code = "VALIDATION_FAILED"
    default_detail = "Validation failed"

    @classmethod
    def of_field(cls, path: str, msg: str) -> "ValidationFailed":
        """Build the refusal of a single field of the body."""
        return cls(details=[FieldError(path=path, msg=msg)])


class Unauthenticated(DomainError):
    """Nobody, or nobody we still know, is asking."""

    status = HTTPStatus.UNAUTHORIZED
    default_code = "NO_TOKEN"
    default_detail = "Access denied. No token provided."


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    status = HTTPStatus.FORBIDDEN
    default_code = "FORBIDDEN"
    default_detail = "You may not do this."


class NotFound(DomainError):
    """The object does not exist for this caller."""

    status = HTTPStatus.NOT_FOUND
    default_code = "NOT_FOUND"
    default_detail = "Not found."


class Conflict(DomainError):
    """The object is in a state that does not allow this."""

    status = HTTPStatus.CONFLICT
    default_code = "CONFLICT"
    default_detail = "This conflicts with the present state."


class PreconditionFailed(DomainError):
    """The object was changed since the caller has seen it."""

    status = HTTPStatus.PRECONDITION_FAILED
    default_code = "PRECONDITION_FAILED"
    default_detail = "This was changed in the meantime. Please read it again."


class PayloadTooLarge(DomainError):
    """The body is larger than the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "PAYLOAD_TOO_LARGE"
    default_detail = "The request body is too large."


class Locked(DomainError):
    """The object is shut for a while; `retry_after` says for how many seconds."""

    status = HTTPStatus.LOCKED
    default_code = "LOCKED"
    default_detail = "This is locked for a while."


class RateLimited(DomainError):
    """The caller was faster than a limit; `retry_after` says how many seconds to wait, `limit` how many may come.

    `is_first` tells the first refusal of a window from those after it.
    """

    limit: int | None = None
    is_first: bool = False
    status = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "RATE_LIMITED"
    default_detail = "Too many requests, please try again later."


class Unavailable(DomainError):
    """A part of the service does not answer just now; the same request may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "UNAVAILABLE"
    default_detail = "The service is not available just now, please try again."


class InternalError(DomainError):
    """Our fault; the log knows more."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    default_code = "INTERNAL_ERROR"
    default_detail = "Something went wrong on our side."
