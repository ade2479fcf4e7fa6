"""Derived states: dormant names what it waits for, sources are tried in order, arming needs no act on the rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.systems.models import Environment
from detections.rules.active_rules import LoadedRule, rules_in_force
from detections.rules.lifecycle.mute import mute
from detections.rules.lifecycle.state import RuleStates, environments_of
from detections.rules.spec.schema import decode
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def prod():
    builders.project()
    return Environment.objects.get(slug="prod", system__slug="raptor")


@pytest.fixture
def beta(prod):
    run = checklists.run(prod)
    items = [
        checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend"),
        checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND"),
    ]
    world.beta()
    return run, items


def state(prod, identifier="DET-BETA-003"):
    rules = rules_in_force([identifier])
    return RuleStates(rules, [prod], NOON).of(rules[0], prod)


def test_dormant_names_what_it_waits_for(prod, beta):
    run, items = beta
    found = state(prod)
    assert (found.name, found.source_in_use, found.armed) == ("dormant", None, False)
    assert [(p.predicate, p.holds) for p in found.unmet] == [
        ("var:SENTRY_DSN_BACKEND", False),
        ("flag:sentry_backend", False),
    ]
    assert all(p.url and p.command and "/dev/null" in p.command for p in found.unmet)
    checklists.act(run, items[0])
    assert [p.predicate for p in state(prod).unmet] == ["var:SENTRY_DSN_BACKEND"]


def test_signed_off_it_is_active_and_taken_back_dormant_again(prod, beta):
    run, items = beta
    for item in items:
        checklists.act(run, item)
    found = state(prod)
    assert (found.name, found.source_in_use, found.armed, found.unmet) == ("active", "sentry", True, ())
    checklists.act(run, items[1], "undone")
    assert state(prod).name == "dormant"


def test_the_router_stands_in_once_it_delivers(prod, beta):
    assert [s.connected for s in state(prod).sources] == [True, False]
    world.covered(NOON - HOUR, NOON, source="router")
    found = state(prod)
    assert (found.name, found.source_in_use) == ("active", "router")
    world.covered(NOON - HOUR, NOON, source="router")
    run, items = beta
    for item in items:
        checklists.act(run, item)
    assert state(prod).source_in_use == "sentry"


def test_a_drain_that_has_been_silent_for_a_day_is_not_connected(prod, beta):
    world.covered(NOON - 26 * HOUR, NOON - 25 * HOUR, source="router")
    assert state(prod).name == "dormant"


@pytest.mark.parametrize(
    ("mode", "until", "name"),
    [
        ("active", None, "active"),
        ("shadow", None, "shadow"),
        ("active", NOON + HOUR, "muted"),
        ("active", NOON, "active"),
        ("draft", NOON + HOUR, "draft"),
        ("draft", None, "draft"),
        ("retired", None, "retired"),
    ],
)
def test_modes(prod, mode, until, name):
    rule = world.rule(mode=mode)
    rule.muted_until = until
    in_force = LoadedRule(rule, rule.current, decode(rule.current.spec))
    assert RuleStates([in_force], [prod], NOON).of(in_force, prod).name == name


def test_a_name_without_environment_has_nothing_signed_off(prod, beta):
    rules = rules_in_force(["DET-BETA-003"])
    place = world.environment(builders.project(), "preview-42")
    found = RuleStates(rules, [prod], NOON).in_project(rules[0], place)
    assert found.name == "dormant"
    assert "linked to no environment" in found.unmet[0].why


def test_environments_that_a_rule_is_about(prod):
    Environment.objects.create(system=prod.system, slug="staging", name="Staging")
    builders.project("other")
    world.beta()
    world.rule("R-1")
    rules = rules_in_force()
    found = {r.rule.identifier: {e.path for e in environments_of(rules)[r.rule.id]} for r in rules}
    assert found["DET-BETA-003"] == {"raptor/prod"}
    assert found["R-1"] == {"raptor/prod", "raptor/staging", "other/prod"}


def test_queries_do_not_grow_with_rules(prod, beta):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            rules = rules_in_force()
            states = RuleStates(rules, Environment.objects.all(), NOON)
            names = {states.of(rule, prod).name for rule in rules}
        assert "dormant" in names
        return len(captured)

    few = queries()
    sources = [{"source": "sentry", "prerequisites": [f"var:X{i}" for i in range(5)]}, {"source": "router"}]
    for i in range(20):
        world.rule(f"R-{i}", selector={"sources": sources})
    assert queries() == few


def test_unmuting_needs_no_hand(prod):
    rule = world.rule()
    mute(rule, NOON - HOUR, HOUR, reason="tuning")
    rules = rules_in_force()
    just_before = RuleStates(rules, [prod], NOON - timedelta(seconds=1)).of(rules[0], prod)
    assert (just_before.name, just_before.armed) == ("muted", True)
    assert RuleStates(rules, [prod], NOON).of(rules[0], prod).name == "active"
