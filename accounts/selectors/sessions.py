"""Who a token stands for, and where somebody is signed in."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone

from accounts import tokens
from accounts.models import Session, User
from accounts.selectors.users import ACTIVE
from wholexale.common.errors import DomainError, NotFound, Unauthenticated
from wholexale.common.prepared import Prepared, read_one
from wholexale.common.realtime import Actor, Principal

_PERSON = ("id", "first_name", "last_name", "role", "status", "preferences")
_SESSION = Prepared(
    lambda session_id, user_id: Session.objects.select_related("user__membership").filter(
        id=session_id, user_id=user_id
    ),
    UUID,
    UUID,
)


def authenticate(token: str) -> Session:
    """Return the session that an access token names, with its user loaded, in one query.

    Raises:
        Unauthenticated: `INVALID_TOKEN`, `TOKEN_EXPIRED`, `USER_NOT_FOUND`, `ACCOUNT_DEACTIVATED` or
            `SESSION_REVOKED`.
    """
    claims = tokens.read_access_token(token)
    session = read_one(_SESSION(claims.sid, claims.sub))
    if session is None:
        raise _revoked() if User.objects.filter(id=claims.sub).exists() else unknown_user()
    if refusal := _refusal(session.user.status, session.ended_at, session.expires_at):
        raise refusal
    return session


def authenticate_tokens(access_tokens: Sequence[str]) -> list[Principal | DomainError]:
    """Return, for each access token in order, who it stands for or why it is refused; one query for all."""
    read = [_read_or_refusal(token) for token in access_tokens]
    claims = [item for item in read if isinstance(item, tokens.AccessClaims)]
    rows: dict[tuple[UUID, UUID | None], dict[str, Any]] = {}
    known: set[UUID] = set()
    if claims:
        held = FilteredRelation("sessions", condition=Q(sessions__id__in={claim.sid for claim in claims}))
        users = User.objects.annotate(held=held).filter(id__in={claim.sub for claim in claims})
        for row in users.values(*_PERSON, "held__id", "held__ended_at", "held__expires_at"):
            rows[row["id"], row["held__id"]] = row
            known.add(row["id"])
    return [
        item
        if isinstance(item, Unauthenticated)
        else _principal_or_refusal(item, rows.get((item.sub, item.sid)), is_known=item.sub in known)
        for item in read
    ]


def principals(session_ids: Collection[UUID]) -> dict[UUID, Principal]:
    """Return who holds each session that is still alive; `expires_at` is 0, because a session is no token."""
    sessions = Session.objects.filter(
        id__in=session_ids, ended_at=None, expires_at__gt=timezone.now(), user__status__in=ACTIVE
    )
    rows = sessions.values("id", *(f"user__{name}" for name in _PERSON))
    return {
        row["id"]: _principal({name: row[f"user__{name}"] for name in _PERSON}, session_id=row["id"], expires_at=0)
        for row in rows
    }


def sessions_ended_since(moment: datetime) -> list[UUID]:
    """Return the ids of sessions that ended at or after a moment."""
    return list(Session.objects.filter(ended_at__gte=moment).values_list("id", flat=True))


def sessions_of(actor: Actor) -> "QuerySet[Session]":
    """Return the sessions in which the actor is signed in, newest first."""
    alive = Session.objects.filter(user_id=actor.id, ended_at=None, expires_at__gt=timezone.now())
    return alive.order_by("-created_at", "-id")


def access_session(*, actor: Actor, session_id: UUID) -> Session:
    """Return a session of the actor that is still alive.

    Raises:
        NotFound: `SESSION_NOT_FOUND`, also for another person's session.
    """
    if session := sessions_of(actor).filter(id=session_id).first():
        return session
    raise session_not_found()


def is_new_device(session: Session) -> bool:
    """Return whether no other session of the user had the user agent of this one."""
    alike = Session.objects.filter(user_id=session.user_id, user_agent=session.user_agent)
    return not alike.exclude(id=session.id).exists()


def session_not_found() -> NotFound:
    """Build the refusal of a session that is not there."""
    return NotFound("SESSION_NOT_FOUND", "There is no such session.")


def unknown_user() -> Unauthenticated:
    """Build the refusal of a token whose user is gone."""
    return Unauthenticated("USER_NOT_FOUND", "The user of this token does not exist.")


def deactivated() -> Unauthenticated:
    """Build the refusal of an account that does not work."""
    return Unauthenticated("ACCOUNT_DEACTIVATED", "This account is not active.")


def _read_or_refusal(token: str) -> tokens.AccessClaims | Unauthenticated:
    try:
        return tokens.read_access_token(token)
    except Unauthenticated as refusal:
        return refusal


def _principal_or_refusal(
    claims: tokens.AccessClaims, row: dict[str, Any] | None, *, is_known: bool
) -> Principal | DomainError:
    if row is None:
        return _revoked() if is_known else unknown_user()
    if refusal := _refusal(row["status"], row["held__ended_at"], row["held__expires_at"]):
        return refusal
    return _principal(row, session_id=claims.sid, expires_at=claims.exp)


def _principal(row: dict[str, Any], *, session_id: UUID, expires_at: int) -> Principal:
    user = User(**{name: row[name] for name in _PERSON})
    return Principal(
        id=user.id,
        session_id=session_id,
        name=user.full_name,
        role=user.role,
        expires_at=expires_at,
        shows_presence=user.allows("showOnlineStatus"),
    )


def _refusal(status: str, ended_at: datetime | None, expires_at: datetime) -> Unauthenticated | None:
    if status not in ACTIVE:
        return deactivated()
    if ended_at is not None:
        return _revoked()
    return tokens.expired_token() if expires_at <= timezone.now() else None


def _revoked() -> Unauthenticated:
    return Unauthenticated("SESSION_REVOKED", "This session has ended.")
