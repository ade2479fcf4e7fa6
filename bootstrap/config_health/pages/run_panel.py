"""What stands in an environment beside the signatures of its checklists: newest reports, findings, postures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.urls import reverse

from bootstrap.checklists.models import Item, Run
from bootstrap.checklists.run_page import Observed
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.config_health.findings.judge import any_is_on, flag_is_on
from bootstrap.config_health.models import ConfigReport, Finding, VariableState
from bootstrap.config_health.queries import SEVERITY_ORDER, newest_reports
from bootstrap.config_health.variable_status import EMPTY, NOT_REPORTED, SET, UNSET, Judged, is_fresh
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import postures, views
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.flags import FLAG_WORDS, wanted_on

_TONES = {"critical": "critical", "warning": "medium", "info": "quiet"}
_STANDING_TONES = {"holds": "ok", "unverified": "medium", "lapsed": "critical", "proposed": "accent"}
# What the word of the report says by itself.
_TOLD_BY_STATE = (Finding.Kind.MISSING, Finding.Kind.EMPTY, Finding.Kind.BAD_FORMAT)


@dataclass(frozen=True)
class OpenFinding:
    """The little of a finding that the page of a run tells."""

    id: int
    place: int
    subject: str
    kind: str
    severity: str


@dataclass(frozen=True)
class News:
    """Of the environment whose page is at `url`, as of `now`; deployments and their newest reports by deployment id."""

    url: str
    now: datetime
    places: Mapping[int, Deployment]
    reports: Mapping[int, ConfigReport]
    findings: Sequence[OpenFinding]
    postures: Sequence[Posture]

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many findings are open by severity, worst first; none where nothing is wrong."""
        found = Counter(finding.severity for finding in self.findings)
        return tuple((severity, found[severity]) for severity in SEVERITY_ORDER if found[severity])

    @property
    def tone(self) -> str:
        """Of the worst finding."""
        return _TONES[self.counts[0][0]] if self.counts else ""

    def fresh(self, place: int) -> bool:
        return is_fresh(self.reports[place].reported_at, self.now)

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever something else is to be told."""
        return (
            sorted((place, report.pk, self.fresh(place)) for place, report in self.reports.items()),
            [finding.id for finding in self.findings],
            [(each.pk, each.approved_at, each.review_by, each.severity, each.guard) for each in self.postures],
        )


@dataclass(frozen=True)
class _About:
    """A variable or flag of an item: the names that reports may have for it, of one application or (None) of any.

    `wanted` is whether a flag is to be on; None for variables. `named` where the item is about several.
    """

    item: int
    names: tuple[str, ...]
    app: int | None
    wanted: bool | None = None
    named: bool = False


def news_of(environment: Environment, now: datetime) -> News:
    """Four statements."""
    places = {place.pk: place for place in Deployment.objects.filter(environment=environment).order_by("pk")}
    found = Finding.objects.filter(deployment__in=places, closed_at__isnull=True).order_by("pk")
    standing = postures().filter(deployment__in=places, ended_at__isnull=True).order_by("variable__name", "-created_at")
    return News(
        reverse("environment", args=[environment.system.slug, environment.slug]),
        now,
        places,
        newest_reports(places),
        [OpenFinding(*row) for row in found.values_list("pk", "deployment_id", "subject", "kind", "severity")],
        list(standing),
    )


def observed_by_item(run: Run, news: News) -> dict[int, list[Observed]]:
    """By item id, what the newest reports and postures say of its variables and flag; nothing of a closed run.

    Three statements for items and states, three more where there is a posture.
    """
    found: dict[int, list[Observed]] = defaultdict(list)
    if run.closed_at is not None or not (news.reports or news.postures):
        return found
    states, worst, accepted = _states(news), _worst(news), _accepted(news)
    for about in _abouts(run):
        for place in news.places.values():
            if about.app in (None, place.app_id):
                found[about.item] += _of_place(news, about, place, states, worst)
                found[about.item] += [each for name in about.names for each in accepted.get((place.pk, name), ())]
    return found


def _states(news: News) -> dict[tuple[int, str], Judged]:
    rows = VariableState.objects.filter(deployment__in=news.reports).order_by()
    found = rows.values_list("deployment_id", "name", "state", "format_ok", "accepted_index")
    return {(place, name): Judged(state, right, index) for place, name, state, right, index in found}


def _worst(news: News) -> dict[tuple[int, str], OpenFinding]:
    """By deployment and subject, the worst of its findings."""
    found = sorted(news.findings, key=lambda each: -SEVERITY_ORDER.index(each.severity))
    return {(each.place, each.subject): each for each in found}


def _accepted(news: News) -> dict[tuple[int, str], list[Observed]]:
    """By deployment and variable, its postures."""
    found: dict[tuple[int, str], list[Observed]] = defaultdict(list)
    for view in views(news.postures, partial(reported_facts, now=news.now), news.now):
        posture, state = view.posture, view.standing.state
        text = f"posture {state}: {view.standing.why}"
        told = Observed(text, _STANDING_TONES.get(state, "quiet"), posture.get_absolute_url())
        found[posture.deployment_id, posture.variable.name].append(told)
    return found


def _abouts(run: Run) -> list[_About]:
    """What the items of the run are about, in two statements."""
    app, slug = run.version.checklist.app_id, run.environment.slug
    found: dict[tuple[int, str], _About] = {}
    flags = Item.objects.filter(section__version=run.version_id, flag__isnull=False)
    for item, name, aliases, values in flags.values_list("pk", "flag__name", "flag__aliases", "values"):
        found[item, name] = _About(item, (name, *aliases), app, wanted_on(values, slug))
    links = Item.variables.through.objects.filter(item__section__version=run.version_id).order_by("pk")
    for item, name, owner in links.values_list("item", "configvar__name", "configvar__app_id"):
        found.setdefault((item, name), _About(item, (name,), owner))
    several = Counter(about.item for about in found.values())
    return [replace(about, named=several[about.item] > 1) for about in found.values()]


def _of_place(
    news: News,
    about: _About,
    place: Deployment,
    states: Mapping[tuple[int, str], Judged],
    worst: Mapping[tuple[int, str], OpenFinding],
) -> list[Observed]:
    """What one deployment's report says of it, of a flag under the name that tells whether it is on."""
    known = {name: judged for name in about.names if (judged := states.get((place.pk, name)))}
    told = [name for name, judged in known.items() if judged.state != NOT_REPORTED]
    if about.wanted is not None and told:
        on = any_is_on(known.values())
        told = [next((name for name in told if known[name].state == SET and _on(known[name]) is on), told[0])]
    return [_observed(news, place, name, known[name], about, worst.get((place.pk, name))) for name in told]


