"""Checks of Python, the settings, the data directory and its disk (no ORM)."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from opsconsole.env.first_targets import first_targets
from opsconsole.env.variables import VARS, SettingError, read
from opsconsole.production import check_mail, check_production
from opsconsole.runtime.doctor.report import CheckResult, CheckStatus, one_line
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.embedded.postgres import FIRST_START_BYTES, free_bytes
from opsconsole.secret_key import check_fallbacks, check_secret_key

OLDEST, NEWEST = (3, 11), (3, 14)  # the same in bin/_setup.sh and pyproject.toml
LOW_SPACE = 1024**3  # bytes; below, a burst of events and PostgreSQL's log (at most 1 GB) may fill the disk
MIN_SPACE = 64 * 1024**2  # bytes; room for the next segments of PostgreSQL's log


def python() -> CheckResult:
    version = platform.python_version()
    place = f"{sys.executable} on {platform.system()} {platform.machine()}"
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return CheckResult("python", CheckStatus.OK, version, place)
    allowed = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return CheckResult("python", CheckStatus.FAIL, version, place, f"remove .venv and set PYTHON to one of {allowed}")


def settings(environ: Mapping[str, str]) -> CheckResult:
    """Every setting, with the errors that the start would report."""
    errors = []
    for var in VARS:
        try:
            read(var.name, environ)
        except SettingError as error:
            errors.append(one_line(error))
    if not errors:
        errors = _missing(environ)
    if errors:
        return CheckResult("settings", CheckStatus.FAIL, "", " ".join(errors), "docs/settings.md has all of them")
    given = [var.name for var in VARS if var.name in environ or f"{var.name}_FILE" in environ]
    return CheckResult("settings", CheckStatus.OK, "", ", ".join(given) or "all at their defaults")


def _missing(environ: Mapping[str, str]) -> list[str]:
    checks: list[Callable[[], object]] = [
        lambda: first_targets(lambda name: read(name, environ)),
        lambda: check_mail(read("OPSCONSOLE_EMAIL_URL", environ), read("OPSCONSOLE_AUDIT_EMAIL", environ)),
    ]
    production = read("OPSCONSOLE_MODE", environ) == "production"
    checks.append(lambda: check_fallbacks(read("SECRET_KEY_FALLBACKS", environ), production))
    if production:
        checks += [
            lambda: check_secret_key(read("SECRET_KEY", environ)),
            lambda: check_production(read("ALLOWED_HOSTS", environ) or [], read("OPSCONSOLE_PUBLIC_URL", environ)),
        ]
    errors = []
    for check in checks:
        try:
            check()
        except SettingError as error:
            errors.append(one_line(error))
    return errors


def data_directory(data: Path) -> CheckResult:
    elsewhere = "choose another with --data"
    if not data.exists():
        parent = next(path for path in data.parents if path.exists())
        if not os.access(parent, os.W_OK | os.X_OK):
            detail = f"{data} does not exist, and {parent} is not writable"
            return CheckResult("data", CheckStatus.FAIL, "", detail, f"change its owner, or {elsewhere}")
        return CheckResult(
            "data", CheckStatus.WARN, "", f"{data} does not exist yet", f"bin/run creates it; or {elsewhere}"
        )
    if not data.is_dir():
        return CheckResult("data", CheckStatus.FAIL, "", f"{data} is not a directory", elsewhere)
    if not os.access(data, os.W_OK | os.X_OK):
        return CheckResult("data", CheckStatus.FAIL, "", f"{data} is not writable", f"change its owner, or {elsewhere}")
    return CheckResult("data", CheckStatus.OK, "", f"{data} is writable")


def disk(data: Path) -> CheckResult:
    """Free space on the file system of the database."""
    cluster = layout_of(data).cluster
    place = cluster.resolve() if cluster.exists() else data
    free = free_bytes(next(path for path in (place, *place.parents) if path.exists()))
    detail = f"{free // 1024**2:,} MB are free for {place}"
    needed = MIN_SPACE if cluster.exists() else FIRST_START_BYTES
    if free < needed:
        return CheckResult("disk", CheckStatus.FAIL, "", detail, f"free at least {needed // 1024**2} MB")
    if free < LOW_SPACE:
        return CheckResult(
            "disk", CheckStatus.WARN, "", detail, f"free some space: {LOW_SPACE // 1024**2:,} MB are recommended"
        )
    return CheckResult("disk", CheckStatus.OK, "", detail)
