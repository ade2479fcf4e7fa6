"""Counts the items of the newest runs by level, in the database: of 250,000 items Python would need seconds.

The states are those of `checklists/progress.py`, with which a test compares these statements: the newest act counts, a
waiver until its review date; what is open in a section whose flags are all not applicable, or beside an alternative
that is done or waived, is not applicable.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from bootstrap.scorecard.reached import LevelCounts

# Of each checklist in each environment the newest run that was started before `until`, with the acts of that time.
# `rank` is the place of an item's level, from 1; without a level the highest; 0 in a version without levels. `place` is
# that of the item in its checklist.
NEWEST = """
WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (v.checklist_id, r.environment_id)
        r.id, r.version_id, r.environment_id, v.checklist_id
    FROM bootstrap_run r JOIN bootstrap_checklistversion v ON v.id = r.version_id
    WHERE r.environment_id = ANY(%(environments)s) AND v.checklist_id = ANY(%(checklists)s) AND r.started_at < %(until)s
    ORDER BY v.checklist_id, r.environment_id, r.started_at DESC, r.id DESC
)
"""
_STATES = """, item AS MATERIALIZED (
    SELECT i.id, i.key, i.optional, i.kind = 'flag' AS is_flag, i.section_id, s.version_id,
        COALESCE(array_position(v.levels, i.level), cardinality(v.levels)) AS rank,
        s."order"::bigint * 1000000 + i."order" AS place
    FROM bootstrap_item i
    JOIN bootstrap_section s ON s.id = i.section_id
    JOIN bootstrap_checklistversion v ON v.id = s.version_id
    WHERE s.version_id IN (SELECT version_id FROM newest)
), act AS MATERIALIZED (
    SELECT DISTINCT ON (run_id, item_id) run_id, item_id, at, review_by < %(today)s AS lapsed,
        CASE
            WHEN act = 'undone' OR review_by < %(today)s THEN 'open'
            ELSE act
        END AS state
    FROM bootstrap_signoff
    WHERE run_id IN (SELECT id FROM newest) AND at < %(until)s
    ORDER BY run_id, item_id, sequence DESC
), left_out AS MATERIALIZED (
    -- Open items of sections that are not used here, and open alternatives beside one that is done or waived.
    SELECT n.id AS run_id, i.id AS item_id
    FROM newest n
    JOIN (
        SELECT a.run_id, f.section_id
        FROM act a JOIN item f ON f.id = a.item_id
        WHERE f.is_flag AND a.state = 'not_applicable'
        GROUP BY a.run_id, f.section_id
        HAVING count(*) = (SELECT count(*) FROM bootstrap_item WHERE section_id = f.section_id AND kind = 'flag')
    ) unused ON unused.run_id = n.id
    JOIN item i ON i.section_id = unused.section_id
    LEFT JOIN act a ON a.run_id = n.id AND a.item_id = i.id
    WHERE COALESCE(a.state, 'open') = 'open'
    UNION
    SELECT chosen.run_id, other.needs_item_id
    FROM act chosen
    JOIN bootstrap_itemdependency d ON d.needs_item_id = chosen.item_id AND d.kind = 'one_of'
    JOIN bootstrap_itemdependency other ON other.item_id = d.item_id AND other.kind = 'one_of'
    LEFT JOIN act a ON a.run_id = chosen.run_id AND a.item_id = other.needs_item_id
    WHERE chosen.state IN ('done', 'waived') AND COALESCE(a.state, 'open') = 'open'
)
"""
_COUNTS = """, stated AS (
    SELECT a.run_id, a.item_id, a.state, COALESCE(a.lapsed, false) AS lapsed, a.at
    FROM act a LEFT JOIN left_out l ON l.run_id = a.run_id AND l.item_id = a.item_id
    WHERE l.run_id IS NULL
    UNION ALL SELECT run_id, item_id, 'not_applicable', false, NULL FROM left_out
), counted AS (
    SELECT t.run_id, i.rank,
        count(*) FILTER (WHERE t.state = 'done') AS done,
        count(*) FILTER (WHERE t.state = 'waived') AS waived,
        count(*) FILTER (WHERE t.state = 'not_applicable') AS not_applicable,
        count(*) FILTER (WHERE t.lapsed) AS lapsed,
        count(*) FILTER (WHERE i.optional AND t.state IN ('done', 'waived', 'not_applicable')) AS optional_settled,
        max(t.at) AS last_at
    FROM stated t JOIN item i ON i.id = t.item_id
    GROUP BY t.run_id, i.rank
), needed AS (
    SELECT version_id, rank, count(*) AS total, count(*) FILTER (WHERE optional) AS optional
    FROM item GROUP BY version_id, rank
)
SELECT n.id, n.checklist_id, n.environment_id, n.version_id, needed.rank,
    COALESCE(needed.total, 0), COALESCE(needed.optional, 0),
    COALESCE(c.done, 0), COALESCE(c.waived, 0), COALESCE(c.not_applicable, 0), COALESCE(c.lapsed, 0),
    COALESCE(c.optional_settled, 0), c.last_at
