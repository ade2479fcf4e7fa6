"""The scorecard as rows of a CSV file (pure): one row a checklist in an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bootstrap.scorecard.cells import ScorecardCell

HEADER = (
    *("system", "environment", "checklist", "kind", "version", "standing", "level", "levels", "next_level"),
    *("missing_for_next", "settled", "applicable", "not_applicable", "optional_open", "waived", "lapsed_waivers"),
    *("contradicted", "overdue", "last_act_at", "url"),
)
# A cell that begins so would be a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_rows(cells: Iterable[ScorecardCell], base: str) -> Iterator[list[str | int]]:
    """A row for each cell; `base` is the console's public address. Without a run the counts are empty."""
    for cell in cells:
        counts, found = cell.counts, cell.reached
        row: list[str | int] = [
            *(cell.environment.system.slug, cell.environment.slug, cell.checklist.title, cell.checklist.kind),
            *(cell.number if found else "", cell.words, found.level if found else "", " < ".join(cell.levels)),
            *((found.next, found.missing) if found else ("", "")),
            *(
                (
                    *(counts.settled, counts.applicable, counts.not_applicable, counts.optional, counts.waived),
                    *(counts.lapsed, "" if cell.contradicted is None else len(cell.contradicted)),
                    "" if cell.contradicted is None else cell.overdue,
                )
                if found
                else ("",) * 8
            ),
            cell.last_at.isoformat() if cell.last_at else "",
            f"{base}{cell.url}" if cell.url else "",
        ]
        yield [_safe(value) if isinstance(value, str) else value for value in row]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
