"""What the tests of the admin share: a member of staff at a desk, who opens pages and sends forms."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from finance.admin.showing import admin_url, list_url
from finance.tests.staging import lender
from wholexale.common.testing import make_person

REASON = "Agreed by phone"


class Desk:
    """The admin as one member of staff sees it; a super admin if nobody else is named."""

    def __init__(self, user: User | None = None) -> None:
        """Sign in."""
        self.user = user or lender()
        self.client = Client()
        self.client.force_login(self.user)

    def rows(self, model: type[Model], **query: str) -> Any:
        """Open a list."""
        return self.client.get(list_url(model), query)

    def row(self, row: Model) -> Any:
        """Open the page of a row."""
        return self.client.get(admin_url(row))

    def page(self, row: Model, action: str) -> Any:
        """Open the page of an action."""
        return self.client.get(action_url(row, action))

    def do(self, row: Model, action: str, **typed: Any) -> Any:
        """Open the page of an action, fill it in and send it, and follow."""
        page = self.page(row, action)
        return self.send(action_url(row, action), token=token_of(page), **typed)

    def send(self, url: str, **typed: Any) -> Any:
        """Send a form, with a reason, and follow."""
        return self.client.post(url, {"reason": REASON} | typed, follow=True)

    def offered(self, row: Model) -> list[str]:
        """Return the labels of the actions that a row's page offers."""
        return [action["label"] for action in self.row(row).context["staff_actions"]]


def clerk(*permissions: str, name: str = "clerk") -> User:
    """Create a member of staff with permissions of finance: `view_account`."""
    user = make_person(name, role=User.Role.ADMIN)
    known = Permission.objects.filter(content_type__app_label="finance", codename__in=permissions)
    assert known.count() == len(permissions)
    user.user_permissions.set(known)
    return user


def action_url(row: Model, action: str) -> str:
    """Return the address of the page of an action."""
    return reverse(f"admin:finance_{row._meta.model_name}_{action}", args=[row.pk])


def token_of(page: Any) -> str:
    """Return the token that was rendered with a page."""
    return str(page.context["form"]["token"].value())


def said(response: Any) -> list[str]:
    """Return what the admin said above the page."""
    return [str(message) for message in response.context["messages"]]


def complaints(response: Any) -> dict[str, list[str]]:
    """Return what was wrong with a form, by field."""
    return dict(response.context["form"].errors)
