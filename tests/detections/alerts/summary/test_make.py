"""The daily summary: what is in it, that there is one a day, and that it reaches each target once."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from bootstrap.checklists.schedules.open_due import open_due_runs
from detections.alerts.channels import webhook as webhook_channel
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification
from detections.alerts.channels.summary_facts import SummarySection
from detections.alerts.delivery.outbox import claim
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.summary.make import make_summary
from detections.alerts.summary.models import DailySummary
from detections.alerts.targets.environment import SUMMARY_POLICY, load
from detections.rules.models import Rule
from detections.rules.silence_models import Silence
from opsconsole.env.outgoing import mail_server as parsed
from tests.bootstrap import builders as checklists
from tests.bootstrap.checklists.schedules.makers import make_schedule
from tests.detections.alerts.channels.test_webhook import SCHEMA
from tests.detections.alerts.delivery.queue import at, queue
from tests.detections.alerts.factories import START, edit_rule, judge, judge_all, make_rule, make_scope
from tests.detections.alerts.silences.makers import make_silence
from tests.receivers.mail import MailServer
from tests.receivers.slack import SlackServer

pytestmark = pytest.mark.usefixtures("notification_policies")
NEW_YORK = ZoneInfo("America/New_York")
NINE = time(9)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DUE = datetime.fromisoformat("2026-06-13T13:00:00+00:00")  # the first after START, a day before which there is none
NOW = DUE + 2 * MINUTE


def make(now: datetime = NOW) -> int:
    return make_summary(now, NINE, NEW_YORK)


def titles() -> list[str]:
    content = DailySummary.objects.latest("day").content
    return [section["title"] for section in content["sections"]]


def section(name: str) -> list[str]:
    content = DailySummary.objects.latest("day").content
    return [item["text"] for each in content["sections"] if each["name"] == name for item in each["items"]]


def medium(group: str = "/api/a/*", sign: str = "m", minute: int = 0) -> Alert:
    rule = Rule.objects.filter(identifier="DET-BETA-003").first() or make_rule()
    scope = make_scope(rule, group)
    judge(scope, sign, minute)
    consume(START + (minute + 1) * MINUTE)
    return Alert.objects.get(scope=scope)


def to_summary() -> Delivery:
    return Delivery.objects.select_related("target").get(kind="summary")


def test_a_fault_in_the_sections_of_another_room_leaves_out_only_those() -> None:
    def broken(summary: DailySummary, now: datetime) -> list[SummarySection]:
        summary.deliveries.update(kind=None)
        raise AssertionError("the database refuses it")

    def works(summary: DailySummary, now: datetime) -> list[SummarySection]:
        return [{"name": "actions", "title": "1 action item overdue", "total": 1, "items": []}]

    medium()
    assert make_summary(NOW, NINE, NEW_YORK, [broken, works]) == 1
    assert titles()[-1] == "1 action item overdue"
    assert to_summary().payload["summary"]["sections"][-1]["name"] == "actions"


def test_alerts_that_waited_are_told_and_say_so() -> None:
    alert = medium()
    (waiting,) = Delivery.objects.all()
    assert waiting.outcome == "No message of its own: kept for the next daily summary"
    assert make() == 1
    summary = DailySummary.objects.get()
    assert (summary.day, summary.since, summary.until) == (date(2026, 6, 13), DUE - DAY, DUE)
    assert "1 medium alert (1 still open)" in titles()
    assert section("alerts") == ["DET-BETA-003 on /api/a/*, Errors on the preview (still open)"]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.summary) == ("summarized", summary)
    assert waiting.outcome == "No message of its own: it was in the daily summary of 2026-06-13"
    assert waiting.alert == alert


def test_it_is_sent_by_the_sender_to_the_targets_of_policies_of_summaries() -> None:
    make()
    message = to_summary()
    assert (message.target.name, message.policy_name) == ("Operations mailbox", "Medium, daily summary")
    assert message.local_time == "Sat 2026-06-13 09:00 America/New_York"
    assert deliver(at(NOW)) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts.get().ok) == ("sent", True)
    assert "Nothing to report" not in message.attempts.get().response.splitlines()[0]


def test_a_day_has_one_and_each_target_gets_it_once() -> None:
    assert [make(), make(), make(NOW + timedelta(hours=20))] == [1, 0, 0]
    assert Delivery.objects.filter(kind="summary").count() == 1
    assert make(NOW + DAY) == 1
    assert [row.since for row in DailySummary.objects.order_by("day")] == [DUE - DAY, DUE]


def test_the_database_refuses_a_second_message_to_a_target_and_one_about_nothing() -> None:
    make()
    message = to_summary()
    for alert, summary in ((None, message.summary), (None, None), (medium(), message.summary)):
        message.pk, message.alert, message.summary = None, alert, summary
        with pytest.raises(IntegrityError), transaction.atomic():
            message.save(force_insert=True)


def test_after_three_days_away_there_is_one_with_all_that_waited() -> None:
    make()
    medium(minute=2000)
    medium("/api/b/*", minute=4000)
    assert make(NOW + 4 * DAY) == 1
    assert make(NOW + 4 * DAY) == 0
    assert DailySummary.objects.count() == 2
    assert len(section("alerts")) == 1  # of one rule in one environment: counted
    assert section("alerts")[0].endswith("2 alerts, 2 still open")
    assert " more" not in render(to_newest().payload).text


def test_what_comes_after_the_due_time_is_for_the_next_day() -> None:
    make()
    medium(minute=60 * 23 + 5)  # a moment after DUE
    assert Delivery.objects.get(kind="firing").status == "held"
    make(NOW + DAY)
    assert "1 medium alert (1 still open)" in titles()


def test_late_ones_and_those_with_messages_are_counted_apart() -> None:
    medium()
    over = medium("/api/over/*")
    judge_all(over.scope, "......", start=1)
    consume(START + 10 * MINUTE)
    medium("/api/c/*", "c")
    medium("/api/h/*", "h")
    Alert.objects.filter(pk=medium("/api/late/*").pk).update(detected_late=True)
    make()
    assert titles()[:3] == [
        "2 medium alerts (1 still open)",
        "1 alert detected late (1 still open)",
        "2 critical or high alerts (2 still open)",
    ]


def test_alerts_of_another_day_and_those_that_never_fired_are_left_out() -> None:
    medium(minute=-2000)
    Delivery.objects.all().update(status="sent")
    Alert.objects.filter(pk=medium("/api/p/*", "c").pk).update(status="inactive", dedup_key=None)
    make()
    assert not section("alerts")
    assert not section("paged")


def silence(start: float, end: float, **values: object) -> Silence:
    """In force between these hours after START."""
    return make_silence(starts_at=START + start * HOUR, ends_at=START + end * HOUR, reason="deploy", **values)


def test_what_a_silence_hides_is_no_news_and_stands_under_the_silences() -> None:
    hidden, told = medium(), medium("/api/b/*")
    of_day = silence(0, 30, matchers={"group": ["/api/a/*"]})
    silence(0, 60, matchers={"rule": ["X"]})
    make()
    assert section("alerts") == ["DET-BETA-003 on /api/b/*, Errors on the preview (still open)"]
    assert section("silenced") == ["DET-BETA-003 on /api/a/*, Errors on the preview (still open)"]
    assert titles()[:3] == [
        "1 medium alert (1 still open)",
        "1 alert under a silence (1 still open)",
        "2 silences in force (1 hides open alerts)",
    ]
    until = "2026-06-13 16:00"  # in New York
    assert section("silences")[0] == f"deploy (silence {of_day.pk} by Ada Lovelace): hides 1 open alert until {until}"
    waits, gone = (Delivery.objects.get(alert=alert, kind="firing") for alert in (hidden, told))
    assert (waits.status, gone.status) == ("held", "summarized")
    make(NOW + DAY)
    assert section("alerts") == ["DET-BETA-003 on /api/a/*, Errors on the preview (still open)"]
    assert section("silenced") == []
    assert section("silences_ended") == [f"deploy (silence {of_day.pk} by Ada Lovelace): ended at {until}"]
    waits.refresh_from_db()
    assert waits.status == "summarized"


@pytest.mark.parametrize(("end", "name"), [(2, "silenced"), (0.05, "alerts")])
def test_what_ended_under_a_silence_is_no_news_and_what_outlived_it_is(end: float, name: str) -> None:
    over = medium()
    silence(0, end)
    judge_all(over.scope, "......", start=1)
    consume(START + 10 * MINUTE)
    make()
    assert section(name) == ["DET-BETA-003 on /api/a/*, Errors on the preview (over)"]
    assert section("silences_ended")
    assert not section({"silenced": "alerts", "alerts": "silenced"}[name])
    assert Delivery.objects.get(kind="firing").status == "summarized"


def test_a_mute_hides_alerts_and_is_told_of_with_its_rule() -> None:
    medium()
    silence(0, 40, matchers={"rule": ["DET-BETA-003"]}, rule=Rule.objects.get(identifier="DET-BETA-003"))
    make()
    assert len(section("silenced")) == 1
    assert not section("silences")
    assert not section("alerts")


@pytest.mark.parametrize("count", [1, 8])
def test_silences_cost_the_same_however_many_there_are(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        medium(f"/api/{number}/*", minute=number)
        silence(0, 40)
        silence(0, 2)
    with django_assert_num_queries(30):
        make()


def test_muted_and_dormant_rules_say_why(seed_environment: None) -> None:
    edit_rule(
        "DET-A-001",
        selector={"route": "/a", "sources": [{"source": "sentry", "prerequisites": ["var:SENTRY_DSN"]}]},
    )
    make()
    (line,) = section("dormant")
    assert line.startswith("DET-A-001 in raptor/prod waits for ")


def test_missed_runs_and_signatures_that_expire_soon_are_told_of() -> None:
    """Of the two items one was signed on 2026-05-05; beat came to the run of June late."""
    schedule = make_schedule(unit="month", starts_on=date(2026, 5, 1), expires_after=43)
    open_due_runs(datetime.fromisoformat("2026-05-01T09:00:00+00:00"))
    run = schedule.runs.get()
    signed = checklists.item(run, "DSN", variable="SENTRY_DSN")
    checklists.item(run, "REVIEWED")
    checklists.act(run, signed, at=datetime.fromisoformat("2026-05-05T12:00:00+00:00"))
    open_due_runs(DUE - 4 * HOUR)
    edit_rule(
        "DET-A-001",
        selector={"route": "/a", "sources": [{"source": "sentry", "prerequisites": ["var:SENTRY_DSN"]}]},
    )
    make()
    assert section("missed") == ["setup in demo/prod: 2026-05"]
    (line,) = section("expiring")
    assert line.startswith("Variable SENTRY_DSN set in demo/prod, for DET-A-001: Signed by ada, 2026-05-05 12:00 UTC")
    assert "holds until 2026-06-17" in line
    assert "1 signature that rules stand on expires within 7 days" in titles()


@pytest.fixture
def seed_environment(db: None) -> None:
    from bootstrap.systems.models import Environment, System

    Environment.objects.create(system=System.objects.create(slug="raptor", name="Raptor"), slug="prod", name="Prod")


def test_an_empty_day_is_one_line() -> None:
    make()
    assert titles() == []
    deliver(at(NOW))
    said = to_summary().attempts.get().response
    assert "Daily summary of 2026-06-13: nothing to report" in said
    assert "Nothing to report: no alert" in said


@pytest.mark.parametrize("channel", ["pagerduty", "jira"])
def test_pagers_and_trackers_never_get_it(channel: str) -> None:
    """A label that means one is none either."""
    NotificationPolicy.objects.get(name="Medium, daily summary").targets.set(
        [Target.objects.create(name="P", address="p", intended_channel=channel)]
    )
    assert make() == 1
    assert not Delivery.objects.exists()


def test_a_target_that_is_switched_off_gets_none() -> None:
    Target.objects.update(enabled=False)
    make()
    assert not Delivery.objects.exists()


def test_it_is_retried_half_a_day(mail_server: MailServer, settings: Settings) -> None:
    settings.MAIL_SERVER = parsed(mail_server.url)
    mail_server.climate = "451 later"
    load({"email": {"to": "ops@example.org"}}, NOW)
    make()
    for hours, status in ((0, "queued"), (6, "queued"), (13, "dead")):
        deliver(at(NOW + timedelta(hours=hours)))
        assert Delivery.objects.get(kind="summary", target__channel="email").status == status


def test_by_email_slack_and_webhook(
    mail_server: MailServer, slack: SlackServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_SERVER, settings.DEFAULT_FROM_EMAIL = parsed(mail_server.url), "console@example.org"
    settings.PUBLIC_URL = "https://ops.example.org"
    wanted = {"email": {"to": "ops@example.org"}, "slack": {"webhook_url": slack.hook}}
    load(wanted, NOW)
    policy = NotificationPolicy.objects.get(name=SUMMARY_POLICY)
    policy.targets.add(Target.objects.get(channel="slack"))
    for number in range(70):
        medium(f"/api/{number}/<&>*", minute=number)
    make()
    deliver(at(NOW))
    (mail,) = mail_server.mails
    assert mail.message["Subject"].startswith("🗒 Daily summary of 2026-06-13: ")
    assert (
        mail.message["List-Unsubscribe"].strip() == "<https://ops.example.org/alerts/summaries/2026-06-13/#who-gets-it>"
    )
    assert mail.message["References"] is None
    assert "Open the summary" in mail.text("html")
    (posted,) = slack.messages
    assert slack.refused == []
    assert "Open the summary" in posted.shown
    assert "DET-BETA-003 in raptor/prod" in posted.shown
    body = webhook_channel.webhook_body(Notification(1, "k", "ops", "", to_email().payload))
    SCHEMA.validate(body)
    assert body["kind"] == "summary"
    assert body["summary"]["since"] == "2026-06-12T09:00:00-04:00"


def to_newest() -> Delivery:
    return Delivery.objects.filter(kind="summary").latest("pk")


def to_email() -> Delivery:
    return Delivery.objects.get(kind="summary", target__channel="email")


def test_a_look_that_finds_none_due_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make()
    with django_assert_num_queries(1):
        make(NOW + MINUTE)


@pytest.mark.parametrize("count", [1, 15])
def test_what_it_costs_does_not_depend_on_the_number_of_alerts(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        medium(f"/api/{number}/*", minute=number)
    with django_assert_num_queries(22):  # two of them for silences, of which there are none
        make()


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_make_one() -> None:
    queue(1, "#held")
    Delivery.objects.update(status="held", queued_at=DUE - MINUTE, next_attempt_at=None)
    made: list[int] = []

    def run() -> None:
        try:
            made.append(make())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert Delivery.objects.filter(kind="summary").count() == 1
    assert Delivery.objects.filter(status="summarized").count() == 1


def test_a_sender_that_was_killed_sends_it_again() -> None:
    make()
    (leased,) = claim(NOW)
    assert leased.alert is None
    deliver(at(NOW + timedelta(minutes=1)))
    message = to_summary()
    assert (message.status, message.tries) == ("sent", 2)
    assert [attempt.ok for attempt in message.attempts.order_by("number")] == [False, True]
