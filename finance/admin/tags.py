"""What the templates of the admin call; the settings name this library `finance_admin`."""

from calendar import month_name, monthrange
from collections.abc import Mapping
from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.utils import timezone

from accounts.authentication import staff
from finance.admin.health import VERIFY, VIEW, tiles

register = template.Library()
admin.site.index_template = "admin/finance/index.html"


@register.inclusion_tag("admin/finance/health.html", takes_context=True)
def ledger_health(context: Mapping[str, Any]) -> dict[str, Any]:
    """Show how the ledger is, to those who may see its checks."""
    user = staff(context["request"])
    return {
        "tiles": tiles() if user.has_perm(VIEW) else [],
        "may_verify": user.has_perm(VERIFY),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("admin/date_hierarchy.html")
def calendar(cl: ChangeList) -> dict[str, Any]:
    """Offer the years since the first row, their months and days; to leave out the empty ones is to read every row."""
    oldest = cl.root_queryset.order_by("pk").values_list("created_at", flat=True).first()
    if oldest is None:
        return {"show": False}
    year, month, day = (int(cl.params.get(f"created_at__{unit}") or 0) for unit in ("year", "month", "day"))

    def choice(title: object, **units: int) -> dict[str, str]:
        chosen = {f"created_at__{unit}": value for unit, value in units.items()}
        return {"title": str(title), "link": cl.get_query_string(chosen, ["created_at__"])}

    if not year:
        years = range(oldest.year, timezone.now().year + 1)
        return {"show": True, "choices": [choice(one, year=one) for one in years]}
    if not month:
        months = [choice(month_name[one], year=year, month=one) for one in range(1, 13)]
        return {"show": True, "back": choice("All dates"), "choices": months}
    if not day:
        days = range(1, monthrange(year, month)[1] + 1)
        choices = [choice(one, year=year, month=month, day=one) for one in days]
        return {"show": True, "back": choice(year, year=year), "choices": [{"title": month_name[month]}, *choices]}
    back = choice(f"{month_name[month]} {year}", year=year, month=month)
    return {"show": True, "back": back, "choices": [{"title": f"{month_name[month]} {day}"}]}
