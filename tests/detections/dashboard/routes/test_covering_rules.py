"""Which rules cover a route and how they stand there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.systems.models import Environment, System
from detections.dashboard.routes.covering_rules import covering_rules
from detections.rules.page import progress
from detections.rules.queries import known_rules
from detections.telemetry.models import ProjectEnvironment, Series
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def preview() -> Series:
    return make.series("/api/beta/preview/{…}/screen/1", "GET")


def test_the_most_specific_rule_first(preview: Series) -> None:
    make.rule()
    make.preview_rule()
    elsewhere = make.series("/elsewhere")
    rules = covering_rules([preview, elsewhere], make.now())
    assert [each.rule.rule.identifier for each in rules[preview.pk]] == ["DET-BETA-003", "DET-OPS-002"]
    assert [each.rule.rule.identifier for each in rules[elsewhere.pk]] == ["DET-OPS-002"]


def test_drafts_and_rules_of_other_projects_cover_nothing(preview: Series) -> None:
    make.rule(mode="draft")
    make.preview_rule(project="another")
    assert covering_rules([preview], make.now()) == {preview.pk: []}


def test_expected_and_limit_come_from_the_baseline_of_the_hour(preview: Series) -> None:
    rule = make.rule()
    (before,) = covering_rules([preview], make.now())[preview.pk]
    assert (before.scope_id, before.expected, before.threshold) == (None, None, 1)
    make.baseline(make.scope(rule, preview.project_environment, preview.route), mean=0.4, exceed=4)
    (after,) = covering_rules([preview], make.now())[preview.pk]
    assert (after.expected, after.threshold) == (0.4, 4)


def test_before_the_hour_is_estimated_the_baseline_is_the_one_that_judges(preview: Series) -> None:
    rule = make.rule()
    scope = make.scope(rule, preview.project_environment, preview.route)
    make.baseline(scope, mean=0.4, exceed=4)
    now = make.now() + timedelta(hours=2)
    (covering,) = covering_rules([preview], now)[preview.pk]
    assert (covering.expected, covering.threshold) == (0.4, 4)
    (known,) = known_rules([rule.identifier])
    assert [(each.baseline is not None, each.days) for each in progress(known, [scope], now)] == [(True, 7.0)]
    (late,) = covering_rules([preview], now + timedelta(hours=24))[preview.pk]
    assert late.expected is None


def test_a_rule_whose_prerequisite_is_not_signed_is_dormant(preview: Series) -> None:
    system = System.objects.create(slug="raptor", name="Raptor")
    place = Environment.objects.create(system=system, slug="prod", name="Prod")
    ProjectEnvironment.objects.filter(pk=preview.project_environment_id).update(environment=place)
    make.preview_rule(sources=[{"source": "sentry", "prerequisites": ["flag:sentry_backend"]}])
    (rule,) = covering_rules([preview], make.now())[preview.pk]
    assert (rule.state.name, rule.state.armed) == ("dormant", False)
    assert [need.label for need in rule.state.unmet] == ["Flag sentry_backend on"]


def test_the_page_shows_the_rules_view_and_can_be_switched(viewer: Client, preview: Series) -> None:
    rule = make.preview_rule()
    make.errors(preview, 2, n=5)
    make.alert(make.scope(rule, preview.project_environment, "/api/beta/preview/*"), back=1)
    html = viewer.get(f"/routes/{preview.pk}/").content.decode()
    assert "Errors in any 5 min" in html
    assert "critical ≥ 10" in html
    assert "DET-BETA-003, critical" in html
    assert "view=plain" in html
    assert "Errors per minute" in viewer.get(f"/routes/{preview.pk}/?view=plain").content.decode()
    assert "Errors per hour" in viewer.get(f"/routes/{preview.pk}/?range=7d").content.decode()


def test_the_list_names_the_rule_in_charge(viewer: Client, preview: Series) -> None:
    make.errors(preview, 1)
    assert "no rule" in viewer.get("/routes/").content.decode()
    make.rule()
    assert "DET-OPS-002" in viewer.get("/routes/").content.decode()


def test_a_route_without_a_rule_says_that_nobody_would_be_told(viewer: Client, preview: Series) -> None:
    assert "No rule counts this route" in viewer.get(f"/routes/{preview.pk}/").content.decode()


def test_a_covered_page_takes_a_fixed_number_of_queries(
    viewer: Client, preview: Series, django_assert_num_queries: Any
) -> None:
    make.rule()
    make.baseline(make.scope(make.preview_rule(), preview.project_environment, "/api/beta/preview/*"))
    make.errors(preview, 1)
    # session, person, two of rights, series, siblings, counts, four of events (none is stored);
    # rules, environments, places, scopes, baselines; members, their counts, coverage, what fired, baselines of the
    # hours; alerts, releases
    with django_assert_num_queries(23):
        viewer.get(f"/routes/{preview.pk}/")
