"""What works on the embedded servers starts them, also where no connection of Django's does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections

from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.embedded.backend import base


class FakeLease:
    """Notes in `done` that the servers were started; raises `error` instead if it is given."""

    def __init__(self, done: list[str], error: ServicesError | None = None) -> None:
        self.done, self.error = done, error

    def guarded(self) -> bool:
        return False

    def ensure(self) -> None:
        if self.error:
            raise self.error
        self.done.append("servers")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order, by a `dbshell` on the embedded backend."""
    done: list[str] = []
    monkeypatch.setattr(base, "process_lease", lambda _data: FakeLease(done))
    default = connections["default"]
    monkeypatch.setattr(default, "client", base.DatabaseClient(default))

    def run(argv: list[str], **_: Any) -> None:
        done.append(f"{Path(argv[0]).name} {' '.join(argv[-3:-1])}")

    monkeypatch.setattr(subprocess, "run", run)
    return done


def test_dbshell_starts_the_servers_before_psql(done: list[str]) -> None:
    call_command("dbshell", "--", "-c", "SELECT 1")
    assert done == ["servers", "psql -c SELECT 1"]


def test_the_backend_has_that_client() -> None:
    assert base.DatabaseWrapper.client_class is base.DatabaseClient
    assert Path(base.DatabaseClient.executable_name).is_file()  # no psql on the PATH is needed


def test_servers_that_cannot_run_are_explained(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "process_lease", lambda _data: FakeLease(done, ServicesError("The disk is full.")))
    with pytest.raises(OperationalError, match="The disk is full"):
        call_command("dbshell")
    assert done == []
