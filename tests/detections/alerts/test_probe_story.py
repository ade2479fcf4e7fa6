"""From a probe's run to whoever is told: the alert, its page, the API, messages, and that warn checks page nobody."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from bootstrap.checklists.runs.open_run import insert_run
from detections.alerts import catalogue_policies
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.targets import environment
from detections.ingest.models import DirtySlot
from detections.probes import record
from detections.probes.definition import definition_of
from detections.rules import packs
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.models import Issue, Series
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken
from opsconsole.lib.task_names import JUDGE
from tests.bootstrap.builders import environment as bootstrap_environment
from tests.detections.probes.rows import MINUTE, NOON, done, running, stored_target
from tests.detections.probes.samples import counted, row
from tests.detections.probes.test_checklist import operations
from tests.detections.probes.ticks import arrived, tick
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("shipped_rules")

SECOND = timedelta(seconds=1)
BAD = row(faults=("meta_missing",))


@pytest.fixture
def shipped_rules(notification_policies: None) -> None:
    packs.load(NOON)
    catalogue_policies.load()


def told(alert: Alert) -> set[str]:
    """The channels that are meant by the targets of its messages."""
    return set(Delivery.objects.filter(alert=alert).values_list("target__intended_channel", flat=True))


def test_a_high_check_pages_within_seconds_and_ends_with_a_clean_run() -> None:
    target = stored_target(name="Aurora rollout")
    done(target, BAD, at=NOON + 5 * SECOND)
    arrived(NOON + 6 * SECOND)
    alert = Alert.objects.get()
    assert (alert.rule.identifier, alert.status, alert.severity) == ("DET-PROBE-001", "firing", 2)
    assert (alert.group_key, alert.cause) == ("aurora-rollout/meta_missing", "Aurora rollout answers without meta")
    assert told(alert) == {"pagerduty", "slack"}
    done(target, at=NOON + 5 * MINUTE + 5 * SECOND)
    tick(NOON, 12)
    alert.refresh_from_db()
    assert (alert.status, alert.resolution) == ("resolved", "cleared")


def test_a_warn_check_pages_nobody_and_waits_for_the_daily_summary() -> None:
    done(stored_target(), row("infra"), at=NOON)
    tick(NOON, 4)
    alert = Alert.objects.get()
    assert (alert.rule.identifier, alert.severity) == ("DET-PROBE-002", 1)
    messages = alert.deliveries.values_list("target__intended_channel", "status")
    assert set(messages) == {("email", Delivery.Status.FOR_SUMMARY)}


def test_a_run_that_ends_has_its_rules_judged(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, db: None
) -> None:
    target = stored_target()
    run = running(target)
    assert run.claim
    with (
        patch("detections.probes.record.send_once") as sent,
        django_capture_on_commit_callbacks(execute=True),
    ):
        record.finish(run, run.claim, definition_of(target), counted(BAD), NOON)
        sent.assert_not_called()
    sent.assert_called_once_with(JUDGE)


def test_what_a_probe_finds_is_no_error_of_any_route(client: Client) -> None:
    done(stored_target(), row("non_200"), BAD, at=NOON)
    done(stored_target("other"), row("non_200"), at=NOON + MINUTE)
    tick(NOON, 2)
    assert {each.rule.category for each in Alert.objects.all()} == {"probe"}
    for rows in (Series, Issue, MinuteCount, DirtySlot):
        assert not rows.objects.exists(), rows
    client.force_login(make_viewer())
    assert "/v1/chat" not in client.get("/routes/").content.decode()


@pytest.fixture
def alert(shipped_rules: None) -> Alert:
    target = stored_target(name="Aurora rollout")
    done(target, row(), row(faults=("meta_missing", "header_meta_mismatch")), at=NOON + 5 * SECOND)
    tick(NOON, 1)
    return Alert.objects.get(group_key="aurora-rollout/meta_missing")


def test_the_page_of_the_alert(alert: Alert, client: Client) -> None:
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{alert.pk}/").content.decode()
    run = alert.scope.project_environment.probe_targets.get().runs.get()
    for text in (
        "Aurora rollout answers without meta",
        "meta_missing in run",
        f'href="/probes/aurora-rollout/runs/{run.pk}/"',
        f'href="/probes/aurora-rollout/runs/{run.pk}/report.md"',
        f'href="/probes/aurora-rollout/runs/{run.pk}/report.json"',
        'href="/probes/aurora-rollout/"',
        "First failure",
        "Freeze the rollout until it is understood",
        "It still holds: the newest run ended at 2026-06-12 12:00:05 UTC",
        "2 of 2 samples",
    ):
        assert text in html, text
    for address in ("/alerts/", "/", "/rules/", "/rules/DET-PROBE-001/", f"/alerts/{alert.pk}/chart/"):
        assert client.get(address).status_code == 200, address


def test_the_api_has_its_evidence(alert: Alert, client: Client) -> None:
    token = tokens.create(make_viewer("bot"), "test", ApiToken.Scope.READ)[1]
    answer = client.get("/api/v1/alerts/", headers={"Authorization": f"Bearer {token}"})
    data = next(each for each in answer.json()["items"] if each["id"] == alert.pk)["evidence"]["data"]
    assert (data["shape"], data["target"], data["check"]) == ("probe_check", "aurora-rollout", "meta_missing")
    assert data["failure"]["faults"][0] == {"check": "meta_missing", "field": "f", "note": "n"}


def test_messages_say_what_broke_and_where(alert: Alert) -> None:
    message = alert.deliveries.filter(kind="firing").exclude(attempts=None)[0].attempts.get().response
    for text in ("Aurora rollout answers without meta", "raptor", "prod", "meta_missing in run", "DET-PROBE-001"):
        assert text in message, message


def test_the_page_of_the_alert_leads_to_the_checklist_that_its_run_opened(alert: Alert, client: Client) -> None:
    target = alert.scope.project_environment.probe_targets.get()
    opened = insert_run(operations(), bootstrap_environment("prod", "raptor"), subject="meta_missing in run 1")
    target.runs.update(checklist_run=opened)
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{alert.pk}/").content.decode()
    assert f'href="{opened.get_absolute_url()}"' in html
    assert "Its checklist" in html


def test_the_page_of_an_alert_links_to_no_run_and_no_target_that_is_gone(alert: Alert, client: Client) -> None:
    target = alert.scope.project_environment.probe_targets.get()
    old = target.runs.get().pk
    done(target, at=NOON + 5 * MINUTE)
    target.runs.filter(pk=old).delete()
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{alert.pk}/").content.decode()
    assert f"/probes/aurora-rollout/runs/{old}/" not in html
    assert f"Run {old} is no longer kept." in html
    assert f'href="/probes/aurora-rollout/runs/{target.runs.get().pk}/"' in html
    target.delete()
    html = client.get(f"/alerts/{alert.pk}/").content.decode()
    assert 'href="/probes/aurora-rollout/' not in html
    assert "Aurora rollout" in html


def test_a_warn_check_rings_no_pager_that_the_environment_connects(shipped_rules: None) -> None:
    environment.load({"pagerduty": {"routing_key": "0" * 32}}, NOON)
    target = stored_target()
    done(target, row("infra"), at=NOON)
    tick(NOON, 4)
    assert "pagerduty" not in set(Delivery.objects.values_list("target__channel", flat=True))
    done(target, row("infra"), at=NOON + 5 * MINUTE)
    tick(NOON + 5 * MINUTE, 1)
    assert "pagerduty" in set(Delivery.objects.values_list("target__channel", flat=True))
