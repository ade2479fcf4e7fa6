"""Which incidents have something in common with an alert or another incident, in which order, at which cost."""

from __future__ import annotations

from typing import Any

import pytest

from detections.alerts.models import Alert
from detections.incidents.models import BugClass, Incident, IncidentLink
from detections.incidents.record.links import add_alerts
from detections.incidents.similar.seen_before import COMMON, MOST, WEIGHTS, in_words, of_alert, of_incident
from detections.telemetry.models import Issue
from tests.bootstrap.people import client_of
from tests.detections import builders
from tests.detections.alerts.factories import make_rule, make_scope
from tests.detections.incidents.factories import START, make_alert, make_incident

pytestmark = pytest.mark.django_db


def link(incident: Incident, **what: Any) -> IncidentLink:
    return incident.links.create(text="linked", added_at=START, added_by="ada", **what)


def with_alert(title: str, alert: Alert) -> Incident:
    incident = make_incident(title)
    add_alerts(incident.pk, [alert.pk], START, by=None, actor="ada")
    return incident


def seen(found: Any) -> list[tuple[str, str]]:
    return [(each.incident.title, each.why) for each in found]


def test_each_closer_thing_outweighs_all_that_are_less_close() -> None:
    weights = [WEIGHTS[kind] for kind in COMMON]
    assert all(weight > sum(weights[at + 1 :]) for at, weight in enumerate(weights))


def test_words_name_a_rule_once_and_the_closest_first() -> None:
    assert in_words(["rule", "group", "issue"]) == "the same issue, the same rule on the same group"
    assert in_words(["rule", "bug_class"]) == "the same bug class, the same rule"


def test_an_alert_finds_incidents_of_its_rule_group_cause_and_variable() -> None:
    scope = make_scope(group_key="/api/a")
    alert = make_alert(scope=scope, cause="ORIGIN_URL is unset")
    with_alert("rule", make_alert(rule=scope.rule))
    with_alert("group", make_alert(scope=scope, resolved_at=START))
    with_alert("cause", make_alert(rule=make_rule("DET-2"), cause="ORIGIN_URL is unset"))
    link(make_incident("variable"), variable="ORIGIN_URL")
    link(make_incident("linked rule"), rule=scope.rule)
    with_alert("nothing", make_alert(rule=make_rule("DET-2"), cause="Something else"))
    found = seen(of_alert(alert))
    assert found == [
        ("cause", "the same known failure"),
        ("variable", "the same variable"),
        ("group", "the same rule on the same group"),
        ("linked rule", "the same rule"),
        ("rule", "the same rule"),
    ]


def test_a_configuration_finding_finds_by_its_variable() -> None:
    alert = make_alert(scope=make_scope(group_key="ORIGIN_URL"))
    with_alert("elsewhere", make_alert(scope=make_scope(make_rule("DET-2"), group_key="ORIGIN_URL")))
    assert seen(of_alert(alert)) == [("elsewhere", "the same variable")]


def test_incidents_that_it_is_in_or_was_taken_out_of() -> None:
    alert = make_alert()
    inside = with_alert("inside", alert)
    assert of_alert(alert) == []
    inside.alert_links.update(removed_at=START)
    assert of_alert(alert) == [], "what was taken out is nothing in common"


def test_an_incident_finds_others_by_issue_and_class_and_not_itself() -> None:
    issue = Issue.objects.create(
        project=builders.project(), title="KeyError", level="error", first_seen=START, last_seen=START
    )
    dicts = BugClass.objects.create(name="Module-level dict")
    one = make_incident("one")
    link(one, issue=issue)
    link(make_incident("issue"), issue=issue)
    Incident.objects.filter(title="one").update(bug_class=dicts)
    Incident.objects.filter(pk=make_incident("class").pk).update(bug_class=dicts)
    one.refresh_from_db()
    assert seen(of_incident(one)) == [("issue", "the same issue"), ("class", "the same bug class")]


def test_what_is_found_twice_counts_once() -> None:
    alert = make_alert(scope=make_scope(group_key="ORIGIN_URL"), cause="The pool is empty")
    with_alert("cause", make_alert(rule=make_rule("DET-2"), cause="The pool is empty"))
    twice = with_alert("twice", make_alert(scope=make_scope(make_rule("DET-2"), group_key="ORIGIN_URL")))
    link(twice, variable="ORIGIN_URL")
    assert seen(of_alert(alert)) == [("cause", "the same known failure"), ("twice", "the same variable")]


def test_at_most_five_the_newest_first() -> None:
    alert = make_alert()
    for number in range(MOST + 2):
        link(make_incident(f"{number}"), rule=alert.rule)
    assert [title for title, _ in seen(of_alert(alert))] == ["6", "5", "4", "3", "2"]


def test_an_incident_with_nothing_in_it_has_nothing_in_common() -> None:
    make_incident("other")
    assert of_incident(make_incident("one")) == []


def test_queries_are_constant(django_assert_num_queries) -> None:
    scope = make_scope()
    incidents = [with_alert(f"{number}", make_alert(scope=scope, resolved_at=START)) for number in range(3)]
    with django_assert_num_queries(5):  # alerts, issues of groups, links, closest, incidents
        assert len(of_incident(incidents[0])) == 2
    other = make_alert(scope=make_scope(scope.rule, group_key="/other"))
    with django_assert_num_queries(3):  # incidents that it is in, closest, incidents
        assert len(of_alert(other)) == 3


def test_the_page_shows_what_was_seen_before() -> None:
    scope = make_scope()
    one = with_alert("Orders fail", make_alert(scope=scope, resolved_at=START))
    other = with_alert("Orders fail again", make_alert(scope=scope))
    page = client_of("eve").get(f"/incidents/{other.pk}/").content.decode()
    assert "Seen before" in page
    assert f'<a href="/incidents/{one.pk}/">INC-{one.pk} Orders fail</a>' in page
    assert "The same rule on the same group" in page
