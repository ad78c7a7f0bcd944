"""Find a PostgreSQL and a Redis for the tests, and borrow a database and a key prefix of them for one run."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379/0"
CONNECT_SECONDS = 3

HOW_TO_START = """\
    PostgreSQL:  apt-get install -y postgresql
                 pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start
                 or TEST_POSTGRES_URI=postgresql://user:password@host:5432/postgres (a role that may create databases)
    Redis:       apt-get install -y redis-server
                 redis-server --daemonize yes --port 6379 --save "" --appendonly no
                 or TEST_REDIS_URL=redis://host:6379/0"""


class UnreachableError(Exception):
    """A server that a lane needs does not answer, or does not let us in."""


def with_database(uri: str, name: str) -> str:
    """Return the URI of another database on the same server, with the same credentials and options."""
    return urlunsplit(urlsplit(uri)._replace(path=f"/{name}"))


def without_password(uri: str) -> str:
    """Return a URI that may be printed."""
    parts = urlsplit(uri)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{parts.username}@{place}" if parts.username else f"{parts.scheme}://{place}"


def belonging_to(run: str, databases: Iterable[str]) -> list[str]:
    """Pick the databases of a run: its own, Django's `test_` copies, and those of parallel workers."""
    return [name for name in databases if name.removeprefix("test_").startswith(run)]


def first_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def borrowed_database(server: str, run: str) -> Iterator[str]:
    """Create a database named `run`, yield its URI, and drop it with all that grew out of it.

    Raises: UnreachableError.
    """
    try:
        with psycopg.connect(server, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(run)))
    except psycopg.Error as error:
        raise UnreachableError(f"PostgreSQL at {without_password(server)}: {first_line(error)}") from error
    try:
        yield with_database(server, run)
    finally:
        drop_databases(server, run)


def drop_databases(server: str, run: str) -> None:
    """Drop every database of a run, also while somebody is still connected."""
    with psycopg.connect(server, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
        names = [str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")]
        for name in belonging_to(run, names):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def borrowed_prefix(server: str, run: str) -> Iterator[str]:
    """Check that Redis answers, yield its URL, and delete the keys that begin with `run`.

    Raises: UnreachableError.
    """
    try:
        client = redis.Redis.from_url(server, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS)
        client.ping()
    except (redis.RedisError, ValueError) as error:
        raise UnreachableError(f"Redis at {without_password(server)}: {first_line(error)}") from error
    with client:
        try:
            yield server
        finally:
            for key in client.scan_iter(match=f"{run}*", count=1000):
                client.unlink(key)


@contextmanager
def borrowed(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the variables that point one run to stores of its own on the servers found.

    Raises: UnreachableError.
    """
    run = f"wholexale_lane_{secrets.token_hex(5)}"
    postgres = environment.get("TEST_POSTGRES_URI") or POSTGRES
    cache = environment.get("TEST_REDIS_URL") or REDIS
    with borrowed_database(postgres, run) as uri, borrowed_prefix(cache, run) as url:
        yield {"POSTGRES_URI": uri, "REDIS_URL": url, "REDIS_PREFIX": run}
