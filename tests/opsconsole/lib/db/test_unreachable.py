"""Only errors that say that PostgreSQL is away are answered 503; what it answered itself is a failure, 500."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError
from django.test import RequestFactory

from opsconsole.api import api
from opsconsole.lib.db.unreachable import is_away
from opsconsole.views import server_error

AWAY = ["", "08006", "57P01", "57P03"]
ANSWERED = ["40P01", "57014", "53100", "55P03"]
FULL = "53300"  # no connection is left


def failure(state: str) -> OperationalError:
    """As Django raises it, of an error with this SQLSTATE."""
    error = OperationalError("it failed")
    error.__cause__ = psycopg.errors.lookup(state)("it failed") if state else psycopg.OperationalError("it failed")
    return error


@pytest.mark.parametrize(
    ("state", "status"), [*((each, 503) for each in (*AWAY, FULL)), *((each, 500) for each in ANSWERED)]
)
def test_pages_and_the_api_call_only_that_unavailable(
    state: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    request = RequestFactory().get("/api/v1/alerts/")
    error = failure(state)
    try:
        raise error
    except OperationalError:
        answers = server_error(request), api.on_exception(request, error)
    assert [each.status_code for each in answers] == [status, status]
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged == ([error] if status == 500 else [])


@pytest.mark.parametrize("state", [*AWAY, *ANSWERED, FULL])
def test_a_state_that_postgresql_sent_is_an_answer(state: str) -> None:
    assert is_away(failure(state)) is (state in AWAY)