def _on(judged: Judged) -> bool | None:
    return flag_is_on(FLAG_WORDS, judged)


def _observed(
    news: News, place: Deployment, name: str, judged: Judged, about: _About, finding: OpenFinding | None
) -> Observed:
    url, when = f"{news.url}#deployment-{place.pk}", _when(news.reports[place.pk], news.now)
    on = None if about.wanted is None else _on(judged)
    words = judged.told() if on is None or judged.state in (UNSET, EMPTY) else "on" if on else "off"
    prefix = f"{name} " if about.named or name != about.names[0] else ""
    if not news.fresh(place.pk):
        return Observed(f"{prefix}the report of {when} is stale, it said {words}", "medium", url)
    right = judged.state == SET and not judged.malformed if about.wanted is None else on is about.wanted
    text = f"{prefix}reported {words}, {when}"
    if finding is None:
        return Observed(text, "ok" if right else "quiet", url, _proof(news, place, name, words) if right else "")
    kind = Finding.Kind(finding.kind)
    more = "" if kind in _TOLD_BY_STATE else f"{kind.label.lower()}, "
    return Observed(f"{text}: {more}{finding.severity}", _TONES[finding.severity], url)


def _proof(news: News, place: Deployment, name: str, words: str) -> str:
    at = news.reports[place.pk].reported_at.astimezone(UTC)
    return f"{name} {words} in {place.host_name}, by the report of {at:%Y-%m-%d %H:%M} UTC."


def _when(report: ConfigReport, now: datetime) -> str:
    """When it was made, with the day where that is not today's."""
    at = report.reported_at.astimezone(UTC)
    return f"{at:%H:%M} UTC" if at.date() == now.astimezone(UTC).date() else f"{at:%Y-%m-%d %H:%M} UTC"


def evidence_link(news: News) -> str:
    """The absolute address of what reports say, to be kept with a signature."""
    return f"{settings.PUBLIC_URL}{news.url}"
