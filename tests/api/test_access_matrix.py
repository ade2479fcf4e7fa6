"""Whose token may do what: every operation of the API, every kind of owner, every kind of token.

The operations come from the OpenAPI document: a new one without a line in the table below fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from bootstrap.checklists.models import Item, Run, RunSchedule
from bootstrap.config_health.models import ConfigReport, Finding
from bootstrap.config_health.reports import tokens as report_tokens
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.importer.text_to_runbook import read_text
from bootstrap.prerequisites import prerequisites
from bootstrap.systems.models import Deployment
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.incidents.actions.acts import add as add_action
from detections.incidents.actions.draft import ActionDraft
from opsconsole.accounts import groups, tokens
from opsconsole.accounts.models import ApiToken, Owner, User
from opsconsole.api import api
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import body, deployment, post, variable
from tests.detections.alerts.factories import START, judge, make_scope
from tests.detections.alerts.silences.makers import make_silence
from tests.detections.incidents.factories import make_incident
from tests.detections.probes.rows import done, stored_target

pytestmark = pytest.mark.django_db
GROUPS = [role.name for role in groups.ROLES]
OWNERS = ["nobody", "left", *GROUPS]  # in no group; an account that was closed; in one group
MEMBERS = frozenset(GROUPS)
RESPOND, SIGN, ADMIN = frozenset({"Responder", "Admin"}), frozenset({"Checklist signer", "Admin"}), frozenset({"Admin"})
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Allowed:
    """The owners whose token of that scope is let through, and whether a report token is."""

    read: frozenset[str] = MEMBERS
    write: frozenset[str] = MEMBERS
    report: bool = False


REPORTING = Allowed(read=NOBODY, write=ADMIN, report=True)
TABLE = {
    ("get", "/api/v1/alerts/"): Allowed(),
    ("get", "/api/v1/alerts/{alert_id}/"): Allowed(),
    ("post", "/api/v1/alerts/{alert_id}/acknowledge/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/alerts/{alert_id}/hand_over/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/alerts/{alert_id}/responders/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/alerts/{alert_id}/responders/stop/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/alerts/{alert_id}/resolve/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/alerts/{alert_id}/disposition/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/silences/"): Allowed(),
    ("get", "/api/v1/silences/{silence_id}/"): Allowed(),
    ("post", "/api/v1/silences/"): Allowed(NOBODY, RESPOND),
    ("delete", "/api/v1/silences/{silence_id}/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/incidents/"): Allowed(),
    ("get", "/api/v1/incidents/{incident_id}/"): Allowed(),
    ("post", "/api/v1/incidents/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/incidents/{incident_id}/timeline/"): Allowed(),
    ("post", "/api/v1/incidents/{incident_id}/notes/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/incidents/{incident_id}/updates/"): Allowed(),
    ("post", "/api/v1/incidents/{incident_id}/updates/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/incidents/{incident_id}/actions/"): Allowed(),
    ("post", "/api/v1/incidents/{incident_id}/actions/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/actions/{action_id}/done/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/actions/{action_id}/reopen/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/actions/{action_id}/drop/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/actions/{action_id}/checklist/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/incidents/{incident_id}/hand_over/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/severity/"): Allowed(NOBODY, RESPOND),
    ("post", "/api/v1/incidents/{incident_id}/status/"): Allowed(NOBODY, RESPOND),
    # After the line before, which resolves it; nothing changes a closed one.
    ("post", "/api/v1/incidents/{incident_id}/close/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/gates/{slug}/"): Allowed(),
    ("post", "/api/v1/gates/{slug}/freeze/"): Allowed(NOBODY, RESPOND),
    # After the line before, which froze it.
    ("post", "/api/v1/gates/{slug}/unfreeze/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/gates/{slug}/history/"): Allowed(),
    ("get", "/api/v1/probes/"): Allowed(),
    ("get", "/api/v1/probes/{slug}/runs/"): Allowed(),
    ("get", "/api/v1/probes/{slug}/runs/{run_id}/"): Allowed(),
    ("get", "/api/v1/probes/{slug}/runs/{run_id}/samples/"): Allowed(),
    ("get", "/api/v1/probes/{slug}/runs/{run_id}/report.md"): Allowed(),
    ("post", "/api/v1/probes/{slug}/runs/"): Allowed(NOBODY, RESPOND),
    ("get", "/api/v1/rules/"): Allowed(),
    ("get", "/api/v1/routes/"): Allowed(),
    ("get", "/api/v1/issues/"): Allowed(),
    ("get", "/api/v1/status/"): Allowed(),
    ("get", "/api/v1/environments/"): Allowed(),
    ("get", "/api/v1/checklists/"): Allowed(),
    ("get", "/api/v1/scorecard/"): Allowed(),
    ("get", "/api/v1/checklists/{run_id}/"): Allowed(),
    ("post", "/api/v1/checklists/{run_id}/items/{item_id}/sign/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/items/{item_id}/take_back/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/items/{item_id}/waive/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/items/{item_id}/not_applicable/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/acts/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/"): Allowed(NOBODY, SIGN),
    ("get", "/api/v1/checklists/schedules/"): Allowed(),
    ("post", "/api/v1/checklists/schedules/"): Allowed(NOBODY, SIGN),
    ("get", "/api/v1/checklists/schedules/{schedule_id}/"): Allowed(),
    ("patch", "/api/v1/checklists/schedules/{schedule_id}/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/schedules/{schedule_id}/pause/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/schedules/{schedule_id}/resume/"): Allowed(NOBODY, SIGN),
    ("delete", "/api/v1/checklists/schedules/{schedule_id}/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/plan/"): Allowed(NOBODY, SIGN),
    ("post", "/api/v1/checklists/{run_id}/items/{item_id}/plan/"): Allowed(NOBODY, SIGN),
    # After the lines before: a closed run takes no act.
    ("post", "/api/v1/checklists/{run_id}/close/"): Allowed(NOBODY, SIGN),
    ("get", "/api/v1/config-reports/manifest/"): REPORTING,
    ("post", "/api/v1/config-reports/"): REPORTING,
}


RUNBOOK = "# Mailer\n\n## Checklist\n\n- [ ] Warm it up\n"
BODIES: dict[str, dict[str, Any]] = {
    "/incidents/": {"title": "Orders fail"},
    "/notes/": {"text": "We look at it."},
    "/updates/": {"text": "The cause is known."},
    "/actions/": {"text": "Alarm on it"},
    "/drop/": {"why": "not needed"},
    "/checklist/": {"checklist": "mailer-checklist", "section": "checklist"},
    "/severity/": {"severity": 3, "why": "fewer people"},
    "/status/": {"status": "resolved"},
    "/close/": {"why": "nothing to learn"},
}
"""By the end of the path, what a POST about incidents says."""


def test_every_operation_is_in_the_table() -> None:
    document: dict[str, Any] = api.get_openapi_schema()
    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == set(TABLE)


@pytest.fixture
def place() -> Deployment:
    """demo/prod with a checklist whose item is signed."""
    found = deployment()
    run = builders.run(found.environment)
    builders.act(run, builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN"))
    builders.item(run, "ANNOUNCED")
    return found


def planned(place: Deployment) -> RunSchedule:
    """A schedule without a run."""
    values = {"unit": "year", "starts_on": date(2026, 4, 1), "expires_after": 400, "subject": "Audit {period}"}
    checklist = Run.objects.get().version.checklist
    return RunSchedule.objects.create(checklist=checklist, environment=place.environment, **values)


@pytest.fixture
def words(place: Deployment, notification_policies: None) -> dict[str, str]:
    """What the paths of the table name: an alert and an open item."""
    judge(make_scope(), "c", 0)
    consume(START)
    Owner.objects.get_or_create(name="sre-agent")
    read = read_text(RUNBOOK)
    load_runbook(read, RUNBOOK, place.app, "mailer")
    incident = make_incident()
    item = add_action(incident.pk, ActionDraft("Alarm on it"), START, by=None, actor="ada")
    return {
        "incident_id": str(incident.pk),
        "action_id": str(item.pk),
        "alert_id": str(Alert.objects.get().pk),
        "silence_id": str(make_silence(ends_at=clock.now() + timedelta(days=1)).pk),
        "run_id": str(Run.objects.get().pk),
        "schedule_id": str(planned(place).pk),
        "item_id": str(Item.objects.get(key="ANNOUNCED").pk),
        "slug": (target := stored_target()).slug,
        "probe_run": str(done(target, at=clock.now()).pk),
    }


def owner(kind: str) -> User:
    groups.load()
    user = User.objects.create_user(kind.replace(" ", "-").lower(), is_active=kind != "left")
    user.groups.set(Group.objects.filter(name="Admin" if kind == "left" else kind))
    return user


def client(by: User, scope: ApiToken.Scope) -> Client:
    return Client(headers={"Authorization": f"Bearer {tokens.create(by, 'bot', scope)[1]}"})


def report(state: str = "set") -> dict[str, Any]:
    return body(variable("MAIL_TOKEN", state), at=clock.now(), environment="demo/prod")


def of_checklists(path: str, words: dict[str, str]) -> dict[str, Any]:
    """What a POST about checklists says."""
    review = {"review_by": (clock.now() + timedelta(days=9)).date()}
    bodies: dict[str, dict[str, Any]] = {
        "/take_back/": {},
        "/waive/": {"note": "later", **review},
        "/not_applicable/": {"note": "not here"},
        "/plan/": {"owner": "sre-agent"},
        "/pause/": {},
        "/resume/": {},
        "/schedules/": {
            "checklist": "setup",
            "environment": "demo/prod",
            "unit": "week",
            "starts_on": "2026-04-20",
            "expires_after": 30,
        },
        "/acts/": {"acts": [{"item": int(words["item_id"]), "act": "waive", "note": "later", **review}]},
    }
    start = {"checklist": "setup", "environment": "demo/prod", "subject": "v12"}
    return next((body for end, body in bodies.items() if path.endswith(end)), start)


def call(by: Client, method: str, path: str, words: dict[str, str]) -> int:
    address = path.format(**words | ({"run_id": words["probe_run"]} if "/probes/" in path else {}))
    if path.endswith(("/hand_over/", "/responders/", "/stop/")):
        address += "?to=sre-agent"
    if path == "/api/v1/config-reports/":
        return int(post(by, report()).status_code)
    if (method, path) == ("post", "/api/v1/silences/"):
        wanted = {"matchers": {"rule": ["X"]}, "reason": "deploy", "ends_at": clock.now() + timedelta(hours=1)}
        return int(by.post(address, wanted, content_type="application/json").status_code)
    if method == "patch":
        return int(by.patch(address, {"at": "10:30"}, content_type="application/json").status_code)
    if method == "delete":
        return int(by.delete(address).status_code)
    if path.endswith("/disposition/"):
        # The alert was resolved by the line before; taking back what there is not changes nothing.
        return int(by.post(address, {"disposition": ""}, content_type="application/json").status_code)
    if method == "post" and "/checklists/" in path and not path.endswith(("/sign/", "/close/")):
        return int(by.post(address, of_checklists(path, words), content_type="application/json").status_code)
    if "/gates/" in path and method == "post":
        return int(by.post(address, {"reason": "deploy"}, content_type="application/json").status_code)
    end = next((end for end in BODIES if path.endswith(end)), None)
    if method == "post" and end and "/incidents/" in path:
        return int(by.post(address, BODIES[end], content_type="application/json").status_code)
    query = {"environment": "demo/prod"} if "manifest" in path else {}
    return int(by.get(address, query).status_code if method == "get" else by.post(address).status_code)


@pytest.mark.parametrize("kind", OWNERS)
@pytest.mark.parametrize("scope", list(ApiToken.Scope))
def test_a_token_may_what_its_scope_and_its_owner_may(kind: str, scope: ApiToken.Scope, words: dict[str, str]) -> None:
    sender = client(owner(kind), scope)
    refusal = 401 if kind == "left" else 403
    wrong = []
    for (method, path), allowed in TABLE.items():
        status = call(sender, method, path, words)
        through = kind in (allowed.read if scope == ApiToken.Scope.READ else allowed.write)
        # Whoever is let through may meet a conflict: resolving comes after acknowledging.
        if status != refusal if not through else status not in {200, 201, 202}:
            wrong.append(f"{method} {path}: {status}")
    assert not wrong


def test_a_report_token_reports_and_does_nothing_else(place: Deployment, words: dict[str, str]) -> None:
    agent = Client(headers={"Authorization": f"Bearer {report_tokens.create(place, None, clock.now())[1]}"})
    for (method, path), allowed in TABLE.items():
        assert call(agent, method, path, words) in ({200, 202} if allowed.report else {403}), path


def test_a_stranger_cannot_disarm_a_rule_by_a_report(place: Deployment) -> None:
    """A report that a signed variable is unset would take the ground from every rule that waits for it."""
    answer = post(client(owner("nobody"), ApiToken.Scope.WRITE), report("unset"))
    assert (answer.status_code, "in no group" in answer.json()["detail"]) == (403, True)
    viewer = post(client(owner("Viewer"), ApiToken.Scope.WRITE), report("unset"))
    assert (viewer.status_code, "may not report" in viewer.json()["detail"]) == (403, True)
    assert not ConfigReport.objects.exists()
    assert not Finding.objects.exists()
    (state,) = prerequisites(place.environment, ["var:MAIL_TOKEN"], clock.now())
    assert (state.holds, state.contradicted) == (True, False)
    # The same report by somebody who may does contradict the signature.
    assert post(client(owner("Admin"), ApiToken.Scope.WRITE), report("unset")).status_code == 202
    (state,) = prerequisites(place.environment, ["var:MAIL_TOKEN"], clock.now())
    assert (state.holds, state.contradicted) == (False, True)


def test_a_token_loses_at_once_what_its_owner_loses(words: dict[str, str]) -> None:
    person = owner("Admin")
    sender = client(person, ApiToken.Scope.WRITE)
    alert = f"/api/v1/alerts/{words['alert_id']}/"
    assert sender.get(alert).status_code == 200
    person.groups.set(Group.objects.filter(name="Viewer"))
    assert sender.get(alert).status_code == 200
    assert sender.post(f"{alert}acknowledge/").status_code == 403
    assert post(sender, report()).status_code == 403
    person.groups.clear()
    assert sender.get(alert).status_code == 403
    person.groups.set(Group.objects.filter(name="Responder"))
    assert sender.post(f"{alert}acknowledge/").status_code == 200


def test_a_report_token_is_of_its_deployment(place: Deployment) -> None:
    other = deployment("staging")
    agent = Client(headers={"Authorization": f"Bearer {report_tokens.create(other, None, clock.now())[1]}"})
    assert post(agent, report("unset")).status_code == 403
    assert not ConfigReport.objects.exists()
    old = body(at=clock.now() - timedelta(minutes=1))
    assert post(agent, old).status_code == 202
    assert ConfigReport.objects.get().deployment == other
