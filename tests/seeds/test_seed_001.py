"""Seed 001, the Raptor runbook: what it holds arrives, from the seed as it lies there and from the shipped content."""

from __future__ import annotations

import re

import pytest

from bootstrap.checklists.models import Checklist, Item, Section
from bootstrap.content.load import HERE
from bootstrap.importer import ParsedRunbook, read_runbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.postures import proposal
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import in_force, postures_of
from bootstrap.postures.status import missing_severity
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Deployment, Environment, Flag
from bootstrap.systems.value_rules.conditions import Facts
from opsconsole.lib import clock
from tests.seeds.files import seed_001


@pytest.fixture(params=["content", "seed"])
def runbook(request: pytest.FixtureRequest) -> ParsedRunbook:
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


def test_counts(runbook: ParsedRunbook) -> None:
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
    assert len(runbook.incidents) == 7, "five rows of tables, two documents that prose names"
    assert len(runbook.references) == 8
    assert [(posture.environment, posture.date) for posture in runbook.postures] == [("staging", "2026-06-14")]


def test_head(runbook: ParsedRunbook) -> None:
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
def test_items_have_the_keys_that_commands_use(runbook: ParsedRunbook, section: str, items: list[str]) -> None:
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
def test_what_waits_for_what(runbook: ParsedRunbook, item: str, waits_for: set[str]) -> None:
    found = {row.key: row for section in runbook.checklists[0].sections for row in section.items}
    assert {*found[item].needs_items, *found[item].needs_sections} == waits_for


def test_session_auth_is_an_atomic_pair(runbook: ParsedRunbook) -> None:
    """CF Access stays until the flag is on, and the flag authenticates twice while it is there: one act does both."""
    pairs = {row.key: row.together for section in runbook.checklists[0].sections for row in section.items}
    assert {key: together for key, together in pairs.items() if together} == {
        "FLAG_SESSION_AUTH_MIDDLEWARE": ("cf-access-removed-from-api-raxx-app-first",)
    }


def test_variables_keep_their_facts(runbook: ParsedRunbook) -> None:
    rows = {row.name: row for section in runbook.checklists[0].sections for row in section.variables}
    assert rows["SECRET_KEY"].generator == 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
    assert rows["FLASK_ENV"].default == "development"
    assert rows["WEBAUTHN_RP_NAME"].default == "Raxx"
    assert rows["ALPACA_PAPER_API_KEY"].default == "falls back to ALPACA_API_KEY"
    assert rows["SENTRY_DSN_BACKEND"].source_path == "/Raxx/Backend/SENTRY_DSN_BACKEND"
    assert rows["RAPTOR_APP_DATABASE_URL"].config_key.startswith("RUNTIME_DATABASE_URL")
    vaulted = [row for row in rows.values() if row.source_path == f"/Raxx/Backend/{row.name}"]
    assert len(vaulted) == 17, "all but FLASK_ENV (inline), DATABASE_URL and REDIS_URL (Heroku's)"


def test_incidents_and_references(runbook: ParsedRunbook) -> None:
    assert [incident.reference for incident in runbook.incidents] == [
        "",  # the boot failure of 2026-05-20
        *(f"PR #{number}" for number in (2728, 3030, 3540, 3454, 3517)),
        "PR #3556, PR #3558",
    ]
    assert [incident.documents for incident in runbook.incidents if incident.documents] == [
        ("docs/incidents/2026-05-20-staging-webauthn-boot-fail.md",),
        ("docs/incidents/2026-05-25-signup-challenge-store-miss.md",),
        ("docs/incidents/2026-06-13-beta-digest-survey-404.md",),
    ]
    assert "docs/ops/required-config-vars.yaml" in [reference.target for reference in runbook.references]


def test_the_staging_posture_is_read_from_its_prose(runbook: ParsedRunbook) -> None:
    posture = proposal(runbook.postures[0], {"REDIS_URL"})
    assert posture is not None
    assert (posture.variable, posture.severity, posture.instead_of) == ("REDIS_URL", "warning", "critical")
    assert posture.guard == "FLAG_DEMO_SESSION=0 and FLAG_RATE_LIMIT_STORAGE_REDIS=0 and workers=1"
    assert posture.command == "heroku addons:create heroku-redis:mini --app raxx-api-staging >/dev/null 2>&1"


FLAGS_OFF = {"FLAG_DEMO_SESSION": False, "FLAG_RATE_LIMIT_STORAGE_REDIS": False}


@pytest.mark.usefixtures("shipped_runbooks")
@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (Facts(FLAGS_OFF, {"REDIS_URL": "unset"}, 1), "warning"),
        (Facts({**FLAGS_OFF, "FLAG_DEMO_SESSION": True}, {"REDIS_URL": "unset"}, 1), "critical"),
        (Facts({**FLAGS_OFF, "FLAG_RATE_LIMIT_STORAGE_REDIS": True}, {}, 1), "critical"),
        (Facts(FLAGS_OFF, {"REDIS_URL": "unset"}, 2), "critical"),
        (Facts(workers=1), "critical"),
    ],
)
def test_staging_may_run_without_redis_while_its_guard_holds(facts: Facts, severity: str) -> None:
    staging = Deployment.objects.get(host_name="raxx-api-staging")
    found = in_force([staging.pk])[staging.pk]
    judged = missing_severity(found, "REDIS_URL", facts, clock.now())
    assert judged is not None
    assert judged.severity == severity
    assert missing_severity(found, "DATABASE_URL", facts, clock.now()) is None


