"""What the tests of the admin share: a member of staff at a desk, who opens pages and sends forms."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from finance.tests.staging import every_row, lender
from wholexale.common.admin import admin_url, list_url
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


def assert_list_opens(desk: Desk, model: type[Model], *texts: str) -> None:
    """Check that a list has rows, and that it opens with any search and each of its filters."""
    changelist = desk.rows(model).context["cl"]

    assert changelist.result_count >= 1
    for text in (*texts, "Corner", "' & %", "\x00", "9" * 30):
        assert desk.rows(model, q=text).status_code == 200
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            assert desk.client.get(list_url(model) + choice["query_string"]).status_code == 200


def assert_only_shown(desk: Desk, row: Model) -> None:
    """Check that the page of a row opens, and that nobody changes or deletes the row."""
    before = every_row()
    everything = dict.fromkeys(("amount", "limit_minor", "total"), "1") | {"status": "open", "state": "done"}
    delete = reverse(f"admin:finance_{row._meta.model_name}_delete", args=[row.pk])
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}

    page = desk.row(row)
    desk.client.post(list_url(type(row)), chosen)

    assert page.status_code == 200
    assert b"_save" not in page.content
    assert desk.client.post(admin_url(row), everything | {"_save": "Save"}).status_code == 403
    assert desk.client.get(delete).status_code == 403
    assert desk.client.post(delete, {"post": "yes"}).status_code == 403
    assert every_row() == before


def assert_readers_only(model: type[Model], subject: Model) -> None:
    """Check that a list and a row are for staff with the permission to view, and that these can do nothing."""
    nobody = Desk(clerk(name=f"nobody of {model.__name__}"))
    reader = Desk(clerk(f"view_{model._meta.model_name}", name=f"reader of {model.__name__}"))

    assert [page.status_code for page in (nobody.rows(model), nobody.row(subject))] == [403, 403]
    assert [page.status_code for page in (reader.rows(model), reader.row(subject))] == [200, 200]
    assert reader.row(subject).context.get("staff_actions", []) == []
