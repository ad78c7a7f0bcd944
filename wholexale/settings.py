"""Settings: every variable has an embedded default that runs locally; production refuses what is not safe.

The README has a table of every variable.
"""

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from wholexale import openapi
from wholexale.common import env
from wholexale.common.logging import logging_to_stderr

django_stubs_ext.monkeypatch()  # ModelAdmin[User] and the like at run time

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# --- Which kind of run ------------------------------------------------------------------------------------------

ENVIRONMENT = env.choice(
    "APP_ENV", env.text("NODE_ENV", "development").lower(), among={"development", "test", "production"}
)
IS_PRODUCTION = ENVIRONMENT == "production"
IS_DEVELOPMENT = ENVIRONMENT == "development"
DEBUG = env.flag("DEBUG", default=False)

DATA_DIR = BASE_DIR / env.text("DATA_DIR", "var")

if not IS_PRODUCTION:
    env.load_generated_secrets(DATA_DIR / "secrets.env", ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"))
SECRET_KEY = env.text("SECRET_KEY")
JWT_SECRET = env.text("JWT_SECRET")
JWT_REFRESH_SECRET = env.text("JWT_REFRESH_SECRET")
JWT_EXPIRES_IN = env.duration("JWT_EXPIRES_IN", "7d")
JWT_REFRESH_EXPIRES_IN = env.duration("JWT_REFRESH_EXPIRES_IN", "30d")

# --- Addresses --------------------------------------------------------------------------------------------------

HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
WORKERS = env.integer("WORKERS", 1, minimum=1, maximum=64)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" + (",testserver" if not IS_PRODUCTION else ""))
_LOCAL_FRONTEND = "http://localhost:3000"
FRONTEND_URLS = env.origins("FRONTEND_URL", _LOCAL_FRONTEND)
CORS_ALLOWED_ORIGINS = [origin for origin in FRONTEND_URLS if origin != "*"]
FRONTEND_URL = [*CORS_ALLOWED_ORIGINS, _LOCAL_FRONTEND][0]  # where links in mails lead
CORS_ALLOW_ALL_ORIGINS = "*" in FRONTEND_URLS
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match"]
_LIMIT_HEADERS = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
_ANSWER_HEADERS = ["ETag", "Idempotent-Replayed", "Content-Disposition"]
CORS_EXPOSE_HEADERS = ["X-Request-Id", "Retry-After", *_LIMIT_HEADERS, *_ANSWER_HEADERS]
CSRF_TRUSTED_ORIGINS = CORS_ALLOWED_ORIGINS
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Stores -----------------------------------------------------------------------------------------------------

POSTGRES_URI = env.text("POSTGRES_URI")
REDIS_URL = env.text("REDIS_URL")
REDIS_PREFIX = env.text("REDIS_PREFIX", "wholexale")
IS_EMBEDDED = not POSTGRES_URI
WORK_RUNNER = env.choice("WORK_RUNNER", "on", among={"on", "celery", "off"})
WORK_LEASE = env.duration("WORK_LEASE", "30s")
ENGINE_CONNECTIONS = 11  # four command threads, five batch threads, and two of the runner of work
DB_POOL_SIZE = env.integer("DB_POOL_SIZE", 20, minimum=ENGINE_CONNECTIONS + 1)
HTTP_THREADS = env.integer(
    "HTTP_THREADS", min(8, DB_POOL_SIZE - ENGINE_CONNECTIONS), minimum=1, maximum=DB_POOL_SIZE - ENGINE_CONNECTIONS
)


def _database() -> dict[str, Any]:
    if not POSTGRES_URI:
        path = DATA_DIR / "wholexale.sqlite3"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"),
            },
            # A file, because threads share it: the in-memory database locks whole tables across threads.
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(POSTGRES_URI))
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(f"POSTGRES_URI: {error}") from None
    if config.get("ENGINE") != "django.db.backends.postgresql" or not config.get("NAME"):
        raise ImproperlyConfigured("POSTGRES_URI: expected postgresql://user:password@host:port/database")
    options = config.get("OPTIONS", {})
    config["OPTIONS"] = {
        **options,
        # Short statements: to compile one costs more than to run it, as soon as it is thought to be expensive.
        # A lock that is not given within five seconds is refused: else one stalled process would stall all threads.
        "options": f"-c jit=off -c lock_timeout=5s {options.get('options', '')}".strip(),
        "pool": {"min_size": 2, "max_size": DB_POOL_SIZE, "timeout": 5},
        "connect_timeout": 5,
    }
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL: expected redis://host:port/0")

