"""The list of incidents: filters, search, order and queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from bootstrap.systems.models import Environment, System
from detections.alerts.models import Alert
from detections.incidents.models import BugClass, ContributingFactor, Incident
from detections.incidents.pages.queries import matching
from detections.incidents.record.change_status import change_status
from detections.incidents.record.links import LinkDraft, add_link
from opsconsole.accounts.models import User
from opsconsole.accounts.owners import of_person
from tests.detections.incidents.factories import START, make_alert, make_incident, make_levels
from tests.detections.incidents.pages.conftest import NOW

LIST = "/incidents/"


def names(client: Client, query: str = "") -> list[str]:
    return [row.title for row, _ in client.get(f"{LIST}{query}").context["rows"]]


@pytest.fixture
def three(ada: User) -> list[Incident]:
    """One of each kind: of an alert, of a system's environment and overdue, resolved."""
    make_levels()
    alert = make_alert()
    system = System.objects.create(slug="raptor", name="Raptor")
    staging = Environment.objects.create(system=system, slug="staging", name="Staging")
    place = alert.project_environment_id
    first = make_incident("Orders fail", 3, START, alerts=[alert.pk], places=[place], commander=of_person(ada))
    second = make_incident("Mails late", 1, START - timedelta(days=9), environments=[staging.pk])
    change_status(second.pk, "resolved", START - timedelta(days=8), by=ada)
    third = make_incident("Boot fails", 4, START - timedelta(days=1), summary="The secret was missing")
    change_status(third.pk, "resolved", START, by=ada)
    third.refresh_from_db()
    third.bug_class = BugClass.objects.create(name="Import at boot")
    third.save()
    third.factors.add(ContributingFactor.objects.create(name="Never provisioned"))
    add_link(third.pk, LinkDraft("variable", "VAULT_KEY"), NOW, by=ada)
    return [first, second, third]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Orders fail", "Boot fails", "Mails late"]),
        ("?sort=severity", ["Mails late", "Orders fail", "Boot fails"]),
        ("?status=open", ["Orders fail"]),
        ("?status=overdue", ["Mails late"]),
        ("?severity=4", ["Boot fails"]),
        ("?project=raptor", ["Orders fail"]),
        ("?environment=prod", ["Orders fail"]),
        ("?environment=staging", ["Mails late"]),
        ("?commander=ada", ["Orders fail"]),
        ("?bug_class=Import at boot", ["Boot fails"]),
        ("?q=secret", ["Boot fails"]),
        ("?q=vault", ["Boot fails"]),
        ("?q=provisioned", ["Boot fails"]),
        ("?q=at boot", ["Boot fails"]),
        ("?q=DET-BETA", ["Orders fail"]),
        ("?q=/api/", ["Orders fail"]),
        ("?q=nothing like it", []),
        ("?policy=unknown", []),
    ],
)
def test_filters(signed_in: Client, three: list[Incident], query: str, expected: list[str]) -> None:
    assert names(signed_in, query) == expected


def test_its_number_finds_an_incident(signed_in: Client, three: list[Incident]) -> None:
    assert names(signed_in, f"?q={three[1].name.lower()}") == ["Mails late"]
    assert "Orders fail" in names(signed_in, f"?q={three[0].pk}")


