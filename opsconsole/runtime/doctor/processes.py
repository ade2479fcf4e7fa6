"""Checks of web, worker, sender, prober and beat of the console that runs on a data directory (no ORM)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from opsconsole.runtime.doctor.report import CheckResult, CheckStatus
from opsconsole.runtime.supervisor import options, readiness, runfile

WEB_SECONDS = 5.0  # /readyz waits for servers that do not answer
PROGRAMS: Mapping[str, str] = {
    "web": "gunicorn",
    "worker": "celery",
    "sender": "django",
    "prober": "django",
    "beat": "celery",
}


def processes(data: Path, environ: Mapping[str, str]) -> list[CheckResult]:
    """A result for each process of bin/run; processes that were started one by one are not found."""
    console = runfile.running(data)
    if console is None:
        detail = f"no console runs on {data}"
        return [CheckResult(name, CheckStatus.WARN, _version(name), detail, "bin/run starts it") for name in PROGRAMS]
    return [_process(name, console, environ) for name in PROGRAMS]


def _process(name: str, console: Mapping[str, Any], environ: Mapping[str, str]) -> CheckResult:
    pid = console.get("processes", {}).get(name)
    if not pid or not _is_running(pid):
        remedy = "the console restarts it; its log lines say why it ended"
        return CheckResult(name, CheckStatus.FAIL, _version(name), "is not running", remedy)
    detail = f"runs as process {pid}"
    return (
        _web(detail, console, environ) if name == "web" else CheckResult(name, CheckStatus.OK, _version(name), detail)
    )


def _web(detail: str, console: Mapping[str, Any], environ: Mapping[str, str]) -> CheckResult:
    version, url = _version("web"), console.get("url", "")
    asked = options.parse([], {**environ, **console.get("environment", {})})
    answer = readiness.get_readyz(asked, WEB_SECONDS)
    if answer is None:
        remedy = "wait a moment if it has just started, else restart the console"
        return CheckResult("web", CheckStatus.FAIL, version, f"{detail} and does not answer at {url}", remedy)
    reasons = "; ".join(map(str, answer.get("reasons", [])))
    if reasons:
        return CheckResult(
            "web", CheckStatus.WARN, version, f"{detail} at {url}: {reasons}", "see Console health on the overview"
        )
    return CheckResult("web", CheckStatus.OK, version, f"{detail}, ready at {url}")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # a process of another user
    return True


def _version(name: str) -> str:
    return metadata.version(PROGRAMS[name])
