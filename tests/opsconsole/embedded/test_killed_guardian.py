"""A guardian that is killed in the very moment in which somebody asks whether it lives."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings

from opsconsole.embedded import SERVICES, Held, hold
from opsconsole.embedded.backend import base
from opsconsole.embedded.layout import Layout
from opsconsole.embedded.probe import answering
from tests.opsconsole.embedded.machine import guardian_runs, open_directory, processes_of
from tests.waiting import until

pytestmark = pytest.mark.faults


@pytest.fixture
def services() -> Iterator[Held]:
    with open_directory() as data:
        held = hold(data)
        yield held
        held.close(wait=20)


def guardian_pid(held: Held) -> int:
    return int(json.loads(held.layout.guardian_lock.read_text())["pid"])


def test_who_saw_only_the_servers_of_a_dead_guardian_starts_another(
    services: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = guardian_pid(services)

    def answer_and_die(layout: Layout, name: str) -> bool:
        answer = answering(layout, name)
        if name == SERVICES[-1] and guardian_pid(services) == killed and guardian_runs(layout):
            os.kill(killed, signal.SIGKILL)
            until(lambda: not guardian_runs(layout))
        return answer

    monkeypatch.setattr(importlib.import_module(hold.__module__), "answering", answer_and_die)
    services.ensure()
    assert guardian_pid(services) != killed
    assert guardian_runs(services.layout)


def test_a_connection_that_a_dying_guardian_promised_is_made_on_the_next_servers(
    services: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL has been sent and not yet carried out when it is asked for; the servers are gone just after."""
    for pid in processes_of(services.layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not processes_of(services.layout))
    looks = iter([True])
    lives = services.guarded
    monkeypatch.setattr(services, "guarded", lambda: next(looks, False) or lives())
    monkeypatch.setattr(base, "held", lambda _directory: services)
    wrapper = base.DatabaseWrapper(
        {**connection.settings_dict, "NAME": "opsconsole", "USER": "opsconsole", "PASSWORD": "", "PORT": ""}
    )
    wrapper.settings_dict["HOST"] = str(services.layout.socket_dir("postgres"))
    with override_settings(DATA_DIR=services.layout.data):
        link = wrapper.get_new_connection(wrapper.get_connection_params())
    with link:
        assert link.execute("SELECT 1").fetchone() == (1,)
