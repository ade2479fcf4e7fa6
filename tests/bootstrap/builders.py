"""Small rows to test with: a system with one environment, an open run, items, and sign-offs written directly."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from bootstrap.checklists.models import Checklist, ChecklistVersion, EvidenceFile, Item, Run, Section, SignOff
from bootstrap.systems.models import App, ConfigVar, Deployment, Environment, Flag, System
from opsconsole.accounts.models import User

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


def person(name: str = "ada") -> User:
    return User.objects.get_or_create(username=name)[0]


def environment(slug: str = "prod", system: str = "demo") -> Environment:
    """With application `<system>-api`, known to its host as `<system>-api-<slug>`."""
    owner = System.objects.get_or_create(slug=system, defaults={"name": system.title(), "set_with": "heroku"})[0]
    app = App.objects.get_or_create(system=owner, slug=f"{system}-api", defaults={"name": "API"})[0]
    env = Environment.objects.get_or_create(system=owner, slug=slug, defaults={"name": slug.title()})[0]
    Deployment.objects.get_or_create(app=app, environment=env, defaults={"host_name": f"{app.slug}-{slug}"})
    return env


def run(env: Environment, slug: str = "setup") -> Run:
    """An open run of a version with one section, `core`."""
    app = env.system.apps.first()
    checklist = Checklist.objects.get_or_create(slug=slug, defaults={"system": env.system, "title": slug, "app": app})[
        0
    ]
    version = checklist.versions.first() or ChecklistVersion.objects.create(
        checklist=checklist, number=1, content_hash="0" * 64
    )
    Section.objects.get_or_create(version=version, slug="core", defaults={"order": 1, "title": "Core"})
    return Run.objects.create(version=version, checklist=version.checklist, environment=env)


def item(
    run: Run, key: str, variable: str | None = None, flag: str | None = None, section: str = "core", **fields: Any
) -> Item:
    part = Section.objects.get_or_create(version=run.version, slug=section, defaults={"order": 9, "title": section})[0]
    kind = fields.pop("kind", Item.Kind.FLAG if flag else Item.Kind.SET if variable else Item.Kind.ATTEST)
    made = Item.objects.create(
        section=part,
        order=part.items.count() + 1,
        key=key,
        text=fields.pop("text", f"{key} done"),
        kind=kind,
        flag=Flag.objects.get_or_create(system=run.environment.system, name=flag)[0] if flag else None,
        **fields,
    )
    if variable:
        app = run.environment.system.apps.get()
        made.variables.add(ConfigVar.objects.get_or_create(app=app, name=variable)[0])
    return made


def act(run: Run, item: Item, what: SignOff.Act = SignOff.Act.DONE, by: str = "ada", **fields: Any) -> SignOff:
    """A sign-off as a row, past the rules of `sign.py` and outside its chain."""
    sequence = SignOff.objects.filter(run=run, item=item).count() + 1
    values = {"sequence": sequence, "act": what, "by": person(by), "at": NOON, **fields}
    if what == SignOff.Act.WAIVED:
        values.setdefault("review_by", (NOON + timedelta(days=30)).date())
    return SignOff.objects.create(run=run, item=item, hash=f"{run.pk}-{item.pk}-{sequence}", **values)


def file(run: Run, item: Item, content: bytes = b"checked\n", name: str = "check.log") -> EvidenceFile:
    """A kept text file, named by no sign-off."""
    return EvidenceFile.objects.create(
        run=run,
        item=item,
        name=name,
        content_type="text/plain",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        by=person(),
        at=NOON,
    )
