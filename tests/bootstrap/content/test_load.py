"""The shipped content: loading it again changes nothing, people's edits stay, a changed text is a new version."""

from __future__ import annotations

import shutil

import pytest

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.content.load import HERE, load
from bootstrap.importer.editing.acts import AddItem
from bootstrap.importer.editing.outline import outline_of
from bootstrap.importer.editing.store_edit import add_at_once
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import Deployment, Environment, Flag, System
from tests.bootstrap.builders import person

pytestmark = pytest.mark.django_db


def test_the_first_load_sets_up_raptor() -> None:
    load()
    raptor = System.objects.get(slug="raptor")
    assert {app.slug for app in raptor.apps.all()} == {"raxx-api", "raxx-console"}
    assert raptor.environments.get(slug="prod").aliases == ["production", "live"]
    assert raptor.environments.get(slug="staging").aliases == ["stage"]
    assert set(Deployment.objects.values_list("host_name", flat=True)) >= {"raxx-api-prod", "raxx-api-staging"}
    assert Flag.objects.get(system=raptor, name="FLAG_SENTRY_BACKEND").aliases == ["sentry_backend"]
    runs = Run.objects.filter(closed_at=None, version__number=1, version__checklist__kind="bootstrap")
    assert {run.environment.path for run in runs} == {"raptor/prod", "raptor/staging"}


def test_loading_again_does_nothing_and_keeps_what_people_changed() -> None:
    assert load()
    Environment.objects.filter(slug="prod").update(aliases=["live-eu"])
    Run.objects.update(closed_at="2026-06-12T12:00Z")
    assert load() == []
    assert Environment.objects.get(slug="prod").aliases == ["live-eu"]
    assert Run.objects.count() == 2


def test_a_shipped_text_undoes_no_edit_made_on_the_page(tmp_path) -> None:
    load()
    runbook = Runbook.objects.get(slug="raptor")
    base = runbook.versions.get()
    section = next(iter(outline_of(base.source).sections))
    add_at_once(runbook, AddItem(section, "Water the plants"), "They were dry", person())
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "raptor-runbook.md").write_text(f"{base.source}\nOne more line.\n")
    (line,) = load(tmp_path)
    assert line.startswith("runbook raptor: the shipped text was not loaded. It would undo 1 edit made on the page")
    assert runbook.versions.count() == 2


def test_a_changed_text_is_a_new_version_and_touches_no_run(tmp_path) -> None:
    load()
    before = list(Run.objects.values_list("pk", "version"))
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "raptor-runbook.md").read_text()
    (tmp_path / "raptor-runbook.md").write_text(text.replace("- [ ] `ADMIN_SERVICE_TOKEN` provisioned", "- [ ] gone"))
    assert load(tmp_path) == ["runbook raptor: version 2 loaded", "checklist Env-bootstrap checklist v2 loaded"]
    assert list(Run.objects.values_list("pk", "version")) == before
    assert ChecklistVersion.objects.count() == 6, "two of the runbook, one of it new, go-live, operations, Aurora's"
    assert load() == [], "an older text that is there already is no news"
