"""The agent as people run it: a process of its own against a console at the other end of a socket."""

from __future__ import annotations

import ast
import json
import os
import socket
import stat
from pathlib import Path

import pytest

from bootstrap.systems.value_rules.agent import FILE
from tests.bootstrap.agent.consoles import KEY, TOKEN, console, manifest, report_to, run

pytestmark = pytest.mark.slow

SECRET = {"name": "SECRET_KEY", "format": "min_length:32", "groups": ["demo/prod/demo-api/SECRET_KEY"]}
FINDINGS = [{"subject": "SECRET_KEY", "kind": "bad_format", "severity": "critical", "detail": "shorter than 32"}]


def test_it_is_one_file_that_runs_on_old_pythons() -> None:
    ast.parse(FILE.read_text(), feature_version=(3, 8))
    assert FILE.read_text().startswith("#!/usr/bin/env python3\n")
    assert FILE.stat().st_mode & stat.S_IXUSR
    assert run("--help").returncode == 0
    assert run("--version").stdout == b"1.1\n"


def test_it_reports_its_own_environment() -> None:
    with console(SECRET) as server:
        done = report_to(
            server, env={"SECRET_KEY": "x" * 40, "WEB_CONCURRENCY": "2", "OPSCONSOLE_FINGERPRINT_KEY": KEY}
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"reported 1 variables (1 set, 0 empty, 0 unset)" in done.stdout
    assert b"no findings" in done.stdout
    (variable,) = server.report["variables"]
    assert (variable["state"], variable["format_ok"]) == ("set", True)
    assert list(variable["fingerprints"]) == ["demo/prod/demo-api/SECRET_KEY"]
    assert server.report["facts"] == {"workers": 2}
    assert {"PATH", "WEB_CONCURRENCY"} <= set(server.report["other_names"])
    assert all(f"Authorization: Bearer {TOKEN}".encode() in request for request in server.received)


def test_it_reads_a_pipe_and_tells_what_is_wrong() -> None:
    with console(SECRET, findings=FINDINGS) as server:
        done = report_to(server, "--stdin", "--release", "v7", stdin=b'{"SECRET_KEY": "short", "a b": "x"}')
    assert done.returncode == 0
    assert b"critical bad_format SECRET_KEY: shorter than 32" in done.stdout
    assert b"1 entries left out" in done.stdout
    assert (server.report["release"], server.report["other_names"]) == ("v7", [])


@pytest.mark.parametrize("text", [b"heroku: not logged in\n", bytes(range(256)), b'{"SECRET_KEY": {"a": "b"}}'])
def test_the_words_of_an_error_are_refused_and_nothing_is_sent(text: bytes) -> None:
    with console(SECRET) as server:
        done = report_to(server, "--stdin", stdin=text)
    assert (done.returncode, done.stdout, server.received) == (2, b"", [])
    assert b"No report" in done.stderr
    assert b"heroku" not in done.stderr


def test_it_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_bytes(b"\xef\xbb\xbfexport SECRET_KEY='" + b"x" * 40 + b"'\r\n")
    with console(SECRET) as server:
        assert report_to(server, "--env-file", str(tmp_path / "x.env")).returncode == 0
    assert server.report["variables"][0]["format_ok"] is True


@pytest.mark.parametrize(("level", "status"), [("critical", 0), ("warning", 3), ("info", 3)])
def test_fail_on(level: str, status: int) -> None:
    with console(SECRET, findings=[{**FINDINGS[0], "severity": "warning"}]) as server:
        assert report_to(server, "--fail-on", level).returncode == status


def test_a_dry_run_prints_the_report_and_sends_nothing(tmp_path: Path) -> None:
    with console(SECRET) as server:
        done = report_to(server, "--dry-run", "--stdin", stdin=b"PORT=1")
        assert done.returncode == 0
        assert json.loads(done.stdout)["variables"][0]["state"] == "unset"
        assert server.bodies == []
    (tmp_path / "m.json").write_text(json.dumps(manifest(SECRET)))
    offline = run("--dry-run", "--manifest", str(tmp_path / "m.json"), "--stdin", stdin=b"PORT=1")
    assert json.loads(offline.stdout)["manifest"] == "f" * 64


def test_a_general_token_says_which_deployment() -> None:
    with console(SECRET) as server:
        assert report_to(server, "--environment", "demo/prod", "--app", "demo-api").returncode == 0
    assert (server.report["environment"], server.report["app"]) == ("demo/prod", "demo-api")
    assert b"GET /api/v1/config-reports/manifest/?environment=demo%2Fprod&app=demo-api" in server.received[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with console(SECRET) as elsewhere, console(SECRET) as server:
        server.answers["GET manifest/"] = [
            (status, "", {"Location": elsewhere.url + "/api/v1/config-reports/manifest/"})
        ]
        done = report_to(server)
        assert (done.returncode, elsewhere.received) == (1, [])
        assert b"sends us elsewhere" in done.stderr
        server.answers["GET manifest/"] = [(200, manifest(SECRET), {})]
        server.answers["POST "] = [(status, "", {"Location": elsewhere.url + "/api/v1/config-reports/"})]
        assert (report_to(server).returncode, elsewhere.received) == (1, [])


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, {"detail": "This token is not known."}, b"the token was not accepted"),
        (403, {"detail": "no"}, b"may not report this deployment"),
        (404, b"<html>", b"no such address or deployment"),
        (422, {"detail": "reported_at is in the future"}, b"reported_at is in the future"),
        (422, {"detail": f"not {TOKEN}\x1b[31m\n!"}, "not …".encode()),
        (500, [], b"500: the console refused"),
        (200, b"<html>", b"is not valid JSON"),
        (200, {"schema": 7}, b"not of schema 1"),
    ],
)
def test_refusals_say_what_to_do(status: int, body: object, message: bytes) -> None:
    with console(SECRET) as server:
        server.answers["GET manifest/"] = [(status, body, {})]
        done = report_to(server)
    assert done.returncode == 1
    assert message in done.stderr
    assert TOKEN.encode() not in done.stderr
    assert b"\x1b" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_console_that_restarts_is_asked_again() -> None:
    from datetime import UTC, datetime
    from io import BytesIO

    from bootstrap.systems.value_rules.agent import agent

    waited: list[float] = []
    environ = {"OPSCONSOLE_AGENT_TOKEN": TOKEN}
    with console(SECRET) as server:
        server.answers["POST "] = [(503, "", {}), (502, "", {}), (202, {"report": 1, "findings": []}, {})]
        status = agent.main(
            ["--url", server.url], environ, BytesIO(), lambda line: None, datetime.now(UTC), waited.append
        )
        assert (status, len(server.bodies), waited) == (0, 3, [2.0, 20.0])
        assert server.bodies[0] == server.bodies[2], "the same report, so that it counts once"
        server.answers["POST "] = [(422, "", {})]
        with pytest.raises(agent.ConsoleError):
            agent.main(["--url", server.url], environ, BytesIO(), print, datetime.now(UTC), waited.append)
        assert len(waited) == 2


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = run("--url", address, env={"OPSCONSOLE_AGENT_TOKEN": TOKEN})
    assert (done.returncode, done.stderr) == (
        1,
        b"opsconsole-agent: the console was not reached: connection refused\n",
    )


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://8.8.8.8", b"use https"),
        ("ftp://127.0.0.1", b"base address"),
        ("127.0.0.1:8000", b"base address"),
        ("http://u:p@127.0.0.1", b"no user"),
        ("http://127.0.0.1/?x=1", b"no user"),
        ("", b"is needed"),
    ],
)
def test_addresses_that_a_token_is_not_sent_to(url: str, message: bytes) -> None:
    done = run("--url", url, env={"OPSCONSOLE_AGENT_TOKEN": TOKEN})
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tokn", "canary"], ["--stdin", "--env-file", "canary"], ["--stdin=canary"], ["--timeout", "canary"],
        ["--app", "can ary"], ["--environment", "canary"], ["--fail-on", "canary"], ["--release", "can ary"],
        ["canary"], ["--env-file", "/nowhere/canary"], ["--manifest", "/nowhere/canary"], ["--retries", "canary"],
        ["--fingerprint-key-file", "/nowhere/canary"], ["--token", "can ary"], ["--token", "canary\nX: y"],
        ["--env-file", "/"], ["--toke", "canary"], ["--url", "https://canary@example.org"],
    ],
)  # fmt: skip
def test_wrong_calls_are_told_without_repeating_them(arguments: list[str]) -> None:
    done = run(*arguments, env={"OPSCONSOLE_AGENT_URL": "http://127.0.0.1:9"})
    assert done.returncode == 2
    assert b"ary" not in done.stderr + done.stdout
    assert b"Traceback" not in done.stderr