def test_the_number_of_queries_does_not_grow(
    signed_in: Client, three: list[Incident], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    signed_in.get(LIST)
    with django_assert_num_queries(14):
        signed_in.get(LIST)
    for at in range(20):
        make_incident(f"More {at}", 3, START, places=list(three[0].places.values_list("pk", flat=True)))
    with django_assert_num_queries(14):
        signed_in.get(LIST)


def test_a_record_without_a_date_stands_behind_all_that_have_one(signed_in: Client, three: list[Incident]) -> None:
    told = {"status": "closed", "closed_at": NOW, "resolved_at": START, "started_precision": "none", "import_key": "a"}
    undated = make_incident("Some time ago", now=NOW)
    Incident.objects.filter(pk=undated.pk).update(**told)
    Incident.objects.filter(pk=make_incident("Once", now=NOW).pk).update(
        **told | {"import_key": "b", "date_text": "in spring"}
    )
    assert names(signed_in, "?status=any") == ["Orders fail", "Boot fails", "Mails late", "Once", "Some time ago"]
    page = signed_in.get(f"{LIST}?status=any").content.decode()
    assert "in spring" in page
    assert "no date" in page
    assert 'aria-sort="descending"' in page
    first = signed_in.get(f"{LIST}?status=any&sort=-declared").context["rows"]
    assert [row.title for row, _ in first[:2]] == ["Some time ago", "Once"]


def test_the_usual_order_has_an_index(three: list[Incident]) -> None:
    chosen = dict.fromkeys(("severity", "project", "environment", "commander", "bug_class", "policy", "q"), "")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    rows = matching({**chosen, "status": "any"}, NOW).order_by("-dated", "-declared_at", "-pk")[:3]
    assert "incident_newest" in rows.explain()


def test_a_search_asks_nothing_once_for_each_incident(three: list[Incident]) -> None:
    chosen = dict.fromkeys(("severity", "project", "commander", "bug_class", "policy"), "")
    found = matching({**chosen, "status": "any", "environment": "prod", "q": "nothing like it"}, NOW)
    assert "EXISTS" not in str(found.query)


def test_an_empty_list_says_how_one_is_declared(signed_in: Client) -> None:
    page = signed_in.get(LIST).content.decode()
    assert "No incident is open" in page
    assert "/incidents/new/" in page


def context_of(client: Client, incident: Incident) -> Any:
    return client.get(f"/incidents/{incident.pk}/").context


def test_the_page_says_how_long_and_what_is_overdue(signed_in: Client, three: list[Incident]) -> None:
    incident = make_incident(started_at=START)
    assert context_of(signed_in, incident)["lasted"] == "30 min"
    assert context_of(signed_in, three[1])["postmortem_overdue"]
    assert context_of(signed_in, three[0])["related"].firing == 1


def test_an_alert_that_recovers_does_not_fire(signed_in: Client) -> None:
    alerts = [
        make_alert(),
        make_alert(status="recovering"),
        make_alert(status="recovering"),
        make_alert(resolved_at=START),
    ]
    incident = make_incident(severity=3, alerts=[alert.pk for alert in alerts])
    page = " ".join(signed_in.get(f"/incidents/{incident.pk}/").content.decode().split())
    assert all(words in page for words in ("1 fires", "2 recover", "4 alerts in it"))
    assert "none fires" not in page
    Alert.objects.exclude(status="recovering").update(status="resolved", dedup_key=None, resolved_at=START)
    page = " ".join(signed_in.get(f"/incidents/{incident.pk}/").content.decode().split())
    assert [words in page for words in ("fires", "2 recover", "none fires")] == [False, True, False]


def test_the_queries_of_the_page_do_not_grow_with_what_it_shows(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = make_incident(alerts=[make_alert().pk]), make_incident(alerts=[make_alert().pk for _ in range(30)])
    for at in range(10):
        add_link(large.pk, LinkDraft("url", f"https://example.org/{at}"), NOW, by=None, actor="ada")
    signed_in.get(f"/incidents/{small.pk}/")
    for incident in (small, large):
        with django_assert_num_queries(30):
            signed_in.get(f"/incidents/{incident.pk}/")


def test_a_finished_postmortem_is_not_overdue(signed_in: Client, three: list[Incident]) -> None:
    late = three[1]
    assert "overdue since" in signed_in.get(LIST).content.decode()
    assert context_of(signed_in, late)["postmortem_overdue"]
    for number, finished in ((1, True), (2, False), (3, True)):
        late.postmortem_versions.create(number=number, text="x", finished=finished, at=NOW, actor_name="ada")
        assert context_of(signed_in, late)["postmortem_overdue"] is not finished
        assert names(signed_in, "?status=overdue") == ([] if finished else ["Mails late"])
    assert "overdue since" not in signed_in.get(LIST).content.decode()
