"""What the agent of a deployment is asked for: names, rules and comparison groups, never a value (decision 0007)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypedDict

from bootstrap.systems.models import ConfigConstraint, ConfigVar, ConstrainedVariable, Deployment, Flag
from bootstrap.systems.value_rules.flags import FLAG_WORDS

SCHEMA: Final = 1
# What a report may hold of a variable; more groups than that is no configuration.
MOST_GROUPS: Final = 20
LONGEST_GROUP: Final = 200
_COMPARED = (ConfigConstraint.Kind.MUST_EQUAL, ConfigConstraint.Kind.MUST_DIFFER)
# A runbook may also tell of settings that are no environment variables (spring.datasource.url): no agent sees those.
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AgentVariable(TypedDict):
    """One variable: `format` is a format rule, `groups` ask for a fingerprint each.

    `accepted` are literals: those that are accepted and the one that the deployment's environment is to have.
    """

    name: str
    secret: bool
    format: str | None
    accepted: list[str]
    groups: list[str]


class AgentManifest(TypedDict):
    """What goes out to the agent; `hash` is the SHA-256 of all the rest, as JSON with sorted keys."""

    schema: int
    hash: str
    environment: str
    app: str
    variables: list[AgentVariable]


def private_group(deployment: Deployment, name: str) -> str:
    """The group of one variable of one deployment alone: its fingerprint tells whether the value changed."""
    return _group(f"{deployment.environment.path}/{deployment.app.slug}/{name}")


def constraint_group(deployment: Deployment, constraint: ConfigConstraint) -> str:
    """The group of a constraint in the deployment's environment: values are compared within an environment."""
    return _group(f"{deployment.environment.path}/{constraint.name}")


def manifest_of(deployment: Deployment) -> AgentManifest:
    """The manifest of a deployment; three queries, where app and environment with system came with it."""
    return manifests([deployment])[deployment.pk]


def manifests(deployments: Sequence[Deployment]) -> dict[int, AgentManifest]:
    """By deployment id; three queries, however many there are, where apps and environments with system came along."""
    apps = {deployment.app_id for deployment in deployments}
    variables: dict[int, list[ConfigVar]] = defaultdict(list)
    for variable in ConfigVar.objects.filter(app__in=apps).order_by("name"):
        variables[variable.app_id].append(variable)
    flags = list(Flag.objects.filter(system__apps__in=apps).distinct().order_by("name"))
    compared = ConstrainedVariable.objects.filter(variable__app__in=apps, constraint__kind__in=_COMPARED)
    members = list(compared.select_related("constraint").order_by("constraint__name"))
    return {
        deployment.pk: _manifest(
            deployment,
            variables[deployment.app_id],
            [flag for flag in flags if flag.system_id == deployment.app.system_id],
            _shared_groups(deployment, members),
        )
        for deployment in deployments
    }


def _manifest(
    deployment: Deployment,
    variables: Iterable[ConfigVar],
    flags: Iterable[Flag],
    shared: Mapping[int, Sequence[str]],
) -> AgentManifest:
    """A flag is asked for under each of its names: whoever set it may have known any of them."""
    asked = {
        variable.name: AgentVariable(
            name=variable.name,
            secret=variable.secret,
            format=variable.format_rule or None,
            accepted=variable.words_in(deployment.environment.slug),
            groups=[private_group(deployment, variable.name), *shared.get(variable.pk, ())][:MOST_GROUPS],
        )
        for variable in variables
    }
    for name in sorted({name for flag in flags for name in (flag.name, *flag.aliases)} - asked.keys()):
        asked[name] = AgentVariable(name=name, secret=False, format="boolean", accepted=list(FLAG_WORDS), groups=[])
    return _hashed(deployment, [each for name, each in asked.items() if _ENVIRONMENT_NAME.fullmatch(name)])


def _shared_groups(deployment: Deployment, members: Iterable[ConstrainedVariable]) -> dict[int, list[str]]:
    """By variable id, the groups of the constraints that hold in the deployment's environment."""
    found: dict[int, list[str]] = defaultdict(list)
    for member in members:
        if member.constraint.environment_id in (None, deployment.environment_id):
            found[member.variable_id].append(constraint_group(deployment, member.constraint))
    return found


def _hashed(deployment: Deployment, variables: list[AgentVariable]) -> AgentManifest:
    manifest = AgentManifest(
        schema=SCHEMA,
        hash="",
        environment=deployment.environment.path,
        app=deployment.app.slug,
        variables=variables,
    )
    rest = {name: part for name, part in manifest.items() if name != "hash"}
    manifest["hash"] = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    return manifest


def _group(name: str) -> str:
    """The name as it is, or where it is too long for a report, its beginning with a digest of the whole."""
    if len(name) <= LONGEST_GROUP:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{name[: LONGEST_GROUP - len(digest) - 1]}.{digest}"