def test_a_short_key_is_refused() -> None:
    done = run(env={"OPSCONSOLE_FINGERPRINT_KEY": "canary" * 5})
    assert (done.returncode, b"32 characters" in done.stderr, b"canary" in done.stderr) == (2, True, False)


def test_the_key_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    with console(SECRET) as server:
        report_to(server, "--fingerprint-key-file", str(tmp_path / "key"), env={"SECRET_KEY": "x" * 40})
        report_to(server, env={"OPSCONSOLE_FINGERPRINT_KEY": KEY, "SECRET_KEY": "x" * 40})
    first, second = (body["variables"][0]["fingerprints"] for body in server.bodies)
    assert first == second != {}


def test_nothing_to_read_is_no_report_of_all_unset() -> None:
    with console(SECRET) as server:
        done = report_to(server, "--stdin", stdin=b"\n")
    assert (done.returncode, server.received) == (2, [])
    assert b"did the command before the pipe fail?" in done.stderr


def test_a_mistake_of_its_own_is_told_by_kind_and_place() -> None:
    with console({**SECRET, "groups": ["\ud800"]}) as server:
        done = report_to(server, env={"SECRET_KEY": "canary" * 9, "OPSCONSOLE_FINGERPRINT_KEY": KEY})
    assert done.returncode == 1
    assert b"UnicodeEncodeError at line" in done.stderr
    assert b"canary" not in done.stderr


def test_an_odd_terminal_shows_findings_all_the_same() -> None:
    with console(SECRET, findings=[{**FINDINGS[0], "detail": "größer → klein"}]) as server:
        done = report_to(server, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert done.returncode == 0
    assert os.linesep.encode() in done.stdout
