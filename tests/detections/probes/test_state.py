"""What a state file keeps of many runs: of a target 500, of its split every answer of the window, by the hour."""

from __future__ import annotations

import fcntl
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.probes.program import probe
from tests.detections.probes.samples import NOON, counted, row, target

SPLIT: dict[str, Any] = {"header": "x-aurora-variant", "variants": {"control": 0.9, "canary": 0.1}}
DAY = timedelta(days=1)


def entry(number: int, ended: datetime, *, failing: bool = False, key: str = "", **variants: int) -> dict[str, Any]:
    """A run as the file has it."""
    at = probe._iso(ended)
    made = {"id": f"run-{number}", "target": "t", "started": at, "finished": at, "failing": failing}
    return {**made, "split": key or target(split=SPLIT).split.key, "window_hours": 24, "variants": variants}


def kept_after(
    entries: list[dict[str, Any]], now: datetime = NOON, at_once: int = 100
) -> tuple[list[dict[str, Any]], list[Any]]:
    """What is kept when the runs end one after the other, or some at once."""
    runs: list[dict[str, Any]] = []
    hours: list[Any] = []
    for start in range(0, len(entries), at_once):
        ended = entries[start : start + at_once]
        runs, hours = probe.kept_of([*runs, *ended], hours, min(probe._read_iso(ended[-1]["finished"]), now))
    return probe.kept_of(runs, hours, now)


def past_of(runs: list[dict[str, Any]], hours: list[Any]) -> list[Any]:
    return [probe._past_run(each) for each in [*hours, *runs]]


def every(seconds: int, count: int, **variants: int) -> list[dict[str, Any]]:
    """Runs that end so often, the last at noon."""
    ends = (NOON - timedelta(seconds=seconds * ago) for ago in reversed(range(count)))
    return [entry(number, ended, **variants) for number, ended in enumerate(ends)]


def test_a_day_of_more_than_500_runs_is_whole_for_the_split() -> None:
    """A run each half minute: 1,440 since midnight, of which all must count for the sequential test of the day."""
    runs, hours = kept_after(every(30, 1_440, control=9, canary=1))
    assert len(runs) == 500
    split = target(split=SPLIT).split
    found = probe._hours_of_today(split, counted(), past_of(runs, hours), NOON)
    wanted = {0: 1_190, **dict.fromkeys(range(1, 12), 1_200), 12: 10}
    assert {hour: sum(counts) for hour, counts in found.items()} == wanted


@given(st.lists(st.integers(0, 30 * 60), min_size=1, max_size=40), st.integers(1, 5))
def test_what_is_added_up_by_the_hour_is_neither_lost_nor_counted_twice(minutes: list[int], most: int) -> None:
    ends = [NOON - timedelta(minutes=ago) for ago in sorted(minutes, reverse=True)]
    entries = [entry(number, ended, canary=1) for number, ended in enumerate(ends)]
    original, probe.KEEP_RUNS = probe.KEEP_RUNS, most
    try:
        runs, hours = kept_after(entries, at_once=1)
    finally:
        probe.KEEP_RUNS = original
    assert len(runs) <= most
    since = probe._iso(NOON - DAY)
    whole = sum(each["finished"] >= since for each in entries)
    at_the_edge = sum(each["finished"] < since and each["finished"][:13] == since[:13] for each in entries)
    total = sum(sum(past.variants.values()) for past in past_of(runs, hours) if past.finished >= NOON - DAY)
    assert whole <= total <= whole + at_the_edge


def test_a_window_of_a_week_is_pooled_for_a_week() -> None:
    """A run each five minutes: 500 of them reach back 41 hours only."""
    entries = [{**each, "window_hours": 168} for each in every(300, 7 * 288, control=9, canary=1)]
    runs, hours = kept_after(entries)
    split = target(split={**SPLIT, "window_hours": 168}).split
    check = probe._split_check(split, counted(row(variant="control")), past_of(runs, hours), NOON)
    assert f"{7 * 2880 + 1} answers" in check.note
    assert kept_after(entries, NOON + 8 * DAY) == ([], [])


def test_the_runs_of_one_target_do_not_push_out_those_of_another() -> None:
    other = {**entry(0, NOON - timedelta(hours=20), failing=True), "target": "other"}
    assert other in kept_after([other, *every(60, 1_000)])[0]


def test_failing_runs_are_kept_rather_than_others() -> None:
    failed = entry(0, NOON - timedelta(hours=20), failing=True)
    assert kept_after([failed, *every(60, 1_000)])[0][0] == failed


def test_a_target_without_a_split_leaves_the_hours_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    ago = datetime.now(tz=NOON.tzinfo) - timedelta(hours=100)
    old = {**entry(1, ago, control=300), "window_hours": 168}
    file.write_text(json.dumps({"schema": 1, "runs": [old]}))
    state = probe.StateFile(file)
    state.begin("new", target(split=None), datetime.now(tz=NOON.tzinfo))
    (hour,) = json.loads(file.read_text())["split_hours"]
    assert hour["variants"] == {"control": 300}


def test_hours_have_no_more_names_than_a_run() -> None:
    ended = NOON - 2 * DAY
    runs = [entry(run, ended, control=1, **{f"v{run}-{each}": 1 for each in range(99)}) for run in range(9)]
    runs.append(entry(10, ended, canary=5))
    (hour,) = probe._kept_hours(runs, [], NOON - DAY - timedelta(hours=2))
    assert sum(hour["variants"].values()) == 9 * 100 + 5
    assert hour["variants"]["canary"] == 5, "one that is expected has its own name"
    assert len(hour["variants"]) <= 103


def test_of_two_runs_that_end_at_once_one_sees_the_other(tmp_path: Path) -> None:
    file, now = tmp_path / "state.json", datetime.now(tz=NOON.tzinfo)
    states = {name: probe.StateFile(file) for name in ("one", "two")}
    for name, state in states.items():
        state.begin(name, target(), now)
    seen = {name: state.end(name, target(), now, now, counted(row("non_200"))) for name, state in states.items()}
    assert [[each.id for each in runs] for runs in seen.values()] == [[], ["one"]]


def test_a_lock_that_is_never_let_go_of_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "LOCK_SECONDS", -1.0)
    with open(tmp_path / "state.json.lock", "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(probe.ProbeError, match=r"--state-file: another process has held .*state\.json\.lock"):
            probe.StateFile(tmp_path / "state.json").begin("new", target(), NOON)


def test_a_state_that_grows_too_large_to_be_read_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "MAX_STATE", 100)
    with pytest.raises(probe.ProbeError, match="give each target a file of its own"):
        probe.StateFile(tmp_path / "state.json").begin("new", target(), datetime.now(tz=NOON.tzinfo))
