"""Pages of environments: what they show, who may what, a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Run
from bootstrap.config_health.models import ReportToken
from bootstrap.config_health.reports import tokens
from bootstrap.systems.models import ConfigVar, Deployment, Flag
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import deployment, report, variable
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
PAGE, MATRIX = "/environments/demo/prod/", "/environments/matrix/"


@pytest.fixture
def place() -> Deployment:
    """SECRET_KEY, which an item is about, was set yesterday and is gone today."""
    found = deployment()
    builders.item(builders.run(found.environment), "SECRET_KEY", variable="SECRET_KEY")
    ConfigVar.objects.update(required_when="Always")
    report(found, variable("SECRET_KEY"), at=clock.now() - timedelta(days=1))
    report(found, variable("SECRET_KEY", "unset"), at=clock.now() - timedelta(minutes=5), release="v13")
    return found


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_environment_tells_what_is_wrong_and_what_to_do(place: Deployment) -> None:
    page = text(client_of("ada"), PAGE)
    for shown in (
        "demo-api-prod",
        "Unset; always required (warning instead of critical: its item",
        "Warning",
        "v13",
        "set → unset",
        "#item-SECRET_KEY",
    ):
        assert shown in page
    assert "Make a token" not in page
    assert f'href="{PAGE}"' in text(client_of("bob"), "/environments/")


def test_an_environment_without_reports_says_what_to_do(place: Deployment) -> None:
    deployment("staging")
    page = text(client_of("ada"), "/environments/demo/staging/")
    assert "Never reported" in page
    assert "No agent has reported its configuration yet." in page
    assert "never values" in page
    assert "bin/opsconsole-agent --url http" in page
    assert "0 3 * * *" in page
    assert "Make a token</button>" not in page
    assert "Make a token</button>" in text(client_of("bob", "add_reporttoken"), "/environments/demo/staging/")


def test_whoever_may_add_rows_is_led_to_the_forms(place: Deployment) -> None:
    plain = text(client_of("ada"), "/environments/")
    assert "/add/" not in plain
    full = text(client_of("bob", "add_system", "add_environment", "add_app", "add_deployment"), "/environments/")
    for name in ("system", "app", "environment", "deployment"):
        assert f"/admin/bootstrap/{name}/add/" in full
    assert f"/admin/bootstrap/deployment/add/?environment={place.environment_id}" in text(
        client_of("eve", "add_deployment"), PAGE
    )


def test_without_any_environment_the_first_steps_are_told() -> None:
    page = text(client_of("ada", "add_system"), "/environments/")
    assert "No environments yet" in page
    assert "/admin/bootstrap/system/add/" in page


def test_a_stale_report_is_told(place: Deployment) -> None:
    staging = deployment("staging")
    report(staging, at=clock.now() - timedelta(days=2))
    assert "Stale report" in text(client_of("ada"), "/environments/demo/staging/")


def test_a_token_is_shown_once(place: Deployment) -> None:
    answer = client_of("ada", "add_reporttoken").post(f"{PAGE}demo-api/token/")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    token = ReportToken.objects.get()
    shown = answer.context["text"]
    assert tokens.verify(shown, clock.now()) == token
    assert str(token.created_by) == "ada"
    assert "bin/opsconsole-agent --url http" in answer.context["command"]
    assert shown not in text(client_of("bob", "add_reporttoken"), PAGE)


def test_who_may_not_make_tokens(place: Deployment) -> None:
    assert client_of("ada").post(f"{PAGE}demo-api/token/").status_code == 403
    assert client_of("eve", "add_reporttoken").get(f"{PAGE}demo-api/token/").status_code == 405
    assert not ReportToken.objects.exists()


@pytest.mark.parametrize("address", [PAGE, MATRIX, f"{PAGE}demo-api/drift/"])
def test_pages_are_for_people_who_are_logged_in(place: Deployment, address: str) -> None:
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("address", ["/environments/demo/moon/", "/environments/demo/prod/moon/drift/"])
def test_what_is_not_there(place: Deployment, address: str) -> None:
    assert client_of("ada").get(address).status_code == 404


@pytest.mark.slow
def test_drift_by_page(place: Deployment) -> None:
    for day in range(60):
        state = "set" if day % 2 else "empty"
        report(place, variable("SECRET_KEY", state), at=clock.now() - timedelta(seconds=200 - day))
    client = client_of("ada")
    assert text(client, f"{PAGE}demo-api/drift/").count("<tr>") == 51
    following = client.get(f"{PAGE}demo-api/drift/").context["page"].next
    assert text(client, f"{PAGE}demo-api/drift/{following}").count("<tr>") == 12


def test_the_matrix_marks_each_variable_in_each_environment(place: Deployment) -> None:
    deployment("staging")
    ConfigVar.objects.create(app=place.app, name="OTHER<b>")
    client = client_of("ada")
    page = text(client, MATRIX)
    assert "<th scope=row>SECRET_KEY<span>demo-api</span><td class=w>missing<td class=q>not reported" in page
    assert "<th scope=row>OTHER&lt;b&gt;<span>" in page
    assert "no fresh report" in page
    only = text(client, f"{MATRIX}?show=problems&system=demo&app=demo-api")
    assert "SECRET_KEY" in only
    assert "OTHER" not in only
    assert "No variables" in text(client, f"{MATRIX}?system=nope")


def test_flags_are_rows_of_the_matrix(place: Deployment) -> None:
    flag = Flag.objects.create(system=place.app.system, name="FLAG_DEMO")
    ConfigVar.objects.create(app=place.app, name="FLAG_BOTH")
    Flag.objects.create(system=place.app.system, name="FLAG_BOTH")
    report(place, variable("SECRET_KEY"), variable(flag.name, format_ok=True, accepted_index=0), at=clock.now())
    page = text(client_of("ada"), MATRIX)
    assert "<th scope=row>FLAG_DEMO<span>demo-api</span><td class=k>set" in page
    assert page.count("FLAG_BOTH<span>") == 1
    assert "FLAG_DEMO" not in text(client_of("bob"), f"{MATRIX}?show=problems")


def test_queries_do_not_grow(place: Deployment) -> None:
    client = client_of("ada")

    def counted(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    before = counted(PAGE), counted(MATRIX)
    for number in range(10):
        name = f"V_{number}"
        ConfigVar.objects.create(app=place.app, name=name, required_when="Always")
        other = deployment("prod" if number % 2 else f"env-{number}", app=f"app-{number}")
        ConfigVar.objects.create(app=other.app, name=name, required_when="Always")
        report(other, variable(name, "unset"), at=clock.now() - timedelta(minutes=5))
        tokens.create(other, None, clock.now())
    report(place, *(variable(f"V_{number}", "unset") for number in range(10)), at=clock.now())
    assert (counted(PAGE), counted(MATRIX)) == before == (16, 13)


def test_a_flag_under_another_name_is_one_row_that_tells_whether_it_is_set(place: Deployment) -> None:
    builders.item(Run.objects.get(), "FLAG_DEMO", flag="FLAG_DEMO")
    Flag.objects.update(aliases=["demo_flag"])
    variables = (variable("SECRET_KEY"), variable("FLAG_DEMO", "unset"))
    report(place, *variables, variable("demo_flag", accepted_index=5), at=clock.now())
    page = text(client_of("ada"), MATRIX)
    assert "FLAG_DEMO<span>demo-api</span><td class=k>set" in page
    assert "demo_flag" not in page
