"""Loops below `with_room` map no memory at each call, however deep they are; arguments, results and errors pass."""

from __future__ import annotations

import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from opsconsole.celery import RoomyTask
from opsconsole.celery import app as console_app
from opsconsole.lib.call_stack import with_room
from opsconsole.middleware import CallStackMiddleware

CALLS = 200


def test_no_depth_is_at_the_end_of_a_chunk() -> None:
    assert _in_a_thread(lambda: with_room(_most_faults)) < CALLS / 4


def test_without_room_some_depth_is() -> None:
    # Where Python has mended it, with_room has no purpose any more.
    assert _in_a_thread(_most_faults) >= CALLS


def test_the_tests_have_room() -> None:
    assert _most_faults() < CALLS / 4


def test_arguments_and_results_pass() -> None:
    assert with_room(sorted, [1, 3, 2], reverse=True) == [3, 2, 1]


def test_errors_pass() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        with_room(int, "x")


def test_room_is_given_to_the_whole_request() -> None:
    found: list[int] = []

    def respond(request: HttpRequest) -> HttpResponse:
        found.append(_most_faults())
        return HttpResponse()

    answer = _in_a_thread(lambda: CallStackMiddleware(respond)(HttpRequest()).status_code)
    assert answer == 200
    assert found[0] < CALLS / 4
    assert settings.MIDDLEWARE[0] == "opsconsole.middleware.CallStackMiddleware"


def test_room_is_given_to_tasks() -> None:
    app = Celery(task_cls=RoomyTask, set_as_current=False)
    task = app.task(_most_faults, name="most_faults")
    assert _in_a_thread(task) < CALLS / 4
    assert type(console_app.tasks["celery.backend_cleanup"]).__mro__.count(RoomyTask) == 1


def _in_a_thread(call: Callable[[], int]) -> int:
    """What it returns on a stack of its own, without the room that the tests have."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(call).result()


def _most_faults() -> int:
    """How often the system had to give memory for CALLS calls, at the worst of many depths."""
    return max(_at_depth(depth) for depth in range(150))


def _at_depth(depth: int) -> int:
    return _faults() if depth == 0 else _at_depth(depth - 1)


def _faults() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for number in range(CALLS):
        _outer(number)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _outer(number: int) -> int:
    return _inner(number)


def _inner(number: int) -> int:
    return number
