"""The admin of owners and escalation policies: what would tell nobody is refused, with words that say so."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from detections.alerts import default_policies
from detections.alerts.escalation.models import EscalationPolicy, EscalationStep, OwnerTarget
from detections.alerts.escalation.plan import EscalationPlan, PlannedName, PlannedStep
from detections.alerts.escalation.rows import plan_of
from detections.alerts.routing_models import NotificationPolicy, Target
from opsconsole.accounts.models import Owner, User
from tests.detections.alerts.admin.rows import matcher_rows

pytestmark = pytest.mark.usefixtures("notification_policies")
POLICIES, OWNERS = "/admin/detections/escalationpolicy", "/admin/accounts/owner"


def policy_form(*steps: dict[str, Any], **changed: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"name": "Ours", "repeat": 0, "steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": 0}
    for number, step in enumerate(steps):
        form |= {f"steps-{number}-{name}": value for name, value in step.items()}
    return form | changed


def step(**changed: Any) -> dict[str, Any]:
    return {"number": 1, "wait_minutes": 5, "targets": [Target.objects.get(name="SEV-1").pk]} | changed


def refused(client: Client, form: dict[str, Any]) -> str:
    answer = client.post(f"{POLICIES}/add/", form)
    assert answer.status_code == 200, "it was accepted"
    assert not EscalationPolicy.objects.filter(name="Ours").exists()
    return answer.content.decode()


def test_a_policy_with_steps_is_added(admin_client: Client) -> None:
    owner = Owner.objects.create(name="dba")
    form = policy_form(step(), step(number=2, wait_minutes=1440, targets=[], owners=[owner.pk]), repeat=9)
    assert admin_client.post(f"{POLICIES}/add/", form).status_code == 302
    assert plan_of(EscalationPolicy.objects.get(name="Ours")) == EscalationPlan(
        (
            PlannedStep(5, targets=(PlannedName(Target.objects.get(name="SEV-1").pk, "SEV-1"),)),
            PlannedStep(1440, owners=(PlannedName(owner.pk, "dba"),)),
        ),
        9,
    )
    listed = admin_client.get(f"{POLICIES}/").content.decode()
    assert "after 5 min SEV-1; after 1440 min dba" in listed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targets": []}, "This step tells nobody"),
        ({"wait_minutes": 0}, "greater than or equal to 1"),
        ({"wait_minutes": 1441}, "less than or equal to 1440"),
        ({"number": 0}, "greater than or equal to 1"),
    ],
)
def test_a_step_that_cannot_run_is_refused(admin_client: Client, changed: dict[str, Any], said: str) -> None:
    assert said in refused(admin_client, policy_form(step(**changed)))


def test_a_policy_without_steps_is_refused(admin_client: Client) -> None:
    assert "add a step" in refused(admin_client, policy_form())
    assert "less than or equal to 9" in refused(admin_client, policy_form(step(), repeat=10))


def waits(policy: EscalationPolicy) -> list[tuple[int, int]]:
    return list(policy.steps.values_list("number", "wait_minutes"))


@pytest.mark.parametrize(
    ("places", "order"),
    [
        (["", "", ""], [1, 2, 3]),
        ([30, 20, 10], [3, 2, 1]),
        (["", 1, ""], [2, 1, 3]),
        ([1, 1, 1], [1, 2, 3]),
    ],
)
def test_steps_are_numbered_by_their_places(admin_client: Client, places: list[Any], order: list[int]) -> None:
    form = policy_form(*(step(number=place, wait_minutes=n) for n, place in enumerate(places, 1)))
    assert admin_client.post(f"{POLICIES}/add/", form).status_code == 302
    assert waits(EscalationPolicy.objects.get(name="Ours")) == list(enumerate(order, 1))


@pytest.mark.parametrize(
    ("places", "added", "order"),
    [
        ([1, 2, 3], 2, [1, 9, 2, 3]),  # a new one takes the place of the second
        ([1, 2, 3], "", [1, 2, 3, 9]),
        ([3, 2, 1], 9, [3, 2, 1, 9]),
        ([2, 1, 3], None, [2, 1, 3]),
        (["", 2, 3], None, [2, 3, 1]),
        ([1, 2, 1], None, [3, 1, 2]),  # the third goes before the first
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_step_moves_and_the_others_with_it(
    admin_client: Client, places: list[Any], added: Any, order: list[int]
) -> None:
    policy = EscalationPolicy.objects.create(name="Ours")
    rows = [EscalationStep.objects.create(policy=policy, number=n, wait_minutes=n) for n in (1, 2, 3)]
    steps = [
        step(id=row.pk, policy=policy.pk, number=place, wait_minutes=n)
        for n, (row, place) in enumerate(zip(rows, places, strict=True), 1)
    ]
    steps += [] if added is None else [step(number=added, wait_minutes=9)]
    form = policy_form(*steps) | {"steps-INITIAL_FORMS": 3}
    assert admin_client.post(f"{POLICIES}/{policy.pk}/change/", form).status_code == 302
    assert waits(policy) == list(enumerate(order, 1))


def test_after_a_step_is_deleted_the_others_move_up(admin_client: Client) -> None:
    policy = EscalationPolicy.objects.create(name="Ours")
    rows = [EscalationStep.objects.create(policy=policy, number=n, wait_minutes=n) for n in (1, 2)]
    steps = [step(id=row.pk, policy=policy.pk, number=row.number, wait_minutes=row.number) for row in rows]
    form = policy_form(steps[0] | {"DELETE": "on"}, steps[1]) | {"steps-INITIAL_FORMS": 2}
    assert admin_client.post(f"{POLICIES}/{policy.pk}/change/", form).status_code == 302
    assert waits(policy) == [(1, 2)]


def test_the_last_step_cannot_be_deleted(admin_client: Client) -> None:
    policy = EscalationPolicy.objects.get(name=default_policies.ESCALATE)
    kept = policy.steps.get()
    form = policy_form(step(id=kept.pk, policy=policy.pk, DELETE="on"), name=policy.name)
    answer = admin_client.post(f"{POLICIES}/{policy.pk}/change/", form | {"steps-INITIAL_FORMS": 1})
    assert "add a step" in answer.content.decode()
    assert policy.steps.exists()


def test_a_policy_of_daily_summaries_is_not_escalated(admin_client: Client) -> None:
    form = {"order": 5, "name": "Beta", **matcher_rows(), "targets": Target.objects.get(name="SEV-1").pk}
    escalation = EscalationPolicy.objects.get(name=default_policies.ESCALATE)
    add = "/admin/detections/notificationpolicy/add/"
    answer = admin_client.post(add, form | {"delivery": "summary", "escalation": escalation.pk})
    assert "What waits for the daily summary is not escalated." in answer.content.decode()
    assert admin_client.post(add, form | {"delivery": "immediate", "escalation": escalation.pk}).status_code == 302
    assert NotificationPolicy.objects.get(name="Beta").escalation == escalation
    deleting = admin_client.post(f"{POLICIES}/{escalation.pk}/delete/", {"post": "yes"})
    assert deleting.status_code == 200  # protected, and said so
    assert EscalationPolicy.objects.filter(pk=escalation.pk).exists()


def test_the_shipped_policy_tells_who_responds_first_and_keeps_what_was_edited() -> None:
    policy = default_policies.escalation_policy()
    (only,) = policy.steps.all()
    assert only.wait_minutes == 5
    assert [str(each) for each in (*only.owners.all(), *only.targets.all())] == ["sre-agent", "SEV-1"]
    policy.steps.update(wait_minutes=7)
    assert default_policies.escalation_policy().steps.get().wait_minutes == 7


def test_a_name_is_bound_by_a_link_that_fills_it_in(admin_client: Client) -> None:
    page = admin_client.get(f"{OWNERS}/add/?name=owner+of+the+system").content.decode()
    assert 'value="owner of the system"' in page
    form = {"name": "owner of the system", "group": Group.objects.create(name="team").pk}
    targets = {"reached_by-TOTAL_FORMS": 1, "reached_by-INITIAL_FORMS": 0}
    targets |= {"reached_by-0-target": Target.objects.get(name="SEV-1").pk}
    assert admin_client.post(f"{OWNERS}/add/", form | targets).status_code == 302
    assert OwnerTarget.objects.get().owner.bound_to == "team"
    user = User.objects.create_user("ada")
    both = admin_client.post(
        f"{OWNERS}/add/",
        {**form, "name": "x", "user": user.pk, "reached_by-TOTAL_FORMS": 0, "reached_by-INITIAL_FORMS": 0},
    )
    assert "An owner is a person or a group, not both." in both.content.decode()


def test_the_list_of_owners_needs_the_same_queries_for_many(
    admin_client: Client, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        Owner.objects.create(name=f"owner-{number}", user=User.objects.create_user(f"person-{number}"))
    with django_assert_num_queries(6):
        assert "nobody is bound to it" in admin_client.get(f"{OWNERS}/").content.decode()
