"""Planted secrets come out nowhere: not in a single byte that leaves the agent, whatever it was given."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap.agent.consoles import KEY, TOKEN, console, report_to, run

pytestmark = pytest.mark.slow

CANARY = "cAnArY7f3eV9"
LOUD = "CANARY7F3EV9XQ2Z8KW"  # looks like a name; only its randomness gives it away
ASKED: list[dict[str, Any]] = [
    {"name": "SECRET_KEY", "format": "min_length:32", "groups": ["demo/prod/own", "demo/prod/shared"]},
    {"name": "DSN", "format": "dsn"},
    {"name": "URL", "format": "url:postgres"},
    {"name": "ORIGINS", "format": "origins"},
    {"name": "NUMBER", "format": "integer:1..9"},
    {"name": "PREFIX", "format": "prefix:cAn"},
    {"name": "DOMAIN", "format": "domain"},
    {"name": "MODE", "secret": False, "accepted": ["production"]},
    {"name": "FLAG_X", "format": "boolean", "accepted": list(FLAG_WORDS)},
    {"name": "WEB_CONCURRENCY"},
    {"name": "HEROKU_RELEASE_VERSION"},
]
VALUES = {asked["name"]: f"{CANARY}-{asked['name']}-{LOUD}" for asked in ASKED} | {
    "DSN": f"https://{CANARY}@o1.ingest.sentry.io/{LOUD}",
    "URL": f"postgres://u:{CANARY}@{LOUD}:99999/d",
    "ORIGINS": f"https://{CANARY}.de,https://[{LOUD}",
    "UNASKED": CANARY,
    "HTTPS_PROXY": f"http://{CANARY}:{LOUD}@127.0.0.1:1",
}
ENV_FILE = f"""# {CANARY}
{CANARY}
{LOUD}
{CANARY}{LOUD}: colon
{LOUD}=name
{CANARY}=name
export {CANARY}
export {LOUD}=
PEM=-----BEGIN KEY-----
{CANARY}MIIEowIBAAKCAQEA
{LOUD}MIIEOWIBAAKCAQEA=
QUOTED="{CANARY}
{LOUD}=inside
SECRET_KEY=inside {CANARY}"
OPEN='{CANARY}
SECRET_KEY={CANARY} # {LOUD}
 = {CANARY}
