"""What the machine gives: Python, settings, the data directory and its disk (no ORM)."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from opsconsole.env import VARS, SettingError, read
from opsconsole.production import insist
from opsconsole.runtime.doctor.report import Part, PartState, one_line
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.embedded.postgres import FIRST_START_BYTES, free_bytes
from opsconsole.secret_key import MINIMUM

OLDEST, NEWEST = (3, 11), (3, 14)  # as bin/_setup.sh and pyproject.toml have it
LITTLE = 1024**3  # bytes; with less, a burst of events and the log of PostgreSQL (1 GB at most) may fill the disk
TOO_LITTLE = 64 * 1024**2  # bytes; PostgreSQL's next segments of its log


def python() -> Part:
    version = platform.python_version()
    place = f"{sys.executable} on {platform.system()} {platform.machine()}"
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return Part("python", PartState.OK, version, place)
    allowed = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return Part("python", PartState.FAIL, version, place, f"remove .venv and set PYTHON to one of {allowed}")


def settings(environ: Mapping[str, str]) -> Part:
    """All settings, each as it would be refused at the start."""
    wrong = []
    for var in VARS:
        try:
            read(var.name, environ)
        except SettingError as error:
            wrong.append(one_line(error))
    if not wrong and read("OPSCONSOLE_MODE", environ) == "production":
        wrong = _missing_in_production(environ)
    if wrong:
        return Part("settings", PartState.FAIL, "", "; ".join(wrong), "docs/settings.md has all of them")
    given = [var.name for var in VARS if var.name in environ or f"{var.name}_FILE" in environ]
    return Part("settings", PartState.OK, "", ", ".join(given) or "all at their defaults")


def _missing_in_production(environ: Mapping[str, str]) -> list[str]:
    wrong = []
    if len(read("SECRET_KEY", environ) or "") < MINIMUM:
        wrong.append(f"SECRET_KEY: production mode needs one of at least {MINIMUM} characters")
    try:
        insist(read("ALLOWED_HOSTS", environ) or [], read("OPSCONSOLE_PUBLIC_URL", environ))
    except SettingError as error:
        wrong.append(one_line(error))
    return wrong


def data_directory(data: Path) -> Part:
    elsewhere = "choose another with --data"
    if not data.exists():
        barrier = next(parent for parent in data.parents if parent.exists())
        if not os.access(barrier, os.W_OK | os.X_OK):
            detail = f"{data} is not there, and {barrier} cannot be written"
            return Part("data", PartState.FAIL, "", detail, f"change its owner, or {elsewhere}")
        return Part("data", PartState.WARN, "", f"{data} is not there yet", f"bin/run makes it; or {elsewhere}")
    if not data.is_dir():
        return Part("data", PartState.FAIL, "", f"{data} is not a directory", elsewhere)
    if not os.access(data, os.W_OK | os.X_OK):
        return Part("data", PartState.FAIL, "", f"{data} cannot be written", f"change its owner, or {elsewhere}")
    return Part("data", PartState.OK, "", f"{data} can be written")


def disk(data: Path) -> Part:
    """The file system that the database lies on."""
    cluster = layout_of(data).cluster
    place = cluster.resolve() if cluster.exists() else data
    free = free_bytes(next(path for path in (place, *place.parents) if path.exists()))
    detail = f"{free // 1024**2:,} MB are free for {place}"
    needed = TOO_LITTLE if cluster.exists() else FIRST_START_BYTES
    if free < needed:
        return Part("disk", PartState.FAIL, "", detail, f"free at least {needed // 1024**2} MB")
    if free < LITTLE:
        return Part("disk", PartState.WARN, "", detail, f"free some: {LITTLE // 1024**2:,} MB are comfortable")
    return Part("disk", PartState.OK, "", detail)
