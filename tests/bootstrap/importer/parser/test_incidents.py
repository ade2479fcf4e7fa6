"""Incidents as runbooks tell of them: tables of several shapes, points, headings, documents that prose names."""

from __future__ import annotations

from datetime import date

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parsed_runbook import IncidentRow
from bootstrap.importer.parser.incidents import date_in, references_in


def incidents(text: str) -> list[IncidentRow]:
    return list(read_runbook(f"# Demo\n\n{text}\n").incidents)


def test_columns_are_known_by_their_names_in_any_order() -> None:
    table = """## Known incidents

| When | Incident | Root cause | Tickets | Duration |
|---|---|---|---|---|
| 2026-01-05 | Database full | no alert on the disk | OPS #12, #14 | 40 min |
| 2026-02-xx | Certificate expired | | https://example.org/t/9 | |
"""
    full, certificate = incidents(table)
    assert (full.title, full.date, full.reference) == ("Database full", "2026-01-05", "OPS #12, #14")
    assert full.failure == "no alert on the disk; Duration: 40 min", "a column that nothing knows is told with its name"
    assert (certificate.date, certificate.reference) == ("2026-02-xx", "https://example.org/t/9")
    assert (certificate.failure, certificate.bug_class) == ("", "")


def test_a_column_of_classes_gives_the_class_in_short_and_the_whole_cell() -> None:
    table = "| Incident | Bug class |\n|---|---|\n| x | Race: two workers, one row |\n"
    (row,) = incidents(table)
    assert (row.bug_class, row.failure) == ("Race", "Race: two workers, one row")


def test_with_a_column_of_ids_the_summary_is_the_title() -> None:
    table = (
        "| Incident ID | Date | Summary | Cause |\n|---|---|---|---|\n| INC-7 | 2026-03-01 | Checkout down | DNS |\n"
    )
    (row,) = incidents(table)
    assert (row.title, row.date, row.reference, row.failure) == ("Checkout down", "2026-03-01", "INC-7", "DNS")


@pytest.mark.parametrize(
    "table",
    [
        "| Step | What happened |\n|---|---|\n| a | b |\n",  # no date
        "| Date | Owner |\n|---|---|\n| 2026-01-01 | ops |\n",
        "| Variable | Default |\n|---|---|\n| `A_B` | none |\n",
        "| Incident severity | Meaning |\n|---|---|\n| SEV-1 | all users, since 2026-01-01 |\n",
        "| Incident severity | Description |\n|---|---|\n| SEV-1 | all users |\n",
        "| Incident class | Description | Links |\n|---|---|---|\n| A | all users | #1 |\n",
        "| Incident commander | Phone |\n|---|---|\n| Ada | 2026-01-01 |\n",
        "| Incident type | Date of review |\n|---|---|\n| Outage | 2026-01-01 |\n",
        "| Incident-response role | Date |\n|---|---|\n| scribe | 2026-01-01 |\n",
    ],
)
def test_other_tables_tell_of_no_incident(table: str) -> None:
    assert incidents(table) == []


@pytest.mark.parametrize("column", ["When to escalate", "Date of review", "Date for the next review"])
def test_a_column_about_other_dates_is_told(column: str) -> None:
    (row,) = incidents(f"| Incident | {column} |\n|---|---|\n| Database full | 2026-01-05 |\n")
    assert (row.date, row.failure) == ("", f"{column}: 2026-01-05")


@pytest.mark.parametrize("column", ["Incident", "Incidents", "Incident title", "Incident (PR)", "Incident / impact"])
def test_names_of_the_column_of_titles(column: str) -> None:
    assert [row.title for row in incidents(f"| {column} | Fix |\n|---|---|\n| Down | #1 |\n")] == ["Down"]


def test_the_policy_of_a_class_of_failures_names_the_class() -> None:
    text = """## Clock drift (known failure class)

Never trust the wall clock.

### Incidents of this class

| Incident | Date |
|---|---|
| Tokens refused | 2026-01-05 |
"""
    (row,) = incidents(text)
    assert (row.policy, row.bug_class) == ("clock-drift", "Clock drift")


