"""What an item is about is read from its words."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from bootstrap.importer.markdown.blocks import Entry
from bootstrap.importer.parsed_runbook import ItemRow
from bootstrap.importer.parser.item_text import read_item

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
        ("Is there a fallback without `REDIS_URL`?", "is-there-a-fallback-without-redis_url", "question"),
        ("設定を確認する\uff08必須\uff09", "設定を確認する", "attest"),
        ("`API_KEY`", "API_KEY", "attest"),
        ("Restore tried, attach the log", "restore-tried", "attest"),
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


@pytest.mark.parametrize("end", ["", "."])
def test_condition(end: str) -> None:
    item = read(f"`SENTRY_DSN` provisioned if `FLAG_SENTRY=1`{end}")
    assert (item.condition, item.variables, item.flag) == ("FLAG_SENTRY=1", ("SENTRY_DSN",), "")


@pytest.mark.parametrize(
    ("text", "flag", "values"),
    [
        ("`FLAG_X=1` set", "FLAG_X", {"*": "1"}),
        ("Set FLAG_X=1.", "FLAG_X", {"*": "1"}),
        ("Turn on `FLAG_X`", "FLAG_X", {}),
        ("Enable the flag FLAG_X (off by default)", "FLAG_X", {}),
        ("Flip FLAG_X", "FLAG_X", {}),
        ("switch on FLAG_X", "FLAG_X", {}),
        ("Feature flag FLAG_X on", "FLAG_X", {}),
        ("设置 `FLAG_X=1`", "FLAG_X", {"*": "1"}),
        ("Verify FLAG_X is off", "FLAG_X", {"*": "0"}),
        ("Turn `FLAG_X` off", "FLAG_X", {"*": "0"}),
        ("disable FLAG_X", "FLAG_X", {"*": "0"}),
        ("With FLAG_X=1 the page loads", "", {}),
        ("If FLAG_X is on, look at the page", "", {}),
        ("Is FLAG_X=1 set?", "", {}),
    ],
)
def test_only_what_turns_a_flag_is_an_item_of_it(text: str, flag: str, values: dict[str, str]) -> None:
    item = read(text)
    assert (item.flag, item.kind == "flag", dict(item.values)) == (flag, bool(flag), values)


def test_a_variable_that_is_just_needed_is_not_what_the_item_is_about() -> None:
    item = read("Deploy the worker, needs `REDIS_URL`")
    assert (item.key, item.variables) == ("deploy-the-worker", ())


@pytest.mark.parametrize(
    ("text", "two"),
    [
        ("Failover tried (two-person), attach the log", True),
        ("No two-person rule applies", False),
        ("Done without two people", False),
        ("Restored once (two people)", True),
        ("The on-call rota has two people for the week", False),
    ],
)
def test_two_people(text: str, two: bool) -> None:
    assert read(text).two_person is two


@pytest.mark.parametrize(
    ("text", "required", "kind"),
    [
        ("Restore tried (evidence: file)", True, "file"),
        ("Restore tried (evidence: screenshot)", True, "file"),
        ("Restore tried [Evidence: upload]", True, "file"),
        ("Restore tried (evidence: link)", True, "link"),
        ("Restore tried (evidence: URL of the run)", True, "link"),
        ("Restore tried (evidence)", True, ""),
        ("Restore tried (with evidence)", True, ""),
        ("Restore tried, evidence required", True, ""),
        ("Restore tried, attach the log", True, ""),
        ("Restore tried (attach a screenshot)", True, ""),
        ("Document the evidence policy", False, ""),
        ("Restore tried, no evidence required", False, ""),
        ("Restore tried (no evidence needed)", False, ""),
        ("Is it done with evidence?", False, ""),
    ],
)
def test_evidence(text: str, required: bool, kind: str) -> None:
    item = read(text)
    assert (item.evidence_required, item.evidence_kind) == (required, kind)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Warm the cache (optional)", "warm-the-cache"),
        ("[optional] Warm the cache", "warm-the-cache"),
        ("Optional: warm the cache", "warm-the-cache"),
        ("Warm the cache (nice to have)", "warm-the-cache"),
        ("(optional) `API_KEY` set", "API_KEY"),
    ],
)
def test_optional(text: str, key: str) -> None:
    assert (read(text).optional, read(text).key) == (True, key)
    assert not read("Remove the optional dependency").optional


def test_a_question_mark_in_an_address_asks_nothing() -> None:
    assert read("Open https://a.example/?page=1").kind == "attest"
    assert read("予備はあるか\uff1f").kind == "question"
