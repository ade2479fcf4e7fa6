"""The admin of every bootstrap model: pages open, versions and sign-offs cannot be written, runs open and close."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bootstrap.checklists.models import Checklist, DailyHead, RestoreRecord, Run, RunPlan, RunSchedule
from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.config_health.models import ReportToken
from bootstrap.config_health.reports import tokens
from bootstrap.importer import jobs
from bootstrap.importer.models import RunbookDraft, RunbookEdit, WaitingPosture
from bootstrap.prerequisites import prerequisites
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Environment
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.config_health import reports

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OWN = [model for model in apps.get_app_config("bootstrap").get_models() if "event" not in model._meta.model_name]
REGISTERED = [model for model in OWN if admin.site.is_registered(model)]
IMMUTABLE = [
    "runbookversion",
    "checklistversion",
    "section",
    "item",
    "signoff",
    "evidencefile",
    "configreport",
    "variablestate",
    "variablechange",
    "finding",
]


@pytest.fixture
def client(shipped_runbooks: None) -> Client:
    run = Run.objects.filter(environment__slug="prod").get()
    for item in run.version.sections.get(slug="core").items.all():
        builders.act(run, item)
    builders.file(run, item)
    a_token_and_reports()
    RunSchedule.objects.create(
        checklist=run.version.checklist, environment=run.environment, starts_on=NOON.date(), expires_after=124
    )
    DailyHead.objects.create(day=NOON.date(), number=1, hash="ab" * 32, acts=1, at=NOON)
    RestoreRecord.objects.create(at=NOON, by_name="ada", backup_at=NOON, file="/backups/console.tar", sha256="cd" * 32)
    jobs.ask("# Setup checklist\n", "", "setup.md", builders.person(), NOON)
    version, app = RunbookVersion.objects.first(), App.objects.first()
    WaitingPosture.objects.create(version=version, app=app, environment="qa", date="2026-11-01", text="Later.", line=1)
    RunPlan.objects.create(run=run, item=item, due_on=NOON.date(), set_by_name="ada", set_at=NOON)
    RunbookEdit.objects.create(version=version, base=version, acts=[], reason="Two steps in one.")
    root = User.objects.create_superuser("root")
    RunbookDraft.objects.create(runbook=version.runbook, by=root, base=version, text="# Setup\n", changed_at=NOON)
    client = Client()
    client.force_login(root)
    return client


def a_token_and_reports() -> None:
    """Two of raptor/prod: SECRET_KEY was set and is unset."""
    place = find_deployment("raptor/prod", "raxx-api")
    tokens.create(place, None, NOON)
    for hour, state in enumerate(("set", "unset")):
        reports.report(place, reports.variable("SECRET_KEY", state), at=NOON - timedelta(days=3, hours=-hour))


def address(model: type[Model] | str, page: str, *args: object) -> str:
    name = model if isinstance(model, str) else model._meta.model_name
    return reverse(f"admin:bootstrap_{name}_{page}", args=args)


def test_every_model_is_there_itself_or_within_another() -> None:
    within = {inline.model for model in REGISTERED for inline in admin.site.get_model_admin(model).inlines}
    assert set(OWN) - set(REGISTERED) - within == set()


@pytest.mark.parametrize("model", REGISTERED)
def test_lists_and_pages_open_and_search_works(client: Client, model: type[Model]) -> None:
    assert client.get(address(model, "changelist"), {"q": "a"}).status_code == 200
    first = model._default_manager.first()
    assert first is not None
    assert client.get(address(model, "change", first.pk)).status_code == 200


@pytest.mark.parametrize("model", REGISTERED)
def test_lists_need_few_queries(client: Client, model: type[Model]) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get(address(model, "changelist"))
    assert len(queries) <= 20


@pytest.mark.parametrize("name", IMMUTABLE)
def test_what_is_fixed_can_be_neither_added_nor_changed_nor_deleted(client: Client, name: str) -> None:
    pk = apps.get_model("bootstrap", name)._default_manager.first().pk
    assert client.get(address(name, "add")).status_code == 403
    assert client.post(address(name, "change", pk), {"note": "x"}).status_code == 403
    assert client.post(address(name, "delete", pk), {"post": "yes"}).status_code == 403


def test_what_is_expected_of_a_variable_is_shown_and_edited(client: Client) -> None:
    variable = ConfigVar.objects.get(name="FLASK_ENV")
    url = address(ConfigVar, "change", variable.pk)
    page = client.get(url)
    assert "{&quot;*&quot;: &quot;production&quot;}" in page.content.decode()
    form = page.context["adminform"].form
    given = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in given.items() if value not in (None, False)}
    kept |= {name: ",".join(given[name] or ()) for name in ("accepted_values", "consumers")}

    def errors(text: str, **fields: object) -> str:
        answer = client.post(url, {**kept, "expected_values": text, **fields})
        return "" if answer.status_code == 302 else str(answer.context["adminform"].form.errors)

    assert "raptor has prod, staging; and * stands" in errors('{"pord": "production"}').lower()
    assert "no placeholder such as" in errors('{"prod": "&lt;value>"}')
    assert "has to be an object" in errors('["production"]')
    assert "valid JSON" in errors("production")
    assert "of a secret variable" in errors('{"prod": "production"}', secret="on")
    assert errors('{"prod": "production", "staging": ""}') == ""
    variable.refresh_from_db()
    assert variable.expected_values == {"prod": "production", "staging": ""}
    assert errors("") == ""
    variable.refresh_from_db()
    assert variable.expected_values == {}


def test_a_run_is_closed_by_an_action(client: Client) -> None:
    review = Checklist.objects.get(kind="review").versions.get()
    staging = Environment.objects.get(slug="staging")
    assert client.get(address(Run, "add")).status_code == 403, (
        "a form that knows the rules is on the list of checklists"
    )
    client.post("/checklists/start/", {"version": review.pk, "environment": staging.pk, "subject": "#2728"})
    run = Run.objects.get(version=review)
    assert (run.started_by.username, run.environment) == ("root", staging)
    act = {"action": "close", "_selected_action": [run.pk]}
    assert b"Close the selected runs?" in client.post(address(Run, "changelist"), act).content
    run.refresh_from_db()
    assert run.closed_at is None
    client.post(address(Run, "changelist"), {**act, "confirmed": "yes"})
    run.refresh_from_db()
    assert run.closed_at is not None


def test_closing_a_run_takes_away_what_it_proved(client: Client) -> None:
    prod = Environment.objects.get(slug="prod")
    assert prerequisites(prod, ["var:SECRET_KEY"], NOON)[0].holds
    run = Run.objects.get(environment=prod)
    client.post(address(Run, "changelist"), {"action": "close", "_selected_action": [run.pk], "confirmed": "yes"})
    assert not prerequisites(prod, ["var:SECRET_KEY"], NOON)[0].holds


def test_a_report_token_is_made_shown_once_and_revoked(client: Client) -> None:
    place = find_deployment("raptor/staging", "raxx-api")
    page = client.post(address(ReportToken, "add"), {"deployment": place.pk}, follow=True).content.decode()
    token = ReportToken.objects.get(deployment=place)
    assert str(token.created_by) == "root"
    text = page[page.index("shown this once: ") :].split(": ")[1].split("<")[0].strip()
    assert tokens.verify(text, NOON) == token
    assert text not in client.get(address(ReportToken, "changelist")).content.decode()
    act = {"action": "revoke", "_selected_action": [token.pk]}
    client.post(address(ReportToken, "changelist"), act)
    assert tokens.verify(text, NOON)
    client.post(address(ReportToken, "changelist"), {**act, "confirmed": "yes"})
    assert tokens.verify(text, NOON) is None
    assert client.post(address(ReportToken, "change", token.pk), {}).status_code == 403
