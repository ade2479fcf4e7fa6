"""The policies of catalogues: made once, before those that would take their alerts, and never made again."""

from __future__ import annotations

from unittest.mock import patch

import pghistory
import pytest

from detections.alerts import catalogue_policies, default_policies
from detections.alerts.routing.match_policies import in_tree_order, tree_problems
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree

pytestmark = pytest.mark.usefixtures("notification_policies")
COUNT = len(catalogue_policies.POLICIES)


def tree() -> list[str]:
    return [f"{depth}{node.name}" for node, depth in in_tree_order(routing_tree())]


def test_they_come_before_the_others_and_leave_the_tree_sound() -> None:
    lines = catalogue_policies.load()
    assert len(lines) == COUNT + 1  # the escalation of one
    assert tree()[:6] == [
        "0SignUpFlow",
        "1SignUpFlow: high error rate",
        "1SignUpFlow: new error type",
        "1SignUpFlow: solver failures",
        "1SignUpFlow: database connection",
        "0Causal Organism",
    ]
    assert tree()[7:9] == ["0Probes: high", "0Critical"]
    assert tree_problems(routing_tree()) == []


def test_loading_again_changes_nothing() -> None:
    catalogue_policies.load()
    before = list(NotificationPolicy.objects.values())
    assert catalogue_policies.load() == []
    assert list(NotificationPolicy.objects.values()) == before


def test_what_people_made_of_them_stays() -> None:
    catalogue_policies.load()
    NotificationPolicy.objects.filter(name="SignUpFlow: solver failures").delete()
    NotificationPolicy.objects.filter(name="SignUpFlow").update(name="Sign-up")
    NotificationPolicy.objects.get(name="Causal Organism").delete()
    NotificationPolicy.objects.get(name="SignUpFlow: new error type").targets.clear()
    assert catalogue_policies.load() == []
    assert NotificationPolicy.objects.filter(name__startswith="Causal").count() == 0
    assert not NotificationPolicy.objects.get(name="SignUpFlow: new error type").targets.exists()


def test_a_policy_of_that_name_is_a_persons() -> None:
    NotificationPolicy.objects.create(order=7, name="Causal Organism", matchers={"project": ["causal"]})
    catalogue_policies.load()
    assert NotificationPolicy.objects.get(name="Causal Organism").matchers == {"project": ["causal"]}


def test_on_an_existing_console_those_without_room_move_up_in_their_order() -> None:
    NotificationPolicy.objects.filter(name="Critical").update(order=0)
    NotificationPolicy.objects.create(order=1, name="Mine", matchers={"project": ["mine"]})
    before = tree()
    catalogue_policies.load()
    assert [name for name in tree() if not any(each in name for each in ("SignUpFlow", "Causal", "Probes"))] == before
    assert tree()[0] == "0SignUpFlow"


def test_policies_that_continue_stay_before_them() -> None:
    NotificationPolicy.objects.create(order=5, name="Connected by the environment", continue_matching=True)
    catalogue_policies.load()
    assert tree()[:2] == ["0Connected by the environment", "0SignUpFlow"]


ESCALATED = "SignUpFlow: database connection"


def without_escalation(edited: bool = False) -> NotificationPolicy:
    """The policy as a console has it that loaded it before the escalation shipped; maybe edited by a person since."""
    with patch.object(catalogue_policies, "_connect", list):
        catalogue_policies.load()
    if edited:
        with pghistory.context(user=1, url="/admin/"):
            NotificationPolicy.objects.filter(name=ESCALATED).update(tags=["mine"])
    return NotificationPolicy.objects.get(name=ESCALATED)


def test_an_existing_console_gets_the_escalation_once() -> None:
    assert without_escalation().escalation is None
    assert catalogue_policies.load() == [f"policy {ESCALATED} escalates by {default_policies.ESCALATE}"]
    assert NotificationPolicy.objects.get(name=ESCALATED).escalation == default_policies.escalation_policy()
    assert catalogue_policies.load() == []


def test_an_escalation_that_was_taken_away_stays_away() -> None:
    catalogue_policies.load()
    NotificationPolicy.objects.filter(name=ESCALATED).update(escalation=None)
    assert catalogue_policies.load() == []
    assert NotificationPolicy.objects.get(name=ESCALATED).escalation is None


def test_a_policy_that_a_person_edited_gets_no_escalation() -> None:
    without_escalation(edited=True)
    assert catalogue_policies.load() == []
    assert NotificationPolicy.objects.get(name=ESCALATED).escalation is None


def test_nothing_contacts_their_targets_until_somebody_binds_them() -> None:
    catalogue_policies.load()
    rows = Target.objects.filter(name__in=catalogue_policies.TARGETS)
    assert set(rows.values_list("channel", flat=True)) == {"console"}
    assert rows.count() == len(catalogue_policies.TARGETS)