def test_points_with_a_date_in_a_chapter_of_incidents() -> None:
    text = """## Past incidents

- **2026-01-05: database full**, fixed in PR #12 and #13
- Certificate expired (2026-02)
- Ask ops for older ones

## Rollout

- 2026-03-01: flag switched on
"""
    full, certificate = incidents(text)
    assert (full.date, full.reference) == ("2026-01-05", "PR #12, #13")
    assert full.title.startswith("database full, fixed in")
    assert (certificate.title, certificate.date) == ("Certificate expired", "2026-02")


def test_headings_with_a_date_in_a_chapter_of_incidents() -> None:
    text = """## Postmortems

### 2026-03-01 — Checkout down

The DNS zone was gone. See PR #77.

### How to write one

Be kind.
"""
    (row,) = incidents(text)
    assert (row.title, row.date, row.reference) == ("Checkout down", "2026-03-01", "PR #77")
    assert row.failure == "The DNS zone was gone. See PR #77."


def test_a_document_that_prose_names_is_an_incident_with_the_sentence_and_its_references() -> None:
    text = """## Setup

Set `ORIGIN_URL`. The boot failed as `ORIGIN_URL` was never provisioned
(see `docs/incidents/2026-05-20-boot-fail.md`, fixed in PR #5). PR #9 is something else.

## Cross-references

- Incident: `docs/incidents/2026-05-20-boot-fail.md`
- Another: https://wiki.example.org/postmortems/2026-04-01_cache-storm
"""
    boot, cache = sorted(incidents(text), key=lambda row: row.title)
    assert (boot.title, boot.date, boot.reference) == ("Boot fail", "2026-05-20", "PR #5")
    assert boot.failure.startswith("The boot failed as ORIGIN_URL was never provisioned")
    assert boot.documents == ("docs/incidents/2026-05-20-boot-fail.md",)
    assert (cache.title, cache.documents) == (
        "Cache storm",
        ("https://wiki.example.org/postmortems/2026-04-01_cache-storm",),
    )


def test_a_document_about_a_row_of_a_table_is_its_reference_and_no_second_incident() -> None:
    text = """## State policy

Closes an action of `docs/incidents/2026-05-25-signup-store-miss.md`; `docs/incidents/2026-05-25-other.md` is another.

| Incident | Date | PR |
|---|---|---|
| Signups fail | 2026-05-25 | PR #1 |
| The store misses | 2026-05-25 | PR #2 |
"""
    rows = {row.title: row.documents for row in incidents(text)}
    assert rows == {
        "Signups fail": (),
        "The store misses": ("docs/incidents/2026-05-25-signup-store-miss.md",),
        "Other": ("docs/incidents/2026-05-25-other.md",),
    }


@pytest.mark.parametrize(
    "path", ["docs/ops/2026-05-20-x.md", "docs/incidents/README.md", "docs/incidents/2026-13-45-x.md"]
)
def test_other_paths_are_no_incidents(path: str) -> None:
    assert incidents(f"## Setup\n\nSee `{path}`.") == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-05-25", (date(2026, 5, 25), "day")),
        ("on 2026-05-25, at night", (date(2026, 5, 25), "day")),
        ("2026-04", (date(2026, 4, 1), "month")),
        ("2026-04-xx", (date(2026, 4, 1), "month")),
        ("2026-13-45", (None, "")),
        ("(see PR #3030)", (None, "")),
        ("", (None, "")),
    ],
)
def test_dates(text: str, wanted: tuple[date | None, str]) -> None:
    assert date_in(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PR #2728", ["PR #2728"]),
        ("PR #1, #2 and https://example.org/3", ["PR #1", "#2", "https://example.org/3"]),
        ("the RCA", ["the RCA"]),
        ("—", []),
        ("", []),
    ],
)
def test_references(text: str, wanted: list[str]) -> None:
    assert references_in(text) == wanted
