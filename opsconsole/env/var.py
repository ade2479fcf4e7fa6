"""One setting as it is declared (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Var:
    """One setting: variable, default as text (None: unset), parser, and its meaning in one sentence."""

    name: str
    default: str | None
    parse: Callable[[str], Any]
    meaning: str
    secret: bool = False
