"""An object for every URL that names one: the arguments by URL name, one function for each part of the console.

A new URL with arguments gets a line in the function of its part; one without needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.evidence_files import read_attachment
from bootstrap.checklists.models import EvidenceFile, Item, Run
from bootstrap.checklists.signing.sign import sign
from bootstrap.importer.models import RunbookImport
from bootstrap.postures.models import Posture
from bootstrap.runbooks.version_contents import Policy
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.summary.models import DailySummary
from detections.incidents.similar.from_runbooks import record_runbooks
from detections.incidents.timeline.notes import add_note
from detections.ingest.digest import digest_batch
from detections.telemetry.models import Event, ProjectEnvironment, Series
from opsconsole.accounts.models import User
from tests.bootstrap.checklists.schedules.makers import make_schedule
from tests.detections import builders
from tests.detections.alerts.factories import START, judge, make_scope
from tests.detections.alerts.silences.makers import make_silence
from tests.detections.incidents.factories import make_incident
from tests.detections.probes.rows import done, stored_target

Arguments = dict[str, list[Any]]

OF_ALERT = ("chart", "acknowledge", "resolve", "hand_over", "disposition", "incidents", "incident_add")
OF_RESPONDERS = ("responder_add", "responder_stop")
OF_INCIDENT = (
    *("edit", "close", "hand_over", "status", "severity", "take"),
    *("role_add", "role_end", "alert_remove", "link_add", "link_remove"),
    *("timeline", "timeline_print", "note", "gather", "mark"),
    *("updates", "update_new"),
)
OF_POSTMORTEM = ("edit", "draft", "preview", "finish", "history", "export", "print")
OF_ACTION = ("edit", "done", "drop", "reopen", "to_checklist")
OF_RUNBOOK = ("export", "source", "edits_patch", "edit", "edit_item", "edit_store")
OF_PROBE = ("target", "now", "charts", "start", "freeze", "unfreeze")
OF_POSTURE = ("approve", "review", "end")
OF_SCHEDULE = ("change", "pause", "resume", "start")
OF_RUN = ("run", "print", "export", "changes", "close", "move", "plan", "plan_run")
OF_ITEM = ("item", "sign", "take_back", "waive", "not_applicable", "plan_item")


def addresses_of(names: Iterable[str]) -> dict[str, str]:
    """The URL of an existing object by URL name; the shipped runbooks must be loaded."""
    arguments = make_objects(START + timedelta(seconds=30))
    return {name: reverse(name, args=arguments.get(name, [])) for name in names}


def make_objects(now: datetime) -> Arguments:
    """Make an object of each kind; the arguments by URL name."""
    root = User.objects.create_superuser("root")
    run = Run.objects.get(environment__slug="staging")
    make_alert(now)
    return {
        **of_events(now),
        **of_alerts(now),
        **of_rules(),
        **of_probes(now),
        **of_incidents(root, now),
        **of_runbooks(run, root, now),
        **of_environments(run),
        **of_runs(run, root, now),
    }


def make_alert(now: datetime) -> None:
    builders.arrive(builders.project(), builders.event(timestamp=START.isoformat()), at=now)
    digest_batch(now)
    judge(make_scope(), "c", 0)
    consume(now)


def same(args: list[Any], *names: str) -> Arguments:
    """The same arguments for several URLs."""
    return dict.fromkeys(names, args)


def each(part: str, names: Iterable[str]) -> list[str]:
    """The URL names of what can be done with a thing: `alert` and `resolve` make `alert_resolve`."""
    return [f"{part}_{name}" for name in names]


def of_events(now: datetime) -> Arguments:
    event, series = Event.objects.get(), Series.objects.get(source="sentry")
    unlinked = ProjectEnvironment.objects.create(project=builders.project(), name="eu-7", last_event_at=now)
    return {
        **same([series.pk], "route", "rule_for_route"),
        **same([event.issue_id], "issue", "issue_events", "issue_status", "rule_for_issue"),
        **same([event.issue_id, event.event_id], "issue_event", "issue_raw"),
        "search_words": ["issues"],
        "environment_link": [unlinked.pk],
    }


def of_alerts(now: datetime) -> Arguments:
    alert = Alert.objects.get()
    return {
        **same([alert.pk], "alert", *each("alert", (*OF_ALERT, *OF_RESPONDERS))),
        **same([make_silence().pk], "silence_change", "silence_end"),
        "summary": [make_summary(now)],
    }


def of_probes(now: datetime) -> Arguments:
    run = done(stored_target(), at=now)
    target = [run.target.slug]
    return {
        **same(target, *each("probe", OF_PROBE)),
        **same([*target, run.pk], "probe_run", "probe_run_now"),
        "probe_report": [*target, run.pk, "json"],
    }


def make_summary(now: datetime) -> str:
    day = now.date().isoformat()
    content = {"day": day, "since": day, "until": now.isoformat(), "sections": []}
    DailySummary.objects.create(day=day, since=now - timedelta(days=1), until=now, made_at=now, content=content)
    return day


def of_rules() -> Arguments:
    rule = Alert.objects.get().rule.identifier
    return {
        **same([rule], "rule", "rule_fixtures", "rule_edit", "rule_test"),
        "rule_restore": [rule, 1],
        "rule_preview_progress": ["gone"],
    }


def of_incidents(root: User, now: datetime) -> Arguments:
    incident = make_incident(alerts=[Alert.objects.get().pk], now=now)
    action = incident.actions.create(text="Alert on the age", created_at=now, created_by="root")
    incident.postmortem_versions.create(number=1, text="# Why\n", at=now, actor_name="root")
    log = read_attachment("drill.log", b"restored\n", 1000)
    noted = add_note(incident.pk, "restored", now, by=root, files=[log]).files.get()
    return {
        **same([incident.pk], "incident", *each("incident", OF_INCIDENT)),
        **same([incident.pk], "incident_postmortem", "incident_words", "action_add"),
        **same([incident.pk], *each("incident_postmortem", OF_POSTMORTEM)),
        **same([action.pk], *each("action", OF_ACTION)),
        "incident_file": [incident.pk, noted.pk],
        "incident_postmortem_version": [incident.pk, 1],
        "incident_of_runbook": [record_runbooks(now)[0].source_id],
    }


def of_runbooks(run: Run, root: User, now: datetime) -> Arguments:
    slug = run.environment.system.slug
    chapter = run.version.sections.exclude(line=None)[0]
    imported = RunbookImport.objects.create(
        by=root, created_at=now, moved_at=now, content_hash="0" * 64, lines=1, state=RunbookImport.State.FAILED
    )
    return {
        **same([slug], "runbook", "config_manifest_file", *each("runbook", OF_RUNBOOK)),
        **same([imported.pk], *each("runbook_import", ("progress", "again"))),
        "runbook_chapter": [slug, 1, chapter.line],
        "policy": [Policy.objects.all()[0].slug],
    }


def of_environments(run: Run) -> Arguments:
    place = [run.environment.system.slug, run.environment.slug]
    posture = Posture.objects.all()[0]
    return {
        **same([*place, "raxx-api"], "config_drift", "config_example_diff", "report_token"),
        **same([posture.pk], "posture", *each("posture", OF_POSTURE)),
        "environment": place,
    }


def of_runs(run: Run, root: User, now: datetime) -> Arguments:
    of_run = [run.environment.system.slug, run.environment.slug, run.pk]
    item = Item.objects.filter(section__version=run.version).order_by("section__order", "order")[0]
    sign(ActRequest(run, item, root, now, file=read_attachment("drill.log", b"restored\n", 1000)))
    section = run.version.sections.order_by("order")[1]
    return {
        **same(of_run, *each("checklist", OF_RUN)),
        **same([*of_run, item.pk], *each("checklist", OF_ITEM)),
        **same([make_schedule().pk], "schedule", *each("schedule", OF_SCHEDULE)),
        "checklist_file": [*of_run, EvidenceFile.objects.get().pk],
        "checklist_leave_out": [*of_run, section.pk],
        "environment_new": [run.version_id],
    }
