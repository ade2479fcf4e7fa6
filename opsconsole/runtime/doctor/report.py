"""Lines about parts (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class PartState(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Part:
    """What was seen of one part. `version` and `remedy` may be empty."""

    name: str
    state: PartState
    version: str
    detail: str
    remedy: str = ""


def check(name: str, look: Callable[[], Part]) -> Part:
    """What `look` returns; when it raises, a failed part that says so."""
    try:
        return look()
    except Exception as error:  # whatever it is: the other parts are still to be looked at
        return Part(name, PartState.FAIL, "", f"could not be checked: {type(error).__name__}: {one_line(error)}")


def one_line(text: object) -> str:
    return " ".join(str(text).split())


def render(parts: Iterable[Part]) -> str:
    """One aligned line per part: state, name, version, detail, and after an arrow what to do."""
    rows = list(parts)
    names = max(len(part.name) for part in rows)
    versions = max(len(part.version) for part in rows)
    return "".join(
        f"{part.state:<4}  {part.name:<{names}}  {part.version or '-':<{versions}}  {part.detail}"
        + (f" -> {part.remedy}" if part.remedy else "")
        + "\n"
        for part in rows
    )
