"""Variables against environments: one mark a cell, built as text, since 40,000 cells are too many for template tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from bootstrap.health.judged import NOT_REPORTED, is_fresh
from bootstrap.health.models import ConfigReport, Finding, VariableState
from bootstrap.health.queries import SEVERITY_ORDER
from bootstrap.systems.models import ConfigVar, Deployment, Environment

# Class of a cell (css/pages.css gives it shape and colour) by severity; without a finding by state.
_CLASS = {"critical": "c", "warning": "w", "info": "i", "set": "k", "empty": "n", "unset": "n", NOT_REPORTED: "q"}
_WORD = {
    "missing": "missing",
    "empty": "empty",
    "bad_format": "malformed",
    "wrong_literal": "wrong",
    "fallback_active": "fallback",
    "forbidden_present": "forbidden",
    "changed_since_sign_off": "changed",
    "must_equal_broken": "unequal",
    "must_differ_broken": "equal",
    "flag_without_coverage": "uncovered",
    NOT_REPORTED: "not told",
}
NOTHING = "<td>"  # not deployed there


@dataclass(frozen=True)
class Filter:
    """What the address asks for; empty: everything."""

    system: str = ""
    app: str = ""
    problems: bool = False


@dataclass(frozen=True)
class Matrix:
    """The table: environments of the columns with whether all reports are fresh; `body` is its rows as HTML."""

    columns: Sequence[tuple[Environment, bool]]
    body: SafeString
    rows: int
    problems: int


def build(wanted: Filter, now: datetime) -> Matrix:
    """Rows are variables of applications, columns environments. Five statements, however many cells."""
    where = Environment.objects.select_related("system").order_by("system__slug", "slug")
    environments = list(where.filter(system__slug=wanted.system) if wanted.system else where)
    deployments = Deployment.objects.filter(environment__in=environments)
    if wanted.app:
        deployments = deployments.filter(app__slug=wanted.app)
    places = {(row.app_id, row.environment_id): row.pk for row in deployments}
    marks, problems = _marks(list(places.values()))
    names = ConfigVar.objects.filter(app__in={app for app, _ in places}).order_by("app__slug", "name")
    rows, wrong = [], 0
    for app_id, app, name in names.values_list("app_id", "app__slug", "name"):
        cells = [
            marks.get((place, name), '<td class="q">not told') if place else NOTHING
            for place in (places.get((app_id, environment.pk)) for environment in environments)
        ]
        in_row = sum((places.get((app_id, each.pk)), name) in problems for each in environments)
        wrong += in_row
        if in_row or not wanted.problems:
            rows.append(f'<tr><th scope="row">{escape(name)}<span>{escape(app)}</span>{"".join(cells)}')
    fresh = _fresh(deployments, now)
    columns = [(environment, fresh.get(environment.pk, False)) for environment in environments]
    return Matrix(columns, mark_safe("".join(rows)), len(rows), wrong)  # noqa: S308 - names are escaped above


def _marks(ids: Sequence[int]) -> tuple[Mapping[tuple[int, str], str], set[tuple[int, str]]]:
    """By deployment and variable its cell, and those that have a finding."""
    worst: dict[tuple[int, str], tuple[int, str, str]] = {}
    found = Finding.objects.filter(deployment__in=ids, closed_at__isnull=True).exclude(subject="").order_by()
    for place, subject, kind, severity in found.values_list("deployment_id", "subject", "kind", "severity"):
        rank = (SEVERITY_ORDER.index(severity), severity, kind)
        worst[place, subject] = min(rank, worst.get((place, subject), rank))
    states = VariableState.objects.filter(deployment__in=ids).order_by()
    plain = {state: f'<td class="{_CLASS[state]}">{_WORD.get(state, state)}' for state in VariableState.State.values}
    plain |= {"empty": '<td class="n">empty', "unset": '<td class="n">unset'}
    marks = {(place, name): plain[state] for place, name, state in states.values_list("deployment_id", "name", "state")}
    for key, (_, severity, kind) in worst.items():
        marks[key] = f'<td class="{_CLASS[severity]}">{_WORD.get(kind, kind)}'
    return marks, set(worst)


def _fresh(deployments: object, now: datetime) -> dict[int, bool]:
    """By environment id, whether each deployment that ever reported has a fresh report."""
    rows = ConfigReport.objects.filter(deployment__in=deployments).order_by("deployment_id", "-reported_at")
    found: dict[int, list[bool]] = defaultdict(list)
    newest = rows.distinct("deployment_id").values_list("deployment__environment_id", "reported_at")
    for environment, reported_at in newest:
        found[environment].append(is_fresh(reported_at, now))
    return {environment: all(each) for environment, each in found.items()}
