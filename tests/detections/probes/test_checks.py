"""Checks of a run and its neighbours (pure): counts, flakes, windows, the split."""

from __future__ import annotations

from typing import Any

import pytest

from detections.probes.program import probe
from tests.detections.probes.samples import NOON, checks, counted, past, row, target, triggered

SPLIT: dict[str, Any] = {"header": "x-aurora-variant", "variants": {"control": 0.9, "canary": 0.1}}
RANGED: dict[str, Any] = {
    **SPLIT,
    "variants": {"control": {"share": 0.9}, "canary": {"share": 0.1, "min": 0.08, "max": 0.12}},
}


def test_a_clean_run_triggers_nothing() -> None:
    found = checks(counted(row(), row()))
    assert triggered(found) == set()
    assert probe.severity_of(found.values()) == ""
    assert list(found) == [
        "meta_missing",
        "header_meta_mismatch",
        "bucket_out_of_range",
        "elevated_failures",
        "infra_flake_single_run",
        "failure_single_run",
        "variant_split_drift",
    ]


@pytest.mark.parametrize("check", ["meta_missing", "header_meta_mismatch", "bucket_out_of_range"])
def test_one_sample_at_fault_is_high(check: str) -> None:
    found = checks(counted(row(), row(faults=(check,))))
    assert triggered(found) == {check}
    assert (found[check].severity, found[check].value, found[check].threshold) == ("high", 1, 0)


def test_a_sample_counts_once_and_its_fields_are_counted_apart() -> None:
    counters = counted(row(faults=("header_meta_mismatch",) * 3), row(faults=("header_meta_mismatch",)))
    figures = counters.as_json()
    assert (figures["mismatch_count"], figures["mismatch_field_count"]) == (2, 4)
    assert "2 samples, 4 fields" in checks(counters)["header_meta_mismatch"].note


def test_only_flakes_of_the_infrastructure_are_a_warning() -> None:
    found = checks(counted(row(), row("infra")))
    assert triggered(found) == {"infra_flake_single_run"}
    assert found["infra_flake_single_run"].severity == "warn"


def test_a_single_run_with_other_failures_informs() -> None:
    found = checks(counted(row("infra"), row("non_200"), row("parse_error")))
    assert triggered(found) == {"failure_single_run"}
    assert (found["failure_single_run"].severity, found["failure_single_run"].value) == ("info", 2)


@pytest.mark.parametrize("outcome", ["infra", "non_200", "parse_error"])
@pytest.mark.parametrize(("minutes", "high"), [(1, True), (9.9, True), (10.09, True), (10.2, False), (30, False)])
def test_two_failing_runs_within_the_window_are_high(outcome: str, minutes: float, high: bool) -> None:
    """From the end of the one to the start of the other, so that a slow run does not fall out of its own window."""
    found = checks(counted(row(outcome)), [past(minutes)])
    assert ("elevated_failures" in triggered(found)) == high
    assert ("infra_flake_single_run" in triggered(found)) == (outcome == "infra" and not high)


def test_a_clean_run_is_not_made_high_by_earlier_ones() -> None:
    assert triggered(checks(counted(row()), [past(1), past(2)])) == set()
    assert "elevated_failures" not in triggered(checks(counted(row("non_200")), [past(1, failing=False)]))


def test_faults_of_answers_are_no_failures() -> None:
    assert triggered(checks(counted(row(faults=("meta_missing",))), [past(1)])) == {"meta_missing"}


@pytest.mark.parametrize(
    ("earlier", "says"),
    [
        ([past(30), past(20)], "; the run before ended 19 minutes before this one began, so that none is within it"),
        ([past(30), past(8, failing=False)], ""),
        ([], ""),
    ],
)
def test_it_says_where_runs_come_too_seldom_to_be_within_the_window(earlier: list[Any], says: str) -> None:
    note = checks(counted(row("non_200")), earlier)["elevated_failures"].note
    assert note == f"failing runs within 10 minutes, this one included{says}"


