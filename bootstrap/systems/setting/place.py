"""Where a variable is set: what a system and a deployment say of it, with placeholders filled in (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bootstrap.systems.setting.platforms import NEEDED

PLACEHOLDERS = ("host", "app", "environment", "system")
_BRACES = re.compile(r"\{([^{}]*)\}")
UNKNOWN_HOST = "<app-name>"


@dataclass(frozen=True)
class Place:
    """The platform, '' where nobody has said it, the names for placeholders, and the fields as they were written.

    `host` is the host's name of the application, None where it is not known.
    """

    platform: str = ""
    host: str | None = None
    app: str = ""
    environment: str = ""
    system: str = ""
    written: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """A field, e.g. `namespace`, with its placeholders filled in; `default` where it is empty."""
        return _BRACES.sub(
            lambda found: self.names.get(found[1], found[0]), self.written.get(f"set_{name}", "") or default
        )

    @property
    def names(self) -> dict[str, str]:
        return {
            "host": self.host or UNKNOWN_HOST,
            "app": self.app or "<app>",
            "environment": self.environment or "<environment>",
            "system": self.system,
        }

    @property
    def template(self) -> str:
        return self.written.get("set_template", "")

    @property
    def unset_template(self) -> str:
        return self.written.get("set_unset_template", "")


def placeholder_error(text: str) -> str:
    """Why a field cannot be filled in; empty where it can."""
    allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for found in _BRACES.finditer(text):
        if found[1] not in PLACEHOLDERS:
            return f"There is no placeholder {found[0]}; there are {allowed}."
    if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
        return f"A brace stands alone; placeholders are {allowed}."
    return "" if text.isprintable() else "It has a line break or another character that cannot be shown."


def lacking(platform: str, written: Mapping[str, str]) -> list[str]:
    """The fields that the platform needs and that are empty."""
    return [name for name in NEEDED.get(platform, ()) if not written.get(name)]  # type: ignore[call-overload]
