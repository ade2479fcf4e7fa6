"""What differs between two contents, by field and in sentences."""

from __future__ import annotations

import msgspec

from detections.rules.rule_form.differences import differences
from detections.rules.spec.form_fields import NEW
from detections.rules.spec.schema import RuleSpec


def with_text(text: str) -> RuleSpec:
    return msgspec.structs.replace(NEW, documentation=text)


def test_of_a_long_text_the_changed_lines_are_told():
    (change,) = differences(with_text("one\ntwo\nthree"), with_text("one\n2\nthree\nfour")).fields
    assert change.lines == (("-", "two"), ("+", "2"), ("+", "four"))


def test_lines_are_compared_whole_so_that_a_rewritten_text_costs_little(monkeypatch):
    compared = []
    real = __import__("difflib").SequenceMatcher.ratio
    monkeypatch.setattr("difflib.SequenceMatcher.ratio", lambda self: compared.append(1) or real(self))
    old = "\n".join(f"- step {i}: look at the page {i * 7} of the runbook" for i in range(100))
    new = "\n".join(f"- step {i}: look at page {i * 13} of a runbook now" for i in range(100))
    (change,) = differences(with_text(old), with_text(new)).fields
    assert len(change.lines) == 200
    assert not compared


def test_numbers_that_differ_by_little_are_told_as_they_are():
    old = msgspec.structs.replace(NEW, expected_false_positives_per_week=1234567.0)
    new = msgspec.structs.replace(NEW, expected_false_positives_per_week=1234567.5)
    (change,) = differences(old, new).fields
    assert (change.old, change.new) == (("1234567",), ("1234567.5",))
