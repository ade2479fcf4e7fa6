"""The manifest of a deployment: what its agent reports on, as names, rules and groups (docs/decisions/0007)."""

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
# The limits that reports have (config_health/reports/payload.py). No real configuration comes near them.
MOST_GROUPS: Final = 20
LONGEST_GROUP: Final = 200
_COMPARED = (ConfigConstraint.Kind.MUST_EQUAL, ConfigConstraint.Kind.MUST_DIFFER)
# Runbooks also describe settings that are no environment variables (spring.datasource.url), which agents cannot see.
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AgentVariable(TypedDict):
    """One variable. `format` is a format rule; the agent reports a fingerprint for each of `groups`.

    `accepted` are the accepted literals and the one that is expected in the deployment's environment.
    """

    name: str
    secret: bool
    format: str | None
    accepted: list[str]
    groups: list[str]


class AgentManifest(TypedDict):
    """What the agent gets. `hash` is the SHA-256 of everything else as JSON with sorted keys.

    But for `takes_unseen`, which says what the console takes and not what is judged: it takes the states `unseen` and
    `unknown`, `complete` and notes. Agents of before 1.1 do not look at it.
    """

    schema: int
    hash: str
    takes_unseen: bool
    environment: str
    app: str
    variables: list[AgentVariable]


def private_group(deployment: Deployment, name: str) -> str:
    """The group of one variable in one deployment. Its fingerprint shows whether the value changed."""
    return _group(f"{deployment.environment.path}/{deployment.app.slug}/{name}")


def constraint_group(deployment: Deployment, constraint: ConfigConstraint) -> str:
    """The group of a constraint in the deployment's environment, within which values are compared."""
    return _group(f"{deployment.environment.path}/{constraint.name}")


def manifest_of(deployment: Deployment) -> AgentManifest:
    """The manifest of a deployment. Load application, environment and system with it; then three queries."""
    return manifests([deployment])[deployment.pk]


def manifests(deployments: Sequence[Deployment]) -> dict[int, AgentManifest]:
    """By deployment id, the manifests. Load applications, environments and systems with them; then three queries."""
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
    """The manifest with all variables, and each flag under all of its names: people may have set any of them."""
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
    """By variable id, the groups of the constraints that apply in the deployment's environment."""
    groups: dict[int, list[str]] = defaultdict(list)
    for member in members:
        if member.constraint.environment_id in (None, deployment.environment_id):
            groups[member.variable_id].append(constraint_group(deployment, member.constraint))
    return groups


def _hashed(deployment: Deployment, variables: list[AgentVariable]) -> AgentManifest:
    manifest = AgentManifest(
        schema=SCHEMA,
        hash="",
        takes_unseen=True,
        environment=deployment.environment.path,
        app=deployment.app.slug,
        variables=variables,
    )
    rest = {name: part for name, part in manifest.items() if name not in ("hash", "takes_unseen")}
    manifest["hash"] = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    return manifest


def _group(name: str) -> str:
    """The name as it is, or where it is too long for a report, its beginning with a hash of the whole."""
    if len(name) <= LONGEST_GROUP:
        return name
    name_hash = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{name[: LONGEST_GROUP - len(name_hash) - 1]}.{name_hash}"
