"""A guardian that is killed in the very moment in which somebody asks whether it lives."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings

from opsconsole.runtime.embedded import SERVICES, Lease, acquire
from opsconsole.runtime.embedded.backend import base
from opsconsole.runtime.embedded.layout import Layout
from opsconsole.runtime.embedded.liveness import answering
from tests.opsconsole.runtime.embedded.machine import guardian_runs, open_directory, processes_of
from tests.waiting import until

pytestmark = pytest.mark.faults


@pytest.fixture
def services() -> Iterator[Lease]:
    with open_directory() as data:
        lease = acquire(data)
        yield lease
        lease.close(wait=20)


def guardian_pid(lease: Lease) -> int:
    return int(json.loads(lease.layout.guardian_lock.read_text())["pid"])


def test_who_saw_only_the_servers_of_a_dead_guardian_starts_another(
    services: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = guardian_pid(services)

    def answer_and_die(layout: Layout, name: str) -> bool:
        answer = answering(layout, name)
        if name == SERVICES[-1] and guardian_pid(services) == killed and guardian_runs(layout):
            os.kill(killed, signal.SIGKILL)
            until(lambda: not guardian_runs(layout))
        return answer

    monkeypatch.setattr("opsconsole.runtime.embedded.lease.answering", answer_and_die)
    services.ensure()
    assert guardian_pid(services) != killed
    assert guardian_runs(services.layout)


def test_a_connection_that_a_dying_guardian_promised_is_made_on_the_next_servers(
    services: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL has been sent and not yet carried out when it is asked for; the servers are gone just after."""
    for pid in processes_of(services.layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not processes_of(services.layout))
    looks = iter([True])
    lives = services.guarded
    monkeypatch.setattr(services, "guarded", lambda: next(looks, False) or lives())
    monkeypatch.setattr(base, "process_lease", lambda _directory: services)
    wrapper = base.DatabaseWrapper(
        {**connection.settings_dict, "NAME": "opsconsole", "USER": "opsconsole", "PASSWORD": "", "PORT": ""}
    )
    wrapper.settings_dict["HOST"] = str(services.layout.socket_dir("postgres"))
    with override_settings(DATA_DIR=services.layout.data):
        link = wrapper.get_new_connection(wrapper.get_connection_params())
    with link:
        assert link.execute("SELECT 1").fetchone() == (1,)