"""
JSON = {
    CANARY: "as a name",
    LOUD: "as a name",
    f"{CANARY} {LOUD}": 1,
    "SECRET_KEY": [CANARY],
    "DSN": {CANARY: LOUD},
    "NUMBER": 7,
    "MODE": None,
    "": CANARY,
    "FLAG_X": CANARY,
    "URL": f"{CANARY}\ud800\u0000",
}


def _secret(values: dict[str, Any]) -> dict[str, Any]:
    data = {name: base64.b64encode(str(value).encode()).decode() for name, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": LOUD}, "type": CANARY, "data": data}


ODD = {**VALUES, CANARY: CANARY, LOUD: CANARY, f"{CANARY} {LOUD}": LOUD, "SECRET_KEY": f"${{{LOUD}}}{CANARY}"}
ROWS = [{"name": name, "value": value} for name, value in [*ODD.items(), *VALUES.items()]]
CONTAINER = {"name": CANARY, "env": ROWS, "envFrom": [{"secretRef": {"name": LOUD}}]}
POD = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [CONTAINER]}}
SEVERAL = {**POD, "spec": {"containers": [CONTAINER, {"name": LOUD}, {"name": f"{CANARY}-x"}]}}
COMPOSE = f"services:\n  {CANARY}:\n    environment:\n" + "".join(
    f"      {name}: '{value}'\n" for name, value in ODD.items() if " " not in name
)
PLATFORMS: dict[str, Any] = {
    "secret": _secret(ODD),
    "disagreeing": {"apiVersion": "v1", "kind": "List", "items": [_secret(ODD), _secret(VALUES)]},
    "no base64": {**_secret({}), "data": {"SECRET_KEY": f"%{CANARY}"}},
    "sealed": {"apiVersion": CANARY, "kind": "SealedSecret", "spec": {"encryptedData": ODD}},
    "pod": POD,
    "several containers": SEVERAL,
    "docker": [{"Name": f"/{CANARY}", "State": {}, "Config": {"Env": [f"{n}={v}" for n, v in ODD.items()]}}],
    "compose json": {"services": {CANARY: {"environment": ODD}}},
    "compose of two": {"services": {CANARY: {"environment": ODD}, LOUD: None}},
    "doppler": {name: {"computed": value, "note": CANARY} for name, value in ODD.items()},
    "ecs": {"containerDefinitions": [{"name": CANARY, "environment": ROWS, "secrets": ROWS}]},
    "ssm": {"Parameters": [{"Name": f"/{CANARY}/{name}", "Value": value} for name, value in ODD.items()]},
    "secretsmanager": {"ARN": CANARY, "SecretString": json.dumps(ODD)},
    "broken secretsmanager": {"ARN": CANARY, "SecretString": json.dumps(ODD)[:-5]},
    "vault": {"request_id": CANARY, "data": {"data": ODD, "metadata": {CANARY: LOUD}}},
    "list": ROWS,
    "names": [{"name": name} for name in ODD],
    "terraform": {name: {"value": value, "sensitive": True} for name, value in ODD.items()},
}
INPUTS: dict[str, tuple[list[str], bytes, dict[str, str]]] = {
    **{name: (["--stdin"], json.dumps(document).encode(), {}) for name, document in PLATFORMS.items()},
    "doubled": (["--stdin"], json.dumps(ODD).encode()[:-1] + b"," + json.dumps(ODD).encode()[1:], {}),
    "compose": (["--stdin"], COMPOSE.encode(), {}),
    "other yaml": (["--stdin"], COMPOSE.replace("'", '"', 1).encode(), {}),
    "nul": (["--stdin"], "".join(f"{name}={value}\0" for name, value in ODD.items()).encode(), {}),
    "sops": (["--stdin"], f"SECRET_KEY=ENC[AES256_GCM,{CANARY}]".encode(), {}),
    "not that": (["--stdin", "--format", "ecs"], json.dumps(ODD).encode(), {}),
    "no such container": (["--stdin", "--container", "x"], json.dumps(SEVERAL).encode(), {}),
    "environment": ([], b"", VALUES),
    "env text": (["--stdin"], ENV_FILE.encode(), {}),
    "env text, CRLF": (["--stdin"], ENV_FILE.replace("\n", "\r\n").encode("utf-8-sig"), {}),
    "json": (["--stdin"], json.dumps(JSON).encode(), {}),
    "json of values": (["--stdin"], json.dumps(VALUES).encode(), {}),
    "broken json": (["--stdin"], json.dumps(VALUES).encode()[:-9], {}),
    "json list": (["--stdin"], json.dumps([CANARY, LOUD]).encode(), {}),
    "json string": (["--stdin"], json.dumps(CANARY).encode(), {}),
    "no text": (["--stdin"], b"\xff\x00" + CANARY.encode() + b"=\xc3\x28\n" + LOUD.encode(), {}),
    "utf-16": (["--stdin"], ENV_FILE.encode("utf-16"), {}),
}


def clean(output: bytes) -> bool:
    """Neither canary, as it is, in another case, nor in the usual wrappings of bytes."""
    wrapped = [word.encode() for word in (CANARY, LOUD)]
    wrapped += [base64.b64encode(word)[:12] for word in wrapped] + [word.hex().encode() for word in wrapped]
    return not any(word.lower() in output.lower() for word in wrapped)


@pytest.mark.parametrize("given", INPUTS.values(), ids=INPUTS.keys())
@pytest.mark.parametrize("key", ["", KEY])
def test_nothing_of_them_leaves(given: tuple[list[str], bytes, dict[str, str]], key: str) -> None:
    arguments, stdin, environ = given
    with console(*ASKED) as server:
        env = environ | ({"OPSCONSOLE_FINGERPRINT_KEY": key} if key else {})
        sent = report_to(server, *arguments, stdin=stdin, env=env)
        shown = report_to(server, *arguments, "--dry-run", stdin=stdin, env=env)
    for output in (*server.received, sent.stdout, sent.stderr, shown.stdout, shown.stderr):
        assert clean(output), output
        assert not key or key.encode() not in output
    assert TOKEN.encode() not in sent.stdout + sent.stderr + shown.stdout + shown.stderr
    assert server.received or sent.returncode == 2
    assert sent.returncode in (0, 2)


def test_the_planted_words_would_be_found() -> None:
    """The search itself: a report that did carry one would fail the test above."""
    assert not clean(b"xx" + CANARY.encode())
    assert not clean(LOUD.lower().encode())
    assert not clean(base64.b64encode(CANARY.encode()))


@pytest.mark.parametrize("status", [200, 202, 302, 400, 401, 422, 500, 503])
def test_a_console_that_answers_with_what_it_got_shows_nothing(status: int) -> None:
    """Whatever the other side does with the requests: there is nothing in them to be shown again."""
    with console(*ASKED) as server:
        server.answers["POST "] = [(status, {"detail": f"token {TOKEN}", "findings": "no list"}, {"Location": "/x"})]
        done = report_to(server, env=VALUES)
    assert clean(done.stdout + done.stderr + b"".join(server.received))
    assert TOKEN.encode() not in done.stdout + done.stderr


def test_a_console_that_breaks_off() -> None:
    with console(*ASKED) as server:
        server.answers["POST "] = [(202, b"{", {"Content-Length": "5000"})]
        done = report_to(server, "--timeout", "0.5", env=VALUES)
    assert done.returncode == 1
    assert clean(done.stdout + done.stderr)
    assert done.stderr.startswith(b"opsconsole-agent: the console ")


def test_what_is_in_files_stays_there(tmp_path: Path) -> None:
    for name in ("variables", "manifest", "key"):
        (tmp_path / name).write_text(f"{CANARY} {LOUD}\n{CANARY}={CANARY}")
    done = [
        run("--dry-run", "--manifest", str(tmp_path / "manifest")),
        run("--env-file", str(tmp_path / "variables")),
        run("--fingerprint-key-file", str(tmp_path / "key"), "--url", f"https://{LOUD}/{CANARY}", env={"X": CANARY}),
    ]
    assert all(clean(each.stdout + each.stderr) and each.returncode == 2 for each in done)
