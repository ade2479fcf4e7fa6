"""The incidents of runbooks become closed records; a new version updates them, and a person's edit stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import ConfigVar
from detections.incidents.models import BugClass, Incident, IncidentLink
from detections.incidents.similar.from_runbooks import record_runbooks
from tests.bootstrap import builders
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEXT = """# Demo

## State — the policy

See https://git.example.org/demo/pull/12 for the fix.

### Incidents

| Incident | Date | PR | Bug class |
|---|---|---|---|
| Signups fail on prod (SEV-2) | 2026-05-25 | PR #12, PR #13 | Module-level dict, two workers |
| Mode forgotten | (see PR #30) | PR #30 | Module-level dict keyed by user |
| Cache storm | 2026-04-xx | | Stampede |

## Setup

`ORIGIN_URL` was never provisioned (see `docs/incidents/2026-05-20-boot-fail.md`); OTHER_NAME is no variable.
"""


def load(text: str = TEXT, slug: str = "demo") -> RunbookVersion:
    system = builders.environment().system
    ConfigVar.objects.get_or_create(app=system.apps.get(), name="ORIGIN_URL")
    return load_runbook(read_runbook(text), text, system.apps.get(), slug).version


def records() -> dict[str, Incident]:
    return {incident.title: incident for incident in Incident.objects.all()}


def test_each_becomes_a_closed_record_with_what_its_text_says() -> None:
    version = load()
    made = record_runbooks(NOW)
    assert len(made) == Incident.objects.count() == 4
    found = records()
    signups, mode, storm, boot = (
        found[title] for title in ("Signups fail on prod (SEV-2)", "Mode forgotten", "Cache storm", "Boot fail")
    )
    assert {each.status for each in found.values()} == {"closed"}
    assert (signups.started_at, signups.started_precision) == (datetime(2026, 5, 25, tzinfo=UTC), "day")
    assert (signups.severity, mode.severity) == (2, None)
    assert (mode.started_at, mode.started_precision, mode.date_text) == (None, "none", "(see PR #30)")
    assert mode.declared_at == mode.closed_at == version.created_at
    assert (storm.started_at, storm.started_precision) == (datetime(2026, 4, 1, tzinfo=UTC), "month")
    assert storm.date_text == "2026-04-xx"
    assert signups.bug_class == mode.bug_class == BugClass.objects.get(name="Module-level dict")
    assert signups.summary == "Module-level dict, two workers"
    assert [str(each) for each in signups.environments.all()] == ["demo/prod"]
    assert [factor.name for factor in boot.factors.all()] == ["Variable never provisioned"]
    line = signups.timeline.get()
    assert (line.text, line.url, line.actor_name) == ("Recorded from Demo v1", "/runbooks/demo/", "runbook demo")


def test_references_are_links_with_an_address_where_the_text_has_one() -> None:
    load()
    record_runbooks(NOW)
    links = IncidentLink.objects.filter(incident=records()["Signups fail on prod (SEV-2)"])
    assert list(links.values_list("text", "url")) == [
        ("PR #12", "https://git.example.org/demo/pull/12"),
        ("PR #13", ""),
        ("State — the policy", ""),
    ]
    assert links.get(policy__isnull=False).policy.slug == "state"
    boot = records()["Boot fail"].links
    assert list(boot.values_list("text", "variable")) == [
        ("docs/incidents/2026-05-20-boot-fail.md", ""),
        ("ORIGIN_URL", "ORIGIN_URL"),
    ]


def test_again_does_nothing_in_one_query(django_assert_num_queries) -> None:
    load()
    record_runbooks(NOW)
    before = list(Incident.objects.order_by("pk").values())
    with django_assert_num_queries(1):  # runbooks with a text that has no record
        assert record_runbooks(NOW) == []
    assert list(Incident.objects.order_by("pk").values()) == before


def test_a_new_version_updates_and_makes_no_second() -> None:
    load()
    record_runbooks(NOW)
    before = {incident.pk for incident in Incident.objects.all()}
    second = load(TEXT.replace("two workers", "three workers").replace("Mode forgotten", "The mode is lost"))
    assert record_runbooks(NOW) == []
    assert {incident.pk for incident in Incident.objects.all()} == before
    found = records()
    assert found["Signups fail on prod (SEV-2)"].summary == "Module-level dict, three workers"
    assert "The mode is lost" in found, "another title, the same reference"
    assert set(Incident.objects.values_list("source__version", flat=True)) == {second.pk}
    policies = IncidentLink.objects.filter(policy__isnull=False)
    assert {link.policy.version for link in policies} == {second}
    assert policies.count() == 3
    lines = found["The mode is lost"].timeline.values_list("text", flat=True)
    assert list(lines) == ["Recorded from Demo v1", "Follows Demo v2: title"]
    assert found["Cache storm"].timeline.count() == 1, "nothing of it changed"


def table(*rows: str) -> str:
    return "# Demo\n\n| Incident | Date | PR |\n|---|---|---|\n" + "".join(f"| {row} |\n" for row in rows)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["Down | 2026-06 | "], ["Down | 2026-06-12 | "]),
        (["Down | 2026-06-12 | "], ["Down | 2026-06 | "]),
        (["Down | 2026-06-12 | "], ["Down | 2026-05-12 | "]),
        (["Down | 2026-06-12 | PR #1"], ["Down | 2025-05-12 | PR #1, PR #2"]),
        (["Down | 2026-06 | PR #1"], ["Store down | 2026-06-12 | PR #1"]),
        (["Down | 2026-06 | ", "Down | 2026-07 | "], ["Down | 2026-07-01 | ", "Down | 2026-06-12 | "]),
        (["Down | 2026-06-01 | ", "Down | 2026-07 | "], ["Down | 2026-06-01 | ", "Down | 2026-07-03 | "]),
        (
            ["Down | 2026-06-01 | PR #1", "Slow | 2026-06-01 | PR #1"],
            ["Downs | 2026-06-01 | PR #1", "Slow | 2026-06 | "],
        ),
    ],
)
def test_a_date_made_more_exact_or_corrected_is_of_the_same_incident(before: list[str], after: list[str]) -> None:
    load(table(*before))
    pks = {record.pk for record in record_runbooks(NOW)}
    second = load(table(*after))
    assert record_runbooks(NOW) == []
    assert pks == {record.pk for record in Incident.objects.all()}
    for record in Incident.objects.select_related("source"):
        assert record.source.version == second
        assert (record.title, record.date_text) == (record.source.title, record.source.date_text)
        started = record.source.date
        assert record.started_at == record.declared_at == datetime(started.year, started.month, started.day, tzinfo=UTC)


@pytest.mark.parametrize("edited", [False, True])
def test_a_date_that_comes_in_a_later_version_moves_the_times_that_nobody_set(edited: bool) -> None:
    load(table("Down | | PR #1"))
    (record,) = record_runbooks(NOW)
    load(table("Down | | PR #1, PR #2"))
    record_runbooks(NOW)
    if edited:
        Incident.objects.filter(pk=record.pk).update(closed_at=NOW)
    load(table("Down | 2026-06-12 | PR #1, PR #2"))
    assert record_runbooks(NOW) == []
    record.refresh_from_db()
    day = datetime(2026, 6, 12, tzinfo=UTC)
    assert (record.started_at, record.declared_at, record.closed_at) == (day, day, NOW if edited else day)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["Down | 2026-06-12 | PR #1"], ["Down | 2026-07-12 | PR #2"]),  # it came again, and the old row is gone
        (["Down | 2026-06-12 | PR #1"], ["Slow | 2026-07-12 | PR #1"]),
        (["Down | 2026-06-12 | "], ["Slow | 2026-06-12 | "]),
        (["Down | 2026-06 | PR #1"], ["Slow | 2026-07-12 | PR #1"]),
        (["Down | 2026-06-12 | "], ["Down | 2026-06-12 | ", "Down | 2026-06-13 | "]),
        (["Down | 2026-06-12 | "], ["Down | 2026-03-01 | ", "Down | 2026-04-01 | "]),  # nobody knows which
    ],
)
def test_another_incident_is_another_record(before: list[str], after: list[str]) -> None:
    load(table(*before))
    pks = {record.pk for record in record_runbooks(NOW)}
    load(table(*after))
    assert record_runbooks(NOW)
    assert Incident.objects.filter(pk__in=pks, title="Down", date_text=before[0].split(" | ")[1]).exists()


def test_what_a_person_edited_stays() -> None:
    load()
    record_runbooks(NOW)
    title = "Signups fail on prod (SEV-2)"
    record = records()[title]
    Incident.objects.filter(pk=record.pk).update(summary="As ada saw it.", bug_class=None, severity=1)
    record.links.filter(policy__isnull=False).delete()
    record.links.get(text="PR #13").delete()
    record.links.create(text="mine", added_at=NOW, added_by="ada")
    load(TEXT.replace("two workers", "three").replace("| PR #12, PR #13 |", "| PR #12, PR #13, PR #14 |"))
    record_runbooks(NOW)
    record = records()[title]
    assert (record.summary, record.bug_class, record.severity) == ("As ada saw it.", None, 1)
    assert set(record.links.values_list("text", flat=True)) == {"PR #12", "PR #14", "mine"}


def test_what_the_new_text_does_not_name_any_more_keeps_its_record() -> None:
    load()
    record_runbooks(NOW)
    load(TEXT.replace("| Cache storm | 2026-04-xx | | Stampede |\n", ""))
    record_runbooks(NOW)
    assert Incident.objects.count() == 4


def test_two_incidents_of_one_name_and_date_are_two() -> None:
    load("# Demo\n\n| Incident | Date |\n|---|---|\n| Down | 2026-01-01 |\n| Down | 2026-01-01 |\n")
    assert len(record_runbooks(NOW)) == 2
    assert record_runbooks(NOW) == []


def test_another_team_s_runbook_with_the_same_words_has_its_own() -> None:
    load()
    load(TEXT + "\nMore.\n", slug="other")
    assert len(record_runbooks(NOW)) == 8


def test_a_kind_of_incidents_has_no_record_and_no_link_to_one(django_assert_num_queries) -> None:
    load("""# Demo

## Incidents

| Incident | What to do | Date | Ticket |
|---|---|---|---|
| Database down | Call ops | n/a | |
| Slow pages | Wait 15 minutes | after 15 minutes | |
| Cache down on a Friday | Call ops | 12 May 2026 | |
| Queue down | Call ops | | #4 |
""")
    assert {each.title for each in record_runbooks(NOW)} == {"Cache down on a Friday", "Queue down"}
    with django_assert_num_queries(1):
        assert record_runbooks(NOW) == []
    page = client_of("eve").get("/runbooks/demo/").content.decode()
    assert page.count("/incidents/of-runbook/") == 2
    assert "Database down" in page


def test_a_version_stored_before_gets_the_incidents_that_were_not_found_then() -> None:
    text = TEXT.replace("docs/incidents/2026-05-20", "docs/elsewhere/2026-05-20")
    found_then, found_now = read_runbook(text), read_runbook(TEXT)
    app = builders.environment().system.apps.get()
    version = load_runbook(found_then, TEXT, app, "demo").version
    assert version.incidents.count() == 3
    load_runbook(found_now, TEXT, app, "demo")
    load_runbook(found_now, TEXT, app, "demo")
    assert [(each.order, each.title) for each in version.incidents.all()][-1] == (4, "Boot fail")
    assert version.incidents.count() == 4
    assert len(record_runbooks(NOW)) == 4


def test_a_text_stored_without_a_class_has_that_of_its_policy() -> None:
    text = (
        "# Demo\n\n## Clock drift (known failure class)\n\n| Incident | Date |\n|---|---|\n| Refused | 2026-01-05 |\n"
    )
    found = read_runbook(text)
    stored = replace(found, incidents=tuple(replace(row, bug_class="") for row in found.incidents))
    load_runbook(stored, text, builders.environment().system.apps.get(), "demo")
    (record,) = record_runbooks(NOW)
    assert record.bug_class == BugClass.objects.get(name="Clock drift")


def test_the_policy_s_page_leads_to_the_record() -> None:
    version = load()
    text = version.incidents.get(title="Cache storm")
    client = client_of("eve")
    address = f"/incidents/of-runbook/{text.pk}/"
    assert client.get(address).status_code == 404
    record_runbooks(NOW)
    assert address in client.get("/policies/state/").content.decode()
    assert address in client.get("/runbooks/demo/").content.decode()
    assert client.get(address).headers["Location"] == f"/incidents/{records()['Cache storm'].pk}/"


def test_the_page_of_each_record_opens_with_its_references() -> None:
    load()
    record_runbooks(NOW)
    client, found = client_of("eve", "view_incident"), records()
    assert {client.get(f"/incidents/{incident.pk}/").status_code for incident in found.values()} == {200}
    page = client.get(f"/incidents/{found['Mode forgotten'].pk}/")
    assert ("Reference", "PR #30", "") in [(link.kind, link.text, link.url) for link in page.context["related"].links]
