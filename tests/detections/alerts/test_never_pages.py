"""An alert about a warn check of a probe calls nobody, whatever the notification policies say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from detections.alerts import catalogue_policies
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Sent
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation import rows
from detections.alerts.escalation.models import Escalation, EscalationPolicy, EscalationStep
from detections.alerts.handling.escalate import escalate
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree
from detections.alerts.targets.values import set_values
from detections.rules import packs
from detections.rules.models import Rule, RuleVersion
from tests.detections.probes.rows import MINUTE, NOON, done, stored_target
from tests.detections.probes.samples import row
from tests.detections.probes.ticks import tick
from tests.markup import folded
from tests.people import make_viewer
from tests.seeds.test_seed_003_alerts import SPLIT, shares

pytestmark = pytest.mark.usefixtures("shipped_rules")
LEFT_OUT = "rule never pages: pagers and escalations are left out, whatever a policy says"


@pytest.fixture
def shipped_rules(notification_policies: None) -> None:
    packs.load(NOON)
    catalogue_policies.load()


def target(channel: str, **fields: Any) -> Target:
    return Target.objects.create(name=f"Own {channel}", channel=channel, address=channel, **fields)


def own_policy(*targets: Target, order: int = 1, **fields: Any) -> NotificationPolicy:
    """One of a team's own, before all others, with no word about severities."""
    matchers = {"category": ["probe"]}
    policy = NotificationPolicy.objects.create(name=f"Ours {order}", order=order, matchers=matchers, **fields)
    policy.targets.set(targets)
    return policy


def pager_and_chat(**fields: Any) -> tuple[Target, Target]:
    pager, chat = target("pagerduty"), target("slack")
    own_policy(pager, chat, **fields)
    return pager, chat


def escalation(*targets: Target) -> EscalationPolicy:
    policy = EscalationPolicy.objects.create(name="Ring everybody")
    EscalationStep.objects.create(policy=policy, number=1, wait_minutes=5).targets.set(targets)
    return policy


def flake() -> Alert:
    done(stored_target(), row("infra"), at=NOON)
    tick(NOON, 2)
    return Alert.objects.get(group_key__endswith="infra_flake_single_run")


def told(alert: Alert) -> set[str]:
    return set(alert.deliveries.values_list("target__channel", flat=True))


def test_a_policy_without_severities_pages_nobody_for_a_warn_check_and_tells_its_chat() -> None:
    pager, _ = pager_and_chat(escalation=escalation(target("email")))
    alert = flake()
    assert told(alert) == {"slack"}
    assert not Escalation.objects.exists()
    (step,) = [each for each in alert.deliveries.get().routing if each["matched"]]
    assert step["why"] == ("category is probe; without 1 pager and its escalation, since such an alert never pages")
    assert pager.pk not in Delivery.objects.values_list("target_id", flat=True)


def test_nor_does_a_split_that_is_confirmed() -> None:
    pager_and_chat()
    done(stored_target(split=SPLIT), *shares(90), at=NOON)
    tick(NOON, 2)
    assert told(Alert.objects.get(group_key__endswith="variant_split_drift")) == {"slack"}


def test_a_high_check_goes_to_the_pager_of_the_same_policy() -> None:
    pager_and_chat(escalation=escalation(target("email")))
    done(stored_target(), row(faults=("meta_missing",)), at=NOON)
    tick(NOON, 2)
    assert told(Alert.objects.get()) == {"pagerduty", "slack"}
    assert Escalation.objects.exists()


def test_a_shipped_rule_that_a_person_edited_pages_nobody_either() -> None:
    rule = Rule.objects.get(identifier="DET-PROBE-001")
    assert rule.current is not None
    spec = {**rule.current.spec, "title": "Everything that probes find"}
    spec["conditions"] = [{**spec["conditions"][0], "severities": ["high", "warn"], "severity": "medium"}]
    rule.current = RuleVersion.objects.create(rule=rule, number=99, spec=spec, created_at=NOON)
    rule.save()
    pager_and_chat()
    done(stored_target(), row("infra"), row(faults=("meta_missing",)), at=NOON)
    tick(NOON, 2)
    assert Alert.objects.filter(rule=rule).count() == 2
    assert "pagerduty" not in set(Delivery.objects.values_list("target__channel", flat=True))


