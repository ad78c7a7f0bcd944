"""What the tests of all apps share: people, a client that speaks JSON, and what was sent to sockets.

The one module of the kernel that imports an app: people can only be made by the services of accounts.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from threading import Barrier
from typing import Any, Protocol
from unittest import mock

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import caches
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import services, tokens
from accounts.models import Business, Membership, Session, User
from accounts.services import BusinessDetails, Device
from wholexale.common import limits as common_limits
from wholexale.common.prepared import Query
from wholexale.common.realtime import Item, collected_pushes
from wholexale.tests.environment import MIGRATED

PASSWORD = "wholexale-demo"
"""The password of everybody in the tests."""

FEW_CONNECTIONS = 4
"""How many connections to PostgreSQL a process of tests may keep open from one test to the next."""


@cache
def password_hash() -> str:
    """Return the hash of `PASSWORD`, computed once a process."""
    return make_password(PASSWORD)


def clock_query(read: Callable[[], datetime]) -> Callable[[], Query[datetime]]:
    """Return what takes the place of `now_query`, for a clock of the test's."""
    return lambda: Query("SELECT 1", (), lambda _rows: [read()])


def make_person(
    name: str, *, works_for: Business | None = None, owns: str = "", role: User.Role = User.Role.USER, **fields: Any
) -> User:
    """Create `name@example.com`, who works for a business, owns a new one, or has none.

    Further fields are those of `accounts.services.create_user`.
    """
    values: dict[str, Any] = {
        "email": f"{name}@example.com",
        "password_hash": password_hash(),
        "first_name": name.capitalize(),
        "last_name": "Example",
        "role": role,
    }
    user = services.create_user(**(values | fields))
    if owns:
        services.create_business(actor=user, details=BusinessDetails(name=owns))
    elif works_for:
        services.add_member(business=works_for, user=user, role=Membership.Role.MEMBER)
    return user


def make_session(user: User, *, user_agent: str = "tests") -> Session:
    """Sign a user in on one more device."""
    return services.start_session(user=user, device=Device(address="192.0.2.1", user_agent=user_agent))


def access_token(user: User) -> str:
    """Return an access token of a new session."""
    return tokens.issue(make_session(user)).access


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run calls at the same moment, each in its own thread and connection; return results or what was raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call()
        except Exception as error:  # noqa: BLE001 - the test judges it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@dataclass(frozen=True)
class Reply:
    """What the server answered; `body` is the decoded JSON, or None where there is none."""

    status: int
    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        """Return the decoded JSON."""
        return json.loads(self.raw) if self.raw else None

    @property
    def code(self) -> str | None:
        """Return the code of a refusal."""
        return self.body.get("code") if isinstance(self.body, dict) else None

    @property
    def fields(self) -> list[str]:
        """Return the paths of the fields at fault."""
        return [detail["path"] for detail in self.body.get("details", [])]


@dataclass(frozen=True)
class Api:
    """A client of the REST API, signed in with a token or with none; paths are those below `/api/`."""

    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def as_(self, user: User) -> "Api":
        """Return the same client, signed in as a user in a new session."""
        return Api(access_token(user), self.headers)

    def with_token(self, token: str) -> "Api":
        """Return the same client with a token."""
        return Api(token, self.headers)

    def with_headers(self, **headers: str) -> "Api":
        """Return the same client with further headers, underscores for hyphens."""
        return Api(self.token, self.headers | {name.replace("_", "-"): value for name, value in headers.items()})

    def get(self, path: str, **query: Any) -> Reply:
        """Read."""
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Reply:
        """Create, or do."""
        return self.send("POST", path, body)

    def put(self, path: str, body: Any = None) -> Reply:
        """Replace, or do."""
        return self.send("PUT", path, body)

    def patch(self, path: str, body: Any = None) -> Reply:
        """Change."""
        return self.send("PATCH", path, body)

    def delete(self, path: str, body: Any = None) -> Reply:
        """Remove."""
        return self.send("DELETE", path, body)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> Reply:
        """Send any request; a body of bytes goes out as it is, anything else as JSON."""
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = Client(raise_request_exception=False).generic(
            method,
            f"/api/{path}",
            raw,
            content_type=content_type,
            query_params=query,
            headers=authorization | self.headers,
        )
        return Reply(response.status_code, response.getvalue(), dict(response.headers))


