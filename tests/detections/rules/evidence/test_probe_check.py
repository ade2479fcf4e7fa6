"""Evidence of probes: bounded, in words, without what the probe did not say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from detections.rules.evidence.probe_check import (
    FAULTS,
    LONGEST,
    STEPS,
    ProbeCheckEvidence,
    cause,
    failure_of,
    in_words,
)

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


def evidence(**fields: Any) -> ProbeCheckEvidence:
    given: dict[str, Any] = {
        "engine": 1,
        "rule": "DET-PROBE-001",
        "version": 1,
        "project": "raptor",
        "environment": "prod",
        "group": "aurora/meta_missing",
        "slot_end": NOON,
        "severity": 2,
        "reasons": [],
        "target": "aurora",
        "target_name": "Aurora rollout",
        "check": "meta_missing",
        "check_severity": "high",
        "run": 7,
        "ended_at": NOON,
        "value": "1",
        "threshold": "0",
        "note": "1 sample, 1 field; first: meta: is missing",
        "worth": "high",
        **fields,
    }
    return ProbeCheckEvidence(cause=cause(given["target_name"], given["check"]), **given)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (0, "0"),
        (3.5, "3.5"),
        ({"canary": 0.05, "control": 0.95}, "canary 0.05, control 0.95"),
        ({"canary": [0.08, 0.12], "control": [None, 0.9]}, "canary 0.08 to 0.12, control any to 0.9"),
    ],
)
def test_values_in_words(value: Any, words: str) -> None:
    assert in_words(value) == words


def test_the_first_failure_is_bounded() -> None:
    faults = [{"check": "c" * 900, "field": "f" * 900, "note": "n" * 900}] * 50
    failure = failure_of({"sample": 3, "status": 200, "outcome": "ok", "meta": {"a": "x" * 4000}, "faults": faults})
    assert failure is not None
    assert len(failure.faults) == FAULTS
    assert all(len(text) == LONGEST for fault in failure.faults for text in (fault.check, fault.field, fault.note))
    assert failure_of(None) is None


def test_a_sample_without_an_answer_says_so() -> None:
    failure = failure_of({"sample": 1, "status": 0, "outcome": "no_answer", "detail": "no answer within 10 s"})
    assert failure is not None
    assert failure.sentence() == "sample 1, no answer: no answer within 10 s"


def test_sentences() -> None:
    assert evidence().sentence() == (
        "Aurora rollout answers without meta (meta_missing in run 7, ended 2026-06-12 12:00:00 UTC): "
        "1 sample, 1 field; first: meta: is missing"
    )
    assert evidence(check="no_run", threshold="15 minutes").sentence() == (
        "No run of Aurora rollout ended within 15 minutes: the last one ended at 2026-06-12 12:00:00 UTC."
    )
    assert evidence(check="no_run", threshold="15 minutes", ended_at=None, run=None).sentence() == (
        "No run of Aurora rollout ended within 15 minutes: there was none yet."
    )
    assert evidence(check="too_slow").headline() == "Aurora rollout fails its check too slow"


def test_what_is_stored_reads_back_equal_and_repeats_itself_in_later_slots() -> None:
    record = evidence(failure=failure_of({"sample": 1, "status": 403, "outcome": "infra"}), samples=10, answered=9)
    assert ProbeCheckEvidence.read(record.as_data()) == record
    assert record.agrees()
    assert evidence(slot_end=NOON.replace(minute=1)).repeats(evidence())
    assert not evidence(run=8).repeats(evidence())


def test_every_check_of_the_seed_has_steps_and_others_have_some() -> None:
    assert all(evidence(check=check).advice() for check in (*STEPS, "assertion_failed"))
    assert evidence().advice()[0].startswith("Freeze the rollout")
    assert evidence(check="infra_flake_single_run").advice()[0].startswith("Monitor")
