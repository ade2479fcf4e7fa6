"""Each kind of finding, its severity by need and failure mode, and what nothing is claimed of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bootstrap.config_health.findings.flag_state import any_is_on, flag_is_on
from bootstrap.config_health.findings.judge import (
    ALWAYS,
    CONDITIONAL,
    NOT_NEEDED,
    UNKNOWN,
    ComparisonGroup,
    DeploymentInputs,
    VariableRule,
    Violation,
    violations,
)
from bootstrap.config_health.variable_status import JudgedVariable
from bootstrap.systems.value_rules.expected_values import words_asked
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap.config_health.reports import NIGHT

SET, UNSET, EMPTY = JudgedVariable("set"), JudgedVariable("unset"), JudgedVariable("empty")
PLACE = DeploymentInputs(1, "api", reported_at=NIGHT)


def judged(rule: VariableRule, state: JudgedVariable, **fields: object) -> list[tuple[str, str]]:
    place = replace(PLACE, rules=[rule], states={rule.name: state, **fields.pop("others", {})}, **fields)  # type: ignore[arg-type, call-overload]
    return [(found.kind, found.severity) for found in violations(place, [], {1: place}, NIGHT)]


@pytest.mark.parametrize(
    ("need", "mode", "severity"),
    [
        (ALWAYS, "", "critical"),
        (ALWAYS, "silent_noop", "critical"),
        (CONDITIONAL, "boot_fail", "critical"),
        (CONDITIONAL, "http_501", "critical"),
        (CONDITIONAL, "http_503", "critical"),
        (CONDITIONAL, "silent_skip", "warning"),
        (CONDITIONAL, "silent_noop", "warning"),
        (CONDITIONAL, "degrade_and_log", "warning"),
        (CONDITIONAL, "", "warning"),
        (UNKNOWN, "boot_fail", "warning"),
        (NOT_NEEDED, "boot_fail", None),
    ],
)
@pytest.mark.parametrize(("state", "kind"), [(UNSET, "missing"), (EMPTY, "empty")])
def test_absence(need: str, mode: str, severity: str | None, state: JudgedVariable, kind: str) -> None:
    assert judged(VariableRule("A", need, failure_mode=mode), state) == ([(kind, severity)] if severity else [])


@pytest.mark.parametrize(
    ("need", "mode", "severity"),
    [
        (ALWAYS, "", "critical"),
        (ALWAYS, "boot_fail", "critical"),
        (ALWAYS, "degrade_and_log", "warning"),
        (CONDITIONAL, "http_503", "critical"),
        (CONDITIONAL, "", "warning"),
        (UNKNOWN, "boot_fail", "warning"),
        (NOT_NEEDED, "boot_fail", "info"),
    ],
)
def test_what_is_set_wrongly(need: str, mode: str, severity: str) -> None:
    rule = VariableRule("A", need, failure_mode=mode, accepted=("production",))
    assert judged(rule, JudgedVariable("set", format_ok=False, accepted_index=0)) == [("bad_format", severity)]
    assert judged(rule, SET) == [("wrong_literal", severity)]
    assert judged(rule, SET, manifest_is_current=False) == []
    assert judged(rule, JudgedVariable("set", format_ok=True, accepted_index=0)) == []


WORDS = ("production", "development")


@pytest.mark.parametrize(
    ("accepted", "expected", "index", "detail"),
    [
        (WORDS, "production", 0, ""),
        (WORDS, "production", 1, "Set to development, but its checklist item wants production"),
        (WORDS, "production", None, "Set to none of: production, development"),
        (WORDS, "production", 7, ""),
        (WORDS, "staging", 2, ""),
        (WORDS, "staging", 0, "Set to production, but its checklist item wants staging"),
        (WORDS, "staging", None, "Set to none of: production, development"),
        (WORDS, "", 1, ""),
        ((), "Raxx", 0, ""),
        ((), "Raxx", None, "Set, but not to Raxx, which its checklist item wants"),
        ((), "1", 2, ""),
        (("off", "on"), "1", 1, ""),
        (("off", "on"), "1", 0, "Set to off, but its checklist item wants 1"),
    ],
)
def test_what_an_item_wants(accepted: tuple[str, ...], expected: str, index: int | None, detail: str) -> None:
    rule = VariableRule("A", ALWAYS, accepted=accepted, expected=expected, words=tuple(words_asked(accepted, expected)))
    place = replace(PLACE, rules=[rule], states={"A": JudgedVariable("set", accepted_index=index)})
    found = violations(place, [], {1: place}, NIGHT)
    assert [(each.kind, each.severity, each.detail) for each in found] == [
        ("wrong_literal", "critical", detail)
    ] * bool(detail)
    assert violations(replace(place, manifest_is_current=False), [], {1: place}, NIGHT) == []


@pytest.mark.parametrize(
    ("need", "mode", "severity"),
    [(CONDITIONAL, "http_503", "critical"), (CONDITIONAL, "", "warning"), (NOT_NEEDED, "boot_fail", "info")],
)
def test_another_word_than_wanted_is_as_severe_as_a_wrong_one(need: str, mode: str, severity: str) -> None:
    rule = VariableRule("A", need, failure_mode=mode, expected="a", words=("a",))
    assert judged(rule, SET) == [("wrong_literal", severity)]
    assert judged(rule, UNSET) == ([] if need == NOT_NEEDED else judged(replace(rule, expected=""), UNSET))


@pytest.mark.parametrize(("need", "severity"), [(ALWAYS, "warning"), (CONDITIONAL, "warning"), (UNKNOWN, "info")])
def test_a_fallback_in_use(need: str, severity: str) -> None:
    rule = VariableRule("A", need, failure_mode="fallback_to", fallback_to="B")
    assert judged(rule, UNSET, others={"B": SET}) == [("fallback_active", severity)]
    assert judged(rule, UNSET, others={"B": UNSET})[0][0] == "missing"
    assert judged(rule, SET, others={"B": SET}) == []


def test_empty_may_be_a_value_of_its_own() -> None:
    assert judged(VariableRule("A", ALWAYS, empty_is_unset=False), EMPTY) == []
    assert judged(VariableRule("A", ALWAYS, empty_is_unset=False), UNSET) == [("missing", "critical")]


def test_forbidden() -> None:
    assert judged(VariableRule("A", NOT_NEEDED, forbidden=True), SET) == [("forbidden_present", "critical")]
    assert judged(VariableRule("A", ALWAYS, forbidden=True), UNSET) == []


def test_a_posture_speaks_for_an_absence_and_when_it_lapsed() -> None:
    rule = VariableRule("A", NOT_NEEDED)
    assert judged(rule, UNSET, accepted_absences={"A": ("warning", "accepted")}) == [("missing", "warning")]
    assert judged(rule, EMPTY, accepted_absences={"A": ("critical", "lapsed")}) == [("empty", "critical")]
    assert judged(rule, SET, accepted_absences={"A": ("critical", "lapsed")}) == []


@pytest.mark.parametrize("state", [None, JudgedVariable("not_reported")])
def test_nothing_is_claimed_of_what_was_not_reported(state: JudgedVariable | None) -> None:
    place = replace(PLACE, rules=[VariableRule("A", ALWAYS)], states={"A": state} if state else {})
    assert violations(place, [], {1: place}, NIGHT) == []


@pytest.mark.parametrize(
    ("now", "wrong"), [({"p": "a"}, False), ({"p": "b"}, True), ({}, False)], ids=["same", "other", "no fingerprint"]
)
def test_changed_since_sign_off(now: dict[str, str], wrong: bool) -> None:
    found = judged(
        VariableRule("A", ALWAYS), JudgedVariable("set", fingerprints=now), signed_fingerprints={"A": ("p", "a")}
    )
    assert found == ([("changed_since_sign_off", "warning")] if wrong else [])


def compared(must_equal: bool, mine: str | None, other: str | None, age: timedelta = timedelta()) -> list[Violation]:
    def place(pk: int, name: str, fingerprint: str | None, at: timedelta) -> DeploymentInputs:
        state = JudgedVariable("set", fingerprints={"g": fingerprint} if fingerprint else {})
        return DeploymentInputs(pk, name, states={"S": state}, reported_at=NIGHT - at)

    places = {1: place(1, "api", mine, timedelta()), 2: place(2, "console", other, age)}
    return violations(places[1], [ComparisonGroup("g", must_equal, ((1, "S"), (2, "S")))], places, NIGHT)


def test_values_that_must_be_equal() -> None:
    (found,) = compared(True, "a", "b")
    assert (found.subject, found.kind, found.severity) == ("S", "must_equal_broken", "critical")
    assert "console" in found.detail
    for mine, other in (("a", "a"), (None, "b"), ("a", None)):
        assert compared(True, mine, other) == []
    assert compared(True, "a", "b", timedelta(hours=27)) == []  # the partner's report is stale


def test_values_that_must_differ() -> None:
    assert [found.kind for found in compared(False, "a", "a")] == ["must_differ_broken"]
    assert compared(False, "a", "b") == []


def test_flags_that_no_checklist_names() -> None:
    on = JudgedVariable("set", accepted_index=FLAG_WORDS.index("1"))
    rules = [
        VariableRule(name, NOT_NEEDED, accepted=FLAG_WORDS, is_flag=True) for name in ("FLAG_A", "FLAG_B", "FLAG_C")
    ]
    place = replace(
        PLACE,
        rules=rules,
        states={"FLAG_A": on, "FLAG_B": on, "FLAG_C": UNSET},
        other_names=["FLAG_NEW", "FEATURE_NEW", "PATH"],
        covered_flags=frozenset({"FLAG_A"}),
    )
    found = violations(place, [], {1: place}, NIGHT)
    assert [(each.subject, each.kind, each.severity) for each in found] == [
        ("FLAG_B", "flag_without_coverage", "warning"),
        ("FEATURE_NEW", "flag_without_coverage", "warning"),
        ("FLAG_NEW", "flag_without_coverage", "warning"),
    ]
    assert violations(replace(place, covered_flags=None), [], {1: place}, NIGHT) == []


@pytest.mark.parametrize(("hours", "stale"), [(0, False), (26, False), (26.1, True)])
@pytest.mark.parametrize("never", [False, True])
def test_stale(hours: float, stale: bool, never: bool) -> None:
    place = DeploymentInputs(1, "api", first_token_at=NIGHT) if never else PLACE
    found = violations(place, [], {1: place}, NIGHT + timedelta(hours=hours))
    assert [(each.subject, each.kind, each.severity) for each in found] == [("", "stale", "critical")] * stale


def test_who_never_reported_and_has_no_token_is_not_stale() -> None:
    assert violations(DeploymentInputs(1, "api"), [], {}, NIGHT) == []


@pytest.mark.parametrize("word", FLAG_WORDS)
def test_flags_are_off_or_on_by_their_word(word: str) -> None:
    on = flag_is_on(FLAG_WORDS, JudgedVariable("set", accepted_index=FLAG_WORDS.index(word)))
    assert on is (word in ("1", "true", "on", "yes"))


def test_flags_unset_or_empty_are_off_and_unknown_words_neither() -> None:
    assert flag_is_on(FLAG_WORDS, UNSET) is flag_is_on(FLAG_WORDS, EMPTY) is False
    assert flag_is_on(FLAG_WORDS, SET) is None
    assert flag_is_on(FLAG_WORDS, JudgedVariable("not_reported")) is None
    assert flag_is_on((), JudgedVariable("set", accepted_index=3)) is None


OFF, ON = (JudgedVariable("set", accepted_index=FLAG_WORDS.index(word)) for word in ("0", "1"))


@pytest.mark.parametrize(
    ("reported", "on"),
    [
        ([UNSET, ON], True),
        ([OFF, ON], True),
        ([UNSET, OFF], False),
        ([OFF, SET], False),
        ([UNSET, EMPTY], False),
        ([UNSET, SET], None),
        ([UNSET, JudgedVariable("not_reported")], False),
        ([JudgedVariable("not_reported")], None),
        ([], None),
    ],
)
def test_a_flag_of_several_names(reported: list[JudgedVariable], on: bool | None) -> None:
    assert any_is_on(reported) is any_is_on(reported[::-1]) is on


def test_a_flag_that_is_on_under_another_name_is_told_once_under_its_own() -> None:
    rule = VariableRule("FLAG_A", NOT_NEEDED, accepted=FLAG_WORDS, is_flag=True, aliases=("a_flag",))
    place = replace(PLACE, rules=[rule], states={"FLAG_A": UNSET, "a_flag": ON}, covered_flags=frozenset())
    assert [found.subject for found in violations(place, [], {1: place}, NIGHT)] == ["FLAG_A"]
    covered = replace(place, covered_flags=frozenset({"a_flag"}))
    assert violations(covered, [], {1: covered}, NIGHT) == []
