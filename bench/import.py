"""Measures importing runbooks on this machine: `python bench/import.py [MB …]` (0.1, 1 and 4 unless told).

Made-up runbooks of two shapes, one that is all tables and items and one that is mostly prose, are read, linted, shown
as a preview and stored in the database of DATABASE_URL, in a transaction that is checked like a commit and undone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bootstrap.importer import ParsedRunbook, read_file  # noqa: E402
from bootstrap.importer.review.lint import lint  # noqa: E402
from bootstrap.importer.review.preview import preview  # noqa: E402
from bootstrap.importer.store.target import app_of  # noqa: E402
from bootstrap.importer.store.write_runbook import load_runbook  # noqa: E402

SIZES = (0.1, 1.0, 4.0)  # MB


def dense(number: int) -> str:
    """A section with little else than variables and items: three and four in a kilobyte."""
    names = [f"SERVICE_{number}_{part}" for part in ("URL", "TOKEN", "TIMEOUT")]
    prose = f"The service {number} is read at call time by its callers; without it they do nothing and say so.\n" * 4
    rows = "".join(
        f"| `{name}` | `FLAG_S{number}=1` | a value for {name.lower()} | none | /vault/{name} |\n" for name in names
    )
    items = "".join(f"- [ ] `{name}` provisioned, as the team's own handbook says\n" for name in names)
    return (
        f"\n### Service {number} (FLAG_S{number})\n\n{prose}\n"
        "| Var | Required when | Accepted values | Default | Path |\n"
        f"|---|---|---|---|---|\n{rows}\n{items}- [ ] `FLAG_S{number}=1` set after the above are confirmed\n"
    )


def prosaic(number: int) -> str:
    """A section as teams write them: as much to read as in the Raptor runbook, some code, a variable, four items."""
    told = (
        f"When service {number} was moved, requests were lost for an hour: the callers had kept the old address, and "
        "nobody was told. Since then each mover reads this part first, and asks whoever is on call.\n\n"
    ) * 20
    row = f"| `SERVICE_{number}_URL` | `FLAG_S{number}=1` | an https URL | none | /vault/{number} |\n"
    code = f"```sh\ncurl -fsS https://service-{number}.example/healthz\n```\n"
    items = "".join(f"- [ ] Step {step} of service {number} done, seen by one more person\n" for step in range(1, 4))
    table = f"| Var | Required when | Accepted | Default | Path |\n|---|---|---|---|---|\n{row}"
    flag = f"- [ ] `FLAG_S{number}=1` set after the above are confirmed\n"
    return f"\n### Service {number} (FLAG_S{number})\n\n{told}{code}\n{table}\n{items}{flag}"


SHAPES = {"dense": dense, "prose": prosaic}


def runbook(size: int, section: Callable[[int], str]) -> bytes:
    """Markdown of about `size` bytes."""
    parts = ["# Bench — Runbook\n\n- System: Bench\n\n## Setup checklist\n"]
    length = 0
    while length < size:
        parts.append(section(len(parts)))
        length += len(parts[-1])
    return "".join(parts).encode()


@dataclass
class Cost:
    """Seconds: on the clock, and of the processor by this process; PostgreSQL's own are the rest at most."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"


def timed(call: Callable[[], Any]) -> tuple[Cost, Any]:
    begin, begin_cpu = time.perf_counter(), time.process_time()
    done = call()
    return Cost(time.perf_counter() - begin, time.process_time() - begin_cpu), done


def stored(found: ParsedRunbook, source: str) -> int:
    """Store and undo it. Returns the number of statements."""
    with CaptureQueriesContext(connection) as statements, transaction.atomic():
        load_runbook(found, source, app_of(found), "bench")
        connection.check_constraints()  # what a commit would check
        transaction.set_rollback(True)
    return len(statements)


def main(sizes: list[float]) -> None:
    print(f"load {os.getloadavg()[0]:.1f}; seconds on the clock (of this process's processor time)")
    steps = " ".join(f"{step:>12}" for step in ("read", "lint", "preview", "store"))
    print(f"{'MB':>5} {'shape':>6} {'items':>6} {'vars':>6} {steps} {'stmts':>6}")
    for size in sizes:
        for shape, section in SHAPES.items():
            measure(size, shape, runbook(int(size * 1_000_000), section))


def measure(size: float, shape: str, data: bytes) -> None:
    """Prints one line; the first line of a process also pays for what is loaded once."""
    read, (text, found) = timed(lambda: read_file(data))
    linted, _ = timed(lambda: lint(found))
    shown, _ = timed(lambda: preview(text, found, ()))
    kept, statements = timed(lambda: stored(found, text))
    sections = [section for part in found.checklists for section in part.sections]
    items = sum(len(section.items) for section in sections)
    variables = sum(len(section.variables) for section in sections)
    costs = " ".join(f"{cost!s:>12}" for cost in (read, linted, shown, kept))
    print(f"{size:5} {shape:>6} {items:6,} {variables:6,} {costs} {statements:6}")


if __name__ == "__main__":
    main([float(size) for size in sys.argv[1:]] or list(SIZES))
