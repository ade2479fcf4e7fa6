"""The secret key: from the environment or, in local mode, generated once and stored in the data directory."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from opsconsole.env.variables import SettingError, read

MINIMUM = 50  # Django's own check --deploy asks for 50
DIFFERENT = 8  # characters that a key has at least; 50 random hex digits have fewer once in a billion keys
GENERATE = 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'


def load_secret_key(production: bool, data_dir: Path) -> str:
    """The key. Raises SettingError for a short one, and in production for one that can be guessed or is unset."""
    key: str | None = read("SECRET_KEY")
    if key is not None:
        check_length(key)
    if production:
        check_secret_key(key)
    return key if key is not None else _generated(data_dir / "secret_key")


def load_fallbacks(production: bool) -> list[str]:
    """The former keys that still count. Raises SettingError for one that could not be SECRET_KEY."""
    keys: list[str] = read("SECRET_KEY_FALLBACKS")
    check_fallbacks(keys, production)
    return keys


def check_fallbacks(keys: Sequence[str], production: bool) -> None:
    """Raises SettingError for a key that is too short, or in production can be guessed: it signs as SECRET_KEY does."""
    for number, key in enumerate(keys, 1):
        try:
            check_length(key)
            if production:
                check_secret_key(key)
        except SettingError as error:
            raise SettingError(f"SECRET_KEY_FALLBACKS: key {number} of {len(keys)}: {error}") from None


def check_length(key: str) -> None:
    if len(key) < MINIMUM:
        raise SettingError(f"SECRET_KEY: has {len(key)} characters. Allowed: at least {MINIMUM}.")


def check_secret_key(key: str | None) -> None:
    """Raises SettingError unless the key is one for production: long, and nothing that somebody typed or copied.

    Whoever knows the key can sign a session of any user.
    """
    if key is None:
        raise SettingError(f"SECRET_KEY: unset, and production mode needs one. Make one with: {GENERATE}")
    if len(key) < MINIMUM:
        raise SettingError(f"SECRET_KEY: production mode needs one of at least {MINIMUM} characters.")
    if len(set(key)) < DIFFERENT or _repeats(key) or key.startswith("django-insecure-"):
        raise SettingError(f"SECRET_KEY: can be guessed. Allowed: a random one, e.g. from: {GENERATE}")


def _repeats(key: str) -> bool:
    """Whether the key is a shorter text again and again, also where the last one is cut off."""
    return any(key == (key[:length] * len(key))[: len(key)] for length in range(1, len(key) // 2 + 1))


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
