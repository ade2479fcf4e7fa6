"""Known failures in the events of a slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from detections.rules import packs
from detections.rules.evaluation.signatures import SampledEvent, matched
from detections.rules.spec.signature import Signature

SLOT = datetime(2026, 6, 12, 15, 6, tzinfo=UTC)
BETA = packs.parse((packs.FOLDER / "det-beta-003.yaml").read_text())[0].spec


def event(seconds_before, exception="", message="", logger="", chain=(), places=()):
    return SampledEvent("e", SLOT - timedelta(seconds=seconds_before), exception, logger, message, chain, places)


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ([event(5, "RuntimeError", "beta_token_verifier: Console returned 403")], "INTERNAL_API_SECRET mismatch"),
        ([event(5, "RuntimeError", "beta_token_verifier: cannot sign")], "INTERNAL_API_SECRET mismatch"),
        ([event(5, "ValueError", "beta_token_verifier: Console returned 403")], None),
        (
            [event(s, "TimeoutError", "beta_token_verifier: Console request timed out (5 s)") for s in (9, 99, 199)],
            "Console overloaded or down",
        ),
        ([event(s, "TimeoutError", "beta_token_verifier: Console request timed out") for s in (9, 99)], None),
        (
            [event(s, "TimeoutError", "beta_token_verifier: Console request timed out") for s in (9, 99, 359)],
            None,  # the third is outside any five minutes that end in this minute
        ),
        (
            [event(5, "", "beta_preview.screen2_get db_error: connection refused")],
            "Postgres connection trouble on table beta_preview_progress",
        ),
        (
            [event(5, "OperationalError", "beta_preview.screen5_post db_error")],
            "Schema mismatch: a column rename of migration 0031 did not apply cleanly",
        ),
        ([event(5, "ValueError", "quantity must be positive")], None),
        (
            [event(5, "RuntimeError", "odd", places=("app:run", "raptor.beta_token_verifier:verify"))],
            "INTERNAL_API_SECRET mismatch",
        ),
        ([event(5, "RuntimeError", "odd", places=("app:run",))], None),
        ([event(5, "ValueError", "odd", places=("raptor.beta_token_verifier:verify",))], None),
        (
            [
                event(
                    5,
                    "PreviewError",
                    "none",
                    chain=(("PreviewError", "none"), ("RuntimeError", "beta_token_verifier: Console returned 403")),
                )
            ],
            "INTERNAL_API_SECRET mismatch",
        ),
        (
            [
                event(
                    5,
                    "PreviewError",
                    "none",
                    chain=(("RuntimeError", "none"), ("KeyError", "beta_token_verifier: Console returned 403")),
                )
            ],
            None,  # one exception has the type, another the text
        ),
    ],
)
def test_the_table_of_seed_000(events, cause):
    found = matched(BETA.signatures, events, SLOT, {"sentry": [len(events)]})
    assert (found[0].cause if found else None) == cause


def test_5xx_at_the_router_without_an_event():
    found = matched(BETA.signatures, [], SLOT, {"router": [0, 0, 2, 0, 1], "sentry": [0, 0, 0, 0, 0]})
    assert [s.name for s in found] == ["5xx that nobody reported"]
    assert not matched(BETA.signatures, [], SLOT, {"router": [0, 0, 2, 0, 1], "sentry": [0, 1, 0, 0, 0]})
    assert not matched(BETA.signatures, [], SLOT, {"router": [3, 0, 0, 0, 0, 0], "sentry": [0] * 6})


def test_all_given_patterns_must_match():
    signature = Signature(name="a", cause="b", owner="c", exception="Error", logger="db", message="lost")
    assert matched([signature], [event(5, "IOError", "lost", "db.pool")], SLOT, {})
    assert not matched([signature], [event(5, "IOError", "lost", "web")], SLOT, {})
