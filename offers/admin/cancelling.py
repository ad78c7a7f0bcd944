"""Cancelling by staff: a page that says what will happen and asks for the reason, a service, and that once."""

import json
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.authentication import staff
from accounts.models import User
from offers.admin.showing import DealAdmin
from offers.services.judging import CANCEL
from wholexale.common.admin import admin_url
from wholexale.common.errors import DomainError
from wholexale.common.idempotency import Answer, KeyReused, answer_once

_AGAIN = "This page was sent before, with something else on it. Please open it again."
_BUSY = "The database did not answer in time. Send this page again: it counts once."


class ReasonForm(forms.Form):
    """Asks why. The token is made with the page, so that the same page sent twice is known."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80, "class": "vLargeTextField"}),
        help_text="Both sides will read it.",
    )
    required_css_class = "required"

    def refuse(self, refusal: DomainError) -> None:
        """Say a service's refusal; what was typed stays."""
        self.add_error(None, f"{refusal.detail} ({refusal.code})")


class CancellingAdmin(DealAdmin):
    """Deals that staff may cancel; the services judge, the button is only offered where it may succeed."""

    told = ""
    """What cancelling does."""

    def is_open(self, row: Any) -> bool:
        """Return whether there is anything to cancel."""
        raise NotImplementedError

    def cancel(self, actor: User, row: Any, reason: str) -> None:
        """Cancel a row, by its service."""
        raise NotImplementedError

    def facts(self, row: Any) -> list[tuple[str, object]]:
        """Return what a person should see of the row before they act."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        page = self.admin_site.admin_view(self._cancel_page)
        return [path("<uuid:row_id>/cancel/", page, name=self._name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer to cancel where this person may."""
        row = self.get_object(request, object_id)
        url = self._cancel_url(request, row) if row else ""
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "cancel_url": url})

    def _cancel_url(self, request: HttpRequest, row: Any) -> str:
        """Return the address of the page; "" where it is of no use."""
        is_offered = self.is_open(row) and request.user.has_perm(CANCEL)
        return reverse(f"admin:{self._name}", args=[row.pk]) if is_offered else ""

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_cancel"

    def _cancel_page(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Show the page, or cancel what it is about."""
        actor = staff(request)
        if not (actor.has_perm(CANCEL) and self.has_view_permission(request)):
            raise PermissionDenied
        if (row := self.get_object(request, str(row_id))) is None:
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._cancel_once(request, actor, row, form)
            except KeyReused:
                form.add_error(None, _AGAIN)
            except DomainError as refusal:
                form.refuse(refusal)
            except OperationalError:
                form.add_error(None, _BUSY)
        return TemplateResponse(request, "common/confirm.html", self._context(request, row, form))

    def _context(self, request: HttpRequest, row: Any, form: ReasonForm) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"Cancel {row}",
            "action": {"label": f"Cancel {row}", "is_grave": True},
            "opts": self.opts,
            "media": self.media,
            "row": row,
            "facts": self.facts(row),
            "told": self.told,
            "form": form,
            "back": admin_url(row),
        }

    def _cancel_once(self, request: HttpRequest, actor: User, row: Any, form: ReasonForm) -> HttpResponse:
        """Cancel it and write who did; what is sent again is answered as it was the first time."""
        reason = form.cleaned_data["reason"]

        def run() -> Answer:
            self.cancel(actor, row, reason)
            self.log_change(request, row, f"Cancelled: {reason}")
            return Answer(status=HTTPStatus.FOUND, body=b"")

        answer = answer_once(
            scope=actor.pk,
            key=f"staff:{form.cleaned_data['token'].hex}",
            route=f"POST {request.path}",
            content=json.dumps(reason).encode(),
            run=run,
            refuse=_leave_no_trace,
        )
        if answer.is_replay:
            self.message_user(request, f"{row} was cancelled before, and not again.", messages.WARNING)
        else:
            self.message_user(request, f"{row} is cancelled.", messages.SUCCESS)
        return HttpResponseRedirect(admin_url(row))


def _leave_no_trace(refusal: DomainError) -> NoReturn:
    """Let the same page be sent again, corrected."""
    raise refusal
