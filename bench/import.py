"""Measures importing runbooks on this machine: `python bench/import.py [MB …]` (0.1, 1 and 4 unless told).

Made-up runbooks with sections, prose, tables of variables and items in the proportions of seed 001 are read, linted,
shown as a preview and stored in the database of DATABASE_URL, in a transaction that is rolled back.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bootstrap.importer import Runbook, read_file  # noqa: E402
from bootstrap.importer.lint import lint  # noqa: E402
from bootstrap.importer.load import load_runbook  # noqa: E402
from bootstrap.importer.preview import preview  # noqa: E402
from bootstrap.importer.target import app_of  # noqa: E402

SIZES = (0.1, 1.0, 4.0)  # MB


def runbook(size: int) -> bytes:
    """Markdown of about `size` bytes."""
    parts = ["# Bench — Runbook\n\n- System: Bench\n\n## Setup checklist\n"]
    length = 0
    while length < size:
        parts.append(_section(len(parts)))
        length += len(parts[-1])
    return "".join(parts).encode()


def _section(number: int) -> str:
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


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    done = call()
    return time.perf_counter() - begin, done


def stored(found: Runbook, source: str) -> int:
    """Store and undo it. Returns the number of statements."""
    with CaptureQueriesContext(connection) as statements, transaction.atomic():
        load_runbook(found, source, app_of(found), "bench")
        transaction.set_rollback(True)
    return len(statements)


def main(sizes: list[float]) -> None:
    print(f"{'MB':>5} {'items':>7} {'read s':>7} {'lint s':>7} {'preview s':>10} {'store s':>8} {'statements':>11}")
    for size in sizes:
        data = runbook(int(size * 1_000_000))
        read, (text, found) = timed(lambda data=data: read_file(data))
        linted, _ = timed(lambda found=found: lint(found))
        shown, _ = timed(lambda found=found, text=text: preview(text, found))
        kept, statements = timed(lambda found=found, text=text: stored(found, text))
        items = sum(len(section.items) for part in found.checklists for section in part.sections)
        print(f"{size:5} {items:7,} {read:7.2f} {linted:7.2f} {shown:10.2f} {kept:8.2f} {statements:11}")


if __name__ == "__main__":
    main([float(size) for size in sys.argv[1:]] or list(SIZES))
