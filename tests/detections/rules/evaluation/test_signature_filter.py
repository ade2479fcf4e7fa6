"""What the database searches for in a flood, by the patterns of signatures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.evaluation import event_samples
from detections.rules.evaluation.signature_filter import MOST_TEXTS, required_texts
from detections.rules.spec.patterns import PatternError, matcher
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import MINUTE, NOON, ROUTE


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("", []),
        ("timed out", ["timed out"]),
        ("timed out|refused", ["refused", "timed out"]),
        ("^timed out$|refused.*peer", ["refused", "timed out"]),
        ("colou?r|red+", ["colo", "re"]),
        ("a|", []),
        ("a|.*", []),
        ("a|(b)", []),
        ("a|[b|c]", []),
        (r"a\|b", []),
        ("|".join(f"text{number}" for number in range(MOST_TEXTS + 1)), []),
    ],
)
def test_texts_of_a_regular_expression(pattern: str, texts: list[str]) -> None:
    assert required_texts(pattern, "regex") == texts


def test_a_substring_is_taken_as_it_is() -> None:
    assert required_texts("a|b", "substring") == ["a|b"]


@given(st.from_regex(r"\A[ab|.*+?^$]{1,12}\Z"), st.text("ab|", max_size=20))
def test_what_a_pattern_matches_contains_one_of_its_texts(pattern: str, text: str) -> None:
    try:
        re.compile(pattern)
        matches = matcher(pattern, "regex")(text)
    except (re.error, PatternError):
        return
    if matches and (texts := required_texts(pattern, "regex")):
        assert any(each in text for each in texts)


@pytest.mark.django_db
def test_an_alternation_is_found_behind_a_flood_of_its_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is the oldest of more events than are looked at one by one."""
    monkeypatch.setattr(event_samples, "MOST", 10)
    project = builders.project()
    place = world.environment(project)
    world.covered(NOON - MINUTE * 60, NOON + MINUTE)
    signature = {"name": "lost", "cause": "the peer is gone", "owner": "ops", "syntax": "regex", "severity": "critical"}
    world.rule(signatures=[{**signature, "message": "timed out|refused by peer"}])
    world.arrive(project, [world.event(NOON, **world.plain("refused by peer"))], NOON)
    flood = [world.event(NOON + MINUTE / 2, **world.plain(f"made up {number}")) for number in range(40)]
    world.arrive(project, flood, NOON + MINUTE / 2)
    world.judge(NOON + MINUTE)
    evidence = world.newest().evidence
    assert evidence is not None
    assert (evidence.data["signature"], evidence.scope.group_key) == ("lost", ROUTE)
    assert place.pk == evidence.scope.project_environment_id
