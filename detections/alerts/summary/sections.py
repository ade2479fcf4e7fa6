"""The parts of a daily summary, each a function from its day to sections; another is a line in `SECTIONS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from bootstrap.checklists.models import Run
from bootstrap.checklists.plans.queries import overdue
from bootstrap.checklists.queries import open_runs, progress_by_run, runs
from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import reported_findings
from bootstrap.prerequisites import PrerequisiteState
from detections.alerts.channels.summary_facts import SummaryFacts, SummaryItem, SummarySection
from detections.alerts.filters import ANY
from detections.alerts.summary.alerts_of_day import AlertsOfRule, alerts_of
from detections.alerts.summary.models import DailySummary
from detections.alerts.summary.section import MOST
from detections.alerts.summary.section import item as _item
from detections.alerts.summary.section import number as _number
from detections.alerts.summary.section import section as _section
from detections.alerts.summary.silenced import SilencesOfDay
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Rule
from detections.rules.queries import known_rules, states_of
from detections.rules.silence_models import Silence

SILENT = ("dormant", "muted")
EXPIRES_SOON = timedelta(days=7)  # time enough to sign the newer run


@dataclass(frozen=True)
class SummaryDay:
    """The summary that is made, and when; the silences of its time."""

    summary: DailySummary
    now: datetime
    silences: SilencesOfDay


def facts_of(day: SummaryDay) -> SummaryFacts:
    """What the summary says, with times in the zone in which it is due. A fixed number of queries."""
    zone, summary = settings.SUMMARY_ZONE, day.summary
    return {
        "day": summary.day.isoformat(),
        "since": summary.since.astimezone(zone).isoformat(timespec="seconds"),
        "until": summary.until.astimezone(zone).isoformat(timespec="seconds"),
        "sections": [section for part in SECTIONS for section in part(day) if section["total"]],
    }


def _alerts(day: SummaryDay) -> list[SummarySection]:
    """Alerts without a message of their own, those that were detected late, how many others there were, and what
    silences hide."""
    found = alerts_of(day.summary, day.silences.alerts)
    kinds = {kind: [row for row in found if row.kind == kind] for kind in ("alerts", "late", "paged", "silenced")}
    medium = "" if any(row.severer for row in kinds["alerts"]) else "medium "
    return [
        _of_alerts("alerts", f"{medium}alert", "", kinds["alerts"]),
        _of_alerts("late", "alert", " detected late", kinds["late"]),
        _of_alerts("paged", "critical or high alert", "", kinds["paged"]),
        _of_alerts("silenced", "alert", " under a silence", kinds["silenced"]),
    ]


def _of_alerts(name: str, noun: str, rest: str, rows: Sequence[AlertsOfRule]) -> SummarySection:
    total, still_open = sum(row.count for row in rows), sum(row.still_open for row in rows)
    left = f" ({still_open:,} still open)" if still_open else ""
    return _section(name, f"{_number(total, noun)}{rest}{left}", len(rows), map(_alert, rows))


def _alert(row: AlertsOfRule) -> SummaryItem:
    where = f"{row.project}/{row.environment}"
    if row.count == 1:
        state = "still open" if row.still_open else "over"
        text = f"{row.rule} on {row.group or where}, {row.title} ({state})"
        return _item(text, reverse("alert", args=[row.newest]))
    number = (
        f"{row.count:,} alerts, {row.still_open:,} still open" if row.still_open else f"{row.count:,} alerts, all over"
    )
    return _item(
        f"{row.rule} in {where}, {row.title}: {number}", f"{reverse('alert_list')}?condition={ANY}&rule={row.rule}"
    )


def _silences(day: SummaryDay) -> list[SummarySection]:
    """Silences in force with what they hide, and those that ended. Muted rules are told of by their state."""
    running, ended = day.silences.in_force, day.silences.ended
    hidden = sum(1 for _, hides in running if hides)
    hiding = f" ({hidden:,} hide{'s' if hidden == 1 else ''} open alerts)" if hidden else ""
    return [
        _section(
            "silences",
            f"{_number(len(running), 'silence')} in force{hiding}",
            len(running),
            (_silence(each, f"hides {_number(hides, 'open alert')}") for each, hides in running),
        ),
        _section(
            "silences_ended",
            f"{_number(len(ended), 'silence')} ended",
            len(ended),
            (_silence(each, f"ended by {each.ended_by_name}" if each.ended_by_name else "ended") for each in ended),
        ),
    ]


def _silence(silence: Silence, what: str) -> SummaryItem:
    until = f"{silence.ends_at.astimezone(settings.SUMMARY_ZONE):%Y-%m-%d %H:%M}"
    author = silence.created_by_name or "the console itself"
    end = f"at {until}" if what.startswith("ended") else f"until {until}"
    return _item(f"{silence.reason} (silence {silence.pk} by {author}): {what} {end}", reverse("silence_list"))


def _not_watching(day: SummaryDay) -> list[SummarySection]:
    """Rules that are dormant or muted somewhere, and why."""
    rules = known_rules()
    states = states_of(rules, day.now)
    found = {
        name: [
            _item(f"{loaded.rule} in {path} {_why(loaded.rule, state)}", reverse("rule", args=[loaded.rule.identifier]))
            for loaded in rules
            for path, state in states[loaded.rule.id]
            if state.name == name
        ]
        for name in SILENT
    }
    rule_count = {name: len({item["url"] for item in items}) for name, items in found.items()}
    silent = [
        _section(name, _number(count, f"{name} rule"), len(found[name]), found[name])
        for name, count in rule_count.items()
    ]
    expiring = [
        _item(f"{need.label} in {path}, for {loaded.rule}: {need.why}", need.url or reverse("schedule_list"))
        for loaded in rules
        for path, state in states[loaded.rule.id]
        for need in _expiring(state, day.now)
    ]
    verb = "expires" if len(expiring) == 1 else "expire"
    title = f"{_number(len(expiring), 'signature')} that rules stand on {verb} within {EXPIRES_SOON.days} days"
    return [*silent, _section("expiring", title, len(expiring), expiring)]


def _expiring(state: RuleState, now: datetime) -> list[PrerequisiteState]:
    """What the source in use stands on and that expires soon."""
    needs = [need for source in state.sources if source.source == state.source_in_use for need in source.prerequisites]
    return [need for need in needs if need.until and need.until <= now + EXPIRES_SOON]


def _why(rule: Rule, state: RuleState) -> str:
    if state.name == "muted":
        return (
            f"is muted until {rule.muted_until:%Y-%m-%d %H:%M} UTC" if rule.muted_until else "is muted without an end"
        )
    waits = ", ".join(need.label for need in state.unmet)
    return f"waits for {waits}" if waits else "has no source that delivers"


def _findings(day: SummaryDay) -> list[SummarySection]:
    """Checks of configuration that drifted."""
    rows = reported_findings()
    total = rows.count()
    title = f"{_number(total, 'open finding')} of configuration"
    return [_section("findings", title, total, (_finding(row, day.summary.since) for row in rows[:MOST]))]


def _finding(finding: Finding, since: datetime) -> SummaryItem:
    environment, app = finding.environment, f", {finding.deployment.app.slug}" if finding.deployment else ""
    new = "new: " if finding.opened_at >= since else ""
    what = f"{finding.subject} " if finding.subject else ""
    text = f"{new}{what}{finding.get_kind_display().lower()} in {environment.path}{app}"
    return _item(text, reverse("environment", args=[environment.system.slug, environment.slug]))


def _checklists(day: SummaryDay) -> list[SummarySection]:
    in_progress = list(open_runs())
    progress = progress_by_run(in_progress, day.now)
    items = [
        _item(
            f"{run.version.checklist.title} in {run.environment.path}: {progress[run.pk].settled} of "
            f"{progress[run.pk].applicable} items",
            reverse("checklist_run", args=[run.environment.system.slug, run.environment.slug, run.pk]),
        )
        for run in in_progress
    ]
    total = len(items)
    return [_section("checklists", f"{_number(total, 'checklist')} in progress", total, items), _missed(day)]


def _missed(day: SummaryDay) -> SummarySection:
    """Runs that their schedule closed in the time of the summary with something left to do."""
    since, until = day.summary.since, day.summary.until
    found = list(runs().filter(outcome=Run.Outcome.MISSED, closed_at__gte=since, closed_at__lt=until).order_by("pk"))
    items = [
        _item(f"{run.version.checklist.title} in {run.environment.path}: {run.subject}", run.get_absolute_url())
        for run in found
    ]
    return _section("missed", f"{_number(len(found), 'scheduled checklist')} missed", len(found), items)


def _overdue(day: SummaryDay) -> list[SummarySection]:
    """What of checklists is overdue, the longest first."""
    late = overdue(day.now)
    items = [
        _item(
            f"{each.item.key if each.item else 'all'} of {each.run.version.checklist.title} in "
            f"{each.run.environment.path} ({each.owner or 'of nobody'}, due {each.due_on})",
            each.url,
        )
        for each in late[:MOST]
    ]
    return [_section("overdue", f"{_number(len(late), 'checklist item')} overdue", len(late), items)]


SECTIONS: Sequence[Callable[[SummaryDay], list[SummarySection]]] = (
    _alerts,
    _silences,
    _not_watching,
    _findings,
    _checklists,
    _overdue,
)