_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
CACHES: dict[str, dict[str, Any]] = {
    "spare": {**_MEMORY, "LOCATION": "spare"},
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
        # A request waits for nothing else in Redis; it shall be answered within half a second when Redis hangs.
        "OPTIONS": {"socket_timeout": 0.3, "socket_connect_timeout": 0.3},
    }
    if REDIS_URL
    else _MEMORY,
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {}
if REDIS_URL:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 5, "max_connections": 50}],
            "prefix": f"{REDIS_PREFIX}:bus",
        },
    }

# --- Limits; 0 switches one off, RATE_LIMITS=off all of them -----------------------------------

RATE_LIMITS = env.flag("RATE_LIMITS", default=True)


def _per_window(name: str, default: int) -> str:
    seconds = max(1, env.integer("RATE_LIMIT_WINDOW_MS", 900_000, minimum=1000) // 1000)
    count = env.integer(name, default)
    return f"{count}/{seconds}s" if count else ""


RATE_LIMIT_ANONYMOUS = _per_window("RATE_LIMIT_MAX_REQUESTS", 100)
RATE_LIMIT_MEMBER = _per_window("RATE_LIMIT_MEMBER_MAX_REQUESTS", 1000)
RATE_LIMIT_REGISTER = env.rate("RATE_LIMIT_REGISTER", "5/1h")
RATE_LIMIT_LOGIN = env.rate("RATE_LIMIT_LOGIN", "30/15m")
RATE_LIMIT_TICKETS = env.rate("RATE_LIMIT_TICKETS", "5/1h")
RATE_LIMIT_WEBHOOKS = env.rate("RATE_LIMIT_WEBHOOKS", "600/1m")
RATE_LIMIT_TEST_NOTIFICATIONS = env.rate("RATE_LIMIT_TEST_NOTIFICATIONS", "10/1h")
_messages = env.integer("RATE_LIMIT_MESSAGES_PER_MINUTE", 120)
RATE_LIMIT_MESSAGES = f"{_messages}/1m" if _messages else ""
_connects = env.integer("SOCKET_CONNECTS_PER_MINUTE", 20)
SOCKET_CONNECTS = f"{_connects}/1m" if _connects else ""
SOCKET_FRAMES_PER_SECOND = env.integer("SOCKET_FRAMES_PER_SECOND", 50) if RATE_LIMITS else 0
SOCKETS_PER_USER = env.integer("SOCKETS_PER_USER", 10) if RATE_LIMITS else 0

# The counter is exact on LocMem within one process, and one process is what runs without Redis.
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.E003",
    "django_ratelimit.W001",
    "security.W008",  # the proxy redirects to HTTPS: health checks inside the network speak plain HTTP
    "security.W019",  # SAMEORIGIN is what the old backend sent
]

