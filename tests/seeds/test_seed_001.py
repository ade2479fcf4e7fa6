"""Seed 001, the Raptor runbook: what it holds arrives, from the seed as it lies there and from the shipped content."""

from __future__ import annotations

import re

import pytest

from bootstrap.checklists.models import Checklist, Item, Section
from bootstrap.content import load
from bootstrap.content.load import HERE
from bootstrap.importer import Runbook, read_runbook
from bootstrap.importer.render import render
from bootstrap.systems.models import ConfigVar, Flag
from tests.seeds.files import seed_001


@pytest.fixture(params=["content", "seed"])
def runbook(request: pytest.FixtureRequest) -> Runbook:
    return read_runbook((HERE / "raptor-runbook.md").read_text() if request.param == "content" else seed_001())


def test_each_line_of_the_seed_lies_in_a_block() -> None:
    text = seed_001()
    blocks = read_runbook(text).blocks
    covered = {line for block in blocks for line in range(block.first, block.last + 1)}
    assert covered == {number for number, line in enumerate(text.split("\n"), 1) if line.strip()}


def test_each_word_of_the_seed_comes_out_again_in_its_order() -> None:
    text = seed_001()
    letters = re.compile(r"[^\w]+")
    assert letters.sub("", render(read_runbook(text).blocks)) == letters.sub("", text)


def test_counts(runbook: Runbook) -> None:
    bootstrap, review = runbook.checklists
    assert (bootstrap.kind, review.kind) == ("bootstrap", "review")
    assert len(bootstrap.sections) == 10
    assert sum(len(section.items) for section in bootstrap.sections) == 28
    assert sum(len(section.items) for section in review.sections) == 5
    rows = [row for section in bootstrap.sections for row in section.variables]
    assert sum(bool(row.name) for row in rows) == 20
    assert sum(not row.name for row in rows) == 1, "the n/a row of session auth"
    assert len(runbook.tables) == 14
    assert len(runbook.flags) == 12
    assert [len(policy.tables) for policy in runbook.policies] == [2, 2, 1]
    assert len(runbook.incidents) == 5
    assert len(runbook.references) == 8
    assert [(posture.environment, posture.date) for posture in runbook.postures] == [("staging", "2026-06-14")]


def test_head(runbook: Runbook) -> None:
    facts = dict(runbook.facts)
    assert facts["System"] == "Raptor (raxx-api-prod, raxx-api-staging)"
    assert facts["Last reviewed"] == "2026-06-12 UTC"
    assert {"#2599", "#81"} <= set(facts["Parent issues"].split())
    assert facts["Owner"] == "operator / sre-agent"
    assert "feedback_new_flag_needs_b1_migration_same_pr" in facts["Maintenance rule"]


@pytest.mark.parametrize(
    ("section", "items"),
    [
        ("core", ["SECRET_KEY", "FLASK_ENV", "DATABASE_URL", "FRONTEND_ORIGIN", "ADMIN_SERVICE_TOKEN"]),
        ("webauthn", ["WEBAUTHN_RP_ID", "WEBAUTHN_RP_NAME", "WEBAUTHN_ORIGIN", "FLAG_WEBAUTHN_REGISTRATION"]),
        ("sentry", ["SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND"]),
        ("demo-session", ["REDIS_URL", "FLAG_DEMO_SESSION"]),
        ("status-3p-poller", ["STATUS_WORKER_URL", "FLAG_STATUS_3P_POLLER"]),
    ],
)
def test_items_have_the_keys_that_commands_use(runbook: Runbook, section: str, items: list[str]) -> None:
    found = {part.slug: part for part in runbook.checklists[0].sections}
    assert [item.key for item in found[section].items] == items


@pytest.mark.parametrize(
    ("item", "waits_for"),
    [
        ("FLAG_WEBAUTHN_REGISTRATION", {"WEBAUTHN_RP_ID", "WEBAUTHN_RP_NAME", "WEBAUTHN_ORIGIN"}),
        ("FLAG_SENTRY_BACKEND", {"SENTRY_DSN_BACKEND"}),
        ("FLAG_SESSION_AUTH_MIDDLEWARE", set()),
        ("FLAG_WEBAUTHN_CHALLENGE_MISS_ALERT", {"sentry-checklist-above-completed-first"}),
        ("sentry-checklist-above-completed-first", {"sentry"}),
    ],
)
def test_what_waits_for_what(runbook: Runbook, item: str, waits_for: set[str]) -> None:
    found = {row.key: row for section in runbook.checklists[0].sections for row in section.items}
    assert {*found[item].needs_items, *found[item].needs_sections} == waits_for


def test_session_auth_is_an_atomic_pair(runbook: Runbook) -> None:
    """CF Access stays until the flag is on, and the flag authenticates twice while it is there: one act does both."""
    pairs = {row.key: row.together for section in runbook.checklists[0].sections for row in section.items}
    assert {key: together for key, together in pairs.items() if together} == {
        "FLAG_SESSION_AUTH_MIDDLEWARE": ("cf-access-removed-from-api-raxx-app-first",)
    }


def test_variables_keep_their_facts(runbook: Runbook) -> None:
    rows = {row.name: row for section in runbook.checklists[0].sections for row in section.variables}
    assert rows["SECRET_KEY"].generator == 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
    assert rows["FLASK_ENV"].default == "development"
    assert rows["WEBAUTHN_RP_NAME"].default == "Raxx"
    assert rows["ALPACA_PAPER_API_KEY"].default == "falls back to ALPACA_API_KEY"
    assert rows["SENTRY_DSN_BACKEND"].source_path == "/Raxx/Backend/SENTRY_DSN_BACKEND"
    assert rows["RAPTOR_APP_DATABASE_URL"].config_key.startswith("RUNTIME_DATABASE_URL")
    vaulted = [row for row in rows.values() if row.source_path == f"/Raxx/Backend/{row.name}"]
    assert len(vaulted) == 17, "all but FLASK_ENV (inline), DATABASE_URL and REDIS_URL (Heroku's)"


def test_incidents_and_references(runbook: Runbook) -> None:
    assert [incident.reference for incident in runbook.incidents] == [
        f"PR #{number}" for number in (2728, 3030, 3540, 3454, 3517)
    ]
    assert "docs/ops/required-config-vars.yaml" in [reference.target for reference in runbook.references]


@pytest.mark.django_db
def test_all_of_it_is_stored() -> None:
    load()
    bootstrap = Checklist.objects.get(kind="bootstrap").versions.get()
    assert Section.objects.filter(version=bootstrap).count() == 10
    assert Item.objects.filter(section__version=bootstrap).count() == 28
    assert Item.objects.filter(section__version__checklist__kind="review").count() == 5
    told = ConfigVar.objects.filter(told_in__section__version=bootstrap)
    assert told.distinct().count() == 20
    assert Flag.objects.count() == 12
