"""Rules over the checks of probes: what they may say, and in which words they say it."""

from __future__ import annotations

from typing import Any

import pytest

from detections.rules.spec import describe, form_fields
from detections.rules.spec.conditions import ProbeCheckCondition
from detections.rules.spec.schema import RuleSpec, SpecError, decode


def spec(**condition: Any) -> RuleSpec:
    return decode(
        {
            "title": "Probes",
            "group_by": "probe",
            "selector": {"sources": [{"source": "probe"}]},
            "conditions": [{"kind": "probe_check", **condition}],
        }
    )


@pytest.mark.parametrize("severity", ["high", "critical"])
@pytest.mark.parametrize("checks", [[], ["slow"], ["slow", "no_run"]])
def test_a_warn_check_never_pages_and_a_rule_that_would_is_refused(severity: str, checks: list[str]) -> None:
    with pytest.raises(SpecError, match="a warn check never pages") as caught:
        spec(severities=["high", "warn"], severity=severity, checks=checks)
    assert form_fields.field_of(caught.value.field, caught.value.message) == "probe_severities"
    assert form_fields.in_labels(caught.value) == "A warn check never pages, so that alerts about one are medium"
    assert spec(severities=["high", "warn"], severity="medium", checks=checks).severities == ["medium"]


def test_the_absence_of_runs_may_page() -> None:
    assert spec(checks=["no_run"], severities=["warn"], severity="critical").severities == ["critical"]


@pytest.mark.parametrize(
    ("condition", "field", "says"),
    [
        ({"targets": ["a b"]}, "conditions[0].targets[0]", "matching regex"),
        ({"checks": ["Meta"]}, "conditions[0].checks[0]", "matching regex"),
        ({"severities": ["info"]}, "conditions[0].severities[0]", "allowed: 'high', 'warn'"),
        ({"severities": []}, "conditions[0].severities", "length >= 1"),
        ({"severity": "low"}, "conditions[0].severity", "allowed: 'medium', 'high', 'critical'"),
    ],
)
def test_errors_name_the_field_and_what_is_allowed(condition: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(**condition)
    assert (caught.value.field, says in str(caught.value)) == (field, True), caught.value


def test_it_reads_what_it_names_and_the_absence_of_runs_only_then() -> None:
    every = ProbeCheckCondition(severities=("high", "warn"), severity="medium")
    assert [every.reads(*check) for check in (("a", "high"), ("a", "warn"), ("a", "info"), ("no_run", ""))] == [
        True,
        True,
        False,
        False,
    ]
    named = ProbeCheckCondition(checks=("slow", "no_run"))
    assert [named.reads(*check) for check in (("a", "high"), ("slow", "high"), ("slow", "warn"), ("no_run", ""))] == [
        False,
        True,
        False,
        True,
    ]


def test_its_words() -> None:
    rule = spec(targets=["aurora"], checks=["meta_missing", "no_run"])
    assert describe.selects(rule) == (
        "Reads what the newest probe runs of aurora in every project in every environment found, as far as it is "
        "meta_missing, no_run; each check of each target by itself."
    )
    assert rule.conditions[0].sentences() == [
        "For as long as a high check is triggered in the newest run: high.",
        "For as long as no run of a target ends within three of its intervals: high.",
    ]
    assert rule.fixture_words == "probe runs"


def test_a_stored_rule_that_counts_may_still_name_the_source() -> None:
    sources = [{"source": "probe"}, {"source": "sentry"}]
    assert decode({"title": "t", "selector": {"sources": sources}, "conditions": [{"kind": "exceedance"}]})


def test_its_form_says_what_it_says() -> None:
    rule = spec(targets=["aurora"], checks=["meta_missing", "no_run"], severities=["high", "warn"], severity="medium")
    assert decode(form_fields.from_fields(form_fields.to_fields(rule))) == rule
    errors = {**form_fields.to_fields(rule), "kind": "exceedance"}
    assert [each.source for each in decode(form_fields.from_fields(errors)).selector.sources] == ["sentry"]
