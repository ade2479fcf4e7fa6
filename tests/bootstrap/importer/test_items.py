"""What an item is about is read from its words."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from bootstrap.importer.blocks import Entry
from bootstrap.importer.items import read_item
from bootstrap.importer.runbook import ItemRow

KNOWN = {"SENTRY_DSN", "API_KEY", "API_SECRET", "RP_ID", "REDIS_URL"}


def read(text: str, taken: Collection[str] = ()) -> ItemRow:
    return read_item(Entry(text, False, None, 0, "", 7), KNOWN, taken)


@pytest.mark.parametrize(
    ("text", "key", "kind"),
    [
        ("`SENTRY_DSN` provisioned from the dashboard", "SENTRY_DSN", "provision"),
        ("`RP_ID=raxx.app` set", "RP_ID", "set"),
        ("`FLAG_SENTRY=1` set after the DSN is confirmed", "FLAG_SENTRY", "flag"),
        ("Redis add-on attached (adds `REDIS_URL`)", "REDIS_URL", "provision"),
        ("Live keys: `API_KEY`, `API_SECRET`", "live-keys", "attest"),
        ("Account out of sandbox (confirmed)", "account-out-of-sandbox", "attest"),
        ("CF Access removed from `api.raxx.app` first", "cf-access-removed-from-api-raxx-app-first", "prerequisite"),
        ("Sentry checklist above completed first", "sentry-checklist-above-completed-first", "prerequisite"),
        ("Is there a fallback without `REDIS_URL`?", "is-there-a-fallback-without-redis_url", "attest"),
        ("設定を確認する\uff08必須\uff09", "設定を確認する", "attest"),
        ("`API_KEY`", "API_KEY", "attest"),
    ],
)
def test_key_and_kind(text, key, kind) -> None:
    item = read(text)
    assert (item.key, item.kind, item.line, item.text) == (key, kind, 7, text)


def test_keys_are_unique() -> None:
    assert read("`API_KEY` confirmed again", {"API_KEY", "API_KEY-2"}).key == "API_KEY-3"


def test_a_question_is_about_no_variable() -> None:
    assert read("Is there a fallback without `REDIS_URL`?").variables == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("`RP_ID=raxx.app` set", {"*": "raxx.app"}),
        (
            "RP_ID=raxx.app set (prod) or staging.dev / staging domain (staging)",
            {"prod": "raxx.app", "staging": "staging.dev"},
        ),
        ("`RP_ID` set: `raxx` (production), the staging origin (staging)", {"prod": "raxx"}),
        ("`RP_ID` set", {}),
        ("`FLAG_X=1` set", {"*": "1"}),
        ("`FLAG_X` is `false` until the smoke test passed", {"*": "0"}),
        ("FLAG_X stays off until the review", {"*": "0"}),
        ("FLAG_X off-peak only", {}),
        ("`API_KEY=hunter2` set", {}),
    ],
)
def test_values_per_environment_and_never_of_a_secret(text, values) -> None:
    assert dict(read(text).values) == values


def test_condition() -> None:
    item = read("`SENTRY_DSN` provisioned if `FLAG_SENTRY=1`")
    assert (item.condition, item.variables, item.flag) == ("FLAG_SENTRY=1", ("SENTRY_DSN",), "")


def test_marks_for_two_people_and_evidence() -> None:
    item = read("Failover tried (two-person), attach the log")
    assert item.two_person
    assert item.evidence_required
