"""Targets and rows of a probe, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from detections.probes.program import probe

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def target(**changes: Any) -> Any:
    """The Aurora target at an address that nothing is sent to."""
    return probe.read_target({**probe.AURORA, "base": "http://127.0.0.1:9", **changes})


def row(outcome: str = "ok", *, variant: str = "", faults: tuple[str, ...] = (), ms: float = 10.0) -> dict[str, Any]:
    """One row, with a fault of each check in `faults`."""
    status = {"ok": 200, "infra": 403, "non_200": 500, "parse_error": 200}[outcome]
    made: dict[str, Any] = {"sample": 1, "status": status, "outcome": outcome, "latency_ms": ms}
    made["attempts"] = [{"status": status, "outcome": outcome, "ms": ms}]
    if variant:
        made["variant"] = variant
    if faults:
        made["faults"] = [{"check": check, "field": "f", "note": "n"} for check in faults]
    return made


def counted(*rows: dict[str, Any]) -> Any:
    counters = probe.Counters()
    for each in rows:
        counters.add(each)
    return counters


def past(minutes: float, *, failing: bool = True, **more: Any) -> Any:
    """An earlier run that ended so many minutes before noon."""
    ended = NOON - minutes * MINUTE
    return probe.PastRun(f"run-{minutes}", ended - MINUTE / 10, ended, failing, **more)


def checks(counters: Any, runs: Any = (), **changes: Any) -> dict[str, Any]:
    """The checks of a run that ended at noon, by id."""
    found = probe.checks_of(target(**changes), counters, runs, NOON - MINUTE / 10, NOON)
    return {check.id: check for check in found}


def triggered(found: dict[str, Any]) -> set[str]:
    return {name for name, check in found.items() if check.triggered}
