"""`/dev/outbox`: what would have been sent, on the machine of a developer and nowhere else."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from notifications import selectors, services
from wholexale.common.errors import DomainError

_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail runs no script and asks for nothing, but its links open."""

View = Callable[..., HttpResponse]


def for_developers(view: View) -> View:
    """Let nobody in but the developer at this machine: for everybody else there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not settings.HAS_OUTBOX or not _is_local(request):
            raise Http404
        return view(request, **kwargs)

    return guarded


@for_developers
@require_GET
def outbox_page(request: HttpRequest) -> HttpResponse:
    """Show what was sent, the newest first, by channel or by address."""
    channel, search = request.GET.get("channel", ""), request.GET.get("q", "").strip()
    context = {
        "letters": [(one, selectors.named(one)) for one in selectors.stored_letters(channel=channel, search=search)],
        "counts": selectors.stored_counts(),
        "channel": channel,
        "search": search,
    }
    return render(request, "notifications/outbox.html", context)


@for_developers
@require_GET
def letter_page(request: HttpRequest, letter: UUID) -> HttpResponse:
    """Show one letter, and what can be played."""
    found = _found(letter)
    steps = selectors.steps_of_delivery(found.delivery_id)
    return render(
        request, "notifications/letter.html", {"letter": found, "person": selectors.named(found), "steps": steps}
    )


@for_developers
@require_GET
def mail_page(request: HttpRequest, letter: UUID) -> HttpResponse:
    """Return the mail itself, as its reader would show it; links open beside it."""
    html = _found(letter).html.replace("<head>", '<head><base target="_blank">', 1)
    # In its sandbox it has no origin, which browsers complain of where it asks for a process of its own.
    return HttpResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY, "Origin-Agent-Cluster": "?0"})


@for_developers
@require_POST
def play_outcome(request: HttpRequest, letter: UUID) -> HttpResponse:
    """Play what a provider would tell."""
    try:
        services.play_outcome(letter_id=letter, outcome=request.POST.get("outcome", ""))
    except DomainError:
        raise Http404 from None
    return redirect("outbox-letter", letter=letter)


@for_developers
@require_POST
def empty_outbox(request: HttpRequest) -> HttpResponse:
    """Throw everything away."""
    services.empty_outbox()
    return redirect("outbox")


@for_developers
@require_GET
def push_page(request: HttpRequest) -> HttpResponse:
    """Show a page that subscribes this browser."""
    return render(request, "notifications/push.html")


def _found(letter: UUID) -> Any:
    found = selectors.stored_letter(letter)
    if found is None:
        raise Http404
    return found


def _is_local(request: HttpRequest) -> bool:
    """Return whether the browser is on this machine, and no proxy speaks for another."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
