"""What the boot refuses, with the name of the variable; and that a deaf second process does not start."""

import os
import runpy
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django import Settings

from wholexale.server import build_engine
from wholexale.tests.live import ROOT, Server, Stores

pytestmark = pytest.mark.once

GOOD = {
    "APP_ENV": "production",
    "SECRET_KEY": "s" * 40,
    "JWT_SECRET": "a" * 40,
    "JWT_REFRESH_SECRET": "b" * 40,
    "ALLOWED_HOSTS": "api.example.com",
    "FRONTEND_URL": "https://app.example.com",
    "POSTGRES_URI": "postgresql://user:password@localhost:5432/wholexale",
    "REDIS_URL": "redis://localhost:6379",
    "BCRYPT_ROUNDS": "12",
    "RATE_LIMITS": "on",
    "DEBUG": "off",
    "WORKERS": "1",
}


def boot(*, show: str = "s.ENVIRONMENT", **variables: str) -> str:
    """Load the settings anew, and return what they said: what they show of `s`, or the refusal."""
    with mock.patch.dict(os.environ, {**GOOD, **variables}):
        try:
            settings = SimpleNamespace(**runpy.run_path(str(ROOT / "wholexale" / "settings.py")))
        except ImproperlyConfigured as refusal:
            return f"ImproperlyConfigured: {refusal}"
    return f"booted {eval(show, {'s': settings})}"  # noqa: S307 - written in this file


def test_sound_production_settings_boot() -> None:
    assert "booted production" in boot()


def test_node_env_is_an_alias() -> None:
    assert "booted production" in boot(APP_ENV="", NODE_ENV="production")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("JWT_SECRET", ""),
        ("JWT_SECRET", "your-super-secret-jwt-key"),
        ("JWT_SECRET", "short"),
        ("JWT_REFRESH_SECRET", "your-refresh-secret-key"),
        ("JWT_REFRESH_SECRET", "a" * 40),
        ("JWT_REFRESH_SECRET", "s" * 40),
        ("JWT_SECRET", "s" * 40),
        ("DEBUG", "on"),
        ("ALLOWED_HOSTS", "*"),
        ("FRONTEND_URL", "*"),
        ("FRONTEND_URL", ""),
        ("FRONTEND_URL", "https://app.example.com,http://localhost:3000"),
        ("BCRYPT_ROUNDS", "9"),
        ("RATE_LIMITS", "off"),
        ("REDIS_URL", ""),
        ("POSTGRES_URI", ""),
    ],
)
def test_production_refuses_by_name(name: str, value: str) -> None:
    said = boot(**{name: value})

    assert "ImproperlyConfigured" in said
    assert f"{name}:" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("JWT_EXPIRES_IN", "soon"),
        ("JWT_EXPIRES_IN", "0s"),
        ("BCRYPT_ROUNDS", "40"),
        ("RATE_LIMITS", "maybe"),
        ("RATE_LIMIT_REGISTER", "five"),
        ("RATE_LIMIT_WINDOW_MS", "-1"),
        ("POSTGRES_URI", "mysql://root@localhost/x"),
        ("REDIS_URL", "localhost:6379"),
        ("TRUSTED_PROXIES", "everyone"),
        ("FRONTEND_URL", "app.example.com"),
        ("FRONTEND_URL", "https://app.example.com/"),
        ("FRONTEND_URL", "https://app.example.com/shop"),
        ("FRONTEND_URL", "https://app.example.com,https://x/"),
        ("FRONTEND_URL", "https://App.example.com"),
        ("FRONTEND_URL", "https://app.example.com:443"),
        ("FRONTEND_URL", "https://user@app.example.com"),
        ("FRONTEND_URL", "ftp://app.example.com"),
        ("FRONTEND_URL", "https://*.example.com"),
        ("FRONTEND_URL", ","),
        ("LOG_LEVEL", "loud"),
        ("WORKERS", "0"),
        ("WORK_RUNNER", "cron"),
        ("WORK_LEASE", "0s"),
        ("CURRENCIES", ","),
        ("CURRENCIES", "INR,EURO"),
        ("CURRENCIES", "inr"),
        ("CURRENCIES", "INR,XAU"),
        ("CURRENCIES", "INR,USD,INR"),
        ("CREDIT_SECOND_APPROVAL", ","),
        ("CREDIT_SECOND_APPROVAL", "INR"),
        ("CREDIT_SECOND_APPROVAL", "INR:-1"),
        ("CREDIT_SECOND_APPROVAL", "INR:1.5"),
        ("CREDIT_SECOND_APPROVAL", "XAU:1"),
        ("CREDIT_SECOND_APPROVAL", "ZZZ:1"),
        ("CREDIT_SECOND_APPROVAL", "INR:1,INR:2"),
        ("EMAIL_PORT", "0"),
        ("EMAIL_SECURITY", "ssl"),
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("VAPID_PRIVATE_KEY", "short"),
        ("VAPID_PRIVATE_KEY", "a" * 42 + "/"),
        ("FCM_CREDENTIALS", "/etc/firebase.json"),
    ],
)
def test_a_malformed_value_is_refused_by_name(name: str, value: str) -> None:
    said = boot(**{name: value})

    assert "ImproperlyConfigured" in said
    assert f"{name}:" in said


