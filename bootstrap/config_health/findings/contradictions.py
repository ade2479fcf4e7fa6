"""Finds fresh reports that contradict signatures on variables and flags.

A report outranks a signature: docs/decisions/0007-config-health.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.config_health.findings.flag_state import any_is_on, flag_is_on
from bootstrap.config_health.queries import ReportedVariable, reported_variables
from bootstrap.config_health.variable_status import EMPTY, IS_SET, SET, UNSET
from bootstrap.systems.value_rules.flags import FLAG_WORDS


@dataclass(frozen=True)
class Claim:
    """What a signature says: that a variable is set, or with `flag`, that a flag is on (True) or off (False).

    `names` are those that reports may use for it, in the application with id `app` or (None) in any. With `forbidden`
    it says that the variable is not set, with `empty_is_value` that it may be empty.
    """

    environment: int
    names: tuple[str, ...]
    app: int | None
    flag: bool | None = None
    forbidden: bool = False
    empty_is_value: bool = False


def contradictions(claims: Sequence[Claim], now: datetime) -> list[str]:
    """For each claim, how a report that is fresh at `now` contradicts it, in words; empty where none does.

    One statement.
    """
    names = {name for claim in claims for name in claim.names}
    by_name: dict[tuple[int, str], list[ReportedVariable]] = defaultdict(list)
    for row in reported_variables({claim.environment for claim in claims}, names):
        if row.fresh(now):
            by_name[row.environment_id, row.name].append(row)
    return [_contradiction(claim, _about(claim, by_name)) for claim in claims]


def _about(claim: Claim, by_name: dict[tuple[int, str], list[ReportedVariable]]) -> list[ReportedVariable]:
    rows = [row for name in claim.names for row in by_name.get((claim.environment, name), ())]
    return [row for row in rows if claim.app in (None, row.app_id)]


def _contradiction(claim: Claim, rows: Sequence[ReportedVariable]) -> str:
    if claim.flag is not None:
        on = any_is_on(row.judged for row in rows)
        if on is None or on is claim.flag:
            return ""
        decisive = [row for row in rows if flag_is_on(FLAG_WORDS, row.judged) is on]
        decisive.sort(key=lambda row: row.judged.state != SET)  # an explicit off is better proof than an absence
        is_absent = decisive[0].judged.state in (UNSET, EMPTY)
        return _report_says(decisive[0], decisive[0].judged.describe() if is_absent else "on" if on else "off")
    if claim.forbidden:
        return next((_report_says(row, "set") for row in rows if row.judged.state in IS_SET), "")
    absent = (UNSET,) if claim.empty_is_value else (UNSET, EMPTY)
    wrong: Iterable[ReportedVariable] = (row for row in rows if row.judged.state in absent or row.judged.malformed)
    return next((_report_says(row, row.judged.describe()) for row in wrong), "")


def _report_says(row: ReportedVariable, word: str) -> str:
    return f"the report of {row.reported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC says it is {word}"
