"""A rule that cannot be judged is not quiet: three errors in a row are an alert, the watching rule itself excepted."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.rules.evaluation import registry
from detections.rules.evaluation.evaluation_errors import errors
from detections.rules.models import Baseline, Evaluation, Evidence, Rule, Scope, Verdict
from detections.rules.spec.conditions import RuleHealth
from detections.rules.spec.schema import SpecError, decode
from detections.telemetry.models import ProjectEnvironment
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON

pytestmark = pytest.mark.django_db

ERROR = Evaluation.Outcome.ERROR
SLOTS = [NOON + i * MINUTE for i in range(1, 9)]


@pytest.fixture
def place() -> ProjectEnvironment:
    place = world.environment(builders.project())
    world.covered(NOON - HOUR, NOON + HOUR)
    return place


def watcher(**spec: object) -> Rule:
    content = {
        "selector": {"sources": [{"source": "console"}]},
        "group_by": "rule",
        "conditions": [{"kind": "rule_health"}],
        "escalation": [{"owner": "sre-agent"}],
        **spec,
    }
    return world.rule("R-WATCH", **content)


def burn(place: ProjectEnvironment, minutes: int = 8, route: str = world.ROUTE) -> None:
    world.count(place, route, {NOON + i * MINUTE: 4 for i in range(minutes)})


def spoil(rule: Rule, place: ProjectEnvironment, group: str = world.ROUTE) -> Baseline:
    """An estimate of which nothing is left that judging needs, as an interrupted repair by hand leaves it."""
    scope, _ = Scope.objects.get_or_create(
        rule=rule, project_environment=place, group_key=group, defaults={"created_at": NOON}
    )
    assert rule.current is not None
    return Baseline.objects.create(
        scope=scope, source="sentry", hour=NOON, version=rule.current, established=True, data={}
    )


def told_of(rule: Rule) -> list[tuple[datetime, str, int | None]]:
    rows = Evaluation.objects.filter(scope__rule=rule).order_by("slot_end", "revision")
    return list(rows.values_list("slot_end", "outcome", "severity"))


def err(rule: Rule, place: ProjectEnvironment, slots: list[datetime], group: str = "", detail: str = "E: x") -> Scope:
    """Slots of a scope that ended in errors, as judging writes them."""
    scope, _ = Scope.objects.get_or_create(
        rule=rule, project_environment=place, group_key=group, defaults={"created_at": NOON}
    )
    for end in slots:
        Evaluation.objects.create(
            scope=scope, version=rule.current, slot_end=end, outcome=ERROR, detail=detail, evaluated_at=end
        )
    return scope


def test_three_errors_in_a_row_fire_and_the_first_good_slot_clears(place):
    failing, watching = world.rule(), watcher()
    burn(place)
    spoilt = spoil(failing, place)
    for end in SLOTS[:4]:
        world.judge(end)
    assert [outcome for _, outcome, _ in told_of(failing)] == [ERROR] * 4
    assert told_of(watching) == [(SLOTS[2], "firing", 2), (SLOTS[3], "firing", 2)]
    assert Scope.objects.get(rule=watching).group_key == "R-1"

    spoilt.delete()  # the next slot estimates anew
    for end in SLOTS[4:6]:
        world.judge(end)
    assert [outcome for _, outcome, _ in told_of(failing)][4:] == ["firing", "firing"]
    assert [outcome for _, outcome, _ in told_of(watching)][2:] == ["clear", "clear"]
    told = Verdict.objects.filter(scope__rule=watching).order_by("id")
    assert [v.evaluation.outcome for v in told] == ["firing", "firing", "clear", "clear"]


def test_the_evidence_names_rule_version_scope_error_and_slots(place):
    failing, watching = world.rule(), watcher()
    burn(place)
    spoil(failing, place)
    for end in SLOTS[:4]:
        world.judge(end)
    row = Evidence.objects.get(scope__rule=watching)  # the second firing says the same and stands on the same row
    record = registry.read_evidence(row.data)
    assert (record.group, record.slots, record.total, record.owner) == ("R-1", SLOTS[:3], 1, "sre-agent")
    [scope] = record.scopes
    assert (scope.group, scope.version, scope.error) == (world.ROUTE, 1, "KeyError: 'exceed'")
    assert record.agrees()
    assert record.cause == "R-1 cannot be judged: KeyError: 'exceed'"
    assert row.sentence == (
        f"R-1, version 1, could not be judged on {world.ROUTE} of raptor/prod in the 3 slots from 12:01 to 12:03 UTC: "
        "KeyError: 'exceed'"
    )
    assert not registry.read_evidence({**row.data, "severity": 3}).agrees()
    assert not registry.read_evidence({**row.data, "slots": row.data["slots"][:2]}).agrees()


def test_an_error_that_quotes_a_secret_is_kept_without_it(place):
    failing = world.rule()
    burn(place, 1)
    spoilt = spoil(failing, place)
    Baseline.objects.filter(pk=spoilt.pk).update(established=False, data={"hour": f"token=abcdef123456 {'x' * 900}"})
    world.judge(SLOTS[0])
    [detail] = Evaluation.objects.filter(outcome=ERROR).values_list("detail", flat=True)
    assert detail.startswith("ValidationError")
    assert "abcdef123456" not in detail
    assert len(detail) <= 300


def test_two_errors_are_not_enough_nor_three_with_a_good_one_between(place):
    failing, watching = world.rule(), watcher()
    err(failing, place, [SLOTS[0], SLOTS[1], SLOTS[3], SLOTS[4]])
    for end in SLOTS[:5]:
        world.judge(end)
    assert told_of(watching) == []


def test_a_word_that_took_an_error_back_counts(place):
    failing, watching = world.rule(), watcher()
    scope = err(failing, place, SLOTS[:3])
    Evaluation.objects.create(
        scope=scope, version=failing.current, slot_end=SLOTS[1], revision=1, outcome="firing", evaluated_at=SLOTS[1]
    )
    world.judge(SLOTS[2])
    assert told_of(watching) == []


def test_the_watching_rule_does_not_watch_itself_nor_its_like(place):
    watching = watcher()
    other = world.rule(
        "R-WATCH-2",
        selector={"sources": [{"source": "console"}]},
        group_by="rule",
        conditions=[{"kind": "rule_health", "slots": 1}],
    )
    err(watching, place, SLOTS[:3], "R-1")
    err(other, place, SLOTS[:3], "R-1")
    world.judge(SLOTS[2])
    assert not Evaluation.objects.filter(outcome="firing").exists()


def test_its_own_failure_is_a_row_of_its_own_and_calls_nothing(place):
    """Evidence that is no record at all, as a hand in the database leaves it, cannot be compared with."""
    failing, watching, other = world.rule(), watcher(), world.rule("R-2")
    burn(place)
    err(failing, place, SLOTS[:6])
    scope = Scope.objects.create(rule=watching, project_environment=place, group_key="R-1", created_at=NOON)
    Evidence.objects.create(scope=scope, version=watching.current, slot_end=NOON, data=[], sentence="", created_at=NOON)
    for end in SLOTS[2:6]:
        world.judge(end)
    assert [outcome for _, outcome, _ in told_of(watching)] == [ERROR] * 4
    assert list(Scope.objects.filter(rule=watching)) == [scope]
    assert {outcome for _, outcome, _ in told_of(other)} == {"firing"}


def test_one_alert_for_a_rule_names_the_first_scopes_of_many(place):
    failing, watching = world.rule(), watcher()
    for number in range(7):
        err(failing, place, SLOTS[:3], f"/route/{number}")
    world.judge(SLOTS[2])
    record = registry.read_evidence(Evidence.objects.get(scope__rule=watching).data)
    assert (record.total, [each.group for each in record.scopes]) == (7, [f"/route/{n}" for n in range(5)])
    assert "on /route/0 and 6 other scopes" in record.sentence()


def test_each_environment_by_itself_and_only_where_the_rule_looks(place):
    staging = world.environment(place.project, "staging")
    failing, watching = world.rule(), watcher(selector={"sources": [{"source": "console"}], "environment": "prod"})
    err(failing, place, SLOTS[:3])
    err(failing, staging, SLOTS[:3])
    world.judge(SLOTS[2])
    assert Scope.objects.get(rule=watching).project_environment == place


def test_what_arrives_asks_nothing(place):
    failing, watching = world.rule(), watcher()
    err(failing, place, SLOTS[:3])
    assert world.judge(SLOTS[2], mode="rise") == 0
    assert told_of(watching) == []


def test_where_nothing_failed_one_question_without_a_subquery_is_asked(place):
    """A join of a subquery over tables that PostgreSQL takes for empty, as in a new console, once ran without end."""
    burn(place)
    world.rule("R-1")
    world.judge(SLOTS[0])
    for identifier, wanted in (("R-1", 1), ("R-2", 2)):
        if identifier == "R-2":
            spoil(world.rule("R-2"), place)
            world.judge(SLOTS[1])
        with CaptureQueriesContext(connection) as captured:
            errors([SLOTS[wanted - 1]], [])
        assert len(captured) == wanted
        assert not any("IN (SELECT" in query["sql"] for query in captured)


def test_the_number_of_queries_does_not_grow(place):
    failing = world.rule()
    watcher()

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            world.judge(SLOTS[2])
        return len(queries)

    err(failing, place, SLOTS[:3])
    world.judge(SLOTS[2])
    one = asked()
    for number in range(20):
        err(failing, place, SLOTS[:3], f"/route/{number}")
    world.judge(SLOTS[2])
    assert asked() == one


def test_severity_and_slots_are_the_rules(place):
    failing = world.rule()
    watching = watcher(conditions=[{"kind": "rule_health", "slots": 1, "severity": "critical"}])
    err(failing, place, SLOTS[:1])
    world.judge(SLOTS[0])
    assert told_of(watching) == [(SLOTS[0], "firing", 3)]


def test_a_retired_rule_leaves_nothing_to_tell(place):
    failing, watching = world.rule(), watcher()
    burn(place)
    spoil(failing, place)
    for end in SLOTS[:3]:
        world.judge(end)
    failing.mode = Rule.Mode.RETIRED
    failing.save(update_fields=["mode"])
    world.judge(SLOTS[3])
    assert told_of(watching)[-1] == (SLOTS[3], "clear", None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"group_by": "route"}, "group_by: a rule of kind rule_health groups by rule"),
        ({"selector": {"sources": [{"source": "sentry"}]}}, "sources: .* the one source console"),
        ({"selector": {"sources": [{"source": "console"}], "route": "/x"}}, "selector: of rules only project"),
        ({"conditions": [{"kind": "exceedance"}]}, "sources: console has findings and no counts"),
        ({"conditions": [{"kind": "rule_health", "slots": 0}]}, "slots"),
    ],
)
def test_what_such_a_rule_may_not_say(changes, says):
    plain = {
        "title": "R",
        "selector": {"sources": [{"source": "console"}]},
        "group_by": "rule",
        "conditions": [{"kind": "rule_health"}],
    }
    assert decode(plain).condition_of(RuleHealth) is not None
    with pytest.raises(SpecError, match=says):
        decode({**plain, **changes})