# --- Django -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "chat",
    "finance",
    "offers",
    "notifications",
    "wholexale.common",
    "wholexale",
]
MIDDLEWARE = [
    "wholexale.common.api.middleware.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "wholexale.common.api.middleware.ApiPathsMiddleware",
    "wholexale.common.api.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "wholexale.urls"
ASGI_APPLICATION = "wholexale.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"finance_admin": "finance.admin.tags"},
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
APPEND_SLASH = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("MAX_BODY_BYTES", 1_048_576, minimum=65_536)

# --- Accounts ---------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
BCRYPT_ROUNDS = env.integer("BCRYPT_ROUNDS", 12, minimum=4, maximum=16)
PASSWORD_HASHERS = ["accounts.hashers.BcryptSha256Hasher", "accounts.hashers.ImportedBcryptHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 6}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- Finance ----------------------------------------------------------------------------------------------------

CURRENCIES = env.currencies("CURRENCIES", "INR,USD,EUR,GBP,AED,JPY,KWD")
CREDIT_SECOND_APPROVAL = env.amounts(
    "CREDIT_SECOND_APPROVAL", "INR:500000,USD:6000,EUR:5500,GBP:5000,AED:22000,JPY:900000,KWD:1800"
)

BASE_URL = env.text("BASE_URL", f"http://{'127.0.0.1' if HOST in {'0.0.0.0', '::'} else HOST}:{PORT}").rstrip("/")  # noqa: S104
PLATFORM_FEE = env.percent("PLATFORM_FEE_PERCENT", "2")
PLATFORM_FEE_TAX = env.percent("PLATFORM_FEE_TAX_PERCENT", "18")
PAYMENT_PROVIDERS = env.choices(
    "PAYMENT_PROVIDERS", "manual" if IS_PRODUCTION else "fake,manual", among={"fake", "manual", "stripe"}
)
PAYMENT_EXPIRES_IN = env.duration("PAYMENT_EXPIRES_IN", "24h")
MANUAL_PAYMENT_INSTRUCTIONS = env.text(
    "MANUAL_PAYMENT_INSTRUCTIONS", "Please name the reference on your transfer. The account is on the invoice."
)
WEBHOOK_SECRETS = env.words("WEBHOOK_SECRET")
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRET")
if "stripe" in PAYMENT_PROVIDERS and not (STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRETS):
    raise ImproperlyConfigured("PAYMENT_PROVIDERS: stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET")

OFFER_BUYER_COUNTERS = env.integer("OFFER_BUYER_COUNTERS", 5, maximum=50)
OFFER_SELLER_COUNTERS = env.integer("OFFER_SELLER_COUNTERS", 5, maximum=50)
ORDER_ENDS_AFTER = env.duration("ORDER_ENDS_AFTER", "45d")

# --- Notifications ----------------------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASS")
_email_security = env.choice(
    "EMAIL_SECURITY",
    {465: "tls", 25: "none", 1025: "none"}.get(EMAIL_PORT, "starttls"),
    among={"tls", "starttls", "none"},
)
EMAIL_USE_SSL, EMAIL_USE_TLS = _email_security == "tls", _email_security == "starttls"
EMAIL_TIMEOUT = 7  # seconds without a byte
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Wholexale <noreply@wholexale.com>")
MAIL_BACKEND = env.text("EMAIL_BACKEND", "notifications.channels.smtp.Backend")

TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
TWILIO_PHONE_NUMBER = env.text("TWILIO_PHONE_NUMBER")
TWILIO_ADDRESS = "https://api.twilio.com"
_twilio = (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER)
if any(_twilio) and not all(_twilio):
    raise ImproperlyConfigured("TWILIO_ACCOUNT_SID: set TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER with it, or none")

VAPID_SUBJECT = env.text("VAPID_SUBJECT", f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}")
if not IS_PRODUCTION:
    env.load_generated_secrets(DATA_DIR / "vapid.env", ("VAPID_PRIVATE_KEY",), size=32)  # 32 bytes are a key of P-256
VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY")
if VAPID_PRIVATE_KEY and not re.fullmatch(r"[\w-]{43}=?", VAPID_PRIVATE_KEY, re.ASCII):
    raise ImproperlyConfigured("VAPID_PRIVATE_KEY: expected 32 bytes in base64url, which are 43 characters")
PUSH_HOSTS = env.words(
    "PUSH_HOSTS",
    "fcm.googleapis.com,jmt17.google.com,*.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com",
)
FCM_CREDENTIALS = env.text("FCM_CREDENTIALS")
if FCM_CREDENTIALS and not FCM_CREDENTIALS.startswith("{"):
    raise ImproperlyConfigured("FCM_CREDENTIALS: expected JSON; FCM_CREDENTIALS_FILE names a file that holds it")
FCM_ADDRESS = "https://fcm.googleapis.com"

HAS_OUTBOX = not IS_PRODUCTION
_without_provider = "stored" if HAS_OUTBOX else ""
NOTIFICATION_CHANNELS = {
    "email": "email" if EMAIL_HOST or env.text("EMAIL_BACKEND") else _without_provider,
    "sms": "sms" if all(_twilio) else _without_provider,
    "push": "push" if VAPID_PRIVATE_KEY or FCM_CREDENTIALS else _without_provider,
}
"""The adapter of each channel, a module of `notifications.channels`; "" is off."""

# --- REST -------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["wholexale.common.api.throttles.RequestThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "wholexale.common.api.negotiation.AnswerAnyway",
    "URL_FORMAT_OVERRIDE": None,  # `?format=csv` is a parameter of an endpoint
    "EXCEPTION_HANDLER": "wholexale.common.api.errors.exception_handler",
}
SPECTACULAR_SETTINGS = openapi.DOCUMENT

# --- Security ---------------------------------------------------------------------------------------------------

SECURE_HSTS_SECONDS = 180 * 86400 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_SSL_REDIRECT = False  # the proxy's business: health checks and the container speak plain HTTP
SECURE_REFERRER_POLICY = "same-origin"  # the admin's forms need an Origin; the API sends no-referrer
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION

# --- Logging ----------------------------------------------------------------------------------------------------

LOG_LEVEL = env.choice("LOG_LEVEL", "info", among={"debug", "info", "warn", "warning", "error"})
LOGGING = logging_to_stderr(LOG_LEVEL)

# --- What production refuses ------------------------------------------------------------------------------------

_EXAMPLES = {"your-super-secret-jwt-key", "your-refresh-secret-key", "production-jwt-secret", "change-me"}
_MIN_SECRET = 32
_MIN_BCRYPT_ROUNDS = 10


def _refuse_weak_secrets() -> None:
    seen: dict[str, str] = {}
    for name in ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET"):
        value = globals()[name]
        if not value:
            raise ImproperlyConfigured(f"{name}: must be set in production")
        if value in _EXAMPLES or len(value) < _MIN_SECRET:
            raise ImproperlyConfigured(f"{name}: an example or shorter than {_MIN_SECRET} characters")
        if value in seen:
            raise ImproperlyConfigured(f"{name}: must differ from {seen[value]}")
        seen[value] = name


def _refuse_insecure_production() -> None:
    insecure = {
        "DEBUG: must be off in production": DEBUG,
        "ALLOWED_HOSTS: name the hosts in production, not *": "*" in ALLOWED_HOSTS or not ALLOWED_HOSTS,
        "FRONTEND_URL: name the origins in production, not *": "*" in FRONTEND_URLS,
        f"FRONTEND_URL: name the origins in production, not {_LOCAL_FRONTEND}": _LOCAL_FRONTEND in FRONTEND_URLS,
        f"BCRYPT_ROUNDS: at least {_MIN_BCRYPT_ROUNDS} in production": BCRYPT_ROUNDS < _MIN_BCRYPT_ROUNDS,
        "RATE_LIMITS: cannot be off in production": not RATE_LIMITS,
        "REDIS_URL: must be set in production; the in-memory bus serves development": not REDIS_URL,
        "POSTGRES_URI: must be set in production; SQLite serves development": not POSTGRES_URI,
        "PAYMENT_PROVIDERS: fake takes no money, so production refuses it": "fake" in PAYMENT_PROVIDERS,
    }
    for complaint, applies in insecure.items():
        if applies:
            raise ImproperlyConfigured(complaint)


if JWT_SECRET == JWT_REFRESH_SECRET:
    raise ImproperlyConfigured("JWT_REFRESH_SECRET: must differ from JWT_SECRET")
if WORKERS > 1 and not REDIS_URL:
    raise ImproperlyConfigured("WORKERS: several processes need REDIS_URL, or they would not hear each other")
if IS_PRODUCTION:
    _refuse_weak_secrets()
    _refuse_insecure_production()
