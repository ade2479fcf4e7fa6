"""Policies, incidents and references become rows of their version, once, and their pages show them."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from bootstrap.importer import read_runbook
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.queries import policies
from bootstrap.runbooks.version_contents import CrossReference, IncidentText, Policy, PolicyTable
from tests.bootstrap import builders
from tests.bootstrap.importer.parser.test_policies import TEXT
from tests.bootstrap.people import client_of
from tests.markup import folded

pytestmark = pytest.mark.django_db


def load(text: str = TEXT, slug: str = "demo") -> RunbookVersion:
    app = builders.environment().system.apps.get()
    return load_runbook(read_runbook(text), text, app, slug).version


def test_rows_of_a_version() -> None:
    version = load(TEXT + "\n## Cross-references\n\n- Roles: `docs/roles.md`\n")
    assert [policy.slug for policy in version.policies.all()] == ["state", "another-policy"]
    assert Policy.objects.get(slug="state").checklist_slug == "demo-review-checklist"
    assert list(PolicyTable.objects.values_list("kind", "rows")) == [
        ("matrix", [["of a user", "`Postgres`"]]),
        ("examples", [["`/a`", "`/b`"]]),
    ]
    incident = IncidentText.objects.get()
    assert (incident.policy.slug, str(incident.date), incident.precision) == ("state", "2026-05-25", "day")
    assert [(ref.title, ref.target) for ref in version.references.all()] == [("Roles", "docs/roles.md")]


def test_a_version_stored_before_gets_its_rows_and_none_is_written_twice() -> None:
    load()
    before = [model.objects.count() for model in (Policy, PolicyTable, IncidentText, CrossReference)]
    load()
    assert [model.objects.count() for model in (Policy, PolicyTable, IncidentText, CrossReference)] == before


def test_an_incident_that_was_stored_by_another_title_is_not_stored_again() -> None:
    text = TEXT.replace("Signups fail", "INC-7: signups fail")
    app = builders.environment().system.apps.get()
    load_runbook(read_runbook(TEXT), text, app, "demo")
    load_runbook(read_runbook(text), text, app, "demo")
    assert [row.title for row in IncidentText.objects.all()] == ["Signups fail"], "immutable"


def test_a_second_incident_of_the_same_line_is_stored() -> None:
    text = TEXT + "\nSee `docs/incidents/2026-01-01-first.md` and `docs/incidents/2026-01-02-second.md`.\n"
    app = builders.environment().system.apps.get()
    load_runbook(read_runbook(text.replace("2026-01-01-first", "first")), text, app, "demo")
    load_runbook(read_runbook(text), text, app, "demo")
    assert {row.title for row in IncidentText.objects.all()} == {"Signups fail", "First", "Second"}


def test_the_newest_version_tells() -> None:
    load()
    load(TEXT.replace("It has reasons", "It has better reasons"))
    assert Policy.objects.count() == 4
    assert [policy.version.number for policy in policies()] == [2, 2]
    assert b"better reasons" in client_of("eve").get("/policies/state/").content


def test_a_slug_of_another_runbook_is_not_taken() -> None:
    load()
    other = load(TEXT + "\nMore.\n", slug="other")
    assert [policy.slug for policy in other.policies.all()] == ["state-2", "another-policy-2"]


@pytest.mark.parametrize("model", [Policy, PolicyTable, IncidentText])
def test_nobody_changes_what_a_version_told(model) -> None:
    load()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.update(order=7)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_pages_ask_for_a_login() -> None:
    for address in ("/policies/", "/policies/state/"):
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")


def test_pages(django_assert_num_queries) -> None:
    load()
    client = client_of("eve")
    with django_assert_num_queries(5):  # session, person, two of rights, policies
        page = client.get("/policies/").content.decode()
    assert "State — the policy" in page
    with django_assert_num_queries(10):  # person, rights, policy, checklist, version, questions, incidents, references
        page = client.get("/policies/state/").content.decode()
    assert "<th>Where</th>" in page
    assert "Is it safe?" in page
    assert "Signups fail" in page
    assert "Start a review" not in page, "who may not start a run sees no button"
    assert client.get("/policies/nope/").status_code == 404
    page = folded(client.get("/runbooks/demo/").content.decode())
    assert "/policies/state/" in page
    assert "1 table, 1 incident, a review checklist" in page


def test_whoever_may_start_runs_starts_a_review() -> None:
    load()
    page = client_of("ann", "add_run").get("/policies/state/").content.decode()
    assert "/checklists/?kind=review&amp;version=" in page


def test_without_policies_the_page_says_what_they_are() -> None:
    assert b"headings speak of rules" in client_of("eve").get("/policies/").content
