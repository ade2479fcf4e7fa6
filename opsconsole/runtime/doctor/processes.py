"""Web, worker and beat of the console that runs on a data directory (no ORM)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from opsconsole.runtime.doctor.report import Part, PartState
from opsconsole.runtime.supervisor import options, readiness, runfile

PROGRAMS: Mapping[str, str] = {"web": "gunicorn", "worker": "celery", "beat": "celery"}


def processes(data: Path, environ: Mapping[str, str]) -> list[Part]:
    """A part for each. Started in another way than by bin/run (docs/operations.md), they are not seen from here."""
    console = runfile.running(data)
    if console is None:
        detail = f"no console runs on {data}"
        return [Part(name, PartState.WARN, _version(name), detail, "bin/run starts it") for name in PROGRAMS]
    return [_process(name, console, environ) for name in PROGRAMS]


def _process(name: str, console: Mapping[str, Any], environ: Mapping[str, str]) -> Part:
    pid = console.get("processes", {}).get(name)
    if not pid or not _lives(pid):
        remedy = "the console starts it again; its lines say why it ended"
        return Part(name, PartState.FAIL, _version(name), "does not run", remedy)
    detail = f"runs as process {pid}"
    return _web(detail, console, environ) if name == "web" else Part(name, PartState.OK, _version(name), detail)


def _web(detail: str, console: Mapping[str, Any], environ: Mapping[str, str]) -> Part:
    version, url = _version("web"), console.get("url", "")
    answer = readiness.ask(options.parse([], {**environ, **console.get("environment", {})}))
    if answer is None:
        remedy = "wait a moment when it has just started, else start the console again"
        return Part("web", PartState.FAIL, version, f"{detail} and does not answer at {url}", remedy)
    reasons = "; ".join(map(str, answer.get("reasons", [])))
    if reasons:
        return Part("web", PartState.WARN, version, f"{detail} at {url}: {reasons}", "Health in the console says more")
    return Part("web", PartState.OK, version, f"{detail}, ready at {url}")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's
    return True


def _version(name: str) -> str:
    return metadata.version(PROGRAMS[name])
