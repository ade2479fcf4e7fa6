"""Wrong passwords: who is locked, from where, until when; nobody locks out another person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from opsconsole.accounts import failed_logins
from opsconsole.accounts.failed_logins import PER_ADDRESS, PER_PAIR, LockedOut
from opsconsole.accounts.models import FailedLogin, User

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", password=PASSWORD)


def sign_in(name: str = "ada", password: str = "wrong", address: str = HOME, client: Client | None = None) -> Any:
    sent = {"login": name, "password": password}
    return (client or Client()).post("/accounts/login/", sent, REMOTE_ADDR=address)


def fail(times: int, **where: str) -> None:
    for _ in range(times):
        assert sign_in(**where).status_code == 200


def test_five_wrong_passwords_lock_the_pair_and_say_until_when(ada: User) -> None:
    fail(PER_PAIR)
    answer = sign_in(password=PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "Too many wrong passwords for this account from your address. Try again at 12:05:00 UTC." in (
        answer.content.decode()
    )
    assert "_auth_user_id" not in answer.client.session


def test_the_person_signs_in_from_elsewhere(ada: User) -> None:
    fail(PER_PAIR, address=ELSEWHERE)
    assert sign_in(address=ELSEWHERE, password=PASSWORD).status_code == 429
    assert sign_in(address=HOME, password=PASSWORD).status_code == 302


def test_other_accounts_at_the_address_are_not_locked(ada: User) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    fail(PER_PAIR)
    assert sign_in("bob", PASSWORD).status_code == 302


def test_a_lock_ends_when_it_said(ada: User, at_noon: time_machine.Traveller) -> None:
    fail(1)
    at_noon.shift(timedelta(minutes=2))
    fail(PER_PAIR - 1)
    assert sign_in(password=PASSWORD)["Retry-After"] == "180"
    at_noon.shift(timedelta(seconds=179))
    assert sign_in(password=PASSWORD)["Retry-After"] == "1"
    at_noon.shift(timedelta(seconds=1))
    assert sign_in(password=PASSWORD).status_code == 302


def test_a_right_password_counts_nothing_and_forgives_nothing(ada: User) -> None:
    fail(PER_PAIR - 1)
    for _ in range(10):
        assert sign_in(password=PASSWORD).status_code == 302
    assert FailedLogin.objects.count() == PER_PAIR - 1
    fail(1)
    assert sign_in(password=PASSWORD).status_code == 429


def test_the_address_has_a_wider_bound_for_whatever_accounts(ada: User) -> None:
    for number in range(PER_ADDRESS):
        fail(1, name=f"guess{number}")
    answer = sign_in(password=PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "Too many wrong passwords from your address." in answer.content.decode()
    assert sign_in(address=ELSEWHERE, password=PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "names", [["ada", "ADA", "Ada", "ada@example.org", "ADA@Example.org"], ["eve", "Eve", "EVE"] * 2]
)
def test_other_spellings_are_the_same_account(ada: User, names: list[str]) -> None:
    for name in names[:PER_PAIR]:
        fail(1, name=name)
    assert sign_in(names[0], PASSWORD).status_code == 429


def test_accounts_that_share_a_mail_address_are_all_counted(ada: User) -> None:
    """allauth tries the password of each: a guess by the address is one at every account."""
    User.objects.create_user("bob", "Ada@example.org", password="another horse")
    fail(2, name="ada@example.org")
    fail(PER_PAIR - 2, name="bob")
    assert sign_in("bob", "another horse").status_code == 429
    assert sign_in("ada@example.org", PASSWORD).status_code == 429
    assert sign_in("ada", PASSWORD).status_code == 302
    fail(PER_PAIR - 2)
    assert sign_in("ada", PASSWORD).status_code == 429


def test_a_right_password_by_a_shared_address_counts_for_nobody(ada: User) -> None:
    User.objects.create_user("bob", "ada@example.org", password="another horse")
    assert sign_in("ada@example.org", "another horse").status_code == 302
    assert not FailedLogin.objects.exists()


def test_further_mail_addresses_are_the_same_account(ada: User) -> None:
    EmailAddress.objects.create(user=ada, email="ada@work.example", verified=True)
    fail(PER_PAIR - 1, name="ada@work.example")
    fail(1)
    assert sign_in("ada@work.example", PASSWORD).status_code == 429
    assert sign_in(password=PASSWORD).status_code == 429


def test_a_guess_at_many_accounts_counts_for_the_address_as_many_times(ada: User) -> None:
    for number in range(PER_ADDRESS // 2 - 1):
        User.objects.create_user(f"u{number}", "ada@example.org", password="another horse")
    fail(2, name="ada@example.org")
    answer = sign_in("somebody")
    assert answer.status_code == 429
    assert "Too many wrong passwords from your address." in answer.content.decode()


def test_unknown_names_are_answered_alike(ada: User) -> None:
    answers = {}
    for name in ("ada", "eve"):
        seen = [sign_in(name) for _ in range(PER_PAIR + 1)]
        answers[name] = [(each.status_code, "correct" in each.content.decode()) for each in seen]
    assert answers["ada"] == answers["eve"]


def test_addresses_of_one_ipv6_customer_count_together(ada: User) -> None:
    for last in range(PER_PAIR):
        fail(1, address=f"2001:db8:1:2::{last}")
    assert sign_in(password=PASSWORD, address="2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in(password=PASSWORD, address="2001:db8:1:3::1").status_code == 302


def test_an_ipv4_address_within_ipv6_is_one_address_and_not_all_of_them() -> None:
    assert failed_logins.network("::ffff:192.0.2.7") == failed_logins.network("192.0.2.7") == "192.0.2.7"


def test_giving_the_password_again_is_limited_too(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    for _ in range(PER_PAIR):
        answer = client.post("/accounts/reauthenticate/", {"password": "wrong"}, REMOTE_ADDR=HOME)
        assert answer.status_code == 200
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD}, REMOTE_ADDR=HOME)
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")


def test_changing_the_password_is_limited_too(ada: User, at_noon: time_machine.Traveller) -> None:
    client = Client()
    client.force_login(ada)
    new = "another horse battery"

    def change(old: str) -> Any:
        sent = {"oldpassword": old, "password1": new, "password2": new}
        return client.post("/accounts/password/change/", sent, REMOTE_ADDR=HOME)

    for _ in range(PER_PAIR):
        assert change("wrong").status_code == 200
        at_noon.shift(20)  # allauth allows five a minute, of any kind
    answer = change(PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (429, "200")
    FailedLogin.objects.all().delete()
    assert change(PASSWORD).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(new)
    assert not FailedLogin.objects.exists()


def test_the_admin_changes_passwords_where_they_are_limited() -> None:
    for method in (Client().get, Client().post):
        answer = method("/admin/password_change/")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/change/")


def test_what_was_typed_is_not_kept(ada: User) -> None:
    fail(1, name="my secret password")
    row = FailedLogin.objects.values().get()
    assert "secret" not in str(row)
    assert (row["user_id"], row["address"]) == (None, HOME)


def test_old_rows_are_deleted(ada: User, at_noon: time_machine.Traveller) -> None:
    fail(3)
    at_noon.shift(failed_logins.KEPT + timedelta(seconds=1))
    fail(1, name="bob")
    assert FailedLogin.objects.count() == 1


def test_an_admin_ends_a_lock(ada: User) -> None:
    fail(PER_PAIR)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    rows = list(FailedLogin.objects.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    root.post("/admin/accounts/failedlogin/", chosen)
    assert sign_in(password=PASSWORD).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_time_are_not_more_guesses() -> None:
    User.objects.create_user("ada", password=PASSWORD)
    barrier = threading.Barrier(4)

    def attempt(_: int) -> bool:
        barrier.wait()
        try:
            failed_logins.begin("ada", HOME, NOON)
        except LockedOut:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        allowed = list(pool.map(attempt, range(12)))
    assert allowed.count(True) == PER_PAIR
    assert FailedLogin.objects.count() == PER_PAIR
