"""Names are as long as people's and tokens' names may be; one alert that cannot be worked on holds up no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts import tasks
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling import acknowledge as acts
from detections.alerts.handling import resolve as resolving
from detections.alerts.handling.acknowledge import acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve_disabled
from detections.alerts.models import Alert
from detections.rules.models import Rule
from detections.telemetry.issues.triage import set_status
from detections.telemetry.models import Issue
from opsconsole.accounts.bearer import actor
from opsconsole.accounts.models import ApiToken, User
from tests.detections.alerts.factories import START, judge, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(minutes=1)
DUE = NOW + timedelta(minutes=30)


def long_named() -> User:
    person = make_user("ada")
    person.first_name, person.last_name = "A" * 150, "L" * 150
    person.save()
    return person


def two_acknowledged(by: User) -> list[Alert]:
    rule = make_rule()
    for group in ("/api/one", "/api/two"):
        judge(make_scope(rule, group), "c", 0)
    consume(NOW)
    Delivery.objects.update(status="sent", tries=1)
    return [acknowledge(alert.pk, by, NOW) for alert in Alert.objects.order_by("pk")]


def test_the_longest_name_is_reminded_and_its_acknowledgment_ends() -> None:
    alerts = two_acknowledged(long_named())
    assert expire(DUE) == 2
    row = alerts[0].log.get(kind="reminder")
    assert row.new == f"{'A' * 150} {'L' * 150}"
    assert expire(DUE + timedelta(minutes=10)) == 2


def test_the_longest_name_with_the_longest_token_acknowledges() -> None:
    person = long_named()
    token = ApiToken(name="t" * 100, owner=person)
    judge(make_scope(), "c", 0)
    consume(NOW)
    alert = acknowledge(Alert.objects.get().pk, person, NOW, actor=actor(token))
    assert alert.log.get(kind="acknowledged").actor_name == actor(token)


def test_the_longest_name_resolves_an_issue() -> None:
    scope = make_scope()
    issue = Issue.objects.create(
        project=scope.project_environment.project,
        title="Boom",
        level="error",
        first_seen=START,
        last_seen=START,
    )
    assert set_status(issue.pk, Issue.Status.RESOLVED, long_named(), NOW)


def test_an_alert_that_cannot_be_reminded_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two_acknowledged(make_user("ada"))
    remind = acts._remind

    def refuse(alert: Alert, now: object) -> None:
        if alert.pk == first.pk:
            raise ValueError("cannot")
        remind(alert, now)  # type: ignore[arg-type]

    monkeypatch.setattr(acts, "_remind", refuse)
    assert expire(DUE) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.reminded_at, second.reminded_at) == (None, DUE)


def test_an_alert_that_cannot_be_closed_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two_acknowledged(make_user("ada"))
    Rule.objects.update(mode=Rule.Mode.DRAFT)
    close = resolving.close

    def refuse(alert: Alert, *args: object, **words: object) -> None:
        if alert.pk == first.pk:
            raise ValueError("cannot")
        close(alert, *args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(resolving, "close", refuse)
    assert resolve_disabled(NOW) == 1
    second.refresh_from_db()
    assert second.status == "resolved"


@pytest.mark.parametrize("broken", ["consume", "expire", "resolve_disabled"])
def test_of_the_works_on_alerts_one_that_raises_stops_none(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def work(name: str) -> object:
        def run(_: object) -> int:
            done.append(name)
            if name == broken:
                raise ValueError("cannot")
            return 0

        return run

    for name in ("consume", "expire", "resolve_disabled"):
        monkeypatch.setattr(tasks, name, work(name))
    tasks.work_alerts()
    assert done == ["consume", "expire", "resolve_disabled"]
