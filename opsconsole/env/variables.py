"""Typed readers of the process environment (pure: no Django, no ORM).

Every setting of the console is declared once, as a `Var` in `VARS`. `settings.py` reads them with `read()`;
`docs/settings.md` lists them, which a test checks. A value may also come from a file, `NAME_FILE=/path` (container
secrets). An invalid value stops the start with a message that names the variable and the allowed values.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsconsole.env.parsers import as_list, as_networks, as_path, as_text, integer, one_of, token, url_of
from opsconsole.env.receivers import RECEIVER_VARS
from opsconsole.env.var import Var

# Hosts that mean every address, with the loopback address to connect to instead.
WILDCARDS: Mapping[str, str] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound

# By former name, the present one.
RENAMED: Mapping[str, str] = {"OPSCONSOLE_SMTP_URL": "OPSCONSOLE_EMAIL_URL"}


class SettingError(Exception):
    """A setting is invalid; the text names the variable, its value and the allowed values."""


VARS: tuple[Var, ...] = (
    Var(
        "OPSCONSOLE_MODE",
        "local",
        one_of("local", "production"),
        "`production` refuses insecure settings and needs an explicit SECRET_KEY, ALLOWED_HOSTS and PUBLIC_URL.",
    ),
    Var(
        "OPSCONSOLE_DATA",
        "var",
        as_path,
        "Data directory of the embedded services, the secret key and run.json. `bin/run --data` sets it.",
    ),
    Var(
        "OPSCONSOLE_PUBLIC_URL",
        None,
        url_of("http", "https"),
        "How people and SDKs reach the console; used in DSNs and links; https in production. Default: the address it "
        "listens on.",
    ),
    Var("OPSCONSOLE_HOST", "127.0.0.1", as_text, "Address that the web process listens on. `bin/run --host` sets it."),
    Var(
        "OPSCONSOLE_PORT", "8000", integer(1, 65535), "Port that the web process listens on. `bin/run --port` sets it."
    ),
    Var(
        "OPSCONSOLE_ADMIN_PASSWORD",
        None,
        as_text,
        "Password of the first admin, at the first start only; generated and printed once when unset.",
        secret=True,
    ),
    Var(
        "SECRET_KEY",
        None,
        as_text,
        "Signs sessions and links; at least 50 characters, in production random ones. Default in local mode: generated "
        "into the data directory.",
        secret=True,
    ),
    Var(
        "SECRET_KEY_FALLBACKS",
        "",
        as_list,
        "Former secret keys, comma-separated: what they signed or sealed still counts. Remove one after "
        "`bin/manage reseal` and two weeks, when its sessions have ended.",
        secret=True,
    ),
    Var(
        "ALLOWED_HOSTS",
        None,
        as_list,
        "Host names that the console answers to, comma-separated. Default in local mode: any.",
    ),
    Var(
        "DATABASE_URL",
        None,
        url_of("postgres", "postgresql"),
        "PostgreSQL 15 or newer. Unset: the embedded server in the data directory.",
        secret=True,
    ),
    Var(
        "REDIS_URL",
        None,
        url_of("redis", "rediss", "unix"),
        "Redis 6.2 or newer. Unset: the embedded server.",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_WEB_WORKERS",
        "2",
        integer(1, 64),
        "gunicorn processes; two, so that one can be restarted under load.",
    ),
    Var(
        "OPSCONSOLE_WEB_THREADS",
        "8",
        integer(2, 64),
        "Threads of each gunicorn process; requests in one process share a commit.",
    ),
    Var(
        "OPSCONSOLE_WEB_DATABASE_SECONDS",
        "10",
        integer(1, 600),
        "Seconds that a page or request of the API waits for PostgreSQL, all statements together; then it is answered "
        "503, and what it changed may not have been stored.",
    ),
    Var(
        "OPSCONSOLE_WEB_HEAD_SECONDS",
        "10",
        integer(1, 600),
        "Seconds that a client has to send the first line and the headers of a request; later it is answered 408.",
    ),
    Var(
        "OPSCONSOLE_WEB_BODY_SECONDS",
        "30",
        integer(1, 600),
        "Seconds that a client has to send the body of a request, and one more for each 50 kB that came; "
        "later it is answered 408.",
    ),
    Var(
        "OPSCONSOLE_WEB_ANSWER_SECONDS",
        "60",
        integer(1, 600),
        "Seconds that a client has to take an answer, and one more for each 10 kB that it took; later the connection "
        "is closed.",
    ),
    Var(
        "OPSCONSOLE_WEB_ADDRESS_REQUESTS",
        "100",
        integer(1, 100_000),
        "Requests of one client address (of IPv6: one /64) that may be arriving at a time in each web process; further "
        "ones are answered 503. Trusted proxies have no such limit.",
    ),
    Var(
        "OPSCONSOLE_WEB_CONNECTIONS",
        "1000",
        integer(50, 7500),
        "Connections of each web process; beyond, those that wait longest for their client are closed.",
    ),
    Var(
        "OPSCONSOLE_WEB_BUFFER_BYTES",
        str(256 * 1024 * 1024),
        integer(1_000_000, 10_000_000_000),
        "Bytes of request bodies that each web process holds at a time, in memory (1 MiB of each) and on disk; beyond, "
        "bodies of the address that sends most are refused with 503. At least one largest body.",
    ),
    Var("OPSCONSOLE_WORKER_PROCESSES", "1", integer(1, 64), "Celery worker processes of this machine."),
    Var(
        "OPSCONSOLE_INGEST_MAX_EVENT",
        str(1024 * 1024),
        integer(10_000, 20_000_000),
        "Bytes of one event after decompression; larger ones are refused with 413 (Sentry's own limit is 1 MiB).",
    ),
    Var(
        "OPSCONSOLE_INGEST_MAX_ENVELOPE",
        str(20 * 1024 * 1024),
        integer(100_000, 100_000_000),
        "Bytes of one envelope after decompression; larger ones are refused with 413.",
    ),
    Var(
        "OPSCONSOLE_EVIDENCE_MAX_FILE",
        str(5 * 1024 * 1024),
        integer(10_000, 20_000_000),
        "Bytes of a file of evidence, and of all files of a note; larger ones are refused. Files lie in PostgreSQL.",
    ),
    *RECEIVER_VARS,
    Var(
        "OPSCONSOLE_RETENTION_EVENTS_DAYS",
        "90",
        integer(1, 3650),
        "Days that events and hour counts are kept.",
    ),
    Var(
        "OPSCONSOLE_RETENTION_MINUTES_DAYS",
        "35",
        integer(9, 400),
        "Days that minute counts are kept; backtests of 30 days need 35.",
    ),
    Var(
        "OPSCONSOLE_ACK_CRITICAL_MINUTES",
        "30",
        integer(0, 1440),
        "Minutes that an acknowledgment of a critical alert lasts before its reminder; 0: until the alert ends.",
    ),
    Var(
        "OPSCONSOLE_ACK_HIGH_MINUTES",
        "120",
        integer(0, 1440),
        "The same for an alert of high severity.",
    ),
    Var(
        "OPSCONSOLE_TRUSTED_PROXIES",
        "",
        as_networks,
        "Addresses or networks (10.0.0.0/8) of proxies, comma-separated: only from these are X-Forwarded-For and "
        "X-Forwarded-Proto believed.",
    ),
    Var(
        "OPSCONSOLE_METRICS_TOKEN",
        None,
        token,
        "Bearer token, of at least 20 characters, that opens /metrics and the details of /readyz. `bin/run` makes one "
        "for its own use when unset.",
        secret=True,
    ),
    Var(
        "OPSCONSOLE_METRICS_NETWORKS",
        None,
        as_networks,
        "Addresses or networks, comma-separated, that may read /metrics and the details of /readyz without the token. "
        "Default in local mode: the machine itself.",
    ),
    Var("OPSCONSOLE_LOG_LEVEL", "INFO", one_of("DEBUG", "INFO", "WARNING", "ERROR"), "Least level of log lines."),
    Var(
        "SENTRY_DSN",
        None,
        url_of("http", "https"),
        "Where the console reports its own errors; may be one of its own projects.",
        secret=True,
    ),
    Var("SENTRY_ENVIRONMENT", "production", as_text, "Environment name on the console's own errors."),
    Var("SENTRY_RELEASE", None, as_text, "Release on the console's own errors. Default: opsconsole@<short commit>."),
)


def read(name: str, environ: Mapping[str, str] | None = None) -> Any:
    """The parsed value of a declared variable, from NAME or the file named by NAME_FILE. An empty value is unset.

    Returns the parsed default if it is unset, None without a default. Raises SettingError for an invalid value and an
    unreadable file.
    """
    environ = os.environ if environ is None else environ
    var = next(v for v in VARS if v.name == name)
    raw = environ.get(name) or _from_file(name, environ) or var.default
    if raw is None:
        return None
    try:
        return var.parse(raw)
    except ValueError as error:
        shown, reason = "its value" if var.secret else repr(raw), str(error)
        raise SettingError(f"{name}: {shown} cannot be used. {reason[:1].upper()}{reason[1:]}.") from None


def check_renamed(environ: Mapping[str, str] | None = None) -> None:
    """Raises SettingError for a former name of a variable that has a value, while the present one has none."""
    environ = os.environ if environ is None else environ
    for former, name in RENAMED.items():
        if _given(former, environ) and not _given(name, environ):
            raise SettingError(f"{former}: it is {name} now, with the same values. Rename it, or unset it.")


def _given(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def _from_file(name: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE: cannot read {path}: {error.strerror}.") from None


def base_url(host: str, port: int) -> str:
    """The URL of a web server, e.g. `http://127.0.0.1:8000`, `http://[::1]:8000`; a wildcard becomes loopback."""
    host = WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
