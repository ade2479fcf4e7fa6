"""Who gets which page, and who may do what: every address of the console, every kind of person, GET and POST.

The addresses come from the resolver: a new page without a line in the tables below fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from detections.alerts.models import Alert
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from tests import redis_away
from tests.bootstrap.people import PASSWORD
from tests.detections.alerts.factories import START
from tests.opsconsole.addresses import addresses_of

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
    "rule_names",
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
    "rule_preview_progress": EVERYBODY,  # one's own, judged again
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


@pytest.fixture
def addresses(shipped_runbooks: None) -> dict[str, str]:
    """The URL of an existing object by URL name."""
    found = addresses_of((*PAGES, *FOR_SOME, *FORMS, *ACTS))
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