def test_without_kept_runs_it_says_so() -> None:
    assert "no earlier runs are kept" in checks(counted(row("non_200")), None)["elevated_failures"].note


def test_checks_of_failures_say_how_many_samples_failed_and_what_the_first_one_was() -> None:
    """The note is what the gate, the alert and the terminal show."""
    failing = counted(row(), {**row("non_200"), "detail": "status 503"}, {**row("infra"), "detail": "status 429"})
    note = checks(failing)["failure_single_run"].note
    assert note.startswith("2 of 3 samples failed, first: status 503; a second failing run")
    note = checks(failing, [past(1), past(2)])["elevated_failures"].note
    assert note == "3 failing runs within 10 minutes, this one included; 2 of 3 samples failed, first: status 503"
    flake = counted({**row("infra"), "detail": "status 403"})
    assert checks(flake)["infra_flake_single_run"].note.startswith("1 of 1 sample failed, first: status 403;")


def test_a_clean_run_after_failing_ones_says_that_it_did_not_fail() -> None:
    check = checks(counted(row()), [past(1), past(2)])["elevated_failures"]
    assert (check.triggered, check.value) == (False, 2)
    assert check.note == "failing runs within 10 minutes, but no sample of this one failed"


def test_slow_answers_and_certificates_that_end() -> None:
    invariants = [{"kind": "latency", "percentile": 95, "max_ms": 100}, {"kind": "tls_expiry", "min_days": 21}]
    counters = counted(*[row(ms=50)] * 94, *[row(ms=101)] * 6)
    counters.certificate_ends = NOON.timestamp() + 20.5 * 86_400
    found = checks(counters, invariants=invariants)
    assert triggered(found) == {"slow", "certificate_expires"}
    assert (found["slow"].value, found["certificate_expires"].value) == (101, 20)
    counters = counted(*[row(ms=50)] * 95, *[row(ms=101)] * 5)
    assert triggered(checks(counters, invariants=invariants)) == set(), "no certificate is no expiry"


def judged(document: Any, invariants: Any) -> dict[str, Any]:
    """The checks of one answer, through its row."""
    found = probe.faults_of(probe.Answer({}, document, 1.0), target(invariants=invariants).invariants)
    made = {**row(), **probe._faults_of_row(found, ())}
    return checks(counted(made), invariants=invariants)


def test_a_check_is_as_severe_as_what_failed_of_it_and_not_as_its_neighbours() -> None:
    """A warning that shares its check with a high row must not page."""
    invariants = [
        {"kind": "json", "path": "status", "operator": "equals", "value": "ok"},
        {"kind": "json", "path": "depth", "operator": "less", "value": 9, "severity": "warn"},
    ]
    for document, severity in (({"status": "ok", "depth": 10}, "warn"), ({"status": "x", "depth": 10}, "high")):
        check = judged(document, invariants)["assertion_failed"]
        assert (check.triggered, check.severity) == (True, severity)
    assert judged({"status": "ok", "depth": 1}, invariants)["assertion_failed"].severity == "high", "at most"


def test_faults_beyond_those_of_a_row_are_counted_and_their_checks_trigger() -> None:
    many = [{"kind": "present", "paths": [f"a{number}" for number in range(50)]}] * 3
    last = {"kind": "present", "check": "late", "severity": "info", "paths": ["b"]}
    found = judged({}, [*many, last])
    assert "1 sample, 150 fields, 150 of them missing" in found["field_missing"].note
    assert (found["late"].triggered, found["late"].severity) == (True, "info")


# -- The split


def answers(control: int, canary: int, **more: int) -> list[dict[str, object]]:
    counts = {"control": control, "canary": canary, **more}
    return [row(variant=variant) for variant, count in counts.items() for _ in range(count)]


def drift(control: int, canary: int, split: Any = RANGED, runs: tuple[Any, ...] = (), **more: int) -> Any:
    return checks(counted(*answers(control, canary, **more)), runs, split=split)["variant_split_drift"]


