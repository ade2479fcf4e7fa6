"""A high check opens its target's checklist once, wherever it was killed; what is not opened says why."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bootstrap.checklists.models import Checklist, ChecklistVersion, Run, Section
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.runs.open_run import insert_run, move_run
from bootstrap.systems.models import System
from detections.probes import checklist, retention
from detections.probes.checklist import open_checklists, open_one
from detections.probes.models import ProbeRun, ProbeTarget
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.retention import RetentionDays
from opsconsole.accounts.models import User
from tests.bootstrap.builders import environment
from tests.detections.probes.rows import MINUTE, NOON, done, place, stored_target
from tests.detections.probes.samples import row
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
META = row(faults=("meta_missing",))


def operations(slug: str = "operations") -> ChecklistVersion:
    """A checklist of another system than that of the target's environment."""
    system = System.objects.get_or_create(slug="aurora", defaults={"name": "Aurora", "set_with": "shell"})[0]
    of = Checklist.objects.create(system=system, slug=slug, title="Operations", kind=Checklist.Kind.OPERATIONS)
    version = ChecklistVersion.objects.create(checklist=of, number=1, content_hash="0" * 64)
    Section.objects.create(version=version, slug="core", order=1, title="Core")
    return version


def watched(**fields: Any) -> ProbeTarget:
    """A target in raptor/prod that opens a checklist."""
    where = place()
    ProjectEnvironment.objects.filter(pk=where.pk).update(environment=environment("prod", "raptor"))
    where.refresh_from_db()
    return stored_target(**{"project_environment": where, "opens_checklist": "operations", **fields})


def high(target: ProbeTarget, minutes: int = 0, *samples: dict[str, Any]) -> ProbeRun:
    return done(target, *(samples or (META,)), at=NOON + minutes * MINUTE)


def again(run: ProbeRun) -> ProbeRun:
    run.refresh_from_db()
    return run


def test_a_high_check_opens_the_checklist_in_the_targets_environment_by_nobody() -> None:
    operations()
    run = high(watched())
    assert run.checklist_due
    assert open_checklists(NOON) == 1
    opened = Run.objects.get()
    assert again(run).checklist_run == opened
    assert (opened.environment.path, opened.subject) == ("raptor/prod", f"aurora-rollout: meta_missing in run {run.pk}")
    assert (opened.started_by, opened.opener) == (None, "the probe aurora-rollout")
    assert not again(run).checklist_due
    assert (open_checklists(NOON), Run.objects.count()) == (0, 1)


def test_only_a_high_check_of_a_target_that_names_one_opens_it() -> None:
    operations()
    done(watched(), row("infra"))
    done(watched(slug="clean"))
    high(watched(slug="silent", opens_checklist=""))
    assert not ProbeRun.objects.filter(checklist_due=True).exists()
    assert open_checklists(NOON) == 0


def test_later_high_checks_refer_to_the_one_that_is_open_until_it_is_closed() -> None:
    operations()
    target = watched()
    first = high(target)
    open_checklists(NOON)
    second = high(target, 5)
    assert open_checklists(NOON) == 0
    assert again(second).checklist_run == again(first).checklist_run
    close_runs(Run.objects.all(), NOON)
    third = high(target, 10)
    assert open_checklists(NOON) == 1
    assert again(third).checklist_run != again(first).checklist_run


def test_the_one_that_is_open_is_known_after_the_run_that_opened_it_was_deleted() -> None:
    operations()
    target = watched()
    first = high(target)
    open_checklists(NOON)
    second = high(target, 5)
    for _, old in retention.old_rows(NOON + timedelta(days=400), RetentionDays(events=1, minutes=1)):
        old.delete()
    assert list(target.runs.all()) == [second]
    assert not ProbeRun.objects.filter(pk=first.pk).exists()
    assert open_one(target) == Run.objects.get()
    assert open_checklists(NOON) == 0
    assert again(second).checklist_run == Run.objects.get()


def test_one_that_was_moved_to_a_newer_version_goes_on_as_the_one_that_is_open() -> None:
    version = operations()
    target = watched()
    high(target)
    open_checklists(NOON)
    newer = ChecklistVersion.objects.create(checklist=version.checklist, number=2, content_hash="1" * 64)
    boss = User.objects.create_superuser("boss")
    moved = move_run(Run.objects.get(), newer, boss, NOON)
    second = high(target, 5)
    assert open_checklists(NOON) == 0
    assert again(second).checklist_run == moved
    assert moved.opener == "boss"


def test_two_targets_have_a_checklist_each() -> None:
    operations()
    high(watched())
    high(watched(slug="other"))
    assert open_checklists(NOON) == 2
    assert Run.objects.filter(closed_at=None).count() == 2


def test_the_subject_names_three_checks_and_how_many_more() -> None:
    operations()
    faults = ("meta_missing", "header_meta_mismatch", "bucket_out_of_range")
    target = watched()
    done(target, row("non_200"), at=NOON)
    run = high(target, 5, row(faults=faults), row("non_200"))
    open_checklists(NOON)
    assert Run.objects.get().subject == (
        f"aurora-rollout: meta_missing, header_meta_mismatch, bucket_out_of_range and 1 more in run {run.pk}"
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [("environment", "is of no environment of a system"), ("checklist", "there is none named 'operations'")],
)
def test_where_none_can_be_opened_the_run_says_why_once(missing: str, words: str) -> None:
    if missing == "environment":
        operations()
        target = watched(project_environment=place("lonely", "nowhere"))
    else:
        target = watched()
    run = high(target)
    assert open_checklists(NOON) == 0
    assert words in again(run).checklist_note
    assert (run.checklist_due, run.checklist_run) == (False, None)


def test_one_that_fails_holds_up_no_other_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    operations()
    first, second = high(watched()), high(watched(slug="other"))

    def failing(version: Any, where: Any, subject: str, **fields: Any) -> Run:
        if subject.startswith("aurora"):
            raise RuntimeError("the disk is full")
        return insert_run(version, where, subject, **fields)

    monkeypatch.setattr(checklist, "insert_run", failing)
    assert open_checklists(NOON) == 1
    assert (again(first).checklist_due, again(second).checklist_due) == (True, False)
    monkeypatch.undo()
    assert open_checklists(NOON) == 1
    assert again(first).checklist_run


def test_nothing_to_do_is_one_query(django_assert_num_queries: Any) -> None:
    done(watched())
    with django_assert_num_queries(1):
        assert open_checklists(NOON) == 0


def test_the_checklists_page_says_what_opened_it_and_about_what(client: Client) -> None:
    operations()
    run = high(watched())
    open_checklists(NOON)
    client.force_login(make_viewer())
    html = client.get(Run.objects.get().get_absolute_url()).content.decode()
    assert f"aurora-rollout: meta_missing in run {run.pk}" in html
    assert "Opened by the probe aurora-rollout" in " ".join(html.split())


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_one() -> None:
    operations()
    target = watched()
    high(target)
    high(target, 5)
    both = Barrier(2)

    def work() -> None:
        both.wait()
        open_checklists(NOON)
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    open_checklists(NOON)  # what one had locked the other left
    assert Run.objects.count() == 1
    assert ProbeRun.objects.filter(checklist_run=Run.objects.get()).count() == 2
