"""The tree of routes: order, children, `continue`, windows, and the reasons that are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.match_policies import PolicyNode, match_policies, tree_problems
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing.time_windows import WeeklyWindow

NOON = datetime(2026, 6, 12, 16, 0, tzinfo=UTC)  # Friday 12:00 in New York
NIGHT = datetime(2026, 6, 13, 3, 0, tzinfo=UTC)  # Friday 23:00
HOURS = WeeklyWindow("Business hours", "America/New_York", frozenset(range(5)), "09:00", "17:00")
BETA = Subject("DET-BETA-003", "beta", "high", "raptor", "prod")

CRITICAL = PolicyNode(1, 10, "Critical", matchers={"severity": ["critical"]}, targets=(1,))
DAY = PolicyNode(2, 20, "High by day", matchers={"severity": ["high"]}, window=HOURS, targets=(2,))
OFF = replace(DAY, id=3, order=30, name="High off hours", outside_window=True, targets=(3,))
REST = PolicyNode(4, 99, "Everything else", targets=(4,))
TREE = [REST, OFF, DAY, CRITICAL]


def taken(nodes: list[PolicyNode], subject: Subject = BETA, at: datetime = NOON) -> list[str]:
    return [match.node.name for match in match_policies(nodes, subject, at).matches]


def test_the_first_match_takes_it() -> None:
    assert taken(TREE, replace(BETA, severity="critical")) == ["Critical"]
    assert taken(TREE) == ["High by day"]
    assert taken(TREE, at=NIGHT) == ["High off hours"]
    assert taken(TREE, replace(BETA, severity="medium")) == ["Everything else"]


def test_window_and_local_time_are_told() -> None:
    (match,) = match_policies(TREE, BETA, NIGHT).matches
    assert match.window == "outside Business hours"
    assert match.local_time == "Fri 2026-06-12 23:00 EDT"


def test_every_route_looked_at_says_why() -> None:
    steps = match_policies(TREE, BETA, NIGHT).steps
    assert [(step.policy, step.matched) for step in steps] == [
        ("Critical", False),
        ("High by day", False),
        ("High off hours", True),
    ]
    assert steps[0].why == "severity is high, not critical"
    assert "Fri 2026-06-12 23:00 EDT is outside 09:00-17:00 Mon, Tue, Wed, Thu, Fri America/New_York" in steps[1].why


def test_continue_goes_on_to_the_next() -> None:
    tree = [replace(DAY, continue_matching=True), REST]
    assert taken(tree) == ["High by day", "Everything else"]


def test_a_child_takes_it_from_its_parent_and_the_parent_when_none_does() -> None:
    parent = PolicyNode(10, 1, "Beta", matchers={"category": ["beta"]}, targets=(9,))
    child = PolicyNode(11, 2, "Beta prod", parent=10, matchers={"environment": ["prod"]}, targets=(8,))
    tree = [parent, child, *TREE]
    assert taken(tree) == ["Beta prod"]
    assert taken(tree, replace(BETA, environment="staging")) == ["Beta"]
    assert taken(tree, replace(BETA, category="ops")) == ["High by day"]


def test_values_may_hold_stars() -> None:
    assert taken([PolicyNode(1, 1, "DET", matchers={"rule": ["DET-BETA-*"]}), REST]) == ["DET"]
    assert taken([PolicyNode(1, 1, "DET", matchers={"rule": ["DET-OPS-*"]}), REST]) == ["Everything else"]


def test_problems_of_a_tree() -> None:
    assert tree_problems(TREE) == []
    assert len(tree_problems([])) == 1
    assert len(tree_problems([DAY, OFF])) == 1
    assert len(tree_problems([replace(REST, targets=())])) == 1
    assert len(tree_problems([replace(REST, order=0), DAY])) == 1
    a, b = PolicyNode(5, 1, "a", parent=6), PolicyNode(6, 2, "b", parent=5)
    assert len(tree_problems([a, b, REST])) == 2


nodes = st.lists(
    st.builds(
        lambda severity, outside, window, go_on: (severity, outside, window, go_on),
        st.sampled_from([None, "critical", "high", "medium"]),
        st.booleans(),
        st.sampled_from([None, HOURS]),
        st.booleans(),
    ),
    max_size=6,
)


@given(nodes, st.sampled_from(["critical", "high", "medium"]), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_with_a_catch_all_every_alert_finds_a_route(
    rows: list[tuple[str | None, bool, WeeklyWindow | None, bool]], severity: str, at: datetime
) -> None:
    tree = [
        PolicyNode(
            number,
            number,
            f"r{number}",
            matchers={"severity": [wanted]} if wanted else None,
            outside_window=outside,
            window=window,
            continue_matching=go_on,
        )
        for number, (wanted, outside, window, go_on) in enumerate(rows)
    ]
    decision = match_policies([*tree, REST], replace(BETA, severity=severity), at.replace(tzinfo=UTC))
    assert decision.matches
    *before, _ = decision.matches
    assert all(match.node.continue_matching for match in before)
    assert [step.policy for step in decision.steps if step.matched] == [match.node.name for match in decision.matches]
