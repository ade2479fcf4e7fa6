"""The page of the scorecard, its CSV and its API: what they show, filter and refuse."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Checklist, Run, RunPlan, SignOff
from bootstrap.systems.models import Environment
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import client_of
from tests.bootstrap.scorecard.makers import item_of, run_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
URL = "/checklists/scorecard/"


@pytest.fixture
def run() -> Run:
    run = run_of(builders.environment(), "Basic", "Full")
    builders.act(run, item_of(run, "i1"))
    return run


def client(*permissions: str) -> Client:
    """Of a person who may see everything, with these permissions besides."""
    name = "-".join(("eve", *permissions))
    if (known := User.objects.filter(username=name).first()) is None:
        return client_of(name, *permissions)
    again = Client()
    again.force_login(known)
    return again


def page(query: str = "", *permissions: str) -> str:
    return folded(client(*permissions).get(f"{URL}{query}").content.decode())


def rows(query: str = "") -> list[dict[str, str]]:
    text = client().get(f"/checklists/scorecard.csv{query}").content.decode()
    return list(csv.DictReader(io.StringIO(text)))


def api(query: str = "") -> Any:
    owner = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root")
    _, secret = tokens.create(owner, "test", ApiToken.Scope.READ)
    return Client(headers={"Authorization": f"Bearer {secret}"}).get(f"/api/v1/scorecard/{query}")


def test_a_cell_tells_the_level_and_leads_to_the_first_open_item(run: Run) -> None:
    shown = page()
    assert f'href="/checklists/demo/prod/{run.pk}/#item-i2"' in shown
    for text in ("Basic", "1 of 2", "1 open for Full", "0 of 1 complete"):
        assert text in shown


def test_without_checklists_the_page_says_what_to_do() -> None:
    assert "Import a runbook with a checklist" in page()


def test_a_place_without_a_run_offers_to_start_one_to_whom_may(run: Run) -> None:
    place = builders.environment("staging")
    start = f'href="/checklists/?version={run.version_id}&amp;environment={place.pk}#start"'
    assert "no run" in page()
    assert start not in page()
    assert start in page("", "add_run")
    assert start not in page("?on=2026-01-01", "add_run")


def test_filters_leave_in_what_is_asked_for(run: Run) -> None:
    builders.environment("staging")
    other = run_of(builders.environment("prod", "other"), slug="plain")
    builders.act(other, builders.item(other, "x"), SignOff.Act.WAIVED, review_by=date(2999, 1, 1))
    assert {(row["system"], row["environment"]) for row in rows()} == {
        ("demo", "prod"),
        ("demo", "staging"),
        ("other", "prod"),
    }
    assert [row["environment"] for row in rows("?system=demo&environment=staging")] == ["staging"]
    assert [row["environment"] for row in rows("?below=Full")] == ["prod", "staging"]
    assert [row["environment"] for row in rows("?below=Basic")] == ["staging"]
    assert [row["environment"] for row in rows("?state=none")] == ["staging"]
    assert [row["standing"] for row in rows("?state=short")] == ["Basic", "no run"]
    assert [row["system"] for row in rows("?state=waived")] == ["other"]
    assert rows("?state=contradicted") == []
    assert rows("?state=overdue") == []
    assert rows("?kind=go_live") == []
    assert "No checklist matches" in page("?kind=go_live")


def test_an_environment_is_found_by_its_alias(run: Run) -> None:
    Environment.objects.update(aliases=["production"])
    assert [row["environment"] for row in rows("?environment=Production")] == ["prod"]
    assert "is not among those here" not in page("?environment=Production")
    assert "is not among those here" in page("?environment=prd")
    assert [each["environment"] for each in api("?environment=production").json()["items"]] == ["demo/prod"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("system=dmo", "system: No system dmo. Did you mean demo?"),
        ("environment=prd", "environment: No environment prd. Did you mean prod?"),
        ("system=demo&environment=x", "environment: No environment x. There are: prod"),
        ("below=ful", "below: No level ful. Did you mean Full?"),
    ],
)
def test_a_filter_of_the_api_that_names_nothing_is_told(run: Run, query: str, said: str) -> None:
    answer = api(f"?{query}")
    assert (answer.status_code, answer.json()["detail"]) == (422, said)


def test_reviews_are_shown_when_their_kind_is_chosen(run: Run) -> None:
    Checklist.objects.update(kind=Checklist.Kind.REVIEW)
    assert rows() == []
    assert [row["kind"] for row in rows("?kind=review")] == ["review"]


def test_sorts_put_the_least_complete_system_first(run: Run) -> None:
    done = run_of(builders.environment("prod", "a-first"), slug="plain")
    builders.act(done, builders.item(done, "x"))
    by_name, by_missing = page(), page("?sort=missing")
    assert by_name.index("system-a-first") < by_name.index("system-demo")
    assert by_missing.index("system-demo") < by_missing.index("system-a-first")


@pytest.mark.parametrize("sort", ["system", "missing", "quiet", "-quiet"])
def test_every_sort_pages_through_all_systems(sort: str) -> None:
    for number in range(12):
        run_of(builders.environment("prod", f"s{number:02}"), "Basic", slug=f"list-{number}")
    first = client().get(f"{URL}?sort={sort}").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client().get(f"{URL}{html.unescape(following[1])}").content.decode()
    systems = [re.findall(r'<h2 id="system-([^"]+)"', page) for page in (first, second)]
    assert [len(each) for each in systems] == [10, 2]
    assert len({*systems[0], *systems[1]}) == 12


def test_a_past_day_is_named_and_a_wrong_one_explained(run: Run) -> None:
    assert "As it was at the end of 2026-06-11 UTC" in page("?on=2026-06-11")
    assert [row["settled"] for row in rows("?on=2026-06-11")] == ["0"]
    assert [row["contradicted"] for row in rows("?on=2026-06-11")] == [""]
    assert "“yesterday” was not understood and left out; a day is written 2026-09-01" in page("?on=yesterday")
    assert "2999-01-01 is not over yet" in page("?on=2999-01-01")


def test_the_csv_holds_the_figures_and_no_formula(run: Run) -> None:
    Checklist.objects.update(title="=SUM(A1)")
    (row,) = rows()
    assert row["checklist"] == "'=SUM(A1)"
    assert (row["standing"], row["level"], row["levels"], row["next_level"]) == (
        "Basic",
        "Basic",
        "Basic < Full",
        "Full",
    )
    assert (row["settled"], row["applicable"], row["missing_for_next"]) == ("1", "2", "1")
    assert row["url"].endswith(f"/checklists/demo/prod/{run.pk}/#item-i2")


def test_the_api_tells_the_same(run: Run) -> None:
    builders.environment("staging")
    items = api().json()["items"]
    assert [item["environment"] for item in items] == ["demo/prod", "demo/staging"]
    (standing,) = items[0]["checklists"]
    assert (standing["level"], standing["next_level"], standing["missing_for_next"]) == ("Basic", "Full", 1)
    assert (standing["run"], standing["ready"], standing["contradicted"]) == (run.pk, False, [])
    assert items[1]["checklists"][0]["run"] is None
    assert api("?below=Basic").json()["items"][0]["checklists"] == []
    assert api("?on=2026-01-01").json()["items"][0]["checklists"][0]["standing"] == "no run"
    answer = api("?on=1.9.2026")
    assert (answer.status_code, answer.json()["detail"]) == (422, "on: a day is written 2026-09-01")
    assert api("?kind=other").status_code == 422


def test_what_is_overdue_is_on_the_page_in_the_csv_and_in_the_api(run: Run) -> None:
    RunPlan.objects.create(run=run, due_on=date(2026, 1, 1), set_by_name="ada", set_at=NOON)
    assert "1 overdue" in page()
    assert [row["overdue"] for row in rows("?state=overdue")] == ["1"]
    assert api().json()["items"][0]["checklists"][0]["overdue"] == 1


def test_the_number_of_statements_does_not_depend_on_the_rows(run: Run) -> None:
    eve = client()
    eve.get(URL)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            eve.get(URL)
        return len(captured)

    few = statements()
    for number in range(4):
        more = run_of(builders.environment(f"env-{number}", f"system-{number}"), "Basic", slug=f"list-{number}")
        builders.act(more, item_of(more, "i1"), at=datetime(2026, 6, 1, tzinfo=UTC))
    assert statements() == few == 12
