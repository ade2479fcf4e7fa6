"""Who is told of a rule's alerts: by severity and place, with silences, mute timings and what escalates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from detections.alerts.escalation.models import EscalationPolicy, EscalationStep
from detections.alerts.routing_models import NotificationPolicy, Target, TimeWindow
from detections.dashboard.rule_form.told import RuleHead, WhoIsTold, who_is_told
from detections.rules.silence_models import Silence
from detections.rules.spec.schema import RuleSpec, decode
from tests.detections.dashboard import builders
from tests.detections.dashboard.builders import MOMENT

pytestmark = pytest.mark.django_db
HEAD = RuleHead("R-1", "active")


def spec(**fields: Any) -> RuleSpec:
    selector = {"sources": [{"source": "sentry"}], "project": "raptor", **fields.pop("selector", {})}
    return decode({"title": "T", "selector": selector, "conditions": [{"kind": "exceedance"}], **fields})


def target(name: str, channel: str = "webhook", **more: Any) -> Target:
    return Target.objects.create(name=name, channel=channel, address=name, **more)


def policy(name: str, order: int, *targets: Target, **more: Any) -> NotificationPolicy:
    made = NotificationPolicy.objects.create(name=name, order=order, **more)
    made.targets.set(targets)
    return made


@pytest.fixture(autouse=True)
def prod() -> None:
    NotificationPolicy.objects.all().delete()
    builders.environment(builders.project())


def answers(who: WhoIsTold) -> list[tuple[str, list[str], list[str], str]]:
    """(severity, places, policies, why nobody) of each."""
    return [
        (severity, each.places, [tried.match.node.name for tried in each.matches], each.nobody)
        for severity, told in who.told
        for each in told
    ]


def test_each_severity_goes_where_the_policies_send_it() -> None:
    policy("Page", 1, target("pager"), matchers={"severity": ["critical"]})
    policy("Rest", 9, target("chat"))

    assert answers(who_is_told(spec(), HEAD, MOMENT)) == [
        ("critical", ["raptor/prod"], ["Page"], ""),
        ("high", ["raptor/prod"], ["Rest"], ""),
        ("medium", ["raptor/prod"], ["Rest"], ""),
    ]


def test_only_severities_that_it_may_have_are_asked() -> None:
    floors = {"kind": "exceedance", "floors": {"medium": None, "high": 3, "critical": None}}
    policy("All", 9, target("chat"))

    assert [severity for severity, _ in who_is_told(spec(conditions=[floors]), HEAD, MOMENT).told] == ["high", "medium"]
    known = {"name": "n", "cause": "c", "owner": "o", "message": "no", "severity": "critical"}
    only = spec(conditions=[], signatures=[known])
    assert [severity for severity, _ in who_is_told(only, HEAD, MOMENT).told] == ["critical"]


def test_category_labels_and_place_are_matched() -> None:
    builders.environment(builders.project(), "staging")
    policy("Prod", 1, target("prod"), matchers={"environment": ["prod"]})
    policy("Solver", 2, target("solver"), matchers={"label:team": ["solver"], "category": ["beta"]})
    policy("Rest", 9, target("chat"))

    labelled = answers(who_is_told(spec(labels={"team": "solver"}, category="beta"), HEAD, MOMENT))

    assert [(places, names) for severity, places, names, _ in labelled if severity == "high"] == [
        (["raptor/prod"], ["Prod"]),
        (["raptor/staging"], ["Solver"]),
    ]


def test_places_in_which_the_same_is_done_stand_together() -> None:
    for name in ("staging", "qa"):
        builders.environment(builders.project(), name)
    policy("Rest", 9, target("chat"))

    high = [each for each in answers(who_is_told(spec(), HEAD, MOMENT)) if each[0] == "high"]

    assert [sorted(places) for _, places, _, _ in high] == [["raptor/prod", "raptor/qa", "raptor/staging"]]


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        ([], "No target: “Rest” has none."),
        ([{"enabled": False}], "Every target of “Rest” is disabled."),
        ([{"channel": "console"}], "“Rest” only shows in this console"),
        ([{}, {"enabled": False}], ""),
    ],
)
def test_nobody_is_said_with_the_reason(targets: list[dict[str, Any]], why: str) -> None:
    policy("Rest", 9, *(target(f"t{index}", **fields) for index, fields in enumerate(targets)))

    who = who_is_told(spec(), HEAD, MOMENT)

    assert all(nobody.startswith(why) and bool(nobody) == bool(why) for *_, nobody in answers(who))
    assert who.nobody == bool(why)


def test_without_a_policy_nobody_is_told() -> None:
    assert {nobody for *_, nobody in answers(who_is_told(spec(), HEAD, MOMENT))} == {"No notification policy matches."}


def silence(**matchers: list[str]) -> Silence:
    return Silence.objects.create(
        matchers=matchers,
        starts_at=MOMENT - timedelta(hours=1),
        ends_at=MOMENT + timedelta(hours=1),
        reason="moving house",
        created_at=MOMENT,
    )


def test_silences_that_hide_it_are_named() -> None:
    policy("Rest", 9, target("chat"), tags=["night"])
    tagged = silence(tag=["night"], severity=["high"])
    grouped = silence(rule=["R-1"], group=["/checkout"])
    silence(project=["kestrel"])

    told = {severity: each for severity, (each,) in who_is_told(spec(), HEAD, MOMENT).told}

    assert [each.silence for each in told["high"].hidden] == [tagged]
    assert told["high"].nobody == "A silence hides it."
    assert told["critical"].hidden == []
    assert told["critical"].nobody == ""
    assert [each.silence for each in told["critical"].may_hide] == [grouped]
    on_checkout = who_is_told(spec(selector={"route": "/checkout"}), HEAD, MOMENT)
    assert [each.silence for each in on_checkout.told[0][1][0].hidden] == [grouped]


def test_a_mute_timing_and_later_steps_are_told() -> None:
    always = TimeWindow.objects.create(name="Always", zone="UTC", weekdays=list(range(7)), start="00:00", end="24:00")
    rest = policy("Rest", 9, target("chat"), escalation=EscalationPolicy.objects.create(name="Ladder"))
    rest.mute_windows.add(always)
    step = EscalationStep.objects.create(policy=rest.escalation, number=1, wait_minutes=15)
    step.targets.add(target("pager"))

    told = {severity: each for severity, (each,) in who_is_told(spec(), HEAD, MOMENT).told}

    assert "Always" in told["high"].matches[0].muted
    assert told["high"].escalation is not None
    assert [(each.after, each.tells[0].targets[0].name) for each in told["high"].escalation.steps] == [
        ("15 min", "pager")
    ]


def test_policies_that_look_at_a_route_that_is_not_known_yet_are_named() -> None:
    policy("Checkout", 1, target("a"), matchers={"group": ["/checkout"]})
    policy("Rest", 9, target("chat"))

    assert who_is_told(spec(), HEAD, MOMENT).by_group == ["Checkout"]
    one_route = who_is_told(spec(selector={"route": "/checkout"}), HEAD, MOMENT)
    assert one_route.by_group == []
    assert [names for *_, names, _ in answers(one_route)] == [["Checkout"]] * 3


def test_kinds_that_do_not_count_are_told_too() -> None:
    policy("Rest", 9, target("chat"))
    console = spec(
        selector={"sources": [{"source": "console"}], "project": ""},
        conditions=[{"kind": "self_check"}],
        group_by="part",
    )

    assert [severity for severity, _ in who_is_told(console, HEAD, MOMENT).told] == ["critical"]


def test_where_nothing_was_sent_from_its_own_words_are_asked() -> None:
    policy("Rest", 9, target("chat"))
    nowhere = who_is_told(spec(selector={"project": "kestrel", "environment": "qa"}), HEAD, MOMENT)

    assert [places for _, places, _, _ in answers(nowhere)] == [["kestrel/qa"]] * 3


def test_queries_do_not_grow_with_places_and_policies(django_assert_num_queries: Any) -> None:
    for number in range(12):
        builders.environment(builders.project(), f"env-{number}")
        policy(f"P{number}", number, target(f"t{number}"), matchers={"environment": [f"env-{number}"]})
    policy("Rest", 99, target("chat"))

    with django_assert_num_queries(7):
        who_is_told(spec(), HEAD, MOMENT)


def test_places_beyond_the_bound_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detections.dashboard.rule_form.told.MOST_PLACES", 2)
    for name in ("a", "b", "c"):
        builders.environment(builders.project(), name)
    policy("Rest", 9, target("chat"))

    assert who_is_told(spec(), HEAD, MOMENT).left_out == 2
