"""What a table's words mean, in terms that a report is judged by."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parsed_runbook import VariableRow
from bootstrap.importer.parser.variables.rules import Meaning, meaning_of, read_prose
from bootstrap.systems.value_rules import formats


def means(prose: str = "", header: str = "Accepted values / format", **texts: str) -> Meaning:
    row = VariableRow(name="DEMO_VAR", line=1, cells=((header, texts.get("accepted", "")),), **texts)
    return meaning_of(row, read_prose(prose))


@pytest.mark.parametrize(
    ("accepted", "rule"),
    [
        ("32+ char random token", "min_length:32"),
        ("random token of at least 32 characters", "min_length:32"),
        ("64-byte URL-safe token — generate with openssl", "min_length:64"),
        ("minimum 8 characters", "min_length:8"),
        ("postgres://... (Heroku-managed)", "url:postgres,postgresql"),
        ("postgresql://user@host/db", "url:postgresql,postgres"),
        ("redis://... or rediss://...", "url:redis,rediss"),
        ("comma-separated origins, e.g. https://a.de,https://b.de", "origins"),
        ("Full origin of the frontend, e.g. https://a.de", "origin"),
        ("DSN URL from the project's settings, e.g. https://<key>@o1.ingest.sentry.io/<project>", "dsn"),
        ("must be the registrable domain, e.g. a.de", "domain"),
        ("Base URL of the worker, e.g. https://status.a.de", "url:https,http"),
        ("integer between 1 and 64", "integer:1..64"),
        ("number of workers, 1-8", "integer:1..8"),
        ("timeout in seconds", "integer"),
        ("true or false", "boolean"),
        ("0/1", "boolean"),
        ("Name shown to people", ""),
        ("Live-account key ID", ""),
        ("", ""),
    ],
)
def test_formats(accepted: str, rule: str) -> None:
    assert means(accepted=accepted).format_rule == rule
    if rule:
        formats.validate(rule)


@pytest.mark.parametrize(
    ("accepted", "values"),
    [
        ("production or development", ("production", "development")),
        ("debug, info, or warning", ("debug", "info", "warning")),
        ("https://api.a.de (live)", ("https://api.a.de",)),
        ("string or null", ()),
        ("true or false", ()),
        ("redis://... or rediss://...", ()),
        ("e.g. a or b", ()),
        ("a domain or a host name", ()),
    ],
)
def test_literal_values(accepted: str, values: tuple[str, ...]) -> None:
    assert means(accepted=accepted).accepted_values == values


def test_a_column_of_examples_holds_no_literals() -> None:
    assert means(accepted="https://api.a.de", header="Example").accepted_values == ()


@pytest.mark.parametrize(
    ("texts", "mode"),
    [
        ({"default": "none (routes return 501 if unset)"}, "http_501"),
        ({"default": '"" (fails validation if empty)'}, "boot_fail"),
        ({"default": "none", "required_when": "Always (fails fast if unset)"}, "boot_fail"),
        ({"default": "none (init skipped if absent)"}, "silent_skip"),
        ({"default": "none (email calls silently no-op)"}, "silent_noop"),
        ({"default": "none (poller logs error and no-ops if absent)"}, "degrade_and_log"),
        ({"default": "none (demo degrades gracefully)"}, "degrade_and_log"),
        ({"default": "falls back to OTHER_VAR if absent"}, "fallback_to"),
        ({"default": "none"}, ""),
        ({"default": "falls back to DEMO_VAR"}, ""),
    ],
)
def test_failure_modes_of_cells(texts: dict[str, str], mode: str) -> None:
    assert means(**texts).failure_mode == mode


@pytest.mark.parametrize(
    ("prose", "default", "mode"),
    [
        ("Absence makes those routes\nreturn a 503 with a `missing_env` payload.", "none", "http_503"),
        ("Absence makes those routes return a 503.", "https://a.de", ""),
        ("The application refuses to start if any is empty.", "Raxx", "boot_fail"),
        ("`OTHER_VAR` is read per call. Absence makes routes return a 503.", "none", ""),
        ("`DEMO_VAR` is read per call. Absence makes routes return a 503.", "none", "http_503"),
        ("With `FLAG_X=1` all are checked. It does not start without.\n\nMore.", "none", "boot_fail"),
    ],
)
def test_failure_modes_of_prose(prose: str, default: str, mode: str) -> None:
    assert means(prose, default=default).failure_mode == mode


def test_where_it_lies_who_reads_it_and_when() -> None:
    prose = "Read by `a/b.py` and options.py at call time."
    found = means(prose, source_path="/Raxx/X", default="none (gone if absent)")
    assert (found.source_kind, found.read_at, found.impact) == ("vault", "call", "gone if absent")
    assert found.consumers == ("a/b.py", "options.py")
    assert means(source_path="managed by Heroku").source_kind == "host_managed"
    assert means(source_path="set inline").source_kind == "inline"
    assert means(source_path="n/a").source_kind == ""
    assert means(required_when="Never (must not be set in prod)").must_not_be_set


def test_a_name_that_no_column_holds_names_no_variable() -> None:
    table = f"# T\n\n| Var | Default |\n|---|---|\n| `{'A_' * 60}B` | none |\n"
    assert [row.name for c in read_runbook(table).checklists for s in c.sections for row in s.variables] in ([], [""])
