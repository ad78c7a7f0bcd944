"""Sessions: a device signs in, renews its tokens, and one day is signed out."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import selectors, tokens
from accounts.models import Session, User
from wholexale.common.errors import Forbidden
from wholexale.common.realtime import Actor, SessionEnded, signal_on_commit
from wholexale.common.work import delete_in_batches

REPLAY_WINDOW = timedelta(seconds=10)
"""How long a rotation may be repeated: its reply got lost, or twenty tabs woke at once."""

KEEP_ENDED = timedelta(days=90)
"""How long staff can see who was signed in where."""

_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Device:
    """Where somebody signs in from; no address means that no per-address limit counts."""

    address: str = ""
    user_agent: str = ""


def start_session(*, user: User, device: Device) -> Session:
    """Sign a user in on a device; the caller has checked who they are."""
    now = timezone.now()
    return Session.objects.create(
        user=user,
        created_at=now,
        rotated_at=now,
        expires_at=now + settings.JWT_REFRESH_EXPIRES_IN,
        user_agent=device.user_agent[:_USER_AGENT],
        ip_address=_ip_address(device.address),
    )


def refresh(*, refresh_token: str) -> Session:
    """Rotate a session once; a repeat within 10 seconds returns the same rotation, hence the same tokens.

    An older token, or a later repeat, means that the token is in two hands: the session ends.

    Raises:
        Unauthenticated: `INVALID_REFRESH_TOKEN`, or `ACCOUNT_DEACTIVATED`.
    """
    claims = tokens.read_refresh_token(refresh_token)
    with transaction.atomic():
        session = _rotate(claims)
        is_reused = session.generation != claims.gen + 1 or timezone.now() - session.rotated_at > REPLAY_WINDOW
        if is_reused:
            _end(Session.objects.filter(id=session.id), Session.EndReason.TOKEN_REUSED)
    if is_reused:
        raise tokens.invalid_refresh_token()
    return session


def log_out(*, actor: Actor, session_id: UUID) -> None:
    """End the session that the actor speaks through."""
    end_session(actor=actor, session_id=session_id)


@transaction.atomic
def log_out_everywhere(*, actor: Actor) -> None:
    """End every session of the actor."""
    _end(Session.objects.filter(user_id=actor.id), Session.EndReason.LOGOUT_ALL)


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID) -> None:
    """End one session of the actor.

    Raises:
        NotFound: `SESSION_NOT_FOUND`, also for another person's session.
    """
    session = selectors.access_session(actor=actor, session_id=session_id)
    _end(Session.objects.filter(id=session.id), Session.EndReason.LOGOUT)


@transaction.atomic
def end_sessions_of(*, actor: User, user_ids: Sequence[UUID] = (), session_ids: Sequence[UUID] = ()) -> int:
    """End sessions on behalf of staff, of whole users or one by one; return how many ended.

    Raises:
        Forbidden: where the actor is not staff.
    """
    if not actor.is_staff:
        raise Forbidden
    chosen = Session.objects.filter(Q(user_id__in=user_ids) | Q(id__in=session_ids))
    return _end(chosen, Session.EndReason.STAFF)


def end_for_new_password(*, user_id: UUID, keep: UUID | None) -> None:
    """End the sessions of a user whose password changed, but for the one that changed it."""
    others = Session.objects.filter(user_id=user_id)
    _end(others.exclude(id=keep) if keep else others, Session.EndReason.PASSWORD_CHANGED)


def end_for_status(*, user_id: UUID) -> None:
    """End the sessions of a user whose account no longer works."""
    _end(Session.objects.filter(user_id=user_id), Session.EndReason.DEACTIVATED)


def end_for_role(*, user_id: UUID) -> None:
    """End the sessions of a user whose platform role changed."""
    _end(Session.objects.filter(user_id=user_id), Session.EndReason.STAFF)


def prune_sessions() -> int:
    """Delete the sessions that ended, or ran out, 90 days ago; return how many there were."""
    before = timezone.now() - KEEP_ENDED
    return delete_in_batches(Session.objects.filter(Q(ended_at__lt=before) | Q(expires_at__lt=before)))


def _rotate(claims: tokens.RefreshClaims) -> Session:
    """Take the next generation if the token names the present one; return the session as it stands then."""
    alive = Session.objects.filter(id=claims.sid, user_id=claims.sub, ended_at=None, expires_at__gt=timezone.now())
    # One conditional update, on columns of this row only: what the database judges again under the row's lock.
    alive.filter(generation=claims.gen).update(generation=F("generation") + 1, rotated_at=timezone.now())
    session = Session.objects.select_related("user").filter(id=claims.sid, user_id=claims.sub).first()
    if session is None or session.expires_at <= timezone.now():
        raise tokens.invalid_refresh_token()
    if not session.user.is_active:
        raise selectors.deactivated()
    if session.ended_at is not None or session.generation <= claims.gen:
        raise tokens.invalid_refresh_token()
    return session


def _end(sessions: "QuerySet[Session]", reason: Session.EndReason) -> int:
    """End those of the sessions that are alive, and close their sockets after the commit.

    They are locked in the order of their ids: two callers that end many at once never wait in a circle.
    """
    locked = sessions.filter(ended_at=None).select_for_update().order_by("id")
    ids = list(locked.values_list("id", flat=True))
    alive = Session.objects.filter(id__in=ids, ended_at=None)
    ended = alive.update(ended_at=timezone.now(), end_reason=reason) if ids else 0
    if ended:
        signal_on_commit(SessionEnded(session_ids=tuple(str(session_id) for session_id in ids)))
    return ended


def _ip_address(address: str) -> str | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return None if getattr(ip, "scope_id", None) else str(ip)
