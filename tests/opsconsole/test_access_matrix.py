"""Who gets which page, and who may do what: every address of the console, every kind of person, GET and POST.

The addresses come from the resolver: a new page without a line in the tables below fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

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
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from tests import redis_away
from tests.bootstrap.checklists.schedules.makers import make_schedule
from tests.bootstrap.people import PASSWORD
from tests.detections import builders
from tests.detections.alerts.factories import START, judge, make_scope
from tests.detections.alerts.silences.makers import make_silence
from tests.detections.incidents.factories import make_incident
from tests.detections.probes.rows import done, stored_target

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
GROUPS = [role.name for role in groups.ROLES]
PEOPLE = ["anonymous", "no group", *GROUPS]

RESPOND, EDIT, SIGN = {"Responder", "Admin"}, {"Rule editor", "Admin"}, {"Checklist signer", "Admin"}
ADMIN = {"Admin"}
EVERYBODY = set(GROUPS)

# Pages for every group.
PAGES = (
    *(
        "overview",
        "banner",
        "alert_list",
        "alert",
        "alert_chart",
        "alert_incidents",
        "incident_list",
        "incident",
        "incident_updates",
        "incident_timeline",
        "incident_timeline_print",
        "incident_file",
        "silence_list",
        "summary_list",
        "summary",
        "routing",
        "route_list",
        "route",
        "rule_list",
        "rule",
    ),
    *("issue_list", "issue", "issue_events", "issue_event", "issue_raw", "search_words"),
    *("scorecard", "scorecard_csv"),
    *("checklist_list", "checklist_run", "checklist_item", "checklist_print", "checklist_export", "checklist_changes"),
    *("schedule_list", "schedule"),
    "checklist_items",
    *(
        "checklist_file",
        "policy_list",
        "policy",
        "runbook_list",
        "runbook",
        "runbook_export",
        "runbook_chapter",
        "runbook_source",
        "runbook_edits_patch",
        "posture_list",
        "posture",
    ),
    *("incident_figures", "incident_figures_csv", "incident_of_runbook"),
    *(
        "environment_list",
        "environment",
        "environment_matrix",
        "config_drift",
        "config_manifest_file",
    ),
    *("incident_postmortem", "incident_postmortem_history", "incident_postmortem_version"),
    *("incident_postmortem_export", "incident_postmortem_print", "action_list", "incident_vocabulary"),
    *("rule_names", "rule_preview_progress"),
    *("probe_list", "probe_target", "probe_now", "probe_charts", "probe_run", "probe_run_now", "probe_report"),
)
# Pages for some groups.
FOR_SOME = {
    "runbook_import_progress": SIGN,
    "rule_identifier": EDIT,
    "rule_for_route": EDIT,
    "rule_for_issue": EDIT,
}
# Pages that lead to others: a runbook's incident to its record, a route and an issue to the form of a rule.
SENT_ON = {"incident_of_runbook": 302, "rule_for_route": 302, "rule_for_issue": 302}
# The groups that may see a form or POST to it, and those that may POST an act.
FORMS = {
    "config_example_diff": EVERYBODY,  # compares, and stores nothing
    "runbook_import": SIGN,
    "runbook_edit": SIGN,
    "runbook_edit_item": SIGN,
    "runbook_edit_store": SIGN,
    "silence_new": RESPOND,
    "silence_change": RESPOND,
    "posture_propose": SIGN,
    "checklist_close": SIGN,
    "schedule_new": SIGN,
    "schedule_change": SIGN,
    "checklist_start": SIGN,
    "checklist_plan": SIGN,
    "alert_hand_over": RESPOND,
    "rule_new": EDIT,
    "rule_edit": EDIT,
    "rule_restore": EDIT,
    "rule_routes": EDIT,
    "rule_test": EVERYBODY,
    "rules_test": EVERYBODY,
    **dict.fromkeys(("rule_arm", "rule_mute", "rule_shadow", "rule_draft", "rule_retire"), EDIT),
    "incident_new": RESPOND,
    "incident_update_new": RESPOND,
    "incident_note": RESPOND,
    "incident_edit": RESPOND,
    "incident_close": RESPOND,
    "incident_hand_over": RESPOND,
    "config_manifest_import": ADMIN,
    "config_example_import": ADMIN,
    "environment_link": ADMIN,
    "incident_postmortem_edit": RESPOND,
    "incident_words": RESPOND,
    "action_edit": RESPOND,
    "action_to_checklist": SIGN,
}
ACTS = {
    "alert_acknowledge": RESPOND,
    "alert_resolve": RESPOND,
    "alert_disposition": RESPOND,
    "alert_responder_add": RESPOND,
    "alert_responder_stop": RESPOND,
    "alert_incident_add": RESPOND,
    "incident_status": RESPOND,
    "incident_severity": RESPOND,
    "incident_take": RESPOND,
    "incident_gather": RESPOND,
    "incident_mark": RESPOND,
    "incident_role_add": RESPOND,
    "incident_role_end": RESPOND,
    "incident_alert_remove": RESPOND,
    "incident_link_add": RESPOND,
    "incident_link_remove": RESPOND,
    "silence_preview": RESPOND,
    "silence_end": RESPOND,
    "silences_bulk": RESPOND,
    "issue_status": RESPOND,
    "alerts_bulk": RESPOND,
    "issues_bulk": RESPOND,
    "rule_fixtures": EDIT,
    "rules_bulk": EDIT,
    "rule_changes": EDIT,
    "rule_told": EDIT,
    "rule_preview": EDIT,
    "environment_new": ADMIN,
    "checklist_move": SIGN,
    "checklist_plan_run": SIGN,
    "checklist_plan_item": SIGN,
    "checklist_sign": SIGN,
    "checklist_take_back": SIGN,
    "checklist_not_applicable": SIGN,
    "checklist_leave_out": SIGN,
    "checklist_waive": SIGN,
    "schedule_pause": SIGN,
    "schedule_resume": SIGN,
    "schedule_start": SIGN,
    "runbook_import_again": SIGN,
    "posture_approve": SIGN,
    "posture_review": SIGN,
    "posture_end": SIGN,
    "report_token": ADMIN,
    "incident_postmortem_draft": RESPOND,
    "incident_postmortem_preview": RESPOND,
    "incident_postmortem_finish": RESPOND,
    "action_add": RESPOND,
    "action_done": RESPOND,
    "action_drop": RESPOND,
    "action_reopen": RESPOND,
    "actions_bulk": RESPOND,
    **dict.fromkeys(("probe_start", "probe_freeze", "probe_unfreeze"), RESPOND),
}
OF_PROBE = ("probe_target", "probe_now", "probe_charts", "probe_start", "probe_freeze", "probe_unfreeze")
OF_SCHEDULE = ("change", "pause", "resume", "start")
OF_POSTMORTEM = ("edit", "draft", "preview", "finish", "history", "export", "print")

OF_INCIDENT = (
    *("edit", "close", "hand_over", "status", "severity", "take"),
    *("role_add", "role_end", "alert_remove", "link_add", "link_remove"),
    *("timeline", "timeline_print", "note", "gather", "mark"),
)


def names(resolver: URLResolver) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield entry.name
        elif str(entry.pattern) not in {"admin/", "api/v1/", "accounts/"}:
            yield from names(entry)


def test_every_url_is_in_the_tables() -> None:
    listed = [*PAGES, *FOR_SOME, *FORMS, *ACTS]
    assert len(listed) == len(set(listed))
    assert set(names(get_resolver())) == set(listed)


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    with time_machine.travel(START + timedelta(minutes=1), tick=False):
        yield


def make_summary(now: datetime) -> str:
    day = now.date().isoformat()
    content = {"day": day, "since": day, "until": now.isoformat(), "sections": []}
    DailySummary.objects.create(day=day, since=now - timedelta(days=1), until=now, made_at=now, content=content)
    return day


def same(args: list[Any], *names: str) -> dict[str, list[Any]]:
    return dict.fromkeys(names, args)


@pytest.fixture
def addresses(shipped_runbooks: None) -> dict[str, str]:
    """The URL of an existing object by URL name."""
    now = START + timedelta(seconds=30)
    builders.arrive(builders.project(), builders.event(timestamp=START.isoformat()), at=now)
    digest_batch(now)
    judge(make_scope(), "c", 0)
    consume(now)
    alert = Alert.objects.get()
    root = User.objects.create_superuser("root")
    incident = make_incident(alerts=[alert.pk], now=now)
    action = incident.actions.create(text="Alert on the age", created_at=now, created_by="root")
    incident.postmortem_versions.create(number=1, text="# Why\n", at=now, actor_name="root")
    run = Run.objects.get(environment__slug="staging")
    item = Item.objects.filter(section__version=run.version).order_by("section__order", "order")[0]
    log = read_attachment("drill.log", b"restored\n", 1000)
    sign(ActRequest(run, item, root, now, file=log))
    noted = add_note(incident.pk, "restored", now, by=root, files=[log]).files.get()
    section = run.version.sections.order_by("order")[1]
    imported = RunbookImport.objects.create(
        by=root, created_at=now, moved_at=now, content_hash="0" * 64, lines=1, state=RunbookImport.State.FAILED
    )
    unlinked = ProjectEnvironment.objects.create(project=builders.project(), name="eu-7", last_event_at=now)
    probed = done(stored_target(), at=now)
    event, place = Event.objects.get(), [run.environment.system.slug, run.environment.slug]
    of_run = [*place, run.pk]
    args = {
        **same([alert.pk], "alert", "alert_chart", "alert_acknowledge", "alert_resolve", "alert_hand_over"),
        **same([alert.pk], "alert_disposition", "alert_incidents", "alert_incident_add"),
        **same([incident.pk, noted.pk], "incident_file"),
        **same([incident.pk], "incident", *(f"incident_{name}" for name in OF_INCIDENT)),
        **same([incident.pk], "incident_updates", "incident_update_new"),
        **same([alert.pk], "alert_responder_add", "alert_responder_stop"),
        **same([make_silence().pk], "silence_change", "silence_end"),
        **same([make_summary(now)], "summary"),
        **same([Series.objects.get(source="sentry").pk], "route"),
        **same(["issues"], "search_words"),
        **same([event.issue_id], "issue", "issue_events", "issue_status"),
        **same([event.issue_id, event.event_id], "issue_event", "issue_raw"),
        **same([alert.rule.identifier], "rule", "rule_fixtures", "rule_edit", "rule_test"),
        **same(["gone"], "rule_preview_progress"),
        **same([event.issue_id], "rule_for_issue"),
        **same([Series.objects.get(source="sentry").pk], "rule_for_route"),
        **same([alert.rule.identifier, 1], "rule_restore"),
        **same([Policy.objects.all()[0].slug], "policy"),
        **same([record_runbooks(now)[0].source_id], "incident_of_runbook"),
        **same(["raptor", 1, run.version.sections.exclude(line=None)[0].line], "runbook_chapter"),
        **same(["raptor"], "runbook", "runbook_export", "config_manifest_file"),
        **same(["raptor"], "runbook_source", "runbook_edits_patch"),
        **same(["raptor"], *(f"runbook_{name}" for name in ("edit", "edit_item", "edit_store"))),
        **same([imported.pk], "runbook_import_progress", "runbook_import_again"),
        **same([Posture.objects.all()[0].pk], "posture", "posture_approve", "posture_review", "posture_end"),
        **same(place, "environment"),
        **same([unlinked.pk], "environment_link"),
        **same([*place, "raxx-api"], "config_drift", "config_example_diff", "report_token"),
        **same([*of_run, EvidenceFile.objects.get().pk], "checklist_file"),
        **same([*of_run, section.pk], "checklist_leave_out"),
        **same([run.version_id], "environment_new"),
        **same(of_run, *(f"checklist_{name}" for name in ("run", "print", "export", "changes", "close", "move"))),
        **same(of_run, "checklist_plan", "checklist_plan_run"),
        **same([*of_run, item.pk], "checklist_plan_item"),
        **same([*of_run, item.pk], *(f"checklist_{name}" for name in ("item", "sign", "take_back", "waive"))),
        **same([*of_run, item.pk], "checklist_not_applicable"),
        **same(
            [make_schedule().pk], "schedule", *(f"schedule_{name}" for name in ("change", "pause", "resume", "start"))
        ),
        **same([incident.pk], "incident_postmortem", "incident_words", "action_add"),
        **same([incident.pk], *(f"incident_postmortem_{name}" for name in OF_POSTMORTEM)),
        **same([incident.pk, 1], "incident_postmortem_version"),
        **same(["aurora-rollout"], *OF_PROBE),
        **same(["aurora-rollout", probed.pk], "probe_run", "probe_run_now"),
        **same(["aurora-rollout", probed.pk, "json"], "probe_report"),
        **same([action.pk], "action_edit", "action_done", "action_drop", "action_reopen", "action_to_checklist"),
    }
    found = {name: reverse(name, args=args.get(name, [])) for name in (*PAGES, *FOR_SOME, *FORMS, *ACTS)}
    return found | {"rule_names": f"{found['rule_names']}?kind=flag"}


def client_of(person: str) -> Client:
    client = Client()
    if person == "anonymous":
        return client
    groups.load()
    # With a password: acts that ask for it refuse accounts without one.
    user = User.objects.create_user(person.replace(" ", "-").lower(), password=PASSWORD)
    if person in GROUPS:
        user.groups.add(Group.objects.get(name=person))
    client.force_login(user)
    return client


def outcome(response: Any) -> str:
    """The response as a word: login, refused (403), no act (405), there (200, redirect, conflict, form errors)."""
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return "login"
    assert response.status_code < 500, response
    return {403: "refused", 405: "no act"}.get(response.status_code, "there")


def expected(person: str, allowed: set[str]) -> str:
    return "login" if person == "anonymous" else "there" if person in allowed else "refused"


@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what(addresses: dict[str, str], person: str) -> None:
    client = client_of(person)
    wrong = []
    for name in (*PAGES, *FOR_SOME, *FORMS, *ACTS):
        wanted = expected(person, (FORMS | FOR_SOME).get(name, EVERYBODY))
        if name in ACTS and wanted == "there":
            wanted = "no act"
        actual = outcome(client.get(addresses[name]))
        # The URL of an act may refuse the user before the method; both show nothing.
        if actual != wanted and not (name in ACTS and {actual, wanted} <= {"no act", "refused", "login"}):
            wrong.append(f"GET {name}: {actual}, not {wanted}")
    for name, address in addresses.items():
        wanted = expected(person, (FORMS | ACTS).get(name, set()))
        actual = outcome(client.post(address))
        if actual != wanted and not (name not in FORMS | ACTS and actual in {"no act", "refused", "login"}):
            wrong.append(f"POST {name}: {actual}, not {wanted}")
    assert not wrong


def test_every_page_opens_and_every_act_is_done_without_redis(
    addresses: dict[str, str], django_capture_on_commit_callbacks: Any
) -> None:
    client = client_of("Admin")
    with redis_away.refusing():
        for name in (*PAGES, *FOR_SOME, *FORMS):
            assert client.get(addresses[name]).status_code == SENT_ON.get(name, 200), name
        assert "Redis does not answer" in client.get(addresses["banner"]).content.decode()
        assert "Redis" in client.get(addresses["overview"]).content.decode()
        for name in ACTS:
            with django_capture_on_commit_callbacks(execute=True):
                assert client.post(addresses[name]).status_code < 500, name
        assert Alert.objects.get().handling == "acknowledged"