FROM newest n
LEFT JOIN needed ON needed.version_id = n.version_id
LEFT JOIN counted c ON c.run_id = n.id AND c.rank = needed.rank
"""
# Of some runs the first item that is not settled, one that is needed before an optional one.
_FIRST_OPEN = """
SELECT DISTINCT ON (n.id) n.id, i.key
FROM newest n
JOIN item i ON i.version_id = n.version_id
LEFT JOIN act a ON a.run_id = n.id AND a.item_id = i.id
WHERE COALESCE(a.state, 'open') IN ('open', 'signed')
    AND NOT EXISTS (SELECT FROM left_out l WHERE l.run_id = n.id AND l.item_id = i.id)
ORDER BY n.id, i.optional, i.rank, i.place
"""

COUNTED = NEWEST + _STATES + _COUNTS
FIRST_OPEN = NEWEST + _STATES + _FIRST_OPEN


@dataclass(frozen=True)
class AskedRuns:
    """Which runs are counted, by ids of environments and checklists; acts and runs before `until` count, and waivers
    that hold on `today`."""

    environments: Collection[int]
    checklists: Collection[int]
    until: datetime
    today: date

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "environments": list(self.environments),
            "checklists": list(self.checklists),
            "until": self.until.astimezone(UTC),
            "today": self.today,
        }


@dataclass(frozen=True)
class RunCounts:
    """The newest run of a checklist in an environment, with its counts by rank (0 for a version without levels).

    `last_at` is when the newest act was made, None without one.
    """

    run: int
    checklist: int
    environment: int
    version: int
    by_rank: dict[int, LevelCounts]
    last_at: datetime | None


def run_counts(asked: AskedRuns) -> list[RunCounts]:
    """The counts of each run that is asked for. One statement."""
    found: dict[int, RunCounts] = {}
    for run, checklist, environment, version, rank, *numbers, last_at in rows_of(COUNTED, asked):
        known = found.get(run)
        by_rank = known.by_rank if known else {}
        if rank is not None:
            by_rank[rank] = _level_counts(numbers)
        times = [at for at in (last_at, known.last_at if known else None) if at]
        found[run] = RunCounts(run, checklist, environment, version, by_rank, max(times, default=None))
    return list(found.values())


def first_open_items(asked: AskedRuns) -> dict[int, str]:
    """By run id, the key of the first item that is not settled: of the lowest level, not an optional one where there is
    another. Runs without one are left out. One statement, over the items of all that is asked for: ask for a page."""
    return dict(rows_of(FIRST_OPEN, asked))


def _level_counts(numbers: Sequence[int]) -> LevelCounts:
    total, optional, done, waived, not_applicable, lapsed, optional_settled = numbers
    settled = done + waived + not_applicable
    left = optional - optional_settled
    return LevelCounts(total - settled - left, done, waived, not_applicable, 0, lapsed, left)


def rows_of(statement: str, asked: AskedRuns) -> list[tuple[Any, ...]]:
    """The rows of a statement that begins with NEWEST."""
    with connection.cursor() as cursor:
        cursor.execute(statement, asked.parameters)
        return list(cursor.fetchall())
