"""Imports in the background: requested, done by any free worker, requested again.

Each is done once, however often its task is sent: a worker holds an advisory lock of its database session, which ends
when the worker dies, and the hash of a text keeps it from being stored twice. The row of an import survives its worker.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from bootstrap.importer.markdown.decode import NotARunbook
from bootstrap.importer.models import RunbookImport
from bootstrap.importer.store import progress
from bootstrap.importer.store.destination import Undecided, WrongSlug
from bootstrap.importer.store.import_text import Wanted, store
from bootstrap.importer.store.outcome import message_of
from bootstrap.importer.store.page_edits import UndoesEdits
from bootstrap.importer.store.write_runbook import Progress, rows_of
from bootstrap.importer.text_to_runbook import read_text, refuse_empty
from opsconsole.accounts.models import User
from opsconsole.lib.task_names import RUNBOOK_IMPORTS
from opsconsole.lib.task_trigger import send_once

logger = logging.getLogger(__name__)
Now = Callable[[], datetime]
State = RunbookImport.State
# A text that killed three workers will kill the fourth.
MOST_ATTEMPTS = 3
# Beat sends the task every minute: an import without progress for longer has no worker.
STUCK = timedelta(minutes=2)
FAILED = "It could not be stored: something went wrong in the console, and its log says what. Nothing was changed."

_HOW_TO_DECIDE = "Nothing was stored: correct the text, or name the runbook that it is."
_HOW_TO_KEEP = "Nothing was stored: take them into the text, or say beside the button that stores that they are undone."


def ask(
    source: str, system: str, name: str, by: User, now: datetime, slug: str = "", *, undo_edits: bool = False
) -> RunbookImport:
    """The import of this text, the open one where there is one. It starts after the commit.

    `slug` is the runbook that was chosen for it; empty for the one of its title. `undo_edits`: also where it lacks what
    was edited on the page.
    """
    content_hash = hashlib.sha256(source.encode()).hexdigest()
    made, _ = RunbookImport.objects.get_or_create(
        by=by,
        content_hash=content_hash,
        system=system,
        slug=slug,
        state__in=RunbookImport.OPEN,
        defaults={
            "state": State.WAITING,
            "source": source,
            "name": name[:200],
            "created_at": now,
            "moved_at": now,
            "lines": source.count("\n") + 1,
            "undo_edits": undo_edits,
        },
    )
    if undo_edits and not made.undo_edits:  # said of one that is under way already
        RunbookImport.objects.filter(pk=made.pk).update(undo_edits=True)
    transaction.on_commit(lambda: send_once(RUNBOOK_IMPORTS), robust=True)
    return made


def again(pk: int, now: datetime) -> None:
    """Start a failed import again, and send the task for an open one."""
    RunbookImport.objects.filter(pk=pk, state=State.FAILED).exclude(source="").update(
        state=State.WAITING, attempts=0, message="", moved_at=now
    )
    transaction.on_commit(lambda: send_once(RUNBOOK_IMPORTS), robust=True)


def work_one(now: Now) -> bool:
    """Do the oldest import that no worker has. Returns False where there is none."""
    for pk in RunbookImport.objects.filter(state__in=RunbookImport.OPEN).order_by("pk").values_list("pk", flat=True):
        with _alone(pk) as mine:
            job = RunbookImport.objects.filter(pk=pk, state__in=RunbookImport.OPEN).first() if mine else None
            if job:
                _carry_out(job, now)
                return True
    return False


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    """Whether this worker has the import, for as long as the block runs."""
    key: tuple[str, int] = (RUNBOOK_IMPORTS, pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", key)
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", key)


def _carry_out(job: RunbookImport, now: Now) -> None:
    if job.attempts >= MOST_ATTEMPTS:
        return _move(job, State.FAILED, now, message=f"Begun {job.attempts} times, and each time the worker ended.")
    progress.forget(job.pk)
    _move(job, State.READING, now, attempts=job.attempts + 1)
    try:
        _read_and_store(job, now)
    except (NotARunbook, WrongSlug) as refusal:
        _move(job, State.FAILED, now, message=str(refusal))
    except Undecided as undecided:
        _move(job, State.FAILED, now, message=f"{undecided} {_HOW_TO_DECIDE}")
    except UndoesEdits as undoes:
        _move(job, State.FAILED, now, message=f"{undoes} {_HOW_TO_KEEP}")
    except (OperationalError, InterfaceError):
        raise  # the database is away, the text is not at fault: the import continues when it is back
    except Exception:
        # Its message may contain parts of the text or of the database: it goes to the log, not to the page.
        logger.exception("import %s failed", job.pk)
        _move(job, State.FAILED, now, message=FAILED)
    return None


def _read_and_store(job: RunbookImport, now: Now) -> None:
    runbook = read_text(job.source)
    refuse_empty(runbook)
    _move(job, State.STORING, now, total=rows_of(runbook))
    with transaction.atomic():
        wanted = Wanted(system=job.system, slug=job.slug, undo_edits=job.undo_edits)
        outcome = store(runbook, job.source, wanted, job.by, _progress_of(job.pk))
        _move(job, State.DONE, now, message=message_of(outcome), version=outcome.version, source="")


def _progress_of(pk: int) -> Progress:
    total = 0

    def add(rows: int) -> None:
        nonlocal total
        total += rows
        progress.record(pk, total)

    return add


def _move(job: RunbookImport, state: str, now: Now, **fields: object) -> None:
    for name, value in {"state": state, "moved_at": now(), **fields}.items():
        setattr(job, name, value)
    job.save(update_fields=["state", "moved_at", *fields])