@pytest.mark.usefixtures("shipped_runbooks")
def test_the_staging_posture_is_in_force_and_of_staging_alone() -> None:
    posture = Posture.objects.get()
    assert str(posture) == "raxx-api-staging without REDIS_URL"
    assert (posture.author_name, str(posture.decided_on)) == ("operator / sre-agent", "2026-06-14")
    assert posture.approved_at is not None
    staging, prod = Environment.objects.get(slug="staging"), Environment.objects.get(slug="prod")
    facts = Facts(FLAGS_OFF, {}, 1)
    [view] = postures_of(staging, lambda found, now: {one.pk: facts for one in found}, clock.now())
    assert view.status.state == "holds"
    assert postures_of(prod, lambda found, now: {}, clock.now()) == []


@pytest.mark.usefixtures("shipped_runbooks")
def test_all_of_it_is_stored() -> None:
    bootstrap = Checklist.objects.get(kind="bootstrap").versions.get()
    assert Section.objects.filter(version=bootstrap).count() == 10
    assert Item.objects.filter(section__version=bootstrap).count() == 28
    assert Item.objects.filter(section__version__checklist__kind="review").count() == 5
    variables = ConfigVar.objects.filter(told_in__section__version=bootstrap)
    assert variables.distinct().count() == 20
    assert Flag.objects.count() == 12


def test_maintenance_rule(runbook: ParsedRunbook) -> None:
    """Lines 6-7: the checklist changes in the pull request that adds the flag; `checklist_lint` enforces it."""
    rule = dict(runbook.facts)["Maintenance rule"]
    assert "create_app()" in rule
    assert "checklist" in rule
    assert "same PR" in rule


def test_the_safe_pattern_of_a_command_silences_it(runbook: ParsedRunbook) -> None:
    """Lines 10-13: every `heroku config:set` ends in a redirect, or the CLI prints the value."""
    intro = runbook.checklists[0].intro
    assert 'heroku config:set VAR_NAME="<value>" --app <app-name> >/dev/null 2>&1' in intro
    assert "#feedback_heroku_config_set_echoes_secrets" in intro


def test_core_is_always_required_and_gated_by_no_flag(runbook: ParsedRunbook) -> None:
    """Lines 14-43."""
    core = runbook.checklists[0].sections[0]
    assert (core.slug, core.gate_flags) == ("core", ())
    assert all(row.required_when.startswith("Always") for row in core.variables)
    assert len(core.variables) == len(core.items) == 5


@pytest.mark.usefixtures("shipped_runbooks")
@pytest.mark.parametrize("source", ["content", "seed"])
def test_policies_incidents_and_references_are_rows_of_their_version(source: str) -> None:
    if source == "seed":
        text = seed_001()
        load_runbook(read_runbook(text), text, App.objects.get(slug="raxx-api"), "raptor")
    version = RunbookVersion.objects.filter(runbook__slug="raptor").latest("number")
    policies = list(version.policies.all())
    assert [[table.kind for table in policy.tables.all()] for policy in policies] == [
        ["matrix"],
        ["matrix"],
        ["examples"],
    ]
    assert [len(table.rows) for policy in policies for table in policy.tables.all()] == [5, 5, 3]
    assert all(policy.examples.exists() for policy in policies)
    assert [policy.incidents.count() for policy in policies] == [2, 3, 1]
    assert [(str(incident.date), incident.references) for incident in version.incidents.all()] == [
        ("2026-05-20", ["docs/incidents/2026-05-20-staging-webauthn-boot-fail.md"]),
        ("2026-05-25", ["PR #2728", "docs/incidents/2026-05-25-signup-challenge-store-miss.md"]),
        ("None", ["PR #3030"]),
        ("2026-06-12", ["PR #3540"]),
        ("2026-06-10", ["PR #3454"]),
        ("2026-06-12", ["PR #3517"]),
        ("2026-06-13", ["PR #3556", "PR #3558", "docs/incidents/2026-06-13-beta-digest-survey-404.md"]),
    ]
    assert version.references.count() == 8


@pytest.mark.usefixtures("shipped_runbooks")
def test_the_first_policy_is_reviewed_by_five_questions() -> None:
    first = RunbookVersion.objects.get(runbook__slug="raptor").policies.all()[0]
    review = Checklist.objects.get(slug=first.checklist_slug)
    questions = Item.objects.filter(section__version=review.versions.get())
    assert (review.kind, questions.count()) == ("review", 5)
    assert not any(question.text in first.text for question in questions)
