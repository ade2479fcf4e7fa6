"""Long texts are stored in the background: once, whoever dies or clicks twice, and with progress that can be seen."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from bootstrap.importer import jobs, read_runbook
from bootstrap.importer.forms import SHORT
from bootstrap.importer.models import RunbookImport
from bootstrap.importer.store import progress
from bootstrap.importer.store.import_text import store
from bootstrap.importer.store.write_runbook import rows_of
from bootstrap.importer.tasks import runbook_imports
from bootstrap.runbooks.models import RunbookVersion
from opsconsole.lib import clock
from opsconsole.lib.task_names import RUNBOOK_IMPORTS
from tests.bootstrap import builders
from tests.bootstrap.people import client_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
ITEMS = "".join(f"- [ ] step {number} done\n" for number in range(1, 6))
LONG = f"# Mailer — Runbook\n\n{'Told at length. ' * (SHORT // 15 + 1)}\n\n## Setup checklist\n\n{ITEMS}"
State = RunbookImport.State
POLLED = 'id="progress" data-poll'


@pytest.fixture
def owner() -> Client:
    return client_of("ada", "add_runbookversion")


def asked(source: str = LONG) -> RunbookImport:
    return jobs.ask(source, "", "mailer.md", builders.person(), clock.now())


def save(owner: Client, text: str = LONG) -> str:
    answer = owner.post("/runbooks/import/", {"text": text, "save": "1"})
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_long_text_is_stored_by_a_worker_and_its_page_tells_so(owner: Client) -> None:
    address = save(owner)
    page = folded(owner.get(address).content.decode())
    assert "Waiting" in page
    assert POLLED in page
    assert not RunbookVersion.objects.exists()

    runbook_imports()
    page = folded(owner.get(address).content.decode())
    assert "Stored as version 1" in page
    assert 'href="/runbooks/mailer-runbook/"' in page
    assert POLLED not in page
    job = RunbookImport.objects.get()
    assert (job.state, job.source, job.total) == (State.DONE, "", 6)
    assert job.version.source == LONG
    assert job.version.created_by.username == "ada"
    assert f'href="{address}"' in owner.get("/runbooks/").content.decode()


def test_a_second_click_is_the_same_import(owner: Client) -> None:
    assert save(owner) == save(owner)
    runbook_imports()
    runbook_imports()
    assert RunbookVersion.objects.count() == 1
    assert save(owner) != save(owner, LONG + "\nmore\n")
    runbook_imports()
    runbook_imports()
    messages = RunbookImport.objects.order_by("pk").values_list("message", flat=True)
    assert [message.split(":")[0] for message in messages] == [
        "Stored as version 1",
        "This text is version 1 already.",
        "Stored as version 2",
    ]


@pytest.mark.parametrize("state", [State.READING, State.STORING])
def test_what_a_worker_left_when_it_died_is_taken_up_again(state: str) -> None:
    job = asked()
    RunbookImport.objects.filter(pk=job.pk).update(state=state, attempts=1)
    assert jobs.work_one(clock.now)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.DONE, 2)
    assert not jobs.work_one(clock.now)


def test_a_text_that_ends_each_worker_is_left_alone_until_somebody_asks_again(owner: Client) -> None:
    job = asked()
    RunbookImport.objects.filter(pk=job.pk).update(state=State.STORING, attempts=jobs.MOST_ATTEMPTS)
    runbook_imports()
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "each time the worker ended" in page
    assert "Try again" in page
    assert owner.post(f"{job.get_absolute_url()}again/").status_code == 303
    runbook_imports()
    job.refresh_from_db()
    assert job.state == State.DONE


def test_an_import_that_another_worker_is_at_is_not_touched() -> None:
    job = asked()
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_advisory_lock(hashtext(%s), %s)", [RUNBOOK_IMPORTS, job.pk])
        assert not jobs.work_one(clock.now)
        job.refresh_from_db()
        assert job.state == State.WAITING
        other.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [RUNBOOK_IMPORTS, job.pk])
    assert jobs.work_one(clock.now)


def test_a_refusal_is_told_and_the_text_can_be_corrected(owner: Client) -> None:
    job = asked("just words, no heading " * 10)
    jobs.work_one(clock.now)
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "nothing in it reads like a runbook" in page
    assert f"/runbooks/import/?from={job.pk}" in page
    assert "just words" in owner.get(f"/runbooks/import/?from={job.pk}").content.decode()
    assert owner.get("/runbooks/import/?from=no").status_code == 200


def test_a_text_of_which_a_person_has_to_say_what_it_is_stores_nothing_until_then(owner: Client) -> None:
    store(read_runbook("# C mailer\n\n- [ ] a\n"), "a", "ops", builders.person())
    text = LONG.replace("Mailer — Runbook", "C++ mailer")
    first = jobs.ask(text, "ops", "", builders.person("bob"), clock.now())
    jobs.work_one(clock.now)
    first.refresh_from_db()
    assert first.state == State.FAILED
    assert "would become the next version of “C mailer” (c-mailer)" in first.message
    second = jobs.ask(text, "ops", "", builders.person("bob"), clock.now(), slug="c-mailer-2")
    jobs.work_one(clock.now)
    second.refresh_from_db()
    assert (second.state, second.version.runbook.slug) == (State.DONE, "c-mailer-2")


def test_rows_written_are_told_up_to_the_last(owner: Client) -> None:
    table = "| Var | Default |\n|---|---|\n| `MAIL_TOKEN` | none |\n"
    text = f"# Mailer\n\n## Setup checklist\n\n{table}\n{ITEMS}\n## Settings\n\n{table.replace('TOKEN', 'HOST')}"
    found, heard = read_runbook(text), list[int]()
    store(found, text, "", builders.person(), heard.append)
    assert sum(heard) == rows_of(found) == 1 + 1 + 5 + 1
    longer = f"{text}\nWords.\n"
    store(read_runbook(longer), longer, "", builders.person(), heard.append)
    assert sum(heard) == 2 * rows_of(found), "a checklist that did not change counts as done"


def test_the_page_polls_what_is_told_meanwhile(owner: Client) -> None:
    job = asked()
    RunbookImport.objects.filter(pk=job.pk).update(state=State.STORING, total=12_345)
    progress.record(job.pk, 6_789)
    told = owner.get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert "6,789 of 12,345 sections, variables and items are written" in told.content.decode()
    assert "<html" not in told.content.decode()
    seen = {"HX-Request": "true", "X-Fragment-Seen": told.headers["X-Fragment"]}
    assert owner.get(job.get_absolute_url(), headers=seen).status_code == 204
    progress.forget(job.pk)
    assert progress.rows_written(job.pk) == 0


def test_what_does_not_move_says_so(owner: Client) -> None:
    job = asked()
    RunbookImport.objects.filter(pk=job.pk).update(moved_at=clock.now() - 2 * jobs.STUCK)
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "Nothing has moved since" in page
    assert "Try again" in page
    progress.record(job.pk, 5)
    assert "Nothing has moved since" not in owner.get(job.get_absolute_url()).content.decode()
    progress.forget(job.pk)


def test_an_error_is_logged_and_told_at_once(
    owner: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("words of the text")

    monkeypatch.setattr(jobs, "store", broken)
    job = asked()
    assert jobs.work_one(clock.now)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.message) == (State.FAILED, 1, jobs.FAILED)
    assert "words of the text" in caplog.text
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "words of the text" not in page
    assert "Try again" in page


def test_a_database_that_is_away_says_nothing_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(jobs, "store", away)
    job = asked()
    with pytest.raises(OperationalError):
        jobs.work_one(clock.now)
    job.refresh_from_db()
    assert job.is_open


def test_each_move_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [clock.now() + minutes * jobs.STUCK for minutes in range(3)]
    seen: list[object] = []
    move = jobs._move
    monkeypatch.setattr(jobs, "_move", lambda job, *rest, **more: (move(job, *rest, **more), seen.append(job.moved_at)))
    asked()
    jobs.work_one(iter(times).__next__)
    assert seen == times


def test_only_those_who_may_import_see_imports() -> None:
    job = asked()
    eve = client_of("eve")
    assert eve.get(job.get_absolute_url()).status_code == 403
    assert eve.post(f"{job.get_absolute_url()}again/").status_code == 403
    assert "Recent imports" not in eve.get("/runbooks/").content.decode()


def test_beat_sends_the_task_as_a_net() -> None:
    assert settings.CELERY_BEAT_SCHEDULE["runbook-imports"]["task"] == runbook_imports.name == RUNBOOK_IMPORTS


def test_queries_of_the_page(owner: Client, django_assert_num_queries) -> None:
    job = asked()
    jobs.work_one(clock.now)
    owner.get(job.get_absolute_url())
    with django_assert_num_queries(5):  # session, user, two for rights, the import
        owner.get(job.get_absolute_url(), headers={"HX-Request": "true"})
