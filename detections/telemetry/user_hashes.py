"""Hashes by which users are counted and looked for: a console keeps no list of people (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

# What identifies a user, in the order in which an event's user is counted by it.
USER_FIELDS = ("id", "email", "username", "ip_address")


def user_hashes(project_id: int, user: Mapping[str, Any]) -> list[int]:
    """A hash of each field that identifies the user; the user is counted by the first. Empty: the event names none."""
    named = ((name, user.get(name)) for name in USER_FIELDS)
    return [user_field_hash(project_id, name, str(value)) for name, value in named if value and value != "{{auto}}"]


def user_field_hash(project_id: int, name: str, value: str) -> int:
    """A signed 64-bit hash of one field of a user within a project."""
    digest = blake2b(f"{project_id}:{name}:{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
