"""What the page of a run shows besides signatures: newest reports, open findings and postures of the environment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from bootstrap.checklists.item_views import ItemObservation
from bootstrap.checklists.models import Item, Run
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.config_health.findings.flag_state import any_is_on, flag_is_on
from bootstrap.config_health.models import OVERDUE_KINDS, ConfigReport, Finding, VariableState
from bootstrap.config_health.queries import SEVERITY_ORDER, newest_reports
from bootstrap.config_health.variable_status import (
    EMPTY,
    IS_SET,
    NOT_REPORTED,
    SET,
    UNSET,
    JudgedVariable,
    is_fresh,
)
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import postures, views
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.flags import FLAG_WORDS, wanted_on

_TONES = {"critical": "critical", "warning": "medium", "info": "quiet"}
_POSTURE_TONES = {"holds": "ok", "unverified": "medium", "lapsed": "critical", "proposed": "accent"}
# Kinds of findings that the reported state already says.
_SAME_AS_STATE = (Finding.Kind.MISSING, Finding.Kind.EMPTY, Finding.Kind.BAD_FORMAT)


@dataclass(frozen=True)
class OpenFinding:
    """What the page of a run shows of a finding. `deployment` is an id."""

    id: int
    deployment: int
    subject: str
    kind: str
    severity: str


@dataclass(frozen=True)
class ConfigOverview:
    """The configuration of an environment as of `now`. `url` is the environment's page.

    `deployments` and `reports` (the newest of each) are by deployment id; `postures` are those not ended.
    """

    url: str
    now: datetime
    deployments: Mapping[int, Deployment]
    reports: Mapping[int, ConfigReport]
    findings: Sequence[OpenFinding]
    postures: Sequence[Posture]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """(severity, number of open findings), worst first, without zeros."""
        counts = Counter(finding.severity for finding in self.findings)
        return tuple((severity, counts[severity]) for severity in SEVERITY_ORDER if counts[severity])

    @property
    def tone(self) -> str:
        """The tone (docs/ui.md) of the worst finding, empty without one."""
        return _TONES[self.counts[0][0]] if self.counts else ""

    def fresh(self, deployment: int) -> bool:
        return is_fresh(self.reports[deployment].reported_at, self.now)

    def stamp(self) -> tuple[object, ...]:
        """A value that changes whenever the page would show something else of this."""
        return (
            sorted((deployment, report.pk, self.fresh(deployment)) for deployment, report in self.reports.items()),
            [finding.id for finding in self.findings],
            [(each.pk, each.approved_at, each.review_by, each.severity, each.guard) for each in self.postures],
        )


@dataclass(frozen=True)
class _ItemSubject:
    """A variable or flag that the item with id `item` is about.

    `names` are those that reports may use for it, in the application with id `app` or (None) in any. `wanted` is
    whether a flag has to be on, None for a variable. `named`: the item is about several, so texts name this one.
    """

    item: int
    names: tuple[str, ...]
    app: int | None
    wanted: bool | None = None
    named: bool = False


def config_overview(environment: Environment, now: datetime) -> ConfigOverview:
    """The overview of an environment. Four statements."""
    deployments = {
        deployment.pk: deployment for deployment in Deployment.objects.filter(environment=environment).order_by("pk")
    }
    findings = Finding.objects.filter(deployment__in=deployments, closed_at__isnull=True)
    findings = findings.exclude(kind__in=OVERDUE_KINDS).order_by("pk")  # the run's own page shows those itself
    current_postures = (
        postures().filter(deployment__in=deployments, ended_at__isnull=True).order_by("variable__name", "-created_at")
    )
    return ConfigOverview(
        reverse("environment", args=[environment.system.slug, environment.slug]),
        now,
        deployments,
        newest_reports(deployments),
        [OpenFinding(*row) for row in findings.values_list("pk", "deployment_id", "subject", "kind", "severity")],
        list(current_postures),
    )


def observations_by_item(run: Run, overview: ConfigOverview) -> dict[int, list[ItemObservation]]:
    """By item id, what the newest reports and postures say of its variables and flag; empty for a closed run.

    Three statements for items and states, three more where there is a posture.
    """
    observations: dict[int, list[ItemObservation]] = defaultdict(list)
    if run.closed_at is not None or not (overview.reports or overview.postures):
        return observations
    states, worst, of_postures = _states(overview), _worst(overview), _posture_observations(overview)
    for subject in _item_subjects(run):
        for deployment in overview.deployments.values():
            if subject.app in (None, deployment.app_id):
                observations[subject.item] += _observations_of(overview, subject, deployment, states, worst)
                observations[subject.item] += [
                    each for name in subject.names for each in of_postures.get((deployment.pk, name), ())
                ]
    return observations


def _states(overview: ConfigOverview) -> dict[tuple[int, str], JudgedVariable]:
    rows = VariableState.objects.filter(deployment__in=overview.reports).order_by()
    states = rows.values_list("deployment_id", "name", "state", "format_ok", "accepted_index")
    return {
        (deployment, name): JudgedVariable(state, format_ok, index)
        for deployment, name, state, format_ok, index in states
    }


def _worst(overview: ConfigOverview) -> dict[tuple[int, str], OpenFinding]:
    """By deployment id and subject, the worst of its open findings."""
    best_first = sorted(overview.findings, key=lambda each: -SEVERITY_ORDER.index(each.severity))
    return {(each.deployment, each.subject): each for each in best_first}


def _posture_observations(overview: ConfigOverview) -> dict[tuple[int, str], list[ItemObservation]]:
    """By deployment id and variable, an observation for each of its postures."""
    observations: dict[tuple[int, str], list[ItemObservation]] = defaultdict(list)
    for view in views(overview.postures, reported_facts, overview.now):
        posture, state = view.posture, view.status.state
        text = f"posture {state}: {view.status.why}"
        observation = ItemObservation(text, _POSTURE_TONES.get(state, "quiet"), posture.get_absolute_url())
        observations[posture.deployment_id, posture.variable.name].append(observation)
    return observations


def _item_subjects(run: Run) -> list[_ItemSubject]:
    """The variables and flags that the items of the run are about. Two statements."""
    app, slug = run.version.checklist.app_id, run.environment.slug
    subjects: dict[tuple[int, str], _ItemSubject] = {}
    flags = Item.objects.filter(section__version=run.version_id, flag__isnull=False)
    for item, name, aliases, values in flags.values_list("pk", "flag__name", "flag__aliases", "values"):
        subjects[item, name] = _ItemSubject(item, (name, *aliases), app, wanted_on(values, slug))
    links = Item.variables.through.objects.filter(item__section__version=run.version_id).order_by("pk")
    for item, name, variable_app in links.values_list("item", "configvar__name", "configvar__app_id"):
        subjects.setdefault((item, name), _ItemSubject(item, (name,), variable_app))
    several = Counter(subject.item for subject in subjects.values())
    return [replace(subject, named=several[subject.item] > 1) for subject in subjects.values()]


def _observations_of(
    overview: ConfigOverview,
    subject: _ItemSubject,
    deployment: Deployment,
    states: Mapping[tuple[int, str], JudgedVariable],
    worst: Mapping[tuple[int, str], OpenFinding],
) -> list[ItemObservation]:
    """What one deployment's report says of the subject; of a flag, under the name that decides whether it is on."""
    known = {name: judged for name in subject.names if (judged := states.get((deployment.pk, name)))}
    reported = [name for name, judged in known.items() if judged.state != NOT_REPORTED]
    if subject.wanted is not None and reported:
        on = any_is_on(known.values())
        reported = [
            next((name for name in reported if known[name].state == SET and _on(known[name]) is on), reported[0])
        ]
    return [
        _observation(overview, deployment, name, known[name], subject, worst.get((deployment.pk, name)))
        for name in reported
    ]


