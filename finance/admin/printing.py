"""Documents as they are printed, for staff: their files, and the numbers and taxes on them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from wholexale.common.admin import say_amount, say_number


def show_taxes(taxes: Iterable[Mapping[str, Any]], currency: str) -> SafeString:
    """Return the taxes of a document, each with its rate."""
    said = ((one["label"], say_number(one["rate"], digits=2), say_amount(one["amount"], currency)) for one in taxes)
    return format_html_join("", "<div>{} {} %: {}</div>", said) or SafeString("-")


class PrintedAdmin(admin.ModelAdmin[Any]):
    """Documents with a file to print: made when somebody first asks for it, and the same from then on."""

    def file(self, row: Any) -> bytes:
        """Return the file of a document."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the files."""
        view = self.admin_site.admin_view(require_safe(self.print_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_pdf"
        return [path("<uuid:row_id>/pdf/", view, name=name), *super().get_urls()]

    def print_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Open a document as it is printed."""
        row = self.get_object(request, str(row_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        return HttpResponse(
            self.file(row),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{row}.pdf"'},
        )

    @admin.display(description="to print")
    def printed(self, row: Any) -> SafeString:
        """Link to the file."""
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_pdf", args=[row.pk])
        return format_html('<a href="{}">{}.pdf</a>', url, row)
