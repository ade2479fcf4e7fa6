"""The table of variables by environments. Its 40,000 cells are built as text: template tags would take too long."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from bootstrap.config_health.models import OVERDUE_KINDS, ConfigReport, Finding, VariableState
from bootstrap.config_health.queries import SEVERITY_ORDER
from bootstrap.config_health.variable_status import EMPTY, NOT_REPORTED, SET, UNKNOWN, UNSEEN, UNSET, is_fresh
from bootstrap.systems.models import ConfigVar, Deployment, Environment, Flag

# The class of a cell (css/pages.css) by the severity of its finding, or by its state without one. Attributes have no
# quotes, which would be a tenth of the page.
_CLASS = {"critical": "c", "warning": "w", "info": "i", "set": "k", "empty": "n", "unset": "n"} | {
    UNSEEN: "k",
    UNKNOWN: "q",
    NOT_REPORTED: "q",
}
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
    UNSEEN: "set, not seen",
    UNKNOWN: "not known",
    NOT_REPORTED: "not reported",
}
_PLAIN = {state: f"<td class={_CLASS[state]}>{_WORD.get(state, state)}" for state in VariableState.State.values}
NO_CELL = "<td>"  # not deployed there
NOT_REPORTED_CELL = _PLAIN[NOT_REPORTED]
_NOT_SET = frozenset({_PLAIN[UNSET], _PLAIN[EMPTY], _PLAIN[UNKNOWN], NOT_REPORTED_CELL})
_IS_SET = frozenset({_PLAIN[SET], _PLAIN[UNSEEN]})


@dataclass(frozen=True)
class MatrixFilter:
    """The filters in the page's URL. Empty ones match everything; `problems` leaves only rows with a finding."""

    system: str = ""
    app: str = ""
    problems: bool = False


@dataclass(frozen=True)
class Matrix:
    """The table. `columns` are environments, each with whether all its reports are fresh; `body` is the rows as HTML.

    `rows` is the number of rows, `problems` the number of cells with a finding.
    """

    columns: Sequence[tuple[Environment, bool]]
    body: SafeString
    rows: int
    problems: int


@dataclass(frozen=True)
class _Marks:
    """`cells`: HTML by name and deployment id. `wrong`: how many have a finding, by application id and name."""

    cells: Mapping[str, Mapping[int, str]]
    wrong: Mapping[tuple[int, str], int]


def build(wanted: MatrixFilter, now: datetime) -> Matrix:
    """The table of variables and flags by environments. Six statements, however many cells."""
    where = Environment.objects.select_related("system").order_by("system__slug", "slug")
    environments = list(where.filter(system__slug=wanted.system) if wanted.system else where)
    deployments = Deployment.objects.filter(environment__in=environments)
    if wanted.app:
        deployments = deployments.filter(app__slug=wanted.app)
    places = {(row.app_id, row.environment_id): row.pk for row in deployments}
    apps = {app for app, _ in places}
    marks = _read_marks({place: app for (app, _), place in places.items()})
    columns = {app: [places.get((app, environment.pk)) for environment in environments] for app in apps}
    rows, wrong = [], 0
    for (app_id, app, name), aliases in _names(apps):
        wrong += (in_row := marks.wrong.get((app_id, name), 0))
        if in_row or not wanted.problems:
            cells = _under_any_name(marks.cells, name, aliases)
            marked = "".join([cells.get(place, NOT_REPORTED_CELL) if place else NO_CELL for place in columns[app_id]])
            rows.append(f"<tr><th scope=row>{escape(name)}<span>{escape(app)}</span>{marked}")
    fresh = _fresh(deployments, now)
    heads = [(environment, fresh.get(environment.pk, False)) for environment in environments]
    return Matrix(heads, mark_safe("".join(rows)), len(rows), wrong)  # noqa: S308 - names are escaped above


def _under_any_name(cells: Mapping[str, Mapping[int, str]], name: str, aliases: Sequence[str]) -> Mapping[int, str]:
    """The cells of a row by deployment id. A flag that is set under one of its aliases counts as set."""
    own = cells.get(name, {})
    others = (place for alias in aliases for place, cell in cells.get(alias, {}).items() if cell in _IS_SET)
    elsewhere = {place: _PLAIN[SET] for place in others if own.get(place, NOT_REPORTED_CELL) in _NOT_SET}
    return {**own, **elsewhere} if elsewhere else own


def _names(apps: Collection[int]) -> list[tuple[tuple[int, str, str], Sequence[str]]]:
    """The rows: (application id, its slug, name) of each variable and flag, with the aliases of a flag.

    A flag that is also a variable has one row, without aliases.
    """
    variables = ConfigVar.objects.filter(app__in=apps).values_list("app_id", "app__slug", "name")
    flags = Flag.objects.filter(system__apps__in=apps).values_list(
        "system__apps", "system__apps__slug", "name", "aliases"
    )
    aliases_by_name: dict[tuple[int, str, str], Sequence[str]] = dict.fromkeys(variables, ())
    for app, slug, name, aliases in flags:
        if app in apps:
            aliases_by_name.setdefault((app, slug, name), aliases)
    return sorted(aliases_by_name.items(), key=lambda row: (row[0][1], row[0][0], row[0][2]))


def _read_marks(app_of: Mapping[int, int]) -> _Marks:
    """Read states and findings; `app_of` is the application id of each deployment.

    States are aggregated to a row for each name and state, with the deployment ids as text: this halves the time.
    """
    cells: dict[str, dict[int, str]] = defaultdict(dict)
    states = VariableState.objects.filter(deployment__in=app_of).order_by().values_list("name", "state")
    for name, state, ids in states.annotate(ids=StringAgg(Cast("deployment_id", TextField()), ",")):
        cells[name].update(dict.fromkeys(map(int, ids.split(",")), _PLAIN[state]))
    worst: dict[tuple[int, str], tuple[int, str, str]] = {}
    findings = Finding.objects.filter(deployment__in=app_of, closed_at__isnull=True).exclude(subject="")
    findings = findings.exclude(kind__in=OVERDUE_KINDS).order_by()
    for place, subject, kind, severity in findings.values_list("deployment_id", "subject", "kind", "severity"):
        rank = (SEVERITY_ORDER.index(severity), severity, kind)
        worst[place, subject] = min(rank, worst.get((place, subject), rank))
    for (place, name), (_, severity, kind) in worst.items():
        cells[name][place] = f"<td class={_CLASS[severity]}>{_WORD.get(kind, kind)}"
    return _Marks(cells, Counter((app_of[place], name) for place, name in worst))


def _fresh(deployments: object, now: datetime) -> dict[int, bool]:
    """By environment id, whether each deployment that ever reported has a fresh report."""
    rows = ConfigReport.objects.filter(deployment__in=deployments).order_by("deployment_id", "-reported_at")
    fresh: dict[int, list[bool]] = defaultdict(list)
    newest = rows.distinct("deployment_id").values_list("deployment__environment_id", "reported_at")
    for environment, reported_at in newest:
        fresh[environment].append(is_fresh(reported_at, now))
    return {environment: all(each) for environment, each in fresh.items()}
