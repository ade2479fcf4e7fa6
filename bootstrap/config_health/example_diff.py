"""Compares an application's `.env.example` with what the newest report of a deployment says. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bootstrap.config_health.models import ConfigReport
from bootstrap.config_health.queries import newest_reports, states_by_deployment
from bootstrap.config_health.variable_status import EMPTY, IS_SET, UNSET
from bootstrap.systems.example.parse import Example
from bootstrap.systems.models import ConfigVar, Deployment
from bootstrap.systems.value_rules.agent import agent

# What every process has; no application lists these.
SYSTEM_NAMES: Final = frozenset(
    {"PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "LANG", "LANGUAGE", "TERM", "USER", "LOGNAME", "SHELL", "TZ"}
    | {"TMPDIR", "DYNO", "_"}
)


class NoReportError(LookupError):
    """No agent has reported the deployment yet."""


@dataclass(frozen=True)
class ExampleDiff:
    """Names, sorted. `lacks` are wanted by the file and unset there, `lacks_optional` are only offered by it.

    `unknown`: whether they are set there is not known. `beside`: set there, but not in the file. `not_in_file`: the
    console has rules for them, the file does not name them. `reported_at` is when the report was made.
    """

    reported_at: datetime
    present: tuple[str, ...]
    lacks: tuple[str, ...]
    empty: tuple[str, ...]
    lacks_optional: tuple[str, ...]
    unknown: tuple[str, ...]
    beside: tuple[str, ...]
    not_in_file: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the deployment has what the file wants."""
        return not (self.lacks or self.empty)

    @property
    def groups(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """(heading, what to do, names), without empty ones, in the order in which people care."""
        every = (
            ("Lacks", "Set these, or comment them out in the file if they are optional.", self.lacks),
            ("Has them empty", "Give these a value, or unset them.", self.empty),
            ("Not known", "The agent could not tell whether these are set.", self.unknown),
            ("Lacks, but the file offers them only", "Nothing has to be done.", self.lacks_optional),
            ("Has beside the file", "Name these in the file, or unset them.", self.beside),
            (
                "Known to the console, but not in the file",
                "Name these in the file, or delete their rules.",
                self.not_in_file,
            ),
        )
        return tuple(group for group in every if group[2])


def compare(deployment: Deployment, example: Example) -> ExampleDiff:
    """The difference between the file and the deployment's newest report. Three statements. Raises NoReportError."""
    report = newest_reports([deployment.pk]).get(deployment.pk)
    if report is None:
        raise NoReportError(
            f"no agent has reported {deployment.host_name} yet, so that there is nothing to compare with"
        )
    told = {name: row.state for name, row in states_by_deployment([deployment.pk])[deployment.pk].items()}
    states = {name: _state(name, told, report) for name in example.variables}
    optional = {name for name, variable in example.variables.items() if not variable.required}
    there = {name for name, state in told.items() if state in IS_SET or state == EMPTY} | set(report.other_names)
    rules = set(ConfigVar.objects.filter(app=deployment.app_id).values_list("name", flat=True))

    def names(state: str, among: set[str]) -> tuple[str, ...]:
        return tuple(sorted(name for name in among if states[name] == state))

    every, wanted = set(states), set(states) - optional
    return ExampleDiff(
        report.reported_at,
        present=names("set", every),
        lacks=names(UNSET, wanted),
        empty=names(EMPTY, wanted),
        lacks_optional=tuple(sorted(names(UNSET, optional) + names(EMPTY, optional))),
        unknown=names("unknown", every),
        beside=tuple(sorted(there - every - SYSTEM_NAMES)),
        not_in_file=tuple(sorted(rules - every)),
    )


def _state(name: str, told: dict[str, str], report: ConfigReport) -> str:
    """`set`, `empty`, `unset` or `unknown`. Of names that no rule has the report tells only which are set."""
    if name in told:
        return "set" if told[name] in IS_SET else told[name] if told[name] in (EMPTY, UNSET) else "unknown"
    if name in report.other_names:
        return "set"
    names_all = report.complete and len(report.other_names) < agent.MAX_VARIABLES
    return UNSET if names_all and agent.may_be_named(name) else "unknown"
