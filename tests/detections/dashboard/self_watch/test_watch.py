"""The console tells of its own failures, whatever of it is stalled."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client

from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import Escalation
from detections.alerts.models import Alert
from detections.dashboard.self_watch import dead_man
from detections.dashboard.self_watch.run import NO_SENDER, watch_once
from detections.ingest.inbox import blocked
from detections.rules.evaluation import run_evaluators, scheduler
from detections.rules.models import Slot
from detections.rules.self_check_models import FailingCheck, SelfWatch
from detections.telemetry.models import Project
from opsconsole.lib import clock
from opsconsole.runtime.doctor.report import CheckStatus
from opsconsole.runtime.doctor.self_watch import judge as doctor_line
from tests.detections import builders
from tests.detections.alerts.delivery.queue import queue
from tests.detections.dashboard.self_watch.watching import at, own, told, watch
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, MINUTE, NOON
from tests.people import make_viewer
from tests.receivers import weather
from tests.receivers.http_receiver import HttpReceiver

pytestmark = pytest.mark.usefixtures("notification_policies", "loaded")
SECOND = timedelta(seconds=1)


def stall_evaluation() -> Slot:
    return Slot.objects.create(slot_end=NOON - 10 * MINUTE, status="due")


def refuse(*_: object) -> None:
    raise AssertionError("this is what is stalled")


def test_stalled_evaluation_is_told_without_the_judge_and_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slot = stall_evaluation()
    for stalled in (run_evaluators, scheduler):
        monkeypatch.setattr(stalled, "lock", refuse)
    watch(0, 1)
    alert = own("evaluation")
    assert (alert.status, alert.severity, alert.where) == ("firing", 3, "opsconsole/console")
    assert told(alert) == "The rules are 591 s behind."
    assert alert.deliveries.get().policy_name == "Critical"
    slot.delete()
    Slot.objects.create(slot_end=NOON + 20 * MINUTE, status="done")
    watch(2, 8)
    assert own("evaluation").status == "resolved"
    assert not FailingCheck.objects.exists()


def test_a_moment_behind_pages_nobody() -> None:
    slot = stall_evaluation()
    watch(0, 0)
    slot.delete()
    Slot.objects.create(slot_end=NOON + 20 * MINUTE, status="done")
    watch(1, 2)
    assert own("evaluation").status == "inactive"
    assert not Delivery.objects.exists()


def test_slots_are_judged_without_it() -> None:
    """Its rules have a clock of their own: a slot that is judged late knows nothing of then."""
    stall_evaluation()
    watch(0, 1)
    evaluations = own("evaluation").scope.evaluations
    assert evaluations.count() == 2
    world.judge(NOON - 10 * MINUTE, NOON + MINUTE)
    world.judge(NOON + 2 * MINUTE)
    assert evaluations.count() == 2


@pytest.mark.parametrize("check", ["digest", "verdicts"])
def test_what_waits_elsewhere_is_told_too(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project = builders.project()
    if check == "digest":
        builders.inbox(project, builders.envelope(("event", builders.event())), received_at=NOON - 5 * MINUTE)
    else:
        world.rule(
            "R-1",
            group_by="none",
            conditions=[{"kind": "exceedance", "floors": {"medium": 1, "high": 2, "critical": 3}}],
        )
        world.arrive(project, world.events(3, NOON - 5 * MINUTE), NOON - 5 * MINUTE)
        world.judge(NOON - 5 * MINUTE)
    watch(0, 1)
    assert own(check).status == "firing"


def silence(hours: int, *, active: int = 30, gap: int = 5) -> None:
    """An application that sent something each `gap` hours, and nothing for `hours`."""
    place = world.environment(builders.project(), since=NOON - 20 * 24 * HOUR)
    last = NOON - hours * HOUR
    world.count(place, world.ROUTE, {last - number * gap * HOUR: 1 for number in range(active)})
    place.last_event_at = last
    place.save()
    world.covered(last, NOON + 2 * HOUR)


@pytest.mark.parametrize(
    ("silent", "active", "gap", "fires"),
    [(25, 30, 5, True), (23, 30, 5, False), (25, 20, 5, False), (25, 25, 13, False), (27, 25, 13, True)],
)
def test_a_source_is_silent_beyond_twice_its_longest_gap(silent: int, active: int, gap: int, fires: bool) -> None:
    silence(silent, active=active, gap=gap)
    watch(0, 0)
    assert Alert.objects.filter(group_key="source", severity=1).exists() is fires


def test_a_silent_source_is_looked_for_hourly_stops_no_ping_and_ends_when_it_sends(dead_man_url: HttpReceiver) -> None:
    watch(0, 0)
    silence(30)
    watch(1, 1)
    assert not Alert.objects.exists()
    watch_once(at(NOON + HOUR + SECOND))
    alert = own("source")
    assert alert.where == "raptor/prod"
    assert len(dead_man_url.received) == 3
    alert.project_environment.last_event_at = NOON + HOUR + 2 * SECOND
    alert.project_environment.save()
    for minute in range(61, 64):
        watch_once(at(NOON + minute * MINUTE))
    assert own("source").status == "resolved"


def test_hours_without_ingest_are_no_silence() -> None:
    silence(30)
    FailingCheck.objects.all().delete()
    from detections.telemetry.count_models import Coverage

    Coverage.objects.filter(minute__gte=NOON - 20 * HOUR).delete()
    watch(0, 0)
    assert not Alert.objects.exists()


def test_none_of_it_makes_the_console_unready_and_all_of_it_is_in_the_banner(client: Client) -> None:
    now = clock.now()
    Slot.objects.create(slot_end=now - HOUR, status="due")
    builders.inbox(builders.project(), builders.envelope(("event", builders.event())), received_at=now - HOUR)
    FailingCheck.objects.create(
        check_name="target",
        project_environment=world.environment(Project.objects.get()),
        subject="Gone",
        sentence="the target Gone takes no messages: 404",
        since=now,
    )
    blocked.forget()
    assert client.get("/readyz").status_code == 200
    client.force_login(make_viewer())
    html = client.get("/banner/").content.decode()
    for text in ("has waited 3600 s for its digest", "s behind", "The target Gone takes no messages: 404."):
        assert text in html, text


def test_of_any_number_of_processes_one_checks_and_pings_in_a_minute(dead_man_url: HttpReceiver) -> None:
    assert watch_once(at(NOON))
    assert not watch_once(at(NOON + 59 * SECOND))
    assert not watch_once(at(NOON + MINUTE + 30 * SECOND), NO_SENDER), "a sender may come yet"
    assert watch_once(at(NOON + MINUTE + 31 * SECOND))
    assert watch_once(at(NOON + 3 * MINUTE), NO_SENDER), "no sender came"
    (ping, *_) = dead_man_url.received
    assert (ping.method, ping.path, len(dead_man_url.received)) == ("GET", "/ping/hunter2", 3)
    assert SelfWatch.objects.get().pinged_at == NOON + 3 * MINUTE


def test_without_a_ping_the_log_says_why(dead_man_url: HttpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    slot = stall_evaluation()
    with caplog.at_level(logging.ERROR):
        watch(0, 0)
        assert "the dead-man URL is not pinged: the rules are 591 s behind" in caplog.text
        slot.delete()
        dead_man_url.forecast(weather.status(500))
        watch(1, 1)
    assert "the dead-man URL was not reached: 127.0.0.1 answered 500" in caplog.text
    assert "hunter2" not in caplog.text
    assert SelfWatch.objects.get().ping_error == "127.0.0.1 answered 500"
    assert SelfWatch.objects.get().pinged_at is None
    watch(2, 2)
    assert SelfWatch.objects.get().ping_error == ""


@pytest.mark.parametrize(
    "bad", [weather.hang(), weather.reset(), weather.redirect("http://127.0.0.1/"), weather.huge()]
)
def test_a_dead_man_service_in_bad_weather_holds_nothing_up(
    dead_man_url: HttpReceiver, bad: weather.Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_man, "TIMEOUT", timedelta(seconds=0.3))
    dead_man_url.forecast(bad)
    assert watch_once(at(NOON))
    watch(1, 1)
    assert SelfWatch.objects.get().pinged_at == NOON + MINUTE + SECOND


def test_an_overdue_escalation_is_told_and_an_acknowledged_one_is_no_reason(dead_man_url: HttpReceiver) -> None:
    (letter,) = queue(1, "#late")
    assert letter.group is not None
    plan = {"steps": [{"minutes": 1, "targets": [], "owners": []}], "repeat": 0}
    times = {"due_at": NOON - HOUR, "started_at": NOON - HOUR}
    Escalation.objects.create(group=letter.group, policy_name="Late", plan=plan, status="waiting", **times)
    Alert.objects.filter(pk=letter.alert_id).update(
        handling="acknowledged", acknowledged_by=make_viewer(), acknowledged_at=NOON
    )
    watch(0, 0)
    assert not Alert.objects.filter(group_key="escalation").exists()
    Alert.objects.filter(pk=letter.alert_id).update(
        handling="unacknowledged", acknowledged_by=None, acknowledged_at=None
    )
    watch(1, 2)
    assert told(own("escalation")).startswith("A step of an escalation has been due for 36")


def test_the_alerts_page_shows_what_the_newest_check_found(client: Client) -> None:
    stall_evaluation()
    watch(0, 1)
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{own('evaluation').pk}/").content.decode()
    for text in ("The rules are", "At present: the rules are 651 s behind.", "bin/manage doctor checks all"):
        assert text in html, text
    assert client.get("/rules/DET-CONSOLE-003/").status_code == 200


@pytest.mark.parametrize(
    ("row", "url", "status", "words"),
    [
        (None, None, CheckStatus.WARN, "not checked yet"),
        ({"checked_at": NOON - 4 * MINUTE}, None, CheckStatus.FAIL, "last checked itself 240 s ago"),
        ({"checked_at": NOON}, None, CheckStatus.OK, "OPSCONSOLE_DEADMAN_URL is not set"),
        ({"checked_at": NOON, "pinged_at": NOON}, "https://x", CheckStatus.OK, "pinged 0 s ago"),
        ({"checked_at": NOON, "ping_error": "x answered 500"}, "https://x", CheckStatus.FAIL, "x answered 500"),
        ({"checked_at": NOON, "pinged_at": NOON - HOUR}, "https://x", CheckStatus.FAIL, "pinged 3600 s ago"),
    ],
)
def test_the_doctor_says_it(row: dict[str, object] | None, url: str | None, status: CheckStatus, words: str) -> None:
    result = doctor_line(SelfWatch(**row) if row is not None else None, url, NOON)
    assert result.status is status
    assert words in f"{result.detail} {result.remedy}"
