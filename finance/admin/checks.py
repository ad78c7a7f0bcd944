"""Checks of the ledger for staff, with a button that makes one, and the work of ending holds."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.authentication import staff
from finance import services
from finance.admin.health import VERIFY, VIEW, Colour
from finance.admin.showing import MoneyAdmin, MoneyList
from finance.models import HoldExpiry, LedgerCheck
from wholexale.common.admin import WorkAdmin, admin_url, link, list_url
from wholexale.common.errors import DomainError

logger = logging.getLogger(__name__)


@admin.register(LedgerCheck)
class LedgerCheckAdmin(MoneyAdmin):
    """Runs of the verifier, newest first, and what each has found."""

    list_display = ("started_at", "verdict", "entries", "took", "actor")
    list_filter = ("is_clean",)
    list_select_related = ("actor",)
    ordering = ("-started_at",)
    fields = ("verdict", "entries", "started_at", "finished_at", "actor", "found")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerCheck]:
        """Load who asked along."""
        return super().get_queryset(request).select_related("actor")

    def get_urls(self) -> list[URLPattern]:
        """Add the button's address."""
        view = self.admin_site.admin_view(require_POST(self.verify))
        return [path("verify/", view, name="finance_ledgercheck_verify"), *super().get_urls()]

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Verify the ledger now, and show what was found."""
        actor = staff(request)
        if not actor.has_perm(VERIFY):
            raise PermissionDenied
        try:
            check = services.verify_ledger(actor=actor)
        except DomainError as refusal:
            self.message_user(request, f"{refusal.detail} ({refusal.code})", messages.ERROR)
            return HttpResponseRedirect(list_url(LedgerCheck))
        except DatabaseError:
            logger.exception("the ledger could not be verified")
            self.message_user(request, "The database did not answer; nothing was verified.", messages.ERROR)
            return HttpResponseRedirect(list_url(LedgerCheck))
        if check.is_clean:
            self.message_user(request, f"The ledger is clean: {check.entries:,} entries.", messages.SUCCESS)
        else:
            self.message_user(request, f"{len(check.findings)} findings.", messages.ERROR)
        return HttpResponseRedirect(admin_url(check) if actor.has_perm(VIEW) else list_url(LedgerCheck))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Offer the button to those who may press it."""
        may_verify = staff(request).has_perm(VERIFY)
        return super().changelist_view(request, {**(extra_context or {}), "may_verify": may_verify})

    @admin.display(description="result", ordering="is_clean")
    def verdict(self, check: LedgerCheck) -> SafeString:
        """Return the result, in its colour."""
        colour, word = Colour.GREEN, "clean"
        if check.finished_at is None:
            colour, word = Colour.GREY, "not finished"
        elif not check.is_clean:
            colour, word = Colour.RED, f"{len(check.findings)} findings"
        return format_html('<b class="verdict {}">{}</b>', colour, word)

    @admin.display(description="took")
    def took(self, check: LedgerCheck) -> str:
        """Return how long it took."""
        if check.finished_at is None:
            return "-"
        return f"{(check.finished_at - check.started_at) // timedelta(milliseconds=1):,} ms"

    @admin.display(description="findings")
    def found(self, check: LedgerCheck) -> SafeString:
        """Return what was found, kind by kind."""
        return render_to_string("admin/finance/findings.html", {"findings": check.findings})


@admin.register(HoldExpiry)
class HoldExpiryAdmin(MoneyList, WorkAdmin):
    """Holds that end by themselves: when each is due, and what failed. The dead may be replayed."""

    list_display = ("event", "state", "run_at", "attempts", "last_error", "created_at")
    list_select_related = ("hold__transaction",)
    ordering = ("-id",)
    fields = (
        "event",
        "transfer",
        "state",
        "run_at",
        "attempts",
        "last_error",
        "lease_owner",
        "lease_until",
        "request_id",
        "created_at",
        "finished_at",
    )

    @admin.display(description="held by")
    def event(self, row: HoldExpiry) -> SafeString:
        """Link to the transaction that placed the hold."""
        return link(row.hold.transaction)

    @admin.display(description="hold")
    def transfer(self, row: HoldExpiry) -> SafeString:
        """Link to the hold."""
        return link(row.hold)