def test_where_a_policy_has_pagers_only_the_next_one_tells_somebody(client: Client) -> None:
    own_policy(target("pagerduty"))
    alert = flake()
    (delivery,) = alert.deliveries.all()
    assert (delivery.policy_name, delivery.status) == ("Medium, daily summary", Delivery.Status.FOR_SUMMARY)
    first = delivery.routing[0]
    assert (first["policy"], first["matched"]) == ("Ours 1", False)
    assert first["why"] == "category is probe, but it tells pagers only, and such an alert never pages"
    client.force_login(make_viewer())
    html = folded(client.get(f"/alerts/{alert.pk}/").content.decode())
    assert f"Its {LEFT_OUT}." in html
    assert f"Ours 1, {first['why']}" in html


@pytest.mark.parametrize(
    ("channel", "values", "pages"),
    [
        ("pagerduty", {"routing_key": "0" * 32}, True),
        ("apprise", {"url": "opsgenie://key/#team"}, True),
        ("apprise", {"url": "pover://user@token?priority=emergency"}, True),
        ("apprise", {"url": "ntfys://topic?priority=5"}, True),
        ("apprise", {"url": "ntfys://topic?priority=low"}, False),
        ("apprise", {"url": "tgram://token/chat"}, False),
        ("apprise", {}, False),
        ("slack", {}, False),
        ("email", {}, False),
        ("jira", {}, False),
    ],
)
def test_which_targets_page(channel: str, values: Mapping[str, str], pages: bool) -> None:
    of_channel = Target(name="Own", channel=channel, address="a")
    set_values(of_channel, values, NOON)
    of_channel.save()
    policy = own_policy(of_channel)
    (node,) = [node for node in routing_tree() if node.id == policy.pk]
    assert node.pagers == ({of_channel.pk} if pages else set())
    assert CHANNELS[channel].pages(values) == pages


@pytest.mark.parametrize("meant", ["pagerduty", "opsgenie"])
def test_a_label_for_a_pager_shows_nothing_as_if_it_would_be_sent(meant: str) -> None:
    own_policy(target("console", intended_channel=meant), target("slack"))
    assert told(flake()) == {"slack"}


class OneRefuses:
    """A channel that does not take what is sent to Slack."""

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        return Rejected("404") if notification.address == "slack" else Sent("ok")


@pytest.mark.parametrize("last_pages", [False, True])
def test_a_message_that_was_not_taken_goes_to_no_fallback_that_pages(last_pages: bool) -> None:
    own_policy(target("slack"))
    target("pagerduty", fallback=True)
    last = NotificationPolicy.objects.filter(parent=None).order_by("order").last()
    assert last is not None
    last.targets.set([Target.objects.get(channel="pagerduty"), *([] if last_pages else [target("email")])])
    alert = flake()
    channel = OneRefuses()
    deliver(lambda: NOON + 10 * MINUTE, {"slack": channel, "pagerduty": channel, "email": channel})
    assert told(alert) == {"slack", *([] if last_pages else ["email"])}


def test_an_escalation_that_a_high_check_began_calls_nobody_once_only_a_warn_check_is_left() -> None:
    alert = flake()
    began = Delivery()
    began.escalation = escalation(target("pagerduty")).pk
    group = alert.grouped.group
    rows.start(group, [began], NOON)
    assert escalate(NOON + 6 * MINUTE) == 0
    waiting = Escalation.objects.get(group=group)
    assert (waiting.held_back, waiting.status) == ("its rule never pages", "waiting")
    assert "pagerduty" not in told(alert)


def test_trying_the_routing_says_so(client: Client) -> None:
    pager_and_chat(escalation=escalation(target("email")))
    client.force_login(make_viewer())
    query = {"rule": "DET-PROBE-002", "severity": "medium", "at": "2026-06-13T04:00"}
    html = folded(client.get("/routing/", query).content.decode())
    trial = html.split('aria-live="polite"')[1].split("policies-title")[0]
    for said in (f"This {LEFT_OUT}", "Nobody escalates: the rule never pages.", "without 1 pager and its escalation"):
        assert said in trial, said
    assert "→ PagerDuty" not in trial
    other = folded(client.get("/routing/", {**query, "rule": "DET-PROBE-001", "severity": "high"}).content.decode())
    assert "→ PagerDuty" in other
    assert LEFT_OUT not in other
