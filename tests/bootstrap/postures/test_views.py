"""Pages of postures: live verdicts, proposing, approving by another person who says the password again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from bootstrap.postures.models import Posture
from bootstrap.systems.models import Deployment
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.bootstrap.people import PASSWORD, client_of
from tests.bootstrap.postures.builders import in_force, proposal, proposed
from tests.markup import folded

pytestmark = pytest.mark.django_db
DECIDES = ("add_posture", "change_posture")
ACTS = ("approve", "review", "end")


@pytest.fixture
def soon() -> object:
    return (clock.now() + timedelta(days=60)).date()


def test_pages_ask_for_a_login() -> None:
    posture = in_force()
    for address in ("/postures/", posture.get_absolute_url(), "/postures/propose/"):
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")


def test_the_list_tells_how_each_stands(django_assert_num_queries, soon) -> None:
    in_force()
    Posture.objects.update(review_by=soon)
    client = client_of("eve")
    with django_assert_num_queries(9):  # session, person, two for permissions, postures, three for facts, ended ones
        page = folded(client.get("/postures/").content.decode())
    assert "demo-api-staging counts as warning" in page
    assert "Unverified" in page
    assert "FLAG_DEMO was not reported" in page
    assert "Propose one" not in page


def test_without_postures_the_list_says_what_they_are() -> None:
    assert b"Every missing variable has its full severity" in client_of("eve").get("/postures/").content


def test_a_page_has_a_verdict_for_each_part_of_the_guard(soon) -> None:
    posture = in_force(activation_command="heroku addons:create heroku-redis:mini")
    Posture.objects.update(review_by=soon)
    Deployment.objects.update(workers=2)
    page = client_of("eve").get(posture.get_absolute_url()).content.decode()
    assert "Lapsed" in page
    assert "there are 2 workers" in page
    assert "Broken" in page
    assert "Not known" in page
    assert "heroku addons:create" in page
    assert "proposed by ada" in page
    assert f'action="{posture.get_absolute_url()}' not in page, "who may not decide sees no buttons"


def test_a_proposal_waits_for_another_person(soon) -> None:
    wanted = proposal()
    client = client_of("ann", *DECIDES)
    data = {
        "deployment": wanted.deployment.pk,
        "variable": wanted.variable.pk,
        "severity": "warning",
        "instead_of": "critical",
        "guard": "FLAG_DEMO=0",
        "reason": "because",
        "review_by": soon.isoformat(),
    }
    assert client.post("/postures/propose/", data).status_code == 303
    posture = Posture.objects.get()
    assert (posture.author_name, posture.approved_at) == ("ann", None)
    page = client.get(posture.get_absolute_url()).content.decode()
    assert "another person has to approve it" in page
    assert "/approve/" not in page
    assert "/approve/" in client_of("bob", *DECIDES).get(posture.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"guard": "no idea"}, "May stand here: FLAG_NAME=1"),
        ({"severity": "critical"}, "A posture eases"),
        ({"review_by": "2020-01-01"}, "has passed"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_a_proposal_that_is_refused_says_why(soon, fields, message) -> None:
    wanted = proposal()
    data = {
        "deployment": wanted.deployment.pk,
        "variable": wanted.variable.pk,
        "severity": "warning",
        "instead_of": "critical",
        "guard": "always",
        "reason": "because",
        "review_by": soon.isoformat(),
    }
    answer = client_of("ann", *DECIDES).post("/postures/propose/", {**data, **fields})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Posture.objects.exists()


def test_the_form_is_filled_from_the_address_and_says_so_when_there_is_nothing() -> None:
    client = client_of("ann", *DECIDES)
    assert b"nothing to propose yet" in client.get("/postures/propose/").content
    variable = proposal().variable
    assert (
        f'<option value="{variable.pk}" selected>'
        in client.get("/postures/propose/", {"variable": variable.pk}).content.decode()
    )


def test_approving_asks_for_the_password_again(soon) -> None:
    posture = proposed()
    Posture.objects.update(review_by=soon)
    client = client_of("bob", *DECIDES)
    asked = client.post(f"{posture.get_absolute_url()}approve/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    assert Posture.objects.get().approved_at is None
    page = client.get(asked.headers["Location"]).content.decode()
    assert "<h1>Approve a posture</h1>" in page
    assert all(f"<dd>{escape(each)}</dd>" in page for each in (str(posture), posture.guard))
    client.post(asked.headers["Location"], {"password": PASSWORD})
    assert Posture.objects.get().approver_name == "bob"


def test_the_author_cannot_approve_by_hand_either(soon) -> None:
    client = client_of("bob", *DECIDES)
    posture = proposed(author="bob")
    asked = client.post(f"{posture.get_absolute_url()}approve/")
    answer = client.post(asked.headers["Location"], {"password": PASSWORD}, follow=True)
    assert "Another person than the author has to decide." in answer.content.decode()
    assert Posture.objects.get().approved_at is None


def test_ending_needs_a_reason_and_moves_it_to_the_history() -> None:
    posture = in_force()
    client = client_of("bea", *DECIDES)
    assert "reason: This field" in client.post(f"{posture.get_absolute_url()}end/", follow=True).content.decode()
    client.post(f"{posture.get_absolute_url()}end/", {"reason": "Redis is there"})
    assert Posture.objects.get().end_reason == "Redis is there"
    page = client.get("/postures/").content.decode()
    assert "Ended (1)" in page
    assert "ended by bea: Redis is there" in client.get(posture.get_absolute_url()).content.decode()


@pytest.mark.parametrize("act", ACTS)
def test_deciding_needs_the_permission_and_a_post(act: str) -> None:
    posture = in_force()
    address = f"{posture.get_absolute_url()}{act}/"
    assert client_of("eve").post(address, {"reason": "x"}).status_code == 403
    assert client_of("bea", *DECIDES).get(address).status_code == 405
    assert client_of("cat", "view_posture").get("/postures/propose/").status_code == 403


def test_the_admin_asks_before_it_ends() -> None:
    posture = in_force()
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    act = {"action": "end", "_selected_action": [posture.pk]}
    assert b"has its full severity again" in client.post("/admin/bootstrap/posture/", act).content
    assert Posture.objects.get().ended_at is None
    client.post("/admin/bootstrap/posture/", {**act, "confirmed": "yes"})
    assert Posture.objects.get().ended_at is not None