class SentItems(Protocol):
    """Opens a block and gathers the pushes and signals that its commits send."""

    def __call__(self) -> AbstractContextManager[list[Item]]:
        """Open the block; the list is complete when it ends."""


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings_parallel_suffix: None) -> bool:
    """Let Django's test database begin as a copy of the one that the lane has migrated, where there is one."""
    if not (made := os.environ.get(MIGRATED)):
        return False
    test = connection.settings_dict["TEST"]
    if connection.vendor == "postgresql":
        test["TEMPLATE"] = made
    else:
        shutil.copy(made, test["NAME"])
    return True


KEPT = {"django_content_type", "auth_permission"}
"""Tables whose rows come from the migrations; no test writes them."""


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """Empty tables between tests by deleting their few rows: to truncate all of them takes a hundred times longer."""

    def delete(operations: BaseDatabaseOperations, _style: object, tables: list[str], **_options: bool) -> list[str]:
        return [f"DELETE FROM {operations.quote_name(table)};" for table in tables if table not in KEPT]  # noqa: S608

    with (
        mock.patch.object(type(connection.ops), "sql_flush", delete),
        mock.patch("django.core.management.commands.flush.emit_post_migrate_signal"),
    ):
        yield


def close_many_connections() -> None:
    """Close what a race of many threads has opened: the pool would keep it, and a server has a hundred for all."""
    if connection.vendor != "postgresql" or connection.connection is None or connection.in_atomic_block:
        return
    if connection.pool.get_stats()["pool_size"] > FEW_CONNECTIONS:  # type: ignore[attr-defined]
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _few_connections() -> Iterator[None]:
    """Leave few connections open after each test."""
    yield
    close_many_connections()


@pytest.fixture(autouse=True)
def _no_limits(settings: Settings) -> None:
    """Switch the limits off: hundreds of tests come from one address."""
    settings.RATE_LIMITS = False


@pytest.fixture(autouse=True)
def _static_files_on_demand(settings: Settings) -> None:
    """Let each test client look for a static file when one is asked for, instead of for all of them as it begins."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def limits(settings: Settings, _no_limits: None) -> Settings:
    """Switch the limits on, with nothing counted yet; the settings are returned to set single ones."""
    names = ("default", common_limits.SPARE)
    memory = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {name: {"BACKEND": memory, "LOCATION": f"limits-{name}"} for name in names}
    settings.RATE_LIMITS = True
    for name in names:
        caches[name].clear()
    common_limits.store_is_back()
    return settings


@pytest.fixture
def sent(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> SentItems:
    """Gather what the commits inside a `with` block send to sockets."""

    @contextmanager
    def gather() -> Iterator[list[Item]]:
        with ExitStack() as stack:
            items = stack.enter_context(collected_pushes())
            stack.enter_context(django_capture_on_commit_callbacks(execute=True))
            yield items

    return gather


@pytest.fixture
def api() -> Api:
    """Return a client that is not signed in; `api.as_(buyer)` is."""
    return Api()


@pytest.fixture
def buyer(db: None) -> User:
    """Buy for Corner Shop, which they own."""
    return make_person("buyer", owns="Corner Shop", first_name="Bela", last_name="Buyer")


@pytest.fixture
def seller(db: None) -> User:
    """Sell for Cotton Mill, which they own."""
    return make_person("seller", owns="Cotton Mill", first_name="Samir", last_name="Seller")


@pytest.fixture
def colleague(seller: User) -> User:
    """Work for the seller's business, as a member."""
    business = Business.objects.get(memberships__user=seller)
    return make_person("colleague", works_for=business, first_name="Chitra", last_name="Colleague")


@pytest.fixture
def outsider(db: None) -> User:
    """Have nothing to do with the others."""
    return make_person("outsider", owns="Elsewhere Trading", first_name="Omar", last_name="Outsider")


@pytest.fixture
def staff(db: None) -> User:
    """Keep the marketplace in order, as a super admin."""
    return make_person("staff", role=User.Role.SUPER_ADMIN, first_name="Stella", last_name="Staff")
