"""A deployment with a variable, and a posture over them."""

from __future__ import annotations

from datetime import timedelta

from bootstrap.postures.approval import Proposal, approve_shipped, propose_from_runbook
from bootstrap.postures.models import Posture
from bootstrap.systems.models import ConfigVar, Deployment, Flag
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

GUARD = "FLAG_DEMO=0 and workers=1"


def proposal(**fields: object) -> Proposal:
    environment = builders.environment("staging")
    deployment = Deployment.objects.select_related("app", "environment__system").get(environment=environment)
    variable = ConfigVar.objects.get_or_create(app=deployment.app, name="REDIS_URL")[0]
    Flag.objects.get_or_create(system=environment.system, name="FLAG_DEMO")
    values = {"guard": GUARD, "reason": "single worker", "review_by": (NOON + timedelta(days=60)).date()}
    return Proposal(**{"deployment": deployment, "variable": variable, **values, **fields})  # type: ignore[arg-type]


def proposed(author: str = "ada", **fields: object) -> Posture:
    by = builders.person(author)
    return propose_from_runbook(proposal(**fields), by, author, NOON)


def in_force(**fields: object) -> Posture:
    return approve_shipped(proposed(**fields), "bob", NOON)
