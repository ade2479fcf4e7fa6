"""Signatures in the newest runs that a fresh report contradicts: they do not count for a level.

The rule is that of prerequisites (`config_health/findings/contradictions.py`). The database finds what may be
contradicted: signed items about a variable that is reported unset, empty, malformed or set where it must not be, and
about a flag that is reported at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.config_health.findings.contradictions import Claim, contradictions
from bootstrap.scorecard.counts import NEWEST, AskedRuns, rows_of
from bootstrap.systems.value_rules.flags import wanted_on

_SIGNED = """, place AS MATERIALIZED (
    SELECT n.id AS run_id, n.version_id, n.environment_id, e.slug AS environment, d.id AS deployment_id, d.app_id,
        c.app_id AS checklist_app
    FROM newest n
    JOIN bootstrap_environment e ON e.id = n.environment_id
    JOIN bootstrap_deployment d ON d.environment_id = n.environment_id
    JOIN bootstrap_checklist c ON c.id = n.checklist_id
), about AS (
    SELECT p.run_id, p.environment_id, p.environment, i.id AS item_id, i.key, i.optional, i.level,
        i."values" AS wanted, p.version_id, cv.app_id, ARRAY[cv.name]::text[] AS names, false AS is_flag,
        cv.must_not_be_set, cv.empty_is_unset
    FROM bootstrap_variablestate vs
    JOIN place p ON p.deployment_id = vs.deployment_id
    JOIN bootstrap_configvar cv ON cv.name = vs.name AND cv.app_id = p.app_id
    JOIN bootstrap_item_variables iv ON iv.configvar_id = cv.id
    JOIN bootstrap_item i ON i.id = iv.item_id AND i.kind <> 'flag'
    JOIN bootstrap_section s ON s.id = i.section_id AND s.version_id = p.version_id
    WHERE vs.state IN ('unset', 'empty') OR NOT vs.format_ok OR (cv.must_not_be_set AND vs.state = 'set')
    UNION ALL
    SELECT DISTINCT p.run_id, p.environment_id, p.environment, i.id, i.key, i.optional, i.level,
        i."values", p.version_id, p.checklist_app, f.name || f.aliases, true, NULL::boolean, NULL::boolean
    FROM place p
    JOIN bootstrap_section s ON s.version_id = p.version_id
    JOIN bootstrap_item i ON i.section_id = s.id AND i.kind = 'flag'
    JOIN bootstrap_flag f ON f.id = i.flag_id
    JOIN bootstrap_variablestate vs ON vs.deployment_id = p.deployment_id AND vs.name = ANY(f.name || f.aliases)
    WHERE p.checklist_app IS NULL OR p.checklist_app = p.app_id
)
SELECT about.run_id, about.environment_id, about.key,
    COALESCE(about.wanted ->> about.environment, about.wanted ->> '*') AS wanted, about.app_id, about.names,
    about.is_flag, about.must_not_be_set, about.empty_is_unset, about.optional,
    COALESCE(array_position(v.levels, about.level), cardinality(v.levels)) AS rank
FROM about
JOIN bootstrap_checklistversion v ON v.id = about.version_id
JOIN LATERAL (
    SELECT act FROM bootstrap_signoff
    WHERE run_id = about.run_id AND item_id = about.item_id AND at < %(until)s
    ORDER BY sequence DESC LIMIT 1
) newest_act ON newest_act.act = 'done'
ORDER BY about.run_id, about.item_id
"""

SIGNED = NEWEST + _SIGNED


@dataclass(frozen=True)
class ContradictedItem:
    """A signed item and what a report says against it; `rank` is the place of its level, as in RunCounts.

    Nothing waits for one that is `optional`.
    """

    key: str
    rank: int
    why: str
    optional: bool


def contradicted_items(asked: AskedRuns, now: datetime) -> dict[int, list[ContradictedItem]]:
    """By run id, the signed items that a report which is fresh at `now` contradicts. Two statements."""
    rows = rows_of(SIGNED, asked)
    found: dict[int, dict[str, ContradictedItem]] = defaultdict(dict)
    for row, why in zip(rows, contradictions([_claim(row) for row in rows], now), strict=True):
        if why:
            run, key, (optional, rank) = row[0], row[2], row[-2:]
            found[run].setdefault(key, ContradictedItem(key, rank, why, optional))
    return {run: list(items.values()) for run, items in found.items()}


def _claim(row: tuple[Any, ...]) -> Claim:
    _, environment, _, wanted, app, names, is_flag, forbidden, empty_is_unset, *_ = row
    if is_flag:
        return Claim(environment, tuple(names), app, flag=wanted_on({"*": wanted or ""}, ""))
    return Claim(environment, tuple(names), app, forbidden=bool(forbidden), empty_is_value=empty_is_unset is False)
