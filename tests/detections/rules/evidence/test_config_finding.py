"""The record behind a firing over configuration: its severity follows from its findings, its sentence says them all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.evaluation import registry
from detections.rules.evidence import config_finding
from detections.rules.evidence.config_finding import ConfigFindingEvidence, EvidenceFinding, ReportFacts, SignedItem
from detections.rules.spec.conditions import FindingSeverities
from detections.rules.spec.schema import CHOICES, SEVERITIES

SLOT = datetime(2026, 11, 20, 3, 1, tzinfo=UTC)
REPORTED = ["critical", "warning", "info"]
WORTH = {"critical": "critical", "warning": "medium", "info": None}


def wrong(kind="missing", severity="critical", since=SLOT - timedelta(minutes=1)):
    return EvidenceFinding(1, kind, severity, since)


def record(findings=(), group="SENTRY_DSN_BACKEND", **changes):
    found = list(findings) or [wrong()]
    values = {
        "engine": config_finding.ENGINE,
        "rule": "DET-CONFIG-001",
        "version": 1,
        "project": "raxx-api",
        "environment": "prod",
        "group": group,
        "slot_end": SLOT,
        "system": "raptor",
        "app": "raxx-api",
        "deployment": 1,
        "host": "raxx-api-prod",
        "place": "raptor/prod",
        "findings": found,
        "severities": WORTH,
        "severity": config_finding.severity_of(found, WORTH) or 0,
        "reasons": config_finding.reasons(found, WORTH),
        "cause": config_finding.cause(group, found),
    }
    return ConfigFindingEvidence(**{**values, **changes})


worths = st.fixed_dictionaries({name: st.sampled_from([None, *SEVERITIES]) for name in REPORTED})
found = st.lists(st.builds(wrong, st.sampled_from(CHOICES["kinds"]), st.sampled_from(REPORTED)), min_size=1, max_size=5)


@given(found, worths)
def test_the_severity_is_the_highest_that_any_finding_is_worth(findings, worth):
    severity = config_finding.severity_of(findings, worth)
    each = {config_finding.severity_of([one], worth) for one in findings}
    assert severity == max((n for n in each if n), default=None)


@given(found)
def test_what_is_stored_reads_back_and_agrees(findings):
    stored = json.loads(json.dumps(record(findings).as_data()))
    back = registry.read_evidence(stored)
    assert back == record(findings)
    assert back.agrees() == (back.severity > 0)
    assert back.sentence() == record(findings).sentence()


def test_a_record_whose_severity_was_changed_is_found_out():
    stored = record([wrong(severity="warning")]).as_data() | {"severity": 3}
    assert not registry.read_evidence(stored).agrees()


def test_defaults_of_the_rule_are_the_seeds():
    assert {name: getattr(FindingSeverities(), name) for name in REPORTED} == WORTH


@pytest.mark.parametrize("kind", [k for k in CHOICES["kinds"] if k != "stale"])
def test_every_kind_has_words(kind):
    assert record([wrong(kind)]).cause == f"SENTRY_DSN_BACKEND {config_finding.PHRASES[kind]}"


def test_seed_000s_sentence():
    said = SignedItem("SENTRY_DSN_BACKEND", "signed by admin, 2026-11-19 10:00 UTC", done=True)
    report = ReportFacts(7, SLOT - timedelta(minutes=1), "v12")
    assert record(report=report, signed=said).sentence() == (
        "SENTRY_DSN_BACKEND is unset in raxx-api-prod since 03:00 UTC (report of 03:00 UTC, release v12); "
        "the checklist says signed by admin, 2026-11-19 10:00 UTC"
    )


def test_another_day_is_named():
    old = record([wrong(since=SLOT - timedelta(days=2))])
    assert "since 2026-11-18 03:01 UTC" in old.sentence()


def test_what_was_taken_back_is_no_proof():
    undone = SignedItem("SENTRY_DSN_BACKEND", "taken back by admin, 2026-11-19 10:00 UTC", done=False)
    assert "checklist" not in record(signed=undone).sentence()


def test_a_deployment_that_went_silent():
    stale = [wrong("stale")]
    never = record(stale, group=config_finding.REPORT).sentence()
    assert never == "No configuration report comes in from raxx-api-prod (raptor/prod); none ever came"
    last = ReportFacts(7, SLOT - timedelta(hours=27))
    assert record(stale, group=config_finding.REPORT, report=last).sentence() == (
        "No configuration report comes in from raxx-api-prod (raptor/prod); the last was of 2026-11-19 00:01 UTC, "
        "and a day has passed since"
    )


def test_the_same_of_another_slot_is_the_same():
    later = record(slot_end=SLOT + timedelta(minutes=5))
    assert record().repeats(later)
    assert not record().repeats(record([wrong(severity="warning")]))
