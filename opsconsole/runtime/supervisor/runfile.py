"""run.json: how other commands find a running console (no ORM).

    {"pid", "url", "data", "database_url", "redis_url", "secret_key_file", "environment": {NAME: value},
     "processes": {name: pid}}

`environment` holds the settings that this console was given, so that a command acts with the same ones. It may hold
secrets; the file is readable by its owner only and goes when the console ends.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsconsole.env import VARS
from opsconsole.env import read as read_setting
from opsconsole.runtime.embedded import locate
from opsconsole.runtime.file_locks import is_held
from opsconsole.runtime.supervisor.options import Options

# Only the first start needs it, and nobody else should find it.
_NOT_KEPT = {"OPSCONSOLE_ADMIN_PASSWORD"}


def lock_path(data: Path) -> Path:
    """The lock that the supervisor holds exclusively."""
    return data / "console.lock"


def running(data: Path) -> dict[str, Any] | None:
    """What run.json says, if the console that wrote it runs now."""
    return read(data) if is_held(lock_path(data)) else None


def read(data: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((data / "run.json").read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(options: Options, processes: Mapping[str, int]) -> None:
    """Replace run.json. Best effort: a full disk must not stop a running console."""
    embedded = locate(options.data)
    content = {
        "pid": os.getpid(),
        "url": options.url,
        "data": str(options.data),
        "database_url": read_setting("DATABASE_URL", options.environ) or embedded.database_url,
        "redis_url": read_setting("REDIS_URL", options.environ) or embedded.redis_url,
        "secret_key_file": str(options.data / "secret_key"),
        "environment": settings_in(options.environ),
        "processes": dict(processes),
    }
    draft = options.data / "run.json.new"
    with contextlib.suppress(OSError):
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file, indent=1)
        draft.replace(options.data / "run.json")
        (options.data / "address").write_text(options.url)


def last_address(data: Path) -> str | None:
    """Where the console of this data directory listened last: its DSNs stay the same while it is stopped."""
    try:
        return (data / "address").read_text().strip() or None
    except OSError:
        return None


def remove(data: Path) -> None:
    with contextlib.suppress(OSError):
        (data / "run.json").unlink()


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The console's own settings in an environment, as NAME or NAME_FILE."""
    names = {var.name for var in VARS} - _NOT_KEPT
    return {key: value for key, value in environ.items() if key.removesuffix("_FILE") in names}
