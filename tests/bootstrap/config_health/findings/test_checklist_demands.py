"""What open checklists say: of several runs, and of acts that a run took over when it moved to a newer version."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap.checklists.models import ChecklistVersion, Item, Run, Section, SignOff
from bootstrap.checklists.runs.open_run import move_run
from bootstrap.config_health.findings.checklist_demands import checklist_demands
from bootstrap.config_health.findings.recompute import recompute
from bootstrap.config_health.models import Finding
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.config_health.reports import NIGHT, deployment, printed, report

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def next_version(run: Run) -> ChecklistVersion:
    """The same items again."""
    number = run.version.number + 1
    made = ChecklistVersion.objects.create(
        checklist=run.version.checklist, number=number, content_hash=str(number) * 64
    )
    section = Section.objects.create(version=made, slug="core", order=1, title="Core")
    for item in Item.objects.filter(section__version=run.version):
        again = Item.objects.create(section=section, order=item.order, key=item.key, text=item.text, kind=item.kind)
        again.variables.set(item.variables.all())
    return made


def test_drift_before_a_run_moved_is_still_drift_since_the_signature() -> None:
    place = deployment()
    run = builders.run(place.environment)
    item = builders.item(run, "DSN", variable="DSN")
    report(place, printed(place, "DSN", "a"), at=NOON - DAY)
    builders.act(run, item)
    report(place, printed(place, "DSN", "b"), at=NIGHT)
    mover = builders.person("mover")
    mover.is_superuser = True
    mover.save()
    for days in (3, 4):
        run = move_run(run, next_version(run), User.objects.get(pk=mover.pk), NOON + days * DAY)
    assert SignOff.objects.count() == 3
    assert set(checklist_demands(place.environment, NOON + 5 * DAY).signed_at.values()) == {NOON}
    recompute(place.environment, NIGHT + DAY)
    assert Finding.objects.filter(closed_at=None, kind="changed_since_sign_off").exists()


def test_what_evidence_says_otherwise_leads_nowhere() -> None:
    run = builders.run(builders.environment())
    for key, origin in (("A", "x"), ("B", 10**9), ("C", {"id": 1}), ("D", None)):
        item = builders.item(run, key, variable=key)
        builders.act(run, item, evidence={"taken_over_from": origin})
    signed_at = checklist_demands(run.environment, NOON).signed_at
    assert list(signed_at.values()) == [NOON] * 4


def test_two_open_runs_of_one_version_both_count() -> None:
    older = builders.run(builders.environment())
    newer = Run.objects.create(version=older.version, environment=older.environment, subject="v2")
    first, second = (builders.item(older, key, variable=key) for key in ("A", "B"))
    builders.act(older, first, SignOff.Act.NOT_APPLICABLE)
    builders.act(older, second, at=NOON - DAY)
    builders.act(newer, first)
    builders.act(newer, second, SignOff.Act.NOT_APPLICABLE)
    demands = checklist_demands(older.environment, NOON)
    a, b = first.variables.get().pk, second.variables.get().pk
    assert demands.in_use == {a, b}
    assert demands.signed_at == {a: NOON, b: NOON - DAY}
