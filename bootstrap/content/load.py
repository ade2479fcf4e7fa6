"""Loads the content that ships with the console."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import transaction

from bootstrap.checklists.models import Checklist, Run
from bootstrap.importer import read_runbook
from bootstrap.importer.store.page_edits import UndoesEdits, refuse_undoing
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.postures.approval import PostureRefusal, approve_shipped
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.systems.models import (
    App,
    ConfigConstraint,
    ConfigVar,
    ConstrainedVariable,
    Deployment,
    Environment,
    Flag,
    System,
)
from opsconsole.lib.text import yaml

HERE = Path(__file__).parent
_OF_SYSTEM = ("name", "owner", "description", "set_with")


@transaction.atomic
def load(folder: Path = HERE) -> list[str]:
    """Create the systems of `systems.yaml` with their runbooks and runs. Returns a line for each thing that is new."""
    done: list[str] = []
    for described in yaml.load((folder / "systems.yaml").read_text()):
        system, created = System.objects.get_or_create(
            slug=described["slug"],
            defaults={key: described[key] for key in _OF_SYSTEM},
        )
        if created:
            done.append(f"system {system.slug} added")
        _add_parts(system, described)
        for runbook in described["runbooks"]:
            done += _load_runbook(system, folder, runbook)
        _add_variables(system, described)
    return done


def _add_parts(system: System, described: dict[str, Any]) -> None:
    """Create applications, environments, deployments and flags. Existing rows stay as people left them."""
    for app in described["apps"]:
        App.objects.get_or_create(system=system, slug=app["slug"], defaults={"name": app["name"]})
    for environment in described["environments"]:
        slug = environment.pop("slug")
        Environment.objects.get_or_create(system=system, slug=slug, defaults=environment)
    for flag in described["flags"]:
        Flag.objects.get_or_create(system=system, name=flag.pop("name"), defaults=flag)
    for deployment in described["deployments"]:
        Deployment.objects.get_or_create(
            app=system.apps.get(slug=deployment.pop("app")),
            environment=system.environments.get(slug=deployment.pop("environment")),
            defaults=deployment,
        )


def _add_variables(system: System, described: dict[str, Any]) -> None:
    """Create variables that no runbook names, and constraints between variables. Existing rows stay as they are."""
    for variable in described["variables"]:
        app = system.apps.get(slug=variable.pop("app"))
        ConfigVar.objects.get_or_create(app=app, name=variable.pop("name"), defaults=variable)
    for constraint in described["constraints"]:
        names = constraint.pop("variables")
        made, created = ConfigConstraint.objects.get_or_create(
            system=system, name=constraint.pop("name"), defaults=constraint
        )
        for position, (app_slug, _, name) in enumerate(path.partition("/") for path in names if created):
            variable = ConfigVar.objects.get(app__system=system, app__slug=app_slug, name=name)
            ConstrainedVariable.objects.create(constraint=made, variable=variable, position=position)


def _load_runbook(system: System, folder: Path, described: dict[str, Any]) -> list[str]:
    source = (folder / described["file"]).read_text()
    text = read_runbook(source)
    try:
        refuse_undoing(text, source, Runbook.objects.filter(slug=described["slug"]).first())
    except UndoesEdits as undoes:
        return [f"runbook {described['slug']}: the shipped text was not loaded. {undoes}"]
    outcome = load_runbook(text, source, system.apps.get(slug=described["app"]), described["slug"])
    done = [f"runbook {outcome.version.runbook.slug}: version {outcome.version.number} loaded"] * outcome.created
    done += [f"checklist {version} loaded" for version in outcome.checklist_versions]
    done += [f"posture {posture} approved" for posture in _approve(outcome.version, described)]
    checklists = Checklist.objects.filter(runbook=outcome.version.runbook, kind=Checklist.Kind.BOOTSTRAP)
    for environment in system.environments.filter(slug__in=described["environments"]):
        done += [
            _open_first_run(checklist, environment) for checklist in checklists if _never_run(checklist, environment)
        ]
    return done


def _approve(version: RunbookVersion, described: dict[str, Any]) -> list[Posture]:
    """Approve the postures of the shipped text, which its owner wrote and whoever ships it accepted.

    Where another posture of the same variable is in force, the shipped one stays a proposal.
    """
    approved = []
    for posture in Posture.objects.filter(source=version, approved_at=None, ended_at=None):
        with suppress(PostureRefusal):
            approved.append(approve_shipped(posture, described["postures_approved_by"], version.created_at))
    return approved


def _never_run(checklist: Checklist, environment: Environment) -> bool:
    return not Run.objects.filter(version__checklist=checklist, environment=environment).exists()


def _open_first_run(checklist: Checklist, environment: Environment) -> str:
    version = checklist.versions.order_by("-number")[0]
    Run.objects.create(version=version, checklist=version.checklist, environment=environment)
    return f"checklist {version} opened for {environment.path}"
