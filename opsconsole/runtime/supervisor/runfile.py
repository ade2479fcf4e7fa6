"""run.json, by which commands find a running console (no ORM).

    {"pid", "url", "data", "database_url", "redis_url", "secret_key_file", "environment": {NAME: value},
     "processes": {name: pid}}

`environment` has the settings of this console, so that commands use the same ones. It may contain secrets: only the
owner can read the file, and it is removed when the console ends.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsconsole.env.variables import VARS
from opsconsole.env.variables import read as read_setting
from opsconsole.runtime.embedded import server_urls
from opsconsole.runtime.file_locks import is_locked
from opsconsole.runtime.supervisor.options import Options

# Needed at the first start only; it must not be readable later.
_EXCLUDED = {"OPSCONSOLE_ADMIN_PASSWORD"}


def lock_path(data: Path) -> Path:
    """The file that the supervisor locks exclusively."""
    return data / "console.lock"


def unfinished_restore(data: Path) -> Path:
    """The file that exists while a restore fills the directory."""
    return data / "restore.unfinished"


def refuse_unfinished(data: Path) -> str:
    """Why nothing may start on such a directory, and what to do."""
    return (
        f"A restore into {data} was interrupted, so its data is not complete: remove the directory (with DATABASE_URL, "
        f"empty the database and remove {unfinished_restore(data)}) and restore again."
    )


def running(data: Path) -> dict[str, Any] | None:
    """The content of run.json if its console runs now, else None."""
    return read(data) if is_locked(lock_path(data)) else None


def read(data: Path) -> dict[str, Any] | None:
    """The content of run.json; None if there is no such JSON object."""
    try:
        content = json.loads((data / "run.json").read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write(options: Options, processes: Mapping[str, int]) -> None:
    """Replace run.json. Ignores errors: a full disk must not stop a running console."""
    embedded = server_urls(options.data)
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
    """The URL at which the console last listened, so that DSNs stay the same while it is stopped; None if unknown."""
    try:
        return (data / "address").read_text().strip() or None
    except OSError:
        return None


def remove(data: Path) -> None:
    with contextlib.suppress(OSError):
        (data / "run.json").unlink()


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that are settings of the console, NAME or NAME_FILE."""
    names = {var.name for var in VARS} - _EXCLUDED
    return {key: value for key, value in environ.items() if key.removesuffix("_FILE") in names}