@pytest.mark.parametrize(
    "value",
    [
        "https://app.example.com,http://localhost:3000",
        "http://app:8080",
        "https://xn--bcher-kva.example",
        "http://[::1]:3",
    ],
)
def test_origins_as_browsers_send_them_boot(value: str) -> None:
    assert "booted development" in boot(APP_ENV="development", FRONTEND_URL=value)


def test_every_origin_may_be_allowed_outside_of_production() -> None:
    said = boot(APP_ENV="development", FRONTEND_URL="*", show="s.CORS_ALLOW_ALL_ORIGINS, s.CORS_ALLOWED_ORIGINS")

    assert "booted (True, [])" in said


@pytest.mark.parametrize(
    ("origins", "first"),
    [
        ("https://app.example.com,https://other.example.com", "https://app.example.com"),
        ("*,https://app.example.com", "https://app.example.com"),
        ("*", "http://localhost:3000"),
    ],
)
def test_links_in_mails_lead_to_the_first_origin_that_is_one(origins: str, first: str) -> None:
    assert f"booted {first}" in boot(APP_ENV="development", FRONTEND_URL=origins, show="s.FRONTEND_URL")


def test_what_one_member_of_staff_may_approve_is_kept_in_minor_units() -> None:
    said = boot(APP_ENV="development", CREDIT_SECOND_APPROVAL="INR:5, JPY:5,KWD:0", show="s.CREDIT_SECOND_APPROVAL")

    assert "booted {'INR': 500, 'JPY': 5, 'KWD': 0}" in said


def test_several_workers_need_redis() -> None:
    assert "WORKERS:" in boot(APP_ENV="development", WORKERS="2", REDIS_URL="")


def test_celery_needs_redis(settings: Settings) -> None:
    settings.WORK_RUNNER = "celery"

    with pytest.raises(ImproperlyConfigured, match="REDIS_URL:"):
        build_engine()


@pytest.mark.parametrize("uri", ["", "postgresql://user:password@localhost:5432/wholexale"])
def test_several_processes_in_one_terminal_need_postgresql_and_redis(settings: Settings, uri: str) -> None:
    settings.POSTGRES_URI = uri

    with pytest.raises(CommandError, match="Set REDIS_URL" if uri else "Set POSTGRES_URI and REDIS_URL"):
        call_command("up")


TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+15005550006"}


@pytest.mark.parametrize(
    ("environment", "given", "channels"),
    [
        ("production", {"VAPID_PRIVATE_KEY": ""}, {"email": "", "sms": "", "push": ""}),
        ("development", {}, {"email": "stored", "sms": "stored", "push": "push"}),
        ("production", TWILIO | {"EMAIL_HOST": "mail.example.com"}, {"email": "email", "sms": "sms", "push": "push"}),
        (
            "production",
            {"EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend"},
            {"email": "email", "sms": "", "push": "push"},
        ),
        ("production", {"VAPID_PRIVATE_KEY": "", "FCM_CREDENTIALS": "{}"}, {"email": "", "sms": "", "push": "push"}),
    ],
)
def test_a_channel_is_on_where_it_has_a_provider_and_development_keeps_the_rest(
    environment: str, given: dict[str, str], channels: dict[str, str]
) -> None:
    keys = {"VAPID_PRIVATE_KEY": "a" * 43}
    said = boot(**(keys | {"APP_ENV": environment} | given), show="s.NOTIFICATION_CHANNELS, s.HAS_OUTBOX")

    assert said == f"booted ({channels}, {environment != 'production'})"


@pytest.mark.parametrize(
    ("given", "ssl", "starttls"),
    [({}, False, True), ({"EMAIL_PORT": "465"}, True, False), ({"EMAIL_PORT": "25"}, False, False),
     ({"EMAIL_PORT": "25", "EMAIL_SECURITY": "starttls"}, False, True)],
)  # fmt: skip
def test_the_port_of_the_mail_server_says_how_it_is_secured(
    given: dict[str, str], *, ssl: bool, starttls: bool
) -> None:
    assert boot(**given, show="s.EMAIL_USE_SSL, s.EMAIL_USE_TLS") == f"booted ({ssl}, {starttls})"


def test_the_key_of_pushes_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        with mock.patch.dict(os.environ):
            del os.environ["VAPID_PRIVATE_KEY"]
            keys.append(boot(APP_ENV="development", DATA_DIR=str(tmp_path), show="s.VAPID_PRIVATE_KEY"))

    assert keys[0] == keys[1]
    assert len(keys[0].removeprefix("booted ")) == 43
    assert (tmp_path / "vapid.env").stat().st_mode & 0o777 == 0o600


@pytest.mark.live
def test_a_second_process_without_redis_refuses_to_start_and_says_why() -> None:
    with Stores.fresh(REDIS_URL="", WHOLEXALE_TEST_SERVER="uvicorn") as stores, Server.run(stores):
        second = Server.start(stores)
        second.process.wait(timeout=30)

        assert second.process.returncode != 0
        assert "set REDIS_URL to run several processes" in second.log.read_text()