def _on(judged: JudgedVariable) -> bool | None:
    return flag_is_on(FLAG_WORDS, judged)


def _observation(
    overview: ConfigOverview,
    deployment: Deployment,
    name: str,
    judged: JudgedVariable,
    subject: _ItemSubject,
    finding: OpenFinding | None,
) -> ItemObservation:
    url, when = f"{overview.url}#deployment-{deployment.pk}", _when(overview.reports[deployment.pk], overview.now)
    on = None if subject.wanted is None else _on(judged)
    words = judged.describe() if on is None or judged.state in (UNSET, EMPTY) else "on" if on else "off"
    prefix = f"{name} " if subject.named or name != subject.names[0] else ""
    if not overview.fresh(deployment.pk):
        return ItemObservation(f"{prefix}the report of {when} is stale, it said {words}", "medium", url)
    is_right = judged.state in IS_SET and not judged.malformed if subject.wanted is None else on is subject.wanted
    text = f"{prefix}reported {words}, {when}"
    if finding is None:
        return ItemObservation(
            text, "ok" if is_right else "quiet", url, _proof(overview, deployment, name, words) if is_right else ""
        )
    kind = Finding.Kind(finding.kind)
    more = "" if kind in _SAME_AS_STATE else f"{kind.label.lower()}, "
    return ItemObservation(f"{text}: {more}{finding.severity}", _TONES[finding.severity], url)


def _proof(overview: ConfigOverview, deployment: Deployment, name: str, words: str) -> str:
    at = overview.reports[deployment.pk].reported_at.astimezone(UTC)
    return f"{name} {words} in {deployment.host_name}, by the report of {at:%Y-%m-%d %H:%M} UTC."


def _when(report: ConfigReport, now: datetime) -> str:
    """The time of the report, with its date unless that is today's."""
    at = report.reported_at.astimezone(UTC)
    return f"{at:%H:%M} UTC" if at.date() == now.astimezone(UTC).date() else f"{at:%Y-%m-%d %H:%M} UTC"


def evidence_link(overview: ConfigOverview) -> str:
    """The absolute URL of the environment's page, to be stored as evidence with a signature."""
    return f"{settings.PUBLIC_URL}{overview.url}"
