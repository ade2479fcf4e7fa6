"""What the agent of a deployment is asked for: names, rules and comparison groups, never a value (decision 0007)."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from typing import Final, TypedDict

from bootstrap.systems.formats import BOOLEAN_WORDS
from bootstrap.systems.models import ConfigConstraint, ConfigVar, ConstrainedVariable, Deployment, Flag

SCHEMA: Final = 1
# The words for off come first, so that an index tells on from off whatever word was used.
OFF_WORDS: Final = (*BOOLEAN_WORDS[: len(BOOLEAN_WORDS) // 2], "")
FLAG_WORDS: Final = (*OFF_WORDS, *BOOLEAN_WORDS[len(BOOLEAN_WORDS) // 2 :])
# What a report may hold of a variable; more literals or groups than that is no configuration.
MOST_LITERALS: Final = 100
MOST_GROUPS: Final = 20
LONGEST_GROUP: Final = 200
_COMPARED = (ConfigConstraint.Kind.MUST_EQUAL, ConfigConstraint.Kind.MUST_DIFFER)
# A runbook may also tell of settings that are no environment variables (spring.datasource.url): no agent sees those.
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AskedVariable(TypedDict):
    """One variable: `format` is a format rule, `accepted` literals, `groups` ask for a fingerprint each."""

    name: str
    secret: bool
    format: str | None
    accepted: list[str]
    groups: list[str]


class Manifest(TypedDict):
    """What goes out to the agent; `hash` is the SHA-256 of all the rest, as JSON with sorted keys."""

    schema: int
    hash: str
    environment: str
    app: str
    variables: list[AskedVariable]


def flag_is_on(accepted_index: int | None) -> bool | None:
    """Whether a flag that was reported with this index into its accepted words is on; None where it was no known word.

    A flag that is unset is off, which its state tells; its index is None all the same.
    """
    if accepted_index is None or not 0 <= accepted_index < len(FLAG_WORDS):
        return None
    return accepted_index >= len(OFF_WORDS)


def private_group(deployment: Deployment, name: str) -> str:
    """The group of one variable of one deployment alone: its fingerprint tells whether the value changed."""
    return _group(f"{deployment.environment.path}/{deployment.app.slug}/{name}")


def constraint_group(deployment: Deployment, constraint: ConfigConstraint) -> str:
    """The group of a constraint in the deployment's environment: values are compared within an environment."""
    return _group(f"{deployment.environment.path}/{constraint.name}")


def manifest_of(deployment: Deployment) -> Manifest:
    """The manifest of a deployment; three queries, where app and environment with system came with it."""
    shared = _shared_groups(deployment)
    variables = [
        AskedVariable(
            name=variable.name,
            secret=variable.secret,
            format=variable.format_rule or None,
            accepted=variable.accepted_values[:MOST_LITERALS],
            groups=[private_group(deployment, variable.name), *shared[variable.pk]][:MOST_GROUPS],
        )
        for variable in ConfigVar.objects.filter(app=deployment.app_id).order_by("name")
        if _ENVIRONMENT_NAME.fullmatch(variable.name)
    ]
    names = {variable["name"] for variable in variables}
    variables += [
        AskedVariable(name=flag.name, secret=False, format="boolean", accepted=list(FLAG_WORDS), groups=[])
        for flag in Flag.objects.filter(system=deployment.app.system_id).order_by("name")
        if flag.name not in names and _ENVIRONMENT_NAME.fullmatch(flag.name)
    ]
    return _hashed(deployment, variables)


def _shared_groups(deployment: Deployment) -> dict[int, list[str]]:
    """By variable id, the groups of the constraints that hold in the deployment's environment."""
    members = ConstrainedVariable.objects.filter(variable__app=deployment.app_id, constraint__kind__in=_COMPARED)
    found: dict[int, list[str]] = defaultdict(list)
    for member in members.select_related("constraint").order_by("constraint__name"):
        if member.constraint.environment_id in (None, deployment.environment_id):
            found[member.variable_id].append(constraint_group(deployment, member.constraint))
    return found


def _hashed(deployment: Deployment, variables: list[AskedVariable]) -> Manifest:
    manifest = Manifest(
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
