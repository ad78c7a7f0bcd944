"""How rows look to staff: exact amounts, moments in UTC, links between rows; and what was typed to find one."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from wholexale.common.money import from_minor


def say_amount(minor: int, currency: str) -> str:
    """Return an amount of minor units as people read it, exactly: 12,345.60 INR."""
    try:
        return f"{from_minor(minor, currency):,f} {currency}"
    except ValueError:  # no currency: somebody has been at the row, and it must be seen all the same
        return f"{minor:,} of the smallest unit of {currency!r}"


def say_number(parts: int, *, digits: int) -> str:
    """Return a count of small parts as a number, without zeros at its end: 1500 of three digits is 1.5."""
    return f"{Decimal(parts).scaleb(-digits).normalize():,f}"


def say_when(moment: datetime | None) -> str:
    """Return a moment in UTC, as short as a column needs it; a dash where there is none."""
    return f"{localtime(moment, UTC):%Y-%m-%d %H:%M}" if moment else "-"


def show_amount(minor: int | None, currency: str) -> SafeString:
    """Return an amount of minor units for a column of amounts; a dash where there is none."""
    if minor is None:
        return format_html('<span class="money">{}</span>', "-")
    return format_html('<span class="money{}">{}</span>', " below" if minor < 0 else "", say_amount(minor, currency))


def show_two(first: object, second: object) -> SafeString:
    """Return one thing, and a smaller one below it."""
    return format_html("{}<br><small>{}</small>", first, second)


def show_list(texts: Iterable[object]) -> SafeString:
    """Return texts below each other; a dash where there is none."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or format_html("{}", "-")


def admin_url(row: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model], **query: str) -> str:
    """Return the address of a model's list, filtered."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query or None)


def link(row: Model | None, text: object = None) -> SafeString:
    """Return a link to a row's page; a dash where there is none."""
    if row is None:
        return format_html("{}", "-")
    return format_html('<a href="{}">{}</a>', admin_url(row), row if text is None else text)


def list_link(model: type[Model], text: object, **query: str) -> SafeString:
    """Return a link to a model's list, filtered."""
    return format_html('<a href="{}">{}</a>', list_url(model, **query), text)


def numbered(text: str, kind: str) -> int | None:
    """Return the number in OFF-2026-000123, or in 123."""
    found = re.fullmatch(rf"(?:{kind}-\d{{4}}-)?(\d{{1,18}})", text, re.IGNORECASE | re.ASCII)
    return int(found[1]) if found else None


def has_id(text: str, prefix: str = "") -> Q:
    """Return the condition that a row has this id; never true where it is none. `prefix` leads to the row."""
    try:
        return Q(**{f"{prefix}pk": UUID(text)})
    except ValueError:
        return Q(pk__in=[])
