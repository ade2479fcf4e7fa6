"""Django settings: one file for every process and machine; differences come from the environment (env.py)."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.conf import global_settings

from opsconsole import logs
from opsconsole.databases import broker_url, database_settings, redis_url
from opsconsole.env.first_targets import first_targets
from opsconsole.env.outgoing import MailServer
from opsconsole.env.parsers import LOOPBACK, Network
from opsconsole.env.variables import base_url, check_renamed, read
from opsconsole.lib import task_names
from opsconsole.production import check_mail, check_production
from opsconsole.secret_key import load_fallbacks, load_secret_key

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
check_renamed()
MODE: str = read("OPSCONSOLE_MODE")
PRODUCTION = MODE == "production"
DATA_DIR: Path = read("OPSCONSOLE_DATA")
DEBUG = False

HOST: str = read("OPSCONSOLE_HOST")
PORT: int = read("OPSCONSOLE_PORT")
PUBLIC_URL: str = (read("OPSCONSOLE_PUBLIC_URL") or base_url(HOST, PORT)).rstrip("/")
SECRET_KEY: str = load_secret_key(PRODUCTION, DATA_DIR)
SECRET_KEY_FALLBACKS: list[str] = load_fallbacks(PRODUCTION)
ALLOWED_HOSTS: list[str] = read("ALLOWED_HOSTS") or ([] if PRODUCTION else ["*"])
if PRODUCTION:
    check_production(ALLOWED_HOSTS, read("OPSCONSOLE_PUBLIC_URL"))
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES: list[Network] = read("OPSCONSOLE_TRUSTED_PROXIES")
METRICS_TOKEN: str | None = read("OPSCONSOLE_METRICS_TOKEN")
METRICS_NETWORKS: list[Network] = read("OPSCONSOLE_METRICS_NETWORKS") or ([] if PRODUCTION else list(LOOPBACK))

INSTALLED_APPS = [
    "opsconsole",
    "opsconsole.accounts",
    "bootstrap",
    "detections",
    "opsconsole.admin_site.site.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "opsconsole.middleware.CallStackMiddleware",
    "opsconsole.proxies.ProxiesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "opsconsole.middleware.HealthMiddleware",
    "opsconsole.middleware.ApiMiddleware",
    "opsconsole.middleware.FaviconMiddleware",
    "opsconsole.middleware.NoNulMiddleware",
    "opsconsole.middleware.DatabaseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "opsconsole.middleware.PrivatePagesMiddleware",
    "opsconsole.middleware.MembersMiddleware",
    "opsconsole.middleware.BadAddressMiddleware",
]

ROOT_URLCONF = "opsconsole.urls"
WSGI_APPLICATION = "opsconsole.wsgi.application"
# As django-template-partials sets them up by itself, but for the first one, which leaves out indentation.
_LOADERS = ["opsconsole.lib.web.template_loader.IndentationLoader", "django.template.loaders.app_directories.Loader"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", _LOADERS)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "opsconsole.nav.navigation",
            ],
            "builtins": ["opsconsole.templatetags.quick_url"],
        },
    }
]

DATABASES = {"default": database_settings(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# allauth counts attempts and one-time codes in the cache: people sign in, and are limited, while Redis is away. Entries
# live for minutes; each address and account has a few.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "opsconsole_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
REDIS_URL: str = redis_url(DATA_DIR)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_ADAPTER = "opsconsole.accounts.adapter.ConsoleAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {
    "login": "opsconsole.accounts.forms.SignInForm",
    "change_password": "opsconsole.accounts.forms.PasswordChangeForm",
}
# Wrong passwords are limited by accounts.failed_logins. `login_failed` is of second factors only, by account: they are
# asked for after the password.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "opsconsole.env.formats"

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Served from the apps' own folders, so that no collectstatic step stands between a clone and a page: no STATIC_ROOT.
WHITENOISE_USE_FINDERS = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_NAME = f"opsconsole_session_{PORT}"  # two consoles on one host keep their logins apart
CSRF_COOKIE_NAME = f"opsconsole_csrf_{PORT}"
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # proxies.py drops it unless it comes from a proxy
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # the form of a rule with as many rows as it takes has some 3,000
FILE_UPLOAD_HANDLERS = ["opsconsole.lib.web.upload_names.NamesAsSentHandler", *global_settings.FILE_UPLOAD_HANDLERS]

MAIL_SERVER: MailServer | None = read("OPSCONSOLE_EMAIL_URL")
check_mail(MAIL_SERVER, read("OPSCONSOLE_AUDIT_EMAIL"))
if MAIL_SERVER:
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER.scheme == "smtps", MAIL_SERVER.scheme == "submission"
EMAIL_BACKEND = "opsconsole.lib.outbound.email_backend.BoundedEmailBackend"
EMAIL_TIMEOUT = 5  # seconds to connect
DEFAULT_FROM_EMAIL: str = read("OPSCONSOLE_EMAIL_FROM")
SUMMARY_TIME: time = read("OPSCONSOLE_SUMMARY_TIME")
SUMMARY_ZONE: ZoneInfo = read("OPSCONSOLE_SUMMARY_ZONE")

LOGGING = logs.config(read("OPSCONSOLE_LOG_LEVEL"))

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # every task is idempotent: a killed worker's task runs again
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "global_keyprefix": "celery:"}
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TIMEZONE = "UTC"
# `expires`: a task that no worker took before the next one is sent is dropped.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # If the task that each change of an environment's names sends was lost.
    "environment-links": {"task": task_names.ENVIRONMENT_LINKS, "schedule": 600.0, "options": {"expires": 600}},
    # Every 10 minutes: missing reports and lapsed postures are noticed soon; a run takes a few statements for each
    # environment.
    "config-health": {"task": task_names.CONFIG_HEALTH, "schedule": 600.0, "options": {"expires": 600}},
    # One head a day; hourly, so that a message that was not taken is sent again. By the clock: beat counts intervals
    # from its own start.
    "audit-head": {"task": task_names.AUDIT_HEAD, "schedule": crontab(minute="7"), "options": {"expires": 3600}},
    "config-retention": {"task": task_names.CONFIG_RETENTION, "schedule": crontab(hour="3", minute="37")},
    # Imports whose task was lost or whose worker died; otherwise the request for an import sends the task.
    "runbook-imports": {"task": task_names.RUNBOOK_IMPORTS, "schedule": 60.0, "options": {"expires": 60}},
    # By the clock, soon after the minute at which a period starts; one query otherwise.
    "scheduled-runs": {"task": task_names.SCHEDULED_RUNS, "schedule": crontab(), "options": {"expires": 60}},
    "alerts": {"task": task_names.ALERTS, "schedule": 5.0, "options": {"expires": 5}},
    # Scopes that are new, and all of them once an hour; a scope is judged without until then.
    "baselines": {"task": task_names.BASELINES, "schedule": 5.0, "options": {"expires": 5}},
    # By the clock, so that it is soon after the minute at which a summary is due; one query otherwise.
    "incidents": {"task": task_names.INCIDENTS, "schedule": 15.0, "options": {"expires": 15}},
    "daily-summary": {"task": task_names.DAILY_SUMMARY, "schedule": crontab(minute="*/2"), "options": {"expires": 120}},
    # If the task that each commit of ingest sends was lost.
    "digest": {"task": task_names.DIGEST, "schedule": 2.0, "options": {"expires": 2}},
    "partitions": {"task": task_names.PARTITIONS, "schedule": 3600.0, "options": {"expires": 3600}},
    # By the clock, so that a run starts soon after its slot does; three queries otherwise.
    "probe-schedule": {"task": task_names.PROBE_SCHEDULE, "schedule": crontab(), "options": {"expires": 60}},
    # At night in UTC, and not on the hour, when jobs of other machines run.
    "retention": {"task": task_names.RETENTION, "schedule": crontab(hour="3", minute="17")},
    "retention-judged": {"task": task_names.RETENTION_JUDGED, "schedule": crontab(hour="3", minute="47")},
    "probe-retention": {"task": task_names.PROBE_RETENTION, "schedule": crontab(hour="3", minute="27")},
    # Where no sender does it, which looks each few seconds.
    "self-watch": {"task": task_names.SELF_WATCH, "schedule": 30.0, "options": {"expires": 30}},
    # Slots are due once a minute; every 5 s, so that each is judged soon after.
    "tick": {"task": task_names.TICK, "schedule": 5.0, "options": {"expires": 5}},
}

RETENTION_EVENTS_DAYS: int = read("OPSCONSOLE_RETENTION_EVENTS_DAYS")
RETENTION_MINUTES_DAYS: int = read("OPSCONSOLE_RETENTION_MINUTES_DAYS")
AUDIT_HEADS_FILE = DATA_DIR / "audit_heads.jsonl"
OUTBOUND_ALLOW: list[Network] = read("OPSCONSOLE_OUTBOUND_ALLOW")
FIRST_TARGETS: dict[str, dict[str, str]] = first_targets(read)
SLACK_URL: str = read("OPSCONSOLE_SLACK_URL")
PAGERDUTY_URL: str = read("OPSCONSOLE_PAGERDUTY_URL")
OUTBOUND_CA_FILE: Path | None = read("OPSCONSOLE_OUTBOUND_CA_FILE")
DEADMAN_URL: str | None = read("OPSCONSOLE_DEADMAN_URL")
AUDIT_WEBHOOK: str | None = read("OPSCONSOLE_AUDIT_WEBHOOK")
AUDIT_EMAIL: list[str] = read("OPSCONSOLE_AUDIT_EMAIL")
EVIDENCE_MAX_FILE: int = read("OPSCONSOLE_EVIDENCE_MAX_FILE")
INGEST_MAX_EVENT: int = read("OPSCONSOLE_INGEST_MAX_EVENT")
INGEST_MAX_ENVELOPE: int = read("OPSCONSOLE_INGEST_MAX_ENVELOPE")
WEB_DATABASE_SECONDS: int = read("OPSCONSOLE_WEB_DATABASE_SECONDS")
WEB_HEAD_SECONDS: int = read("OPSCONSOLE_WEB_HEAD_SECONDS")
WEB_BODY_SECONDS: int = read("OPSCONSOLE_WEB_BODY_SECONDS")
WEB_ANSWER_SECONDS: int = read("OPSCONSOLE_WEB_ANSWER_SECONDS")
WEB_CONNECTIONS: int = read("OPSCONSOLE_WEB_CONNECTIONS")
WEB_ADDRESS_REQUESTS: int = read("OPSCONSOLE_WEB_ADDRESS_REQUESTS")
WEB_BUFFER_BYTES: int = read("OPSCONSOLE_WEB_BUFFER_BYTES")

# By severity (3 critical, 2 high). Acknowledgments of lower severities do not expire, since nobody is paged.
ACK_EXPIRY_MINUTES: dict[int, int] = {
    3: read("OPSCONSOLE_ACK_CRITICAL_MINUTES"),
    2: read("OPSCONSOLE_ACK_HIGH_MINUTES"),
}
