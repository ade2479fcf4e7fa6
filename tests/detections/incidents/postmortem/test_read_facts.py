"""The facts of a postmortem are those of the record, of its alerts and of their events over the time of impact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.alerts import affected as counting
from detections.alerts.affected import Affected, affected_by
from detections.alerts.models import Alert, AlertLog
from detections.incidents.models import BugClass, ContributingFactor, Incident
from detections.incidents.postmortem import read_facts as module
from detections.incidents.postmortem.read_facts import read_facts
from detections.incidents.record.command import add_role
from detections.incidents.record.write import append
from detections.incidents.timeline.notes import add_note
from detections.incidents.timeline_models import TimelineLine, TimelineMark
from detections.telemetry.models import ProjectEnvironment
from opsconsole.accounts.models import Owner
from tests.detections import builders
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope
from tests.detections.incidents.factories import make_alert, make_incident, make_user
from tests.detections.rules import world
from tests.detections.rules.world import ROUTE

pytestmark = [pytest.mark.django_db]
NOW = START + 60 * MINUTE
OTHER = "/api/orders/cancel"


def send(*people: int, at: Any, path: str = ROUTE) -> None:
    """An event of each person, just before `at`."""
    for index, person in enumerate(people):
        moment = at - timedelta(seconds=1 + index)
        world.arrive(builders.project(), [world.event(moment, path=path, user={"id": person}, release="r@2")], at)


def on_route(path: str, identifier: str, opened_at: Any = START) -> Alert:
    rule = make_rule(identifier, selector={"sources": [{"source": "sentry"}]}, group_by="route")
    return make_alert(opened_at, scope=make_scope(rule, path))


def mark(line: TimelineLine, *marks: str) -> None:
    for each in marks:
        TimelineMark.objects.create(incident=line.incident, line=line, mark=each, at=NOW, actor_name="ada")


def test_a_person_whom_two_alerts_concern_is_counted_once() -> None:
    send(1, 2, at=START + 5 * MINUTE)
    send(2, 3, at=START + 5 * MINUTE, path=OTHER)
    send(9, at=START - 30 * MINUTE)  # before the impact
    send(8, at=START + 50 * MINUTE)  # after it
    alerts = [on_route(ROUTE, "R-1"), on_route(OTHER, "R-2"), on_route(ROUTE, "R-3")]
    incident = make_incident(alerts=[alert.pk for alert in alerts], started_at=START)
    incident.resolved_at = START + 40 * MINUTE
    impact = read_facts(incident, NOW).impact
    assert (impact.events, impact.people, impact.complete) == (4, "3 people", True)
    assert impact.releases == ("r@2",)


def test_alerts_that_count_nothing_have_no_number_and_too_many_say_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    assert affected_by([], START, NOW) is None
    send(1, at=START + MINUTE)
    alerts = [on_route(ROUTE, "R-1"), on_route(OTHER, "R-2")]
    monkeypatch.setattr(counting, "MOST_ALERTS", 1)
    assert affected_by(alerts, START, NOW) == Affected(1, 1, ("r@2",), complete=False)


def test_what_is_looked_at_is_bounded_in_each_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    send(1, 2, at=START + MINUTE)
    moment = START + 20 * timedelta(seconds=1)
    users = [{"user": {"id": person}} for person in (3, 4)]
    world.arrive(builders.project("planner"), [world.event(moment, release="p@1", **each) for each in users], NOW)
    rule = make_rule("R-1", selector={"sources": [{"source": "sentry"}]}, group_by="route")
    alerts = [make_alert(START, scope=make_scope(rule, ROUTE, project)) for project in ("raptor", "planner")]
    monkeypatch.setattr(counting, "MOST", 3)
    assert affected_by(alerts, START, NOW) == Affected(4, 4, ("p@1", "r@2"), complete=True)
    monkeypatch.setattr(counting, "MOST", 2)
    assert affected_by(alerts, START, NOW) == Affected(4, 4, ("p@1", "r@2"), complete=False)


def test_times_are_those_of_the_first_alert_and_its_first_acknowledgment() -> None:
    first, second = make_alert(START + 3 * MINUTE), make_alert(START + 9 * MINUTE)
    for alert, minute in ((second, 14), (first, 11), (first, 30)):
        AlertLog.objects.create(alert=alert, at=START + minute * MINUTE, kind="acknowledged", actor_name="ada")
    taken_out = make_alert(START - 5 * MINUTE)
    incident = make_incident(alerts=[second.pk, first.pk, taken_out.pk], started_at=START)
    incident.alert_links.filter(alert=taken_out).update(removed_at=NOW)
    times = read_facts(incident, NOW).times
    assert times.detected_at == START + 3 * MINUTE
    assert times.acknowledged_at == START + 11 * MINUTE
    assert (times.started_at, times.start_exact) == (START, True)


def test_without_alerts_there_is_no_detection() -> None:
    facts = read_facts(make_incident(), NOW)
    assert (facts.times.detected_at, facts.impact.events, facts.alerts) == (None, None, ())


@pytest.mark.parametrize(
    ("precision", "date_text", "shown"),
    [("day", "", "2026-06-12"), ("month", "", "2026-06"), ("month", "June, at night", "June, at night")],
)
def test_a_coarse_start_is_given_as_it_is_known(precision: str, date_text: str, shown: str) -> None:
    incident = make_incident()
    incident.started_at, incident.started_precision, incident.date_text = START, precision, date_text
    times = read_facts(incident, NOW).times
    assert (times.start_exact, times.start_text) == (False, shown)


def test_the_timeline_keeps_what_is_important_and_leaves_out_what_people_leave_out() -> None:
    incident = make_incident(now=START)  # its first line is important
    kept = [append(incident, START + n * MINUTE, f"kept {n}", actor="ada", important=n == 1) for n in (1, 2)]
    mark(kept[1], "left_out", "important")
    for n, marks in enumerate([["left_out"], [""], ["important", "left_out"], ["important", ""]]):
        mark(append(incident, START + n * MINUTE, f"not {n}", actor="", important=True), *marks)
    append(incident, START, "plain", actor="")
    facts = read_facts(incident, NOW)
    assert [line.text for line in facts.lines] == ["Declared as SEV-2: Orders fail", "kept 1", "kept 2"]
    assert (facts.lines[1].at, facts.lines[1].actor, facts.lines_left) == (START + MINUTE, "ada", 0)


def test_of_a_note_its_whole_text_is_kept() -> None:
    incident, ada = make_incident(now=START), make_user("ada")
    note = add_note(incident.pk, "# Found it\n\nThe pool is empty", START + MINUTE, by=ada)
    mark(note, "important")
    mark(append(incident, START + 2 * MINUTE, "Closed", actor="ada", body="- one", important=True))
    lines = read_facts(incident, NOW).lines
    assert [(line.text, line.note) for line in lines[1:]] == [
        ("Found it", "# Found it\n\nThe pool is empty"),
        ("Closed", ""),
    ]


def test_releases_of_the_impact_are_short() -> None:
    sha = "4f1c7a9be02d3c5586aa1790d3e2b4c5d6e7f809"
    world.arrive(builders.project(), [world.event(START + MINUTE, path=ROUTE, release=f"r@{sha}")], START + 2 * MINUTE)
    alert = on_route(ROUTE, "R-1")
    facts = read_facts(make_incident(alerts=[alert.pk], started_at=START), NOW)
    assert facts.impact.releases == ("r@4f1c7a9be02d",)


def test_of_too_many_lines_the_rest_has_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 3)
    incident = make_incident()
    for n in range(5):
        append(incident, START + n * MINUTE, f"line {n}", actor="", important=True)
    facts = read_facts(incident, NOW)
    assert (len(facts.lines), facts.lines_left) == (3, 3)


def test_words_roles_places_and_links() -> None:
    ada, grace = Owner.objects.create(name="ada"), Owner.objects.create(name="grace")
    alert = make_alert()
    place = ProjectEnvironment.objects.get()
    incident = make_incident(commander=ada, alerts=[alert.pk], places=[place.pk], summary="Refused.")
    add_role(incident.pk, "scribe", grace, NOW, by=None, actor="ada")
    incident.factors.add(ContributingFactor.objects.create(name="No canary", description="Everywhere at once."))
    incident.bug_class = BugClass.objects.create(name="Mutable state")
    incident.links.create(text="PR #12", url="https://git.example/12", added_at=NOW, added_by="ada")
    facts = read_facts(incident, NOW)
    assert (facts.name, facts.title, facts.severity) == (f"INC-{incident.pk}", "Orders fail", "SEV-2")
    assert (facts.commander, facts.roles, facts.bug_class) == ("ada", (("scribe", "grace"),), "Mutable state")
    assert facts.impact.places == ("raptor/prod",)
    assert facts.factors == (("No canary", "Everywhere at once."),)
    assert facts.links == (("PR #12", "https://git.example/12"),)
    assert facts.alerts == (f"{alert}, Errors on the preview",)


def test_the_queries_do_not_grow_with_the_timeline() -> None:
    def queries(incident: Incident) -> int:
        with CaptureQueriesContext(connection) as captured:
            read_facts(Incident.objects.get(pk=incident.pk), NOW)
        return len(captured)

    incident = make_incident()
    before = queries(incident)
    for n in range(40):
        mark(append(incident, START + n * MINUTE, f"line {n}", actor="ada", important=True), "important")
    assert queries(incident) == before == 8


def test_a_judged_alert_still_counts_alone() -> None:
    """The count of one alert, as its page shows it, is the one of several of which it is the only one."""
    send(1, 2, at=START)
    rule = make_rule("R-1", selector={"sources": [{"source": "sentry"}]}, group_by="route")
    judge(make_scope(rule, ROUTE), "h", 0)
    alert = make_alert(scope=rule.scopes.get())
    alone = counting.affected(alert, NOW)
    assert alone == affected_by([alert], START - 10 * MINUTE, NOW)
