"""The admin as one member of staff sees it."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from wholexale.common.admin import admin_url, list_url
from wholexale.common.testing import make_person

REASON = "A forbidden good"


class Desk:
    """The admin as one member of staff sees it."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def rows(self, model: type[Model], **query: str) -> Any:
        return self.client.get(list_url(model), query)

    def row(self, row: Model) -> Any:
        return self.client.get(admin_url(row))

    def offers_to_cancel(self, row: Model) -> bool:
        return cancel_url(row) in {action["url"] for action in self.row(row).context["staff_actions"]}

    def page(self, row: Model) -> Any:
        return self.client.get(cancel_url(row))

    def cancel(self, row: Model, **typed: Any) -> Any:
        """Open the page, fill it in, send it, and follow."""
        token = str(self.page(row).context["form"]["token"].value())
        return self.client.post(cancel_url(row), {"reason": REASON, "token": token} | typed, follow=True)


def cancel_url(row: Model) -> str:
    return reverse(f"admin:offers_{row._meta.model_name}_cancel", args=[row.pk])


def clerk(*permissions: str) -> User:
    user = make_person("clerk", role=User.Role.ADMIN)
    known = Permission.objects.filter(content_type__app_label="offers", codename__in=permissions)
    assert known.count() == len(permissions)
    user.user_permissions.set(known)
    return user


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def complaints(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def numbers(response: Any) -> list[str]:
    return [str(row) for row in response.context["cl"].result_list]
