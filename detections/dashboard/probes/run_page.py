"""What the page of a run shows beside its samples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.dashboard.probes import figures
from detections.dashboard.probes.charts import latency_histogram
from detections.dashboard.probes.check_rows import NOTHING, CheckRow, check_rows, in_words
from detections.dashboard.probes.target_page import unclaimed
from detections.probes.models import ProbeRun
from opsconsole.lib.charts.histogram import HistogramView

COUNTERS = (
    ("ok", "answers that could be judged"),
    ("non_200_count", "other status, or no answer"),
    ("infra_flake_count", "of these 403, 429 or 54113"),
    ("parse_error_count", "no JSON"),
    ("retried_count", "asked again"),
    ("meta_null_count", "without meta"),
    ("mismatch_count", "with a header that differs from meta"),
    ("mismatch_field_count", "fields that differ"),
    ("header_missing_count", "headers that are missing"),
    ("bucket_out_of_range_count", "bucket out of range"),
)


@dataclass(frozen=True)
class VariantRow:
    """Answers of a variant in this run beside what is expected of all."""

    name: str
    count: int
    percent: float
    expected: str


@dataclass(frozen=True)
class RunPage:
    """A run with what came of it; `seconds` is how long it took."""

    run: ProbeRun
    checks: list[CheckRow]
    counters: list[tuple[str, int]]
    variants: list[VariantRow]
    histogram: HistogramView | None
    first_failure: str
    notes: list[str]
    seconds: float | None
    unclaimed: bool


def run_page(run: ProbeRun, now: datetime) -> RunPage:
    """Three queries; two where no answer could be judged."""
    report: dict[str, Any] = run.report or {}
    found = figures.latencies(run)
    failure = report.get("first_failure")
    return RunPage(
        run,
        check_rows(run.checks.all()),
        [(words, report[name]) for name, words in COUNTERS if report.get(name)],
        variant_rows(report),
        latency_histogram(found) if found else None,
        json.dumps(failure, indent=2, ensure_ascii=False) if failure else "",
        report.get("notes", []),
        (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        unclaimed(run, now),
    )


def variant_rows(report: dict[str, Any]) -> list[VariantRow]:
    """Variants that were seen or expected, as of a report."""
    counts: dict[str, int] = report.get("header_variant_counts", {})
    percents: dict[str, float] = report.get("header_variant_pct", {})
    wanted: dict[str, Any] = ((report.get("config") or {}).get("split") or {}).get("variants", {})
    return [
        VariantRow(name, counts.get(name, 0), percents.get(name, 0.0), _expected(name, wanted))
        for name in sorted({*counts, *wanted}, key=lambda name: (-counts.get(name, 0), name))
    ]


def _expected(name: str, wanted: dict[str, Any]) -> str:
    if name not in wanted:
        return "should not be seen" if wanted else NOTHING
    variant = wanted[name]
    ends = [variant["min"], variant["max"]]
    allowed = f", allowed {in_words(ends, share=True)}" if any(each is not None for each in ends) else ""
    return in_words(variant["share"], share=True) + allowed
