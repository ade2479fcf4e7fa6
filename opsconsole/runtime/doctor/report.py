"""Results of checks and the report made of them (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class CheckResult:
    """The result for one part of the console. `version` and `remedy` may be empty."""

    name: str
    status: CheckStatus
    version: str
    detail: str
    remedy: str = ""


def check(name: str, examine: Callable[[], CheckResult]) -> CheckResult:
    """The result of `examine`, or a failed one with the exception that it raised."""
    try:
        return examine()
    except Exception as error:  # of any kind: the other checks must still run
        return CheckResult(
            name, CheckStatus.FAIL, "", f"could not be checked: {type(error).__name__}: {one_line(error)}"
        )


def one_line(text: object) -> str:
    return " ".join(str(text).split())


def render(results: Iterable[CheckResult]) -> str:
    """One aligned line for each result: status, name, version, detail, and after an arrow what to do."""
    rows = list(results)
    names = max(len(row.name) for row in rows)
    versions = max(len(row.version) for row in rows)
    return "".join(
        f"{row.status:<4}  {row.name:<{names}}  {row.version or '-':<{versions}}  {row.detail}"
        + (f" -> {row.remedy}" if row.remedy else "")
        + "\n"
        for row in rows
    )
