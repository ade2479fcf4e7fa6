"""Seeds 002 and 004: where their rules' alerts go, as policies that "try it" shows. The rules come later; what each
alert has is the label of its catalogue, and that of its rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from django.test import Client

from detections.alerts import catalogue_policies
from detections.alerts.routing.match_policies import match_policies
from detections.alerts.routing.matchers import Subject
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree
from tests.detections.alerts.factories import make_rule
from tests.people import make_viewer

NOON = datetime(2026, 6, 12, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _catalogues(notification_policies: None) -> None:
    catalogue_policies.load()


def told(severity: str = "high", **labels: str) -> list[tuple[str, str]]:
    """The channel that is meant and the address of each target."""
    matches = match_policies(routing_tree(), Subject("R", "", severity, "app", "production", "", labels), NOON).matches
    return addresses(target for match in matches for target in match.node.targets)


def addresses(ids: Iterable[int]) -> list[tuple[str, str]]:
    rows = Target.objects.filter(pk__in=list(ids)).values_list("intended_channel", "address")
    return sorted(rows)


# -- Seed 002, alert rules 1 to 4


@pytest.mark.parametrize("severity", ["critical", "high", "medium"])
def test_002_rule_1_high_error_rate_mails_operations_slacks_alerts_and_pages_at_p2(severity: str) -> None:
    assert told(severity, catalogue="signupflow", rule="high-error-rate") == [
        ("email", "ops@signupflow.io"),
        ("pagerduty", "P2"),
        ("slack", "#alerts"),
    ]


def test_002_rule_2_a_new_error_type_goes_to_engineering_and_is_tagged_needs_triage() -> None:
    assert told(catalogue="signupflow", rule="new-error-type") == [("slack", "#engineering")]
    labels = {"catalogue": "signupflow", "rule": "new-error-type"}
    (match,) = match_policies(routing_tree(), Subject("R", "", "high", "app", "production", "", labels), NOON).matches
    assert match.node.tags == ("needs-triage",)


def test_002_rule_3_solver_failures_mail_the_solver_team_and_make_a_jira_ticket() -> None:
    assert told(catalogue="signupflow", component="solver") == [
        ("email", "solver-team@signupflow.io"),
        ("jira", "Solver failures"),
    ]


def test_002_rule_4_database_connection_errors_slack_infrastructure_and_page_at_p1() -> None:
    assert told("critical", catalogue="signupflow", rule="database-connection") == [
        ("pagerduty", "P1"),
        ("slack", "#infrastructure"),
    ]


def test_002_rule_4_is_escalated_after_five_minutes_and_no_other_is() -> None:
    policy = NotificationPolicy.objects.get(name="SignUpFlow: database connection")
    assert policy.escalation is not None
    assert [step.wait_minutes for step in policy.escalation.steps.all()] == [5]
    assert [each.name for each in NotificationPolicy.objects.exclude(escalation=None)] == [policy.name]


def test_002_an_alert_of_the_catalogue_that_no_rule_names_goes_to_alerts() -> None:
    assert told(catalogue="signupflow") == [("slack", "#alerts")]


# -- Seed 004, requirements 17.5 and 17.6 and the alert channels


@pytest.mark.parametrize("rule", ["error-rate", "new-issue"])
@pytest.mark.parametrize("severity", ["high", "medium"])
def test_004_error_rates_and_new_issues_go_to_alerts_mail_and_webhook(rule: str, severity: str) -> None:
    assert told(severity, catalogue="causal-organism", rule=rule) == [
        ("email", "recipients of Causal Organism"),
        ("slack", "#alerts"),
        ("webhook", "custom integrations"),
    ]


def test_004_critical_alerts_page_too() -> None:
    critical = told("critical", catalogue="causal-organism", rule="new-issue")
    assert ("pagerduty", "P1") in critical
    assert len(critical) == 4


# -- Their own labels only


@pytest.mark.parametrize(
    "labels", [{}, {"rule": "high-error-rate"}, {"component": "solver"}, {"catalogue": "raptor"}, {"surface": "beta"}]
)
def test_alerts_without_the_label_of_the_catalogue_go_as_before(labels: dict[str, str]) -> None:
    assert told("critical", **labels) == [("slack", "#raxx-ops-alert-sev1")]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            "catalogue=signupflow rule=high-error-rate",
            ["ops@signupflow.io", "#alerts", "P2", "label rule is high-error-rate"],
        ),
        ("catalogue=signupflow rule=new-error-type", ["#engineering", "Tags the alert needs-triage."]),
        ("catalogue=signupflow component=solver", ["solver-team@signupflow.io", "Solver failures"]),
        ("catalogue=signupflow rule=database-connection", ["#infrastructure", "P1", "After 5 min"]),
        ("catalogue=causal-organism", ["custom integrations", "label catalogue is causal-organism"]),
        ("", ["it has no label catalogue, wanted is signupflow"]),
    ],
)
def test_try_it_shows_them(client: Client, labels: str, said: list[str]) -> None:
    make_rule("DET-1")
    client.force_login(make_viewer())
    query = {"rule": "DET-1", "severity": "critical", "at": "2026-06-12T16:00", "labels": labels}
    html = client.get("/routing/", query).content.decode().split('id="policies-title"')[0]
    assert [words for words in said if words not in html] == []
