"""The secret key: from the environment or, in local mode, generated once and stored in the data directory."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from opsconsole.env import SettingError, read

MINIMUM = 50  # Django's own check --deploy asks for 50


def load_secret_key(production: bool, data_dir: Path) -> str:
    """The key, at least 50 characters. Raises SettingError for a short key, and in production for an unset one."""
    key: str | None = read("SECRET_KEY")
    if key is not None and len(key) < MINIMUM:
        raise SettingError(f"SECRET_KEY: has {len(key)} characters. Allowed: at least {MINIMUM}.")
    if key is not None:
        return key
    if production:
        raise SettingError(
            "SECRET_KEY: unset, and production mode needs one. Make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    return _generated(data_dir / "secret_key")


def _generated(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    # A complete file is linked into place: two processes that start at the same time use the same key.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text().strip()
