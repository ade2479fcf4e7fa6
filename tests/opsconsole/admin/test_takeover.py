"""Staff who are no superusers cannot become one by way of somebody else's account."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from opsconsole.accounts.models import User

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user"


@pytest.fixture
def clerk(client: Client) -> Client:
    """Staff who may view, change and delete people, and nothing else."""
    user = User.objects.create_user("clerk", is_staff=True)
    names = ("view_user", "change_user", "delete_user")
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="accounts"))
    client.force_login(user)
    return client


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", password="old")


@pytest.fixture
def responder() -> User:
    user = User.objects.create_user("responder", password="old")
    user.user_permissions.set(Permission.objects.filter(codename="change_alert"))
    return user


NEW = {"password1": "a-long-new-one-9", "password2": "a-long-new-one-9", "usable_password": "true"}


@pytest.mark.parametrize("whose", ["root", "responder"])
def test_the_password_of_who_may_more_is_not_theirs_to_set(
    clerk: Client, whose: str, root: User, responder: User
) -> None:
    person = User.objects.get(username=whose)
    assert clerk.post(f"{USERS}/{person.pk}/password/", NEW).status_code == 403
    assert clerk.post(f"{USERS}/{person.pk}/change/", {"username": "mine"}).status_code == 403
    assert clerk.post(f"{USERS}/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    person.refresh_from_db()
    assert (person.username, person.check_password("old")) == (whose, True)


def test_nor_are_they_deleted_among_others(clerk: Client, root: User) -> None:
    plain = User.objects.create_user("plain")
    chosen = {"action": "delete_selected", "_selected_action": [plain.pk, root.pk], "post": "yes"}
    clerk.post(f"{USERS}/", chosen)
    assert User.objects.filter(username="root").exists()


def test_who_may_no_more_is_theirs_to_look_after(clerk: Client) -> None:
    plain = User.objects.create_user("plain", password="old")
    assert clerk.post(f"{USERS}/{plain.pk}/password/", NEW).status_code == 302
    plain.refresh_from_db()
    assert plain.check_password(NEW["password1"])


def test_rights_in_the_form_of_such_staff_change_nothing(clerk: Client) -> None:
    plain = User.objects.create_user("plain", password="old")
    form = {"username": "plain", "is_superuser": "on", "is_staff": "on", "is_active": "on", "time_zone": "UTC"}
    clerk.post(f"{USERS}/{plain.pk}/change/", form)
    plain.refresh_from_db()
    assert (plain.is_superuser, plain.is_staff) == (False, False)
