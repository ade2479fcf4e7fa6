"""Bounds on waiting for PostgreSQL: for connecting too, over all statements, and one within another."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpResponse
from django.test import Client, RequestFactory

from opsconsole.accounts.models import User
from opsconsole.lib.db.bounded import AWAY, within
from opsconsole.middleware import DatabaseMiddleware
from tests.people import make_viewer
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.fixture(autouse=True)
def nobody_sleeps_on(transactional_db: None) -> Iterator[None]:
    """PostgreSQL notices within a second that nobody waits; the next test does not wait for that."""
    yield
    with connection.cursor() as cursor:
        sleeping = "query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        cursor.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {sleeping}")


@pytest.fixture
def unconnected() -> Iterator[Any]:
    """This thread's wrapper before its next connection."""
    connection.close()
    before = connection.settings_dict
    yield connections["default"]
    connection.close()
    connection.settings_dict = before


def test_all_statements_of_the_block_share_the_bound() -> None:
    answered = 0
    with within(0.5), contextlib.suppress(OperationalError):
        for _ in range(100):
            sleep(0.1)
            answered += 1
    assert answered < 6
    sleep(0)


def test_what_is_asked_after_the_bound_is_refused_without_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    tried: list[Any] = []
    with monkeypatch.context() as patched, within(0.1):
        patched.setattr(DatabaseWrapper, "get_new_connection", lambda wrapper, parameters: tried.append(parameters))
        for _ in range(5):
            with pytest.raises(OperationalError):
                sleep(600)
    assert tried == []


def test_what_is_asked_after_the_bound_is_not_sent() -> None:
    """In autocommit the server would carry it out nevertheless."""
    make_viewer()
    with contextlib.suppress(OperationalError), within(600):
        connection.ensure_connection()
        connections["default"].waiting_bound.left = 0.0  # type: ignore[attr-defined]
        User.objects.update(first_name="late")
    assert connections["default"].connection is None
    assert not User.objects.filter(first_name="late").exists()


def test_a_transaction_that_is_cut_is_not_stored() -> None:
    with within(0.3), contextlib.suppress(OperationalError), transaction.atomic():
        make_viewer()
        sleep(600)
    assert not User.objects.exists()


def test_a_statement_that_is_cut_leaves_no_connection_at_the_server() -> None:
    """Neither one that waits for a lock nor one that is busy: otherwise reloading a page takes them all."""
    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_user")
        assert pool.submit(cut_at, "SELECT count(*) FROM accounts_user /* cut */").result()
        assert pool.submit(cut_at, "SELECT count(*) FROM generate_series(1, 100000000000) /* cut */").result()
        cut = "query LIKE '%/* cut */%' AND pid <> pg_backend_pid()"

        def left() -> int:
            cursor.execute(f"SELECT count(*) FROM (SELECT pg_stat_clear_snapshot()) c, pg_stat_activity WHERE {cut}")
            return int(cursor.fetchall()[0][0])

        until(lambda: not left(), what="PostgreSQL notices that nobody waits")


def cut_at(statement: str) -> bool:
    """Whether the statement was cut."""
    try:
        with within(0.2), connection.cursor() as cursor:
            cursor.execute(statement)
    except OperationalError:
        return True
    finally:
        connection.close()
    return False


def test_the_outer_bound_holds_in_an_inner_block_and_the_inner_one_ends_with_it() -> None:
    with pytest.raises(OperationalError), within(0.1), within(600):
        sleep(600)
    with within(600):
        with pytest.raises(OperationalError), within(0.1):
            sleep(600)
        sleep(0)


def test_looking_up_a_dead_name_is_bounded(unconnected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a resolver that does not answer, or many addresses: no timeout of a connection covers the name."""
    released, ended = threading.Event(), threading.Event()
    closed: list[bool] = []

    class Late:
        closed = False

        def close(self) -> None:
            closed.append(True)

    def resolve(wrapper: Any, parameters: Any) -> Late:
        released.wait(60)
        ended.set()
        return Late()

    with monkeypatch.context() as patched:
        patched.setattr(DatabaseWrapper, "get_new_connection", resolve)
        with pytest.raises(OperationalError, match="cannot be connected to in time"), within(0.05):
            sleep(0)
    assert not ended.is_set()
    released.set()
    until(lambda: closed == [True], what="a connection that came too late is closed")


def test_a_page_of_a_database_that_accepts_and_never_answers_is_a_sentence(settings: Any) -> None:
    settings.WEB_DATABASE_SECONDS = 0.2

    def in_another_thread(port: int) -> tuple[HttpResponse, HttpResponse]:
        connection.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": port}
        client = Client(raise_request_exception=False, headers={"Authorization": "Bearer ops_x"})
        client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
        try:
            return client.get("/alerts/"), client.get("/api/v1/alerts/")
        finally:
            connection.close()

    with socket.socket() as deaf, ThreadPoolExecutor(1) as pool:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(50)
        page, api = pool.submit(in_another_thread, deaf.getsockname()[1]).result()
    for answer in (page, api):
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert "The database does not answer" in answer.content.decode()
    assert api["Content-Type"] == "application/problem+json"


def test_what_is_known_to_be_away_is_not_asked() -> None:
    def never(request: Any) -> HttpResponse:
        raise AssertionError

    request = RequestFactory().get("/alerts/", **{AWAY: True})  # type: ignore[arg-type]
    assert DatabaseMiddleware(never)(request).status_code == 503
    health = RequestFactory().get("/healthz", **{AWAY: True})  # type: ignore[arg-type]
    assert DatabaseMiddleware(lambda request: HttpResponse(status=200))(health).status_code == 200
