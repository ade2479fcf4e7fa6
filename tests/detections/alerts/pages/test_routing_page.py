"""The routing page: the policies, their timing, and where an imagined alert would go."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep, OwnerTarget
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from opsconsole.accounts.models import Owner, User
from tests.detections.alerts.factories import START, make_rule, make_scope, make_user
from tests.markup import folded

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + timedelta(minutes=1)
LOGIN = 2  # session and user


@pytest.fixture
def responder() -> User:
    user = make_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="change_alert"))
    return user


@pytest.fixture
def signed_in(client: Client, responder: User) -> Client:
    client.force_login(responder)
    return client


def test_try_it_shows_route_window_targets_and_reasons(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scope = make_scope()
    query: dict[str, str | int] = {
        "rule": "DET-BETA-003",
        "severity": "high",
        "where": scope.project_environment.pk,
        "at": "2026-06-13T02:00",
    }
    # two of rights, chosen rule and place, tree, its targets, table, choices of both
    with django_assert_num_queries(LOGIN + 12):
        html = signed_in.get("/routing/", query).content.decode()
    for said in (
        "outside Business hours (ET), Fri 2026-06-12 22:00 EDT",
        "#raxx-ops-alert-sev2",
        "severity is high, not critical",
    ):
        assert said in html, said


QUERY = {"rule": "DET-1", "severity": "critical", "at": "2026-06-13T04:00"}


def tried(client: Client, **query: str) -> str:
    """The part of the page on the imagined alert, in a line."""
    html = client.get("/routing/", QUERY | query).content.decode().split('id="policies-title"')[0]
    return folded(re.sub("<[^>]+>", "", html.split("<h3>While nobody acknowledges</h3>")[1]))


def escalation_of(name: str, *, repeat: int = 0) -> EscalationPolicy:
    """Steps after 5 minutes, and 20 after that; the second tells whom nothing reaches, and a target."""
    policy = EscalationPolicy.objects.create(name=name, repeat=repeat)
    first, second = (
        EscalationStep.objects.create(policy=policy, number=n, wait_minutes=5 if n == 1 else 20) for n in (1, 2)
    )
    step_owner, nobody = Owner.objects.create(name="on call"), Owner.objects.create(name="nobody there")
    OwnerTarget.objects.create(owner=step_owner, target=Target.objects.get(name="SEV-2, off hours"))
    first.owners.set([step_owner])
    second.owners.set([nobody])
    second.targets.set([Target.objects.get(name="SEV-1")])
    return policy


def test_try_it_says_who_is_told_when_while_nobody_acknowledges(signed_in: Client) -> None:
    make_rule("DET-1")
    NotificationPolicy.objects.filter(name="Critical").update(escalation=escalation_of("Wake up", repeat=2))
    page = tried(signed_in)
    assert "Wake up, of policy Critical" in page
    assert re.search(r"After 5 min 2026-06-13 04:05\S* UTC → on call by Slack #raxx-ops-alert-sev2 ", page)
    second = page.split("After 25 min")[1]
    assert "04:25" in second
    assert "→ nobody there cannot be told: no target reaches it" in second
    assert "→ Slack #raxx-ops-alert-sev1" in second
    assert "Then all of it again, 2 times." in second


def test_try_it_says_that_nobody_escalates(signed_in: Client) -> None:
    make_rule("DET-1")
    assert "Nobody escalates: no policy that takes this alert has an escalation." in tried(signed_in)
    NotificationPolicy.objects.filter(name="Critical").update(
        escalation=EscalationPolicy.objects.create(name="Empty"), continue_matching=True
    )
    NotificationPolicy.objects.filter(name="Everything else").update(escalation=escalation_of("Later"))
    page = tried(signed_in)
    assert "Empty has no steps: nobody is told." in page
    assert "The escalation of Everything else does not run" in page


def test_the_routing_page_says_when_messages_go_and_when_not(signed_in: Client) -> None:
    make_rule("DET-1", labels={"team": "solver"})
    window = TimeWindow.objects.create(
        name="Nights", zone="America/New_York", weekdays=list(range(7)), start="22:00", end="07:00"
    )
    policy = NotificationPolicy.objects.create(
        order=1,
        name="Team",
        matchers={"label:team": ["solver"]},
        group_by=["rule"],
        group_wait=timedelta(seconds=30),
        group_interval=timedelta(minutes=5),
        repeat_interval=timedelta(hours=4),
    )
    policy.mute_windows.add(window)
    policy.targets.add(Target.objects.get(name="SEV-1"))
    query = {"rule": "DET-1", "severity": "medium", "at": "2026-06-13T04:00", "labels": "component=solver"}
    tried, table = signed_in.get("/routing/", query).content.decode().split('id="policies-title"')
    for said in (
        "label team is solver",
        "<span>component</span>",
        "It waits 30 s for others of rule DET-1, and goes with them; or 5 min after their last message.",
        "Again every 4 h while unacknowledged.",
        "Held back by the mute timing Nights until Sat 2026-06-13 07:00 EDT",
    ):
        assert said in tried, said
    assert "the first waits 30 s for others, one message lists all" in table
    assert "Nights (22:00-07:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun America/New_York), except critical messages" in table
    tried = signed_in.get("/routing/", query | {"severity": "critical"}).content.decode().split("policies-title")[0]
    assert "It goes at once." in tried
    assert "Held back" not in tried


@pytest.mark.parametrize("labels", ["solver", "=x", "a='b"])
def test_try_it_says_what_is_no_label(signed_in: Client, labels: str) -> None:
    make_rule("DET-1")
    query = {"rule": "DET-1", "severity": "medium", "at": "2026-06-13T04:00", "labels": labels}
    assert signed_in.get("/routing/", query).status_code == 422


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_that_no_zone_can_compute_with_is_refused(signed_in: Client, at: str) -> None:
    query = {"rule": make_rule().identifier, "severity": "high", "at": at}
    answer = signed_in.get("/routing/", query)
    assert answer.status_code == 422
    assert "Write a year from 1900 to 8999." in answer.content.decode()


def test_try_it_refuses_what_it_does_not_know(signed_in: Client) -> None:
    make_rule()
    answer = signed_in.get("/routing/", {"rule": "DET-NO", "severity": "high", "at": "tomorrow"})
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert signed_in.get("/routing/").status_code == 200
