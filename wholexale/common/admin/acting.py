"""What staff do: on a page that says what will happen and asks for the reason, through a service, once."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import OperationalError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from wholexale.common.admin.lists import ReadOnlyAdmin
from wholexale.common.admin.showing import admin_url, list_url, say_amount
from wholexale.common.errors import DomainError
from wholexale.common.idempotency import Answer, KeyReused, answer_once

MAX_REASON = 500


class ReasonForm(forms.Form):
    """Asks why. The token is made with the page, so that the same page sent twice is known."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80, "class": "vLargeTextField"}),
        help_text="It is kept with what you do, and others will read it.",
    )
    required_css_class = "required"
    paths: ClassVar[dict[str, str]] = {}
    """What a service calls a field that has another name here."""

    def __init__(self, *args: Any, row: Any = None, **kwargs: Any) -> None:
        """Take the row that it is about; ask for the reason last."""
        self.row = row
        super().__init__(*args, **kwargs)
        if self.field_order is None:
            self.order_fields([name for name in self.fields if name != "reason"])

    @property
    def currency(self) -> str:
        """Return the currency of amounts."""
        return str(getattr(self.row, "currency", ""))

    def refuse(self, refusal: DomainError) -> None:
        """Say a service's refusal where it belongs; what was typed stays."""
        facts = [
            f"{name.removesuffix('Minor').capitalize()}: {say_amount(value, self.currency)}."
            for name, value in refusal.context.items()
            if name.endswith("Minor") and self.currency
        ]
        self.add_error(None, " ".join([f"{refusal.detail} ({refusal.code})", *facts]))
        for detail in refusal.details:
            name = self.paths.get(detail.path) or _field_of(detail.path)
            at_field = name in self.fields
            self.add_error(name if at_field else None, detail.msg if at_field else f"{detail.path}: {detail.msg}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What a member of staff asks for; `actor` is their user, and `reference` names it for ever."""

    actor: Any
    row: Any
    said: dict[str, Any]
    reference: str

    @property
    def reason(self) -> str:
        """Return why."""
        return str(self.said["reason"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of it, for the person, and the row that it happened to."""

    text: str
    row: Model


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffAction:
    """One thing that staff may do to a row: a button on its page, a page that asks for the reason, a service."""

    name: str
    label: str
    permission: str
    do: Callable[[Command], Done]
    tell: Callable[[Any, Any], str]
    form: type[ReasonForm] = ReasonForm
    initial: Callable[[Any], dict[str, Any]] = field(default=lambda _row: {})
    is_offered: Callable[[Any], bool] = field(default=lambda _row: True)
    is_grave: bool = False


class ActingAdmin(ReadOnlyAdmin):
    """Rows with things to do; the services judge, the buttons are only offered where they may succeed."""

    staff_actions: Sequence[StaffAction] = ()

    def facts(self, row: Any) -> list[tuple[str, object]]:
        """Return what a person should see of the row before they act."""
        return []

    def get_urls(self) -> list[URLPattern]:
        """Add a page for each action."""
        own = [
            path(
                f"<uuid:row_id>/{action.name}/",
                self.admin_site.admin_view(partial(self._act_on, action=action)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{action.name}",
            )
            for action in self.staff_actions
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer what this person may do to the row."""
        row = self.get_object(request, object_id)
        offered = [
            {"label": action.label, "is_grave": action.is_grave, "url": self._url(action, row)}
            for action in self.staff_actions
            if row is not None and request.user.has_perm(action.permission) and action.is_offered(row)
        ]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "staff_actions": offered})

    def act(
        self, request: HttpRequest, action: StaffAction, row: Any, initial: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the page of an action, or do what was asked for on it."""
        actor = request.user
        if not (actor.has_perm(action.permission) and self.has_view_permission(request, row)):
            raise PermissionDenied
        form = action.form(request.POST or None, initial=initial or action.initial(row), row=row)
        if request.method == "POST" and form.is_valid():
            try:
                return self._do_once(request, action, form)
            except KeyReused:
                form.add_error(None, "This page was sent before, with something else on it. Please open it again.")
            except DomainError as refusal:
                form.refuse(refusal)
            except OperationalError:
                form.add_error(None, "The database did not answer in time. Send this page again: it counts once.")
        facts: list[tuple[str, object]] = []
        with suppress(ObjectDoesNotExist):  # what the verifier complains of must open all the same
            facts = self.facts(row) if row else []
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "subtitle": str(row) if row else None,
            "opts": self.opts,
            "media": self.media,
            "action": action,
            "row": row,
            "facts": facts,
            "told": action.tell(row, actor),
            "form": form,
            "back": admin_url(row) if row else list_url(self.model),
        }
        return TemplateResponse(request, "common/confirm.html", context)

    def _act_on(self, request: HttpRequest, row_id: UUID, action: StaffAction) -> HttpResponse:
        if not request.user.has_perm(action.permission):
            raise PermissionDenied
        if (row := self.get_object(request, str(row_id))) is None:
            raise Http404
        return self.act(request, action, row)

    def _do_once(self, request: HttpRequest, action: StaffAction, form: ReasonForm) -> HttpResponse:
        """Do it and write who did it; what is sent again is answered as it was the first time."""
        said = form.cleaned_data
        command = Command(actor=request.user, row=form.row, said=said, reference=f"staff:{said['token'].hex}")

        def run() -> Answer:
            done = action.do(command)
            self.log_change(request, done.row, f"{action.label}: {command.reason}")
            return Answer(status=HTTPStatus.FOUND, body=json.dumps([done.text, admin_url(done.row)]).encode())

        answer = answer_once(
            scope=command.actor.pk,
            key=command.reference,
            route=f"POST {request.path}",
            content=json.dumps({name: request.POST.getlist(name) for name in sorted(form.fields)}).encode(),
            run=run,
            refuse=_leave_no_trace,
        )
        text, url = json.loads(answer.body)
        if answer.is_replay:
            self.message_user(request, f"This was done before, and not again: {text}", messages.WARNING)
        else:
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(url)

    def _url(self, action: StaffAction, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{action.name}", args=[row.pk])


def _field_of(path: str) -> str:
    """Return what a form calls a field that clients call `nextReviewAt`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in path)


def _leave_no_trace(refusal: DomainError) -> NoReturn:
    """Let the same page be sent again, corrected."""
    raise refusal
