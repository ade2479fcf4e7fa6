"""What changed in the hour before: every source, its bounds, and in one order."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pghistory
import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from bootstrap.config_health.models import VariableChange
from bootstrap.systems.models import Environment, Flag
from detections.alerts.changes import configuration, freezes, registry, rule_edits
from detections.alerts.changes.contract import ChangeQuestion
from detections.alerts.changes.registry import BEFORE, changes_before, span_of
from detections.alerts.models import Alert
from detections.probes import gate
from detections.rules import set_mode
from detections.rules.models import Rule
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.releases.keep import OTHER
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib import clock
from tests.bootstrap import builders as checklists
from tests.detections.alerts.delivery.queue import make_alert
from tests.detections.alerts.factories import MINUTE, START, edit_rule, make_rule, make_user
from tests.detections.probes.rows import place, stored_target
from tests.detections.rules import reports

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SET = {"state": "set", "format_ok": True, "accepted_index": None, "fingerprints": {}}


@pytest.fixture
def alert() -> Alert:
    """Of the environment prod of system raptor, as of now: what others record takes the present time."""
    made = make_alert(make_rule("DET-OTHER"))
    made.opened_at = clock.now() + MINUTE
    checklists.environment("prod", "raptor")
    place = made.project_environment
    place.environment = Environment.objects.get(system__slug="raptor", slug="prod")
    place.save()
    return made


def texts(alert: Alert, source: str) -> list[str]:
    return [change.text for change in changes_before(alert) if change.source == source]


def release(alert: Alert, name: str, at: datetime, place: ProjectEnvironment | None = None) -> None:
    EnvironmentRelease.objects.create(
        project_environment=place or alert.project_environment, release=name, first_seen=at, last_seen=at
    )


def test_releases_of_the_hour_before_of_every_project_of_the_environment(alert: Alert) -> None:
    start, end = span_of(alert.opened_at)
    assert end - start == BEFORE
    release(alert, "early", start - SECOND)
    release(alert, "first", start)
    release(alert, "last", end)
    release(alert, "late", end + SECOND)
    release(alert, OTHER, start + SECOND)
    beside = ProjectEnvironment.objects.create(
        project=alert.project, name="beside", environment=alert.project_environment.environment
    )
    release(alert, "theirs", start + MINUTE, beside)
    elsewhere = ProjectEnvironment.objects.create(project=alert.project, name="elsewhere")
    release(alert, "elsewhere", start + MINUTE, elsewhere)
    assert texts(alert, "Release") == [
        "Release last first seen",
        "Release theirs first seen",
        "More new releases than the 100 a day that are kept",
        "Release first first seen",
    ]
    news = {change.release: change.where for change in changes_before(alert) if change.release}
    assert news == {"last": "raptor/prod", "theirs": "raptor/beside", "first": "raptor/prod"}


def test_drift_and_findings_of_the_environment(alert: Alert) -> None:
    deployment = reports.deployment()
    at = alert.opened_at - 10 * MINUTE
    gone = SET | {"state": "unset", "format_ok": None}
    VariableChange.objects.create(deployment=deployment, name="DSN", at=at, before=SET, after=gone)
    finding = reports.opened(deployment, at + MINUTE, subject="DSN")
    reports.closed(finding, at + 2 * MINUTE)
    old = reports.opened(deployment, alert.opened_at - 2 * BEFORE, subject="OLD")
    reports.closed(old, at + 3 * MINUTE)
    reports.opened(reports.deployment("staging"), at, subject="STAGING")
    assert texts(alert, "Configuration") == [
        "OLD: missing, no longer",
        "DSN: missing, no longer",
        "DSN: missing (critical)",
        "DSN: set → unset",
    ]
    assert {change.url for change in changes_before(alert)} == {"/environments/raptor/prod/raxx-api/drift/"}


def test_sign_offs_and_flags(alert: Alert) -> None:
    run = checklists.run(Environment.objects.get(system__slug="raptor"))
    at = alert.opened_at - 5 * MINUTE
    checklists.act(run, checklists.item(run, "A", kind="flag", flag="sentry_backend"), by="ada", at=at)
    checklists.act(run, checklists.item(run, "B"), by="bob", at=at + SECOND)
    Flag.objects.filter(name="sentry_backend").update(description="errors go to Sentry")
    found = [change for change in changes_before(alert) if change.source == "Sign-off"]
    assert [(change.text, change.who, change.where) for change in found] == [
        ("B: done", "bob", "raptor/prod"),
        ("flag sentry_backend: done", "ada", "raptor/prod"),
    ]
    assert found[0].url == run.get_absolute_url()
    assert texts(alert, "Flag") == ["Flag sentry_backend edited"]


def test_a_flag_that_a_runbook_brought_has_changed_nowhere_and_one_that_a_person_adds_is_a_change(alert: Alert) -> None:
    system = Environment.objects.get(system__slug="raptor").system
    Flag.objects.create(system=system, name="by_the_first_start")
    with pghistory.context(user=1, url="/runbooks/import/"):
        Flag.objects.create(system=system, name="by_an_import")
    with pghistory.context(user=1, url="/admin/bootstrap/flag/add/"):
        Flag.objects.create(system=system, name="by_hand")
    Flag.objects.filter(name="by_an_import").delete()
    assert texts(alert, "Flag") == ["Flag by_an_import removed", "Flag by_hand added"]


def test_a_release_is_named_by_the_beginning_of_its_hash_and_compared_whole(alert: Alert) -> None:
    name = "raptor@4f1c7a9be02d3c5586aa1790d3e2b4c5d6e7f809"
    release(alert, name, alert.opened_at - MINUTE)
    (change,) = [change for change in changes_before(alert) if change.source == "Release"]
    assert (change.text, change.release) == ("Release raptor@4f1c7a9be02d first seen", name)
    assert name.partition("@")[2] in change.url


def test_edits_of_the_rule_and_of_its_mode(alert: Alert) -> None:
    alert.opened_at = START + MINUTE
    edit_rule("DET-OTHER", title="Errors, worded anew")
    edit_rule("DET-MORE", title="Another rule")
    assert texts(alert, "Rule") == ["Version 2 published", "Version 1 published"]
    alert.opened_at = clock.now() + MINUTE
    set_mode.mute_for_an_hour(Rule.objects.get(identifier="DET-OTHER"), clock.now())
    assert texts(alert, "Rule") == ["Set from active to muted"]


def test_each_row_has_a_key_of_its_own_and_only_unread_rows_are_read(alert: Alert) -> None:
    at = alert.opened_at - 10 * MINUTE
    for name in ("one", "two", "three"):
        release(alert, name, at)
    finding = reports.opened(reports.deployment(), at, subject="DSN")
    reports.closed(finding, at + MINUTE)
    set_mode.mute_for_an_hour(alert.rule, at)
    keys = [change.ref for change in changes_before(alert)]
    assert len(keys) == len(set(keys))
    assert {f"finding:{finding.pk}", f"finding:{finding.pk}:closed"} < set(keys)
    assert keys == [change.ref for change in changes_before(alert)]
    read = EnvironmentRelease.objects.get(release="two").pk
    place = alert.project_environment
    question = ChangeQuestion(
        [place], [], [], at, at, 2, unread=lambda kind, end="": ~Q(pk=read) if kind == "release" else Q()
    )
    assert {change.text for change in registry.changes(question)} == {
        "Release one first seen",
        "Release three first seen",
    }


def test_rollouts_that_were_frozen_and_let_go_in_the_place_and_its_environment(alert: Alert) -> None:
    person, at = make_user("ada"), alert.opened_at - 3 * MINUTE
    here = stored_target("aurora", project_environment=alert.project_environment)
    beside = place("orders", "prod")
    beside.environment = alert.project_environment.environment
    beside.save()
    gate.freeze(here, person, "errors at checkout", at)
    gate.unfreeze(here, person, "fixed", at + MINUTE)
    gate.freeze(stored_target("shop", project_environment=beside), person, "too slow", at - MINUTE)
    gate.freeze(stored_target("far", project_environment=place("orders", "qa")), person, "elsewhere", at)
    gate.freeze(stored_target("old", project_environment=beside), person, "long ago", at - BEFORE)
    found = [change for change in changes_before(alert) if change.source == "Rollout"]
    assert [(change.text, change.who) for change in found] == [
        ("Rollout aurora let go: fixed", "ada"),
        ("Rollout aurora frozen: errors at checkout", "ada"),
        ("Rollout shop frozen: too slow", "ada"),
    ]
    assert found[2].where == "orders/prod"


def test_without_a_place_or_a_rule_there_is_nothing_to_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert rule_edits.read(ChangeQuestion([], [], [], START, START, 20)) == []
        assert configuration.read(ChangeQuestion([], [], [], START, START, 20)) == []
        assert freezes.read(ChangeQuestion([], [], [], START, START, 20)) == []
    assert registry.changes(ChangeQuestion([], [], [], START, START, 20)) == []


def test_it_costs_the_same_for_much_and_for_little(
    alert: Alert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alert = Alert.objects.select_related("rule", "project_environment__environment").get()
    alert.opened_at = clock.now() + MINUTE
    queries = 1 + 2 + 2 + 3 + 1  # releases; drift, findings; sign-offs, flags; versions, modes, mutes; freezes
    with django_assert_num_queries(queries):
        changes_before(alert)
    for number in range(30):
        release(alert, f"v{number}", alert.opened_at - number * SECOND)
    with django_assert_num_queries(queries):
        found = changes_before(alert)
    assert len(found) == registry.MOST
    assert [change.at for change in found] == sorted((change.at for change in found), reverse=True)


def test_every_source_is_listed() -> None:
    folder = Path(registry.__file__).parent
    sources = {path.stem for path in folder.glob("*.py")} - {"__init__", "contract", "registry"}
    listed = re.findall(r"(\w+)\.SOURCE,", (folder / "registry.py").read_text())
    assert set(listed) == sources
    assert len(registry.SOURCES) == len(sources)
