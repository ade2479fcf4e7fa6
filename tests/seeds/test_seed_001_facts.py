"""Seed 001, fact by fact: what each variable means to the console, what stands where, which lines contradict."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.content.load import HERE
from bootstrap.importer import ParsedRunbook, read_runbook
from bootstrap.importer.parsed_runbook import ItemRow, SectionRow
from bootstrap.importer.parser.variables.rules import Meaning, meaning_of, read_prose
from bootstrap.importer.review.lint import lint
from tests.seeds.files import seed_001

SHIPPED = (HERE / "raptor-runbook.md").read_text()
ALPACA = ("alpaca_integration.py", "alpaca_market_data_service.py", "options.py")


@pytest.fixture(params=["content", "seed"], scope="module")
def runbook(request: pytest.FixtureRequest) -> ParsedRunbook:
    return read_runbook(SHIPPED if request.param == "content" else seed_001())


@pytest.fixture(scope="module")
def seed() -> ParsedRunbook:
    return read_runbook(seed_001())


def section(runbook: ParsedRunbook, slug: str) -> SectionRow:
    return next(part for part in runbook.checklists[0].sections if part.slug == slug)


def meaning(runbook: ParsedRunbook, name: str) -> Meaning:
    return next(
        meaning_of(row, read_prose(part.prose))
        for part in runbook.checklists[0].sections
        for row in part.variables
        if row.name == name
    )


def item(runbook: ParsedRunbook, key: str) -> ItemRow:
    return next(row for part in runbook.checklists[0].sections for row in part.items if row.key == key)


def words(text: str) -> str:
    return " ".join(text.replace("`", "").split())


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("SECRET_KEY", {"failure_mode": "boot_fail", "format_rule": "min_length:64", "source_kind": "vault"}),
        ("FLASK_ENV", {"accepted_values": ("production", "development"), "source_kind": "inline", "read_at": "boot"}),
        ("DATABASE_URL", {"format_rule": "url:postgres,postgresql", "source_kind": "host_managed"}),
        ("FRONTEND_ORIGIN", {"format_rule": "origins"}),
        ("ADMIN_SERVICE_TOKEN", {"failure_mode": "http_501", "format_rule": "min_length:32", "read_at": "call"}),
        ("WEBAUTHN_RP_ID", {"failure_mode": "boot_fail", "format_rule": "domain", "read_at": "boot"}),
        ("WEBAUTHN_RP_NAME", {"failure_mode": "boot_fail", "read_at": "boot"}),
        ("WEBAUTHN_ORIGIN", {"failure_mode": "boot_fail", "format_rule": "origin", "read_at": "boot"}),
        (
            "SENTRY_DSN_BACKEND",
            {"failure_mode": "silent_skip", "format_rule": "dsn", "read_at": "init", "consumers": ("sentry_init.py",)},
        ),
        ("POSTMARK_SERVER_TOKEN", {"failure_mode": "silent_noop", "read_at": "call"}),
        ("POSTMARK_INBOUND_WEBHOOK_TOKEN", {"failure_mode": "", "source_kind": "vault"}),
        ("RAPTOR_APP_DATABASE_URL", {"failure_mode": "fallback_to", "fallback_to": "DATABASE_URL"}),
        ("REDIS_URL", {"failure_mode": "degrade_and_log", "format_rule": "url:redis,rediss"}),
        ("ALPACA_API_KEY", {"failure_mode": "http_503", "consumers": ALPACA, "read_at": "call"}),
        ("ALPACA_API_SECRET", {"failure_mode": "http_503", "consumers": ALPACA, "read_at": "call"}),
        ("ALPACA_BASE_URL", {"accepted_values": ("https://api.alpaca.markets",)}),
        ("ALPACA_PAPER_API_KEY", {"failure_mode": "fallback_to", "fallback_to": "ALPACA_API_KEY"}),
        ("ALPACA_PAPER_API_SECRET", {"failure_mode": "fallback_to", "fallback_to": "ALPACA_API_SECRET"}),
        ("ALPACA_PAPER_BASE_URL", {"accepted_values": ("https://paper-api.alpaca.markets",)}),
        ("STATUS_WORKER_URL", {"failure_mode": "degrade_and_log", "format_rule": "url:https,http", "read_at": "call"}),
    ],
)
def test_a_variable_means(runbook: ParsedRunbook, name: str, facts: dict[str, Any]) -> None:
    found = meaning(runbook, name)
    assert {field: getattr(found, field) for field in facts} == facts


@pytest.mark.parametrize(
    ("key", "kind", "values"),
    [
        ("FLASK_ENV", "set", {"*": "production"}),
        ("FRONTEND_ORIGIN", "set", {}),
        ("WEBAUTHN_RP_ID", "set", {"prod": "raxx.app", "staging": "raxx-staging.pages.dev"}),
        ("WEBAUTHN_RP_NAME", "set", {"*": "Raxx"}),
        ("WEBAUTHN_ORIGIN", "set", {"prod": "https://raxx.app"}),
        ("FLAG_WEBAUTHN_REGISTRATION", "flag", {"*": "1"}),
        ("FLAG_STATUS_3P_POLLER", "flag", {"*": "1"}),
    ],
)
def test_an_item_sets(runbook: ParsedRunbook, key: str, kind: str, values: dict[str, str]) -> None:
    found = item(runbook, key)
    assert (found.kind, dict(found.values)) == (kind, values)


def test_the_inbound_token_is_needed_with_its_flag_only(runbook: ParsedRunbook) -> None:
    assert item(runbook, "POSTMARK_INBOUND_WEBHOOK_TOKEN").condition == "FLAG_POSTMARK_INBOUND_TO_FREESCOUT=1"


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("webauthn", "validated at startup by validate_webauthn_config()"),
        ("webauthn", "docs/incidents/2026-05-20-staging-webauthn-boot-fail.md"),
        ("webauthn", "re-pinned from os.environ AFTER from_pyfile()"),
        ("sentry", "silently skipped (non-fatal)"),
        ("postmark", "no fatal error at startup, but emails will not deliver"),
        ("database", "only by Alembic migrations in the release dyno"),
        ("database", "docs/ops/runbooks/raptor-db-credentials.md"),
        ("demo-session", "startup continues"),
        ("broker-market-data", "503 with a missing_env payload"),
        ("session-auth-middleware", "Do NOT enable this flag"),
        ("session-auth-middleware", "causes double-auth and blocks all authenticated requests"),
        ("status-3p-poller", "background daemon thread"),
        ("webauthn-challenge-miss-alerting", "Requires Sentry to already be initialised"),
    ],
)
def test_what_is_told_before_the_items_stays_before_them(seed: ParsedRunbook, slug: str, text: str) -> None:
    assert text in words(section(seed, slug).prose)


@pytest.mark.parametrize(
    "text",
    [
        "does not have a Redis add-on attached",
        "falls back to the in-process dict (safe for a single-worker staging dyno)",
        "limiter falls back to in-memory",
        "severity: warning rather than critical",
        "heroku addons:create heroku-redis:mini --app raxx-api-staging",
        "only AFTER confirming REDIS_URL is populated",
    ],
)
def test_the_posture_is_told_whole(seed: ParsedRunbook, text: str) -> None:
    assert text in words(section(seed, "demo-session").notes)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (0, "Do not remove --preload"),
        (0, "forbidden in Raptor"),
        (0, "Immutable is fine."),
        (0, "app.extensions is safe for read-only objects."),
        (0, "_CHALLENGE_TTL = 60"),
        (0, "Atomic pop."),
        (0, "TTL-bounded."),
        (0, "Positive diagnostic signal."),
        (0, "Local-dev fallback."),
        (1, "check this list first"),
        (1, "GREATEST(a, b)"),
        (1, "-- POSTGRES-ONLY"),
        (1, "established 2026-04-xx"),
        (2, "without the leading /api"),
        (2, "/api/api/internal/foo"),
        (2, "Symptom: raptor_survey_client"),
        (2, "PR #3556 introduced, PR #3558 fixed"),
    ],
)
def test_a_policy_tells(seed: ParsedRunbook, policy: int, text: str) -> None:
    assert text in words(seed.policies[policy].text.replace("\\", ""))


CONTRADICTIONS = [
    (24, "FLASK_ENV is development by default"),
    (60, "WEBAUTHN_RP_NAME has the default Raxx"),
    (78, "one flag under two names: sentry_backend and FLAG_SENTRY_BACKEND"),
    (91, "FLAG_POSTMARK_DELIVERY_MONITOR is named"),
    (141, "the posture of 2026-06-14 is newer than the last review (2026-06-12)"),
    (143, "FLAG_RATE_LIMIT_STORAGE_REDIS is named"),
    (151, "FLAG_ALPACA_TRADING is named"),
    (151, "FLAG_ALPACA_MARKET_DATA is named"),
    (185, "gives two orders"),
]


def test_contradictions_are_found_at_their_lines(seed: ParsedRunbook) -> None:
    notes = lint(seed)
    assert [note.line for note in notes] == [line for line, _ in CONTRADICTIONS]
    for note, (_, begin) in zip(notes, CONTRADICTIONS, strict=True):
        assert note.text.startswith(begin)