def test_too_few_answers_are_not_judged() -> None:
    check = drift(299, 0)
    assert not check.triggered
    assert "not judged: 299 of 300 answers within 24 h" in check.note


def test_runs_of_the_window_with_the_same_shares_are_pooled() -> None:
    key = target(split=RANGED).split.key
    before = [past(60 * hour, failing=False, split_key=key, variants={"control": 30}) for hour in range(1, 24)]
    assert drift(10, 0, runs=tuple(before)).triggered
    other = [run._replace(split_key="before the ramp") for run in before]
    assert "not judged" in drift(10, 0, runs=tuple(other)).note
    old = [run._replace(finished=run.finished - probe.timedelta(hours=24)) for run in before]
    assert "not judged" in drift(10, 0, runs=tuple(old)).note


def test_within_its_range_nothing_drifts() -> None:
    assert not drift(273, 27).triggered


def test_out_of_its_range_is_suspected_and_tells_nobody() -> None:
    check = drift(260, 40)
    assert (check.triggered, check.severity, check.notify) == (True, "warn", False)
    assert "suspected (canary out of range)" in check.note
    assert "chi-square p = " in check.note


def test_the_exact_test_where_few_are_expected() -> None:
    rare = {**SPLIT, "variants": {"control": 0.99, "canary": {"share": 0.01, "max": 0.03}}}
    assert "exact multinomial p = " in drift(300, 9, rare).note


def test_without_a_range_the_exact_test_suspects() -> None:
    assert not drift(275, 35, SPLIT).triggered
    assert drift(250, 50, SPLIT).triggered


def test_seven_for_one_percent_is_confirmed() -> None:
    check = drift(930, 70, {**SPLIT, "variants": {"control": 0.99, "canary": 0.01}})
    assert (check.triggered, check.notify) == (True, True)
    assert "confirmed" in check.note


def test_a_variant_that_should_not_be_there_is_a_leak_at_once() -> None:
    for split in (RANGED, {**SPLIT, "variants": {**SPLIT["variants"], "beta": 0}}):
        check = drift(9, 1, split, beta=1)
        assert (check.triggered, check.notify) == (True, True)
        assert "leak, confirmed: beta should not be seen and was, in 1 answer of 11" in check.note


def test_without_expected_shares_the_split_is_only_shown() -> None:
    check = drift(3, 1, {"header": "x-aurora-variant"})
    assert (check.triggered, check.value) == (False, {"canary": 1, "control": 3})


def test_variants_without_end_are_all_counted_and_the_expected_ones_told_apart() -> None:
    names = [f"junk-{number}" for number in range(150)] * 2 + ["canary"]
    counters = probe.Counters(target(split=RANGED).split.variants)
    for name in names:
        counters.add(row(variant=name))
    figures = counters.as_json()
    assert figures["header_variant_counts"]["(others)"] == 100
    assert figures["header_variant_counts"]["canary"] == 1
    assert sum(figures["header_variant_counts"].values()) == len(names)
    assert sum(figures["header_variant_pct"].values()) == pytest.approx(100, abs=0.5)
    check = checks(counters, split=RANGED)["variant_split_drift"]
    assert "should not be seen and was, in 300 answers of 301" in check.note
    assert len(check.value) <= 103


@pytest.mark.parametrize(
    ("variants", "says"),
    [
        ({"a" * 101: 1}, "at most 100 letters"),
        ({" a": 1}, "no blanks around"),
        ({"a": 0.5}, "these are 0.5"),
        ({"a": 1.5}, "numbers from 0 to 1"),
        ({"a": {"min": 0.1}}, "its share"),
        ({"a": {"share": 1, "max": 0.5}}, "not within its own range"),
        ({"a": {"share": 1, "least": 0.5}}, "unknown field"),
    ],
)
def test_wrong_shares_are_refused(variants: object, says: str) -> None:
    with pytest.raises(probe.ProbeError, match=says):
        target(split={"header": "x-v", "variants": variants})
