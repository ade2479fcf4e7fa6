"""Seed 001: a value never leaves the environment. Secrets are planted where the agent looks; then everything that the
console keeps, and the agent's own request, is searched for them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from opsconsole.runtime.embedded.layout import layout_of
from tests.console import ROOT, Console, copy_of, running

pytestmark = pytest.mark.slow

# All rows of all tables as text, and all that Redis holds; one line each.
EVERYTHING = """
import redis
from django.conf import settings
from django.db import connection
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f'SELECT t::text FROM "{table}" AS t')
        for (row,) in cursor.fetchall():
            print(table, row)
store = redis.Redis.from_url(settings.REDIS_URL)
for key in store.scan_iter(count=1000):
    print("redis", key, store.dump(key))
"""


@pytest.fixture(scope="module")
def console(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running(copy_of(prepared_data, tmp_path_factory.mktemp("canaries") / "data")) as console:
        yield console


class Wire:
    """What went over the wire, both ways, heads and bodies."""

    def __init__(self) -> None:
        self.seen = b""


@contextmanager
def recorded(console: Console) -> Iterator[tuple[str, Wire]]:
    """An address that passes everything on to the console and remembers it."""
    wire = Wire()

    class Between(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            wire.seen += self.requestline.encode() + bytes(self.headers) + body
            answer = requests.request(
                self.command,
                console.url + self.path,
                data=body,
                headers={name: text for name, text in self.headers.items() if name.lower() != "host"},
                timeout=30,
            )
            wire.seen += answer.content
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = pass_on

        def log_message(self, *args: Any) -> None:
            """Tests keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", wire
        server.shutdown()


def planted() -> tuple[dict[str, str], list[str]]:
    """An environment with secrets in every place where one might stand, and the secrets."""
    canaries = [f"canary{secrets.token_hex(12)}" for _ in range(6)]
    one, two, three, four, five, six = canaries
    values = {
        "SECRET_KEY": one * 2,
        "DATABASE_URL": f"postgres://owner:{two}@db.example/raptor",
        "SENTRY_DSN_BACKEND": f"not a DSN but {three}",  # malformed: a message about it would be tempting
        "FLASK_ENV": four,  # none of the accepted words
        "POSTMARK_SERVER_TOKEN": five,
        "SOMETHING_ELSE": six,  # asked for by nobody
    }
    return values, canaries


def run_agent(url: str, token: str, values: dict[str, str], *options: str, stdin: str | None = None) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, ROOT / "bin" / "opsconsole-agent", "--url", url, *options],
        env={**kept, **values, "OPSCONSOLE_AGENT_TOKEN": token, "OPSCONSOLE_FINGERPRINT_KEY": "f" * 40},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def files_of(console: Console) -> Iterator[Path]:
    """The cluster with its log of writes, Redis's file, the logs of all processes."""
    for folder in (console.data.parent, layout_of(console.data).root_store):
        yield from (path for path in folder.rglob("*") if path.is_file())


def test_planted_secrets_are_found_nowhere(console: Console, tmp_path: Path) -> None:
    values, canaries = planted()
    token = console.manage("token", "--scope", "report", "--environment", "raptor/prod")
    broken = tmp_path / ".env"
    lines = [*(f"{name}='{text}'" for name, text in values.items()), canaries[0], f"={canaries[1]}"]
    broken.write_text("\n".join(lines))
    with recorded(console) as (url, wire):
        output = run_agent(url, token, values)
        output += run_agent(url, token, {}, "--stdin", stdin=json.dumps(values))
        output += run_agent(url, token, {}, "--env-file", str(broken))
        output += run_agent(url, token, values, "--dry-run")
    assert b"SENTRY_DSN_BACKEND" in wire.seen, "the report went through here"

    kept = console.manage("shell", "-c", EVERYTHING)
    assert "SENTRY_DSN_BACKEND" in kept, "the report was stored"
    for canary in canaries:
        assert canary not in output
        assert canary.encode() not in wire.seen
        assert canary not in kept
        assert canary not in console.log
    needles = [canary.encode() for canary in canaries]
    hits = 0
    for path in files_of(console):
        content = path.read_bytes()
        assert not any(needle in content for needle in needles), path
        hits += b"SOMETHING_ELSE" in content
    assert hits, "names are kept, so the search looked in the right places"
