"""Two people decide on a posture; the database holds it, whoever writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from bootstrap.checklists.prerequisites_changed import recheck_soon
from bootstrap.postures.approval import REVIEW_AFTER, PostureRefusal, Proposal, approve, end, propose, review
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import history, in_force
from bootstrap.systems.models import App, ConfigVar, Flag
from bootstrap.systems.value_rules.conditions import ConditionError
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.postures.builders import in_force as made
from tests.bootstrap.postures.builders import proposal, proposed

pytestmark = pytest.mark.django_db
LATER = (NOON + timedelta(days=30)).date()


def decider(name: str) -> User:
    person = builders.person(name)
    person.user_permissions.set(Permission.objects.filter(codename__in=["add_posture", "change_posture"]))
    return User.objects.get(pk=person.pk)


def test_two_people_put_it_in_force() -> None:
    posture = propose(proposal(), decider("ada"), NOON)
    assert in_force([posture.deployment_id]) == {}
    approve(posture, decider("bob"), NOON)
    assert in_force([posture.deployment_id]) == {posture.deployment_id: [posture]}
    assert [entry.text.partition(",")[0] for entry in history(posture)] == ["approved by bob", "proposed by ada"]


def test_nobody_approves_or_reviews_his_own() -> None:
    ada = decider("ada")
    posture = propose(proposal(), ada, NOON)
    with pytest.raises(PostureRefusal, match="Another person"):
        approve(posture, ada, NOON)
    approve(posture, decider("bob"), NOON)
    with pytest.raises(PostureRefusal, match="Another person"):
        review(posture, LATER, ada, NOON)
    with pytest.raises(IntegrityError, match="posture_of_two_people"), transaction.atomic():
        Posture.objects.update(approver=ada)


def test_without_permission_nothing_is_decided() -> None:
    eve, posture = builders.person("eve"), proposed()
    for act in (
        lambda: propose(proposal(), eve, NOON),
        lambda: approve(posture, eve, NOON),
        lambda: review(posture, LATER, eve, NOON),
        lambda: end(posture, "no", eve, NOON),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert Posture.objects.get().approved_at is None


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"guard": "one worker, surely"}, ConditionError, "at 1: 'one worker, surely'"),
        ({"severity": "critical"}, PostureRefusal, "critical is not less than critical"),
        ({"severity": "warning", "instead_of": "info"}, PostureRefusal, "warning is not less than info"),
        ({"review_by": NOON.date()}, PostureRefusal, "has passed"),
        ({"review_by": (NOON + timedelta(days=400)).date()}, PostureRefusal, "at least once a year"),
    ],
)
def test_proposals_that_make_no_sense(fields: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        propose(proposal(**fields), decider("ada"), NOON)
    assert not Posture.objects.exists()


def test_a_variable_of_another_application_is_refused() -> None:
    wanted = proposal()
    other = App.objects.create(system=wanted.deployment.app.system, slug="other", name="Other")
    strange = Proposal(wanted.deployment, ConfigVar.objects.create(app=other, name="X_Y"), "always", "why")
    with pytest.raises(PostureRefusal, match="of Other, not of demo-api-staging"):
        propose(strange, decider("ada"), NOON)


def test_a_quarter_until_the_review_where_no_day_is_named() -> None:
    assert propose(proposal(review_by=None), decider("ada"), NOON).review_by == (NOON + REVIEW_AFTER).date()


def test_one_in_force_for_each_variable() -> None:
    made()
    with pytest.raises(PostureRefusal, match=r"Another posture of .* is in force"):
        approve(proposed(), decider("carol"), NOON)


def test_what_waited_past_its_review_day_is_not_approved() -> None:
    with pytest.raises(PostureRefusal, match="has passed"):
        approve(proposed(), decider("bob"), NOON + timedelta(days=61))


def test_a_review_moves_the_day_and_an_end_is_for_good() -> None:
    posture, bob = made(), decider("bob")
    review(posture, LATER, bob, NOON)
    end(posture, "Redis is there", bob, NOON)
    assert in_force([posture.deployment_id]) == {}
    for act in (lambda: review(posture, LATER, bob, NOON), lambda: end(posture, "again", bob, NOON)):
        with pytest.raises(PostureRefusal, match="has ended"):
            act()
    assert [entry.text for entry in history(posture)][:2] == [
        "ended by bob: Redis is there",
        "reviewed by bob, next by 2026-07-12",
    ]


def test_a_decision_made_already_is_told() -> None:
    posture, bob = proposed(), decider("bob")
    with pytest.raises(PostureRefusal, match="not been approved"):
        review(posture, LATER, bob, NOON)
    approve(posture, bob, NOON)
    with pytest.raises(PostureRefusal, match="was approved by bob"):
        approve(posture, decider("carol"), NOON)
    with pytest.raises(PostureRefusal, match="Say why"):
        end(posture, " ", bob, NOON)


@pytest.mark.parametrize(
    ("guard", "message"),
    [
        ("FLAG_DEM=0", "no flag is called FLAG_DEM; did you mean FLAG_DEMO?"),
        ("workers=1 and not (demo_fag or FLAG_DEMO=0)", "no flag is called demo_fag; did you mean demo_flag"),
        ("set(REDIS_ULR)", "no variable is called REDIS_ULR; did you mean REDIS_URL"),
        ("REDIS_URL=1", "no flag is called REDIS_URL"),
    ],
)
def test_a_guard_over_names_that_nothing_reports_is_refused(guard: str, message: str) -> None:
    wanted = proposal(guard=guard)
    Flag.objects.update(aliases=["demo_flag"])
    with pytest.raises(PostureRefusal, match="asks for what nothing reports") as refused:
        propose(wanted, decider("ada"), NOON)
    assert message in str(refused.value)
    assert not Posture.objects.exists()


def test_names_of_flags_aliases_and_variables_are_known() -> None:
    wanted = proposal(guard="demo_flag=0 and set(REDIS_URL) and set(FLAG_DEMO) and workers=1 or always")
    Flag.objects.update(aliases=["demo_flag"])
    assert propose(wanted, decider("ada"), NOON).guard == wanted.guard


def test_findings_are_judged_anew_after_each_decision(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    posture, bob = proposed(), decider("bob")
    for act in (
        lambda: approve(posture, bob, NOON),
        lambda: review(posture, LATER, bob, NOON),
        lambda: end(posture, "Redis is there", bob, NOON),
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            act()
        assert callbacks == [recheck_soon]
