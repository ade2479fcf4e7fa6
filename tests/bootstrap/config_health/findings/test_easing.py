"""Easing lowers severities and never hides: each cause by itself, and any of them together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.config_health.findings.easing import STEPS, Easing, EasingCause, eased
from bootstrap.config_health.findings.violation import Violation
from bootstrap.config_health.models import Finding

POSTURE = Easing(EasingCause.POSTURE, "accepted by ada", "warning")
WAIVED, UNSIGNED = (
    Easing(EasingCause.WAIVED, "waived by ada until 2026-07-01"),
    Easing(EasingCause.UNSIGNED, "not signed"),
)
one = st.builds(Easing, st.sampled_from(EasingCause), st.just("why"), st.sampled_from(STEPS))
easings = st.lists(one, max_size=4)


@pytest.mark.parametrize(
    ("easing", "kind", "full", "severity"),
    [
        (POSTURE, "missing", "critical", "warning"),
        (POSTURE, "empty", "critical", "warning"),
        (POSTURE, "missing", "info", "info"),
        (POSTURE, "bad_format", "critical", "critical"),
        (WAIVED, "missing", "critical", "warning"),
        (WAIVED, "must_equal_broken", "warning", "info"),
        (WAIVED, "missing", "info", "info"),
        (UNSIGNED, "missing", "critical", "warning"),
        (UNSIGNED, "missing", "warning", "warning"),
        (Easing(EasingCause.NOT_APPLICABLE, "left out"), "forbidden_present", "critical", "warning"),
    ],
)
def test_each_cause(easing: Easing, kind: str, full: str, severity: str) -> None:
    assert easing.applied(kind, full) == severity


def test_what_eases_most_counts_and_is_said() -> None:
    found = eased(Violation("A", "missing", "warning", "Unset"), [UNSIGNED, WAIVED, POSTURE])
    assert (found.severity, found.eased_from) == ("info", "warning")
    assert found.detail == "Unset (info instead of warning: waived by ada until 2026-07-01)"


@given(easings, st.sampled_from(Finding.Kind.values), st.sampled_from(STEPS))
def test_nothing_gets_worse_and_nothing_is_hidden(causes: list[Easing], kind: str, full: str) -> None:
    before = Violation("A", kind, full, "Wrong")
    after = eased(before, causes)
    assert STEPS.index(after.severity) >= STEPS.index(full)
    assert (after == before) is (after.severity == full)
    assert after.eased_from == ("" if after == before else full)
    assert eased(before, causes[::-1]).severity == after.severity
