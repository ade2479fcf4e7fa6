"""What the last signature of an earlier period still proves in a run of a schedule (pure).

When the run of a period opens, nothing in it is signed, and what the last run proved goes on standing until it expires:
so many days after the signature as the schedule says. What somebody does in the newer run counts from then on, except
for the first of two signatures, which takes nothing back. An item that says something else now stands on nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bootstrap.checklists.models import SignOff
from bootstrap.prerequisites.candidate import Candidate, Carried

_CARRIED = (SignOff.Act.DONE, SignOff.Act.NOT_APPLICABLE)


def with_carried(candidates: Sequence[Candidate], now: datetime) -> list[Candidate]:
    """The candidates of open runs, each with the act that counts at `now`, in the order given (newest run first).

    Where a schedule has no open run, those of its newest closed one stand in, as far as something holds or held there;
    they come last.
    """
    of_schedule: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.schedule_id is not None:
            of_schedule[candidate.schedule_id].append(candidate)
    open_ones = [
        candidate if candidate.schedule_id is None else _standing(candidate, of_schedule[candidate.schedule_id], now)
        for candidate in candidates
        if candidate.closed_at is None
    ]
    stand_ins = [each for rows in of_schedule.values() for each in _stand_ins(rows, now)]
    return [*open_ones, *stand_ins]


def _stand_ins(rows: Sequence[Candidate], now: datetime) -> list[Candidate]:
    if any(row.closed_at is None or row.superseded for row in rows):
        return []
    newest = [_standing(row, rows, now) for row in rows if row.run_id == rows[0].run_id]
    return [each for each in newest if each.carried]


def _standing(candidate: Candidate, rows: Sequence[Candidate], now: datetime) -> Candidate:
    """The candidate with the act that counts for it: its own, or the last one on the same item before."""
    same = [row for row in rows if _says_the_same(row, candidate)]
    at = next(number for number, row in enumerate(same) if row.run_id == candidate.run_id)
    source = next((row for row in same[at:] if _decides(row)), None)
    is_own = source is not None and source.run_id == candidate.run_id and source.closed_at is None
    if source is None or source.act is None or is_own or source.act.act not in _CARRIED:
        return candidate
    until = source.act.at + timedelta(days=source.expires_after or 0) if source.closed_at else None
    current = candidate.subject if candidate.closed_at is None else None
    carried = Carried(source.subject, current, until, expired=until is not None and until <= now)
    return replace(candidate, act=source.act, carried=carried)


def _decides(candidate: Candidate) -> bool:
    return candidate.act is not None and candidate.act.act != SignOff.Act.SIGNED


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    return _essence(one) == _essence(other)


def _essence(candidate: Candidate) -> tuple[object, ...]:
    variable = (candidate.variable_app_id, candidate.variable)
    what = (candidate.key, candidate.kind, candidate.optional, candidate.flag, candidate.values)
    return (*what, *variable, candidate.wording)
