"""No secret of an event is stored, wherever it stands; what only looks like one is. By accept, inbox and digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from detections.ingest.digest import digest_batch
from detections.ingest.inbox.insert import insert
from detections.ingest.inbox_row import ENVELOPE, InboxRow
from detections.ingest.models import Quarantined
from detections.ingest.protocol.accept import BodyLimits, accept
from detections.telemetry.bodies import unpack
from detections.telemetry.models import Event, Series
from tests.detections.builders import NOON, envelope, project
from tests.security.key_cases import KEYS
from tests.security.line_cases import LINES, PLAIN_LINES
from tests.security.secret_cases import (
    FORMS,
    HARMLESS,
    KEPT,
    NAMES,
    PLANTED,
    ROUTES,
    TOKEN_ROUTES,
)

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = BodyLimits(event=1_000_000, envelope=20_000_000)
TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
"""


def letters(number: int) -> str:
    """The number as five letters, so that it is no number in a text."""
    return "".join(chr(ord("b") + number // 20**place % 20) for place in range(5))


def planted(text: str, number: int) -> tuple[str, str]:
    """The text with a secret that no other case has, and that secret."""
    secrets = {
        "secret": f"hunter2x{letters(number)}7",
        "word": f"swordfish{letters(number)}",
        "token": f"Zx81jdQm{letters(number)}PqL2v9aKt3Yw7HhB4c1",
    }
    used = next(kind for kind in ("word", "token", "secret") if f"{{{kind}}}" in text)
    return text.format(**secrets), secrets[used]


def with_text(text: str) -> dict[str, Any]:
    """An event with the text wherever the client may put one, but in lines of source."""
    frame = {
        "function": text, "module": text, "filename": text, "abs_path": text, "lineno": 1, "in_app": True,
        "package": text, "symbol": text, "instruction_addr": text, "lock": {"class_name": text},
        "vars": {"first": text, "list": [text, "b", "c"], "deep": {"a": [{"b": text}]}},
    }  # fmt: skip
    return {
        "level": "error", "platform": text, "logger": text, "transaction": text, "release": text, "dist": text,
        "server_name": text, "environment": text, "fingerprint": ["a", text, "b"],
        "logentry": {"message": text, "formatted": text, "params": [text, "b", "c"]},
        "exception": {"values": [
            {"type": "KeyError", "value": text, "stacktrace": {"frames": [frame]}},
            {"type": text, "value": text, "module": text, "thread_id": text, "mechanism": {
                "type": text, "source": text, "description": text, "help_link": text, "meta": {"a": text},
                "data": {"a": [text, "b", "c"]},
            }},
        ]},
        "threads": {"values": [
            {"id": text, "name": text, "state": text, "held_locks": {text: {"class_name": text}},
             "stacktrace": {"frames": [frame]}},
        ]},
        "debug_meta": {"images": [{"type": text, "code_file": text, "debug_id": text, "image_addr": text}],
                       "sdk_info": {"sdk_name": text}},
        "_meta": {"extra": {text: {"": {"len": 3}}}},
        text: 1,
        "request": {
            "url": text, "method": "GET", "query_string": text, "headers": {"Referer": text, "X-Other": [text]},
            "data": text, "env": {"SERVER_SOFTWARE": text}, "cookies": {"theme": text},
        },
        "user": {"id": text, "username": text, "note": text},
        "tags": {"component": text},
        "contexts": {"state": {"type": text, "note": {"a": text}}},
        "extra": {"note": text, "argv": ["tool", text, "c"], text: 1},
        "breadcrumbs": {"values": [{"message": text, "category": text, "data": {"url": text, "note": text}}]},
        "sdk": {"name": text, "version": text},
        "modules": {"left-pad": text, text: "1.0"},
    }  # fmt: skip


def with_name(name: str, value: Any) -> dict[str, Any]:
    """An event with the name and its value in every mapping that a client fills."""
    frame = {"function": "f", "vars": {name: value, "deep": {"a": [{name: value}]}}}
    return {
        "exception": {"values": [
            {"type": "KeyError", "value": "x", "stacktrace": {"frames": [frame]},
             "mechanism": {"meta": {name: value}, "data": {name: value}}},
        ]},
        "threads": [{"id": 1, "held_locks": {name: value}, "stacktrace": {"frames": [frame]}}],
        "debug_meta": {"sdk_info": {name: value}},
        "logentry": {"message": "m", "params": {name: value}},
        "request": {
            "url": "https://a.example/", "query_string": {name: value}, "headers": {name: str(value)},
            "data": {name: value, "items": [{name: value}]}, "cookies": {name: value}, "env": {name: value},
        },
        "user": {"id": "7", name: value},
        "tags": {name: value},
        "contexts": {"state": {name: value}},
        "extra": {name: value, "pairs": [[name, value]], "fields": [{"name": name, "value": value}]},
        "breadcrumbs": [{"message": "x", "data": {name: value}}],
        "modules": {name: value},
    }  # fmt: skip


def digest(*events: dict[str, Any]) -> None:
    """The events through the real path: accepted, in the inbox, digested."""
    owner = project()
    bodies = [envelope(("event", {"timestamp": NOON.isoformat(), **event})) for event in events]
    received = [InboxRow(owner.pk, ENVELOPE, NOON, uuid4(), body, "", len(body)) for body in bodies]
    insert([accept(row, LIMITS).row for row in received])
    while digest_batch(NOON):
        pass
    assert Event.objects.count() + Quarantined.objects.count() == len(events)


def stored() -> Iterator[tuple[str, str]]:
    """Every row of every table as text, bodies decoded, with the table's name."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            yield from ((table, row) for (row,) in cursor.fetchall())
    for body in Event.objects.values_list("body", flat=True):
        for place, text in texts_of(unpack(body)):
            yield f"body{place}", text
    for body in Quarantined.objects.values_list("body", flat=True):
        yield "quarantine", bytes(body).decode()


def texts_of(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a body, keys among them, with their places."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{place} (key)", key
            yield from texts_of(item, f"{place}.{key[:20]}")
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item, f"{place}[]")
    else:
        yield place, str(value)


def assert_nowhere(secrets: dict[str, str]) -> None:
    """None of the secrets (with the texts that plant them) is stored."""
    rows = list(stored())
    assert {"detections_event", "detections_issue", "detections_series"} <= {place for place, _ in rows}
    leaks = {f"{where} keeps {case}" for secret, case in secrets.items() for where, row in rows if secret in row}
    assert not leaks, "\n".join(sorted(leaks))


def test_planted_texts_are_stored_nowhere() -> None:
    cases = [planted(text, number) for number, text in enumerate(PLANTED)]

    digest(*(with_text(text) for text, _ in cases))

    assert_nowhere({secret: text for text, secret in cases})


def test_planted_forms_are_stored_nowhere() -> None:
    digest(*(with_text(f"é before {text} after") for text, _ in FORMS))

    assert_nowhere({secret: text for text, secret in FORMS})


def test_values_of_secret_names_are_stored_nowhere() -> None:
    secrets = {f"swordfish{letters(number)}": name for number, name in enumerate(NAMES)}

    digest(*(with_name(name, secret) for secret, name in secrets.items()))

    assert_nowhere(secrets)


def test_literals_in_lines_of_source_are_stored_nowhere() -> None:
    cases = [planted(line, number) for number, line in enumerate(LINES)]
    frames = [{"context_line": line, "pre_context": [line], "post_context": ["x", line]} for line, _ in cases]

    digest(*({"stacktrace": {"frames": [{"function": "f", **frame}]}} for frame in frames))

    assert_nowhere({secret: line for line, secret in cases})


def test_lines_of_source_without_secrets_are_stored_as_they_came() -> None:
    frames = [{"function": f"f{number}", "context_line": line} for number, line in enumerate(PLAIN_LINES)]

    digest({"exception": {"values": [{"type": "E", "value": "x", "stacktrace": {"frames": frames}}]}})

    body = unpack(Event.objects.get().body) or {}
    assert [frame["context_line"] for frame in body["exception"][0]["frames"]] == PLAIN_LINES


def test_keys_of_known_formats_are_stored_nowhere() -> None:
    digest({"extra": {"note": [f"é before {key} after" for key in KEYS]}, "message": " ".join(KEYS)})

    assert_nowhere({key[-16:]: key for key in KEYS if not key.endswith("-us12")})


STRUCTURES: list[Callable[[str], dict[str, Any]]] = [
    lambda secret: {"logentry": {"message": "password of %s is %s", "params": ["ada", secret],
                                 "formatted": f"password of ada is {secret}"}},
    lambda secret: {"logentry": {"message": "mysql -u%(user)s -p%(given)s", "params": {"user": "ada", "given": secret},
                                 "formatted": f"mysql -uada -p{secret}"}},
    lambda secret: {"logentry": {"message": "user {} got {}", "params": [{"password": secret}],
                                 "formatted": f"ada {secret}"}},
    lambda secret: {"logentry": {"message": "for {0}: token={1}", "params": ["ada", secret]}},
    lambda secret: {"extra": {"vars": [{"Name": "DB_PASSWORD", "Value": secret}]}},
    lambda secret: {"extra": {"errors": [{"loc": ["body", "password"], "msg": "too short", "input": secret}]}},
    lambda secret: {"extra": {"argv": ["tool", "--db-password", secret, "--verbose"]}},
    lambda secret: {"extra": {"argv": ["mysql", "-u", "root", f"-p{secret}", "shop"]}},
    lambda secret: {"extra": {"argv": ["mysql", f"-p{secret}"]}},
    lambda secret: {"logentry": {"message": "postgres://%s:%s@%s/shop", "params": ["ada", secret, "db"]}},
    lambda secret: {"request": {"data": f'{{"fields": [{{"name": "pin_code", "value": "{secret}"}}]}}'}},
    lambda secret: {"modules": [["left-pad", f"password={secret}"]]},
    lambda secret: {"extra": {"argv": ["'curl'", "'-u'", f"'ada:{secret}'", "'https://x'"]}},
    lambda secret: {"request": {"query_string": {"code": f"4/{secret}7x", "state": "1"}}},
    lambda secret: {"request": {"query_string": [["code", f"4/{secret}7x"]]}},
    lambda secret: {"request": {"data": {"grant_type": "authorization_code", "code": f"{secret}7x"}}},
    lambda secret: {"modules": {"note": f"the password is {secret}", "password": secret}},
    lambda secret: {"breadcrumbs": [{"data": {"url": f"/preview/{secret}81jdQm7PqL2v9aKt/screen"}}]},
    lambda secret: {"exception": {"values": [{"type": "E", "value": "x", "stacktrace": {"frames": [
        {"vars": {"kwargs": {"name": "api_key", "value": secret}}}]}}]}},
]  # fmt: skip


def test_what_the_structure_tells_is_stored_nowhere() -> None:
    secrets = {f"swordfish{letters(number)}": f"structure {number}" for number in range(len(STRUCTURES))}

    digest(*(make(secret) for make, secret in zip(STRUCTURES, secrets, strict=True)))

    assert_nowhere(secrets)


def test_events_that_cannot_be_read_are_set_aside_without_their_secrets() -> None:
    cases = [planted(text, number) for number, text in enumerate(PLANTED)]
    owner = project()
    body = "\n".join(json.dumps({"note": text}) for text, _ in cases)
    rows = [
        InboxRow(owner.pk, ENVELOPE, NOON, uuid4(), envelope(("event", json.dumps([text]).encode())), "", 1)
        for text, _ in cases
    ]
    rows.append(InboxRow(owner.pk, "store", NOON, uuid4(), body.encode(), "", 1))
    insert(rows)

    while digest_batch(NOON):
        pass

    assert Quarantined.objects.count() == len(rows)
    secrets = {secret: text for text, secret in cases}
    kept = [row for table, row in stored() if table == "quarantine"]
    assert [text for secret, text in secrets.items() if any(secret in row for row in kept)] == []


# Places of `with_text` that keep a text whole.
WHOLE = {
    *(".exception[].value", ".message.formatted", ".tags.component", ".request.data", ".request.query_string"),
    *(".request.url", ".breadcrumbs[].message", ".breadcrumbs[].data.url", ".contexts.state.note.a", ".user.username"),
    *(".exception[].frames[].vars.deep.a[].b", ".request.headers.X-Other", ".transaction"),
}


def test_harmless_texts_are_stored_as_they_came() -> None:
    digest(*(with_text(text) for text in HARMLESS))

    bodies = [unpack(body) or {} for body in Event.objects.values_list("body", flat=True)]
    assert {body["extra"]["note"] for body in bodies} == set(HARMLESS)
    changed = {
        f"{place}: {body['extra']['note']} became {text}"
        for body in bodies
        for place, text in texts_of(body)
        if place in WHOLE and text != body["extra"]["note"]
    }
    assert not changed, "\n".join(sorted(changed))


def test_names_that_only_look_like_secrets_keep_their_values() -> None:
    digest(*(with_name(name, value) for name, value in KEPT.items()))

    bodies = [unpack(body) or {} for body in Event.objects.values_list("body", flat=True)]
    kept = {name: value for body in bodies for name, value in body["extra"].items() if name in KEPT}
    assert kept == KEPT
    filtered = [place for body in bodies for place, text in texts_of(body) if "[Filtered]" in text]
    assert set(filtered) == {".request.cookies"}, "all cookies are"


def test_ordinary_transactions_and_their_routes_stay() -> None:
    digest(*({"transaction": name} for name, _ in ROUTES))

    assert set(Event.objects.values_list("transaction", flat=True)) == {name for name, _ in ROUTES}
    assert set(Series.objects.values_list("route", flat=True)) == {route for _, route in ROUTES}


def test_a_token_in_a_path_is_stored_nowhere_and_its_route_is_one() -> None:
    token = "Zx81jdQm{}PqL2v9aKt3Yw7HhB4c1"
    names = [name.replace("{token}", token.format(letters(n))) for n in range(3) for name, _ in TOKEN_ROUTES]

    digest(*(
        {"transaction": name, "request": {"url": f"https://a.example{name.removeprefix('GET ')}"}} for name in names
    ))  # fmt: skip

    assert set(Series.objects.values_list("route", flat=True)) == {route.format() for _, route in TOKEN_ROUTES}
    assert_nowhere({"Zx81jdQm": "token", "3f0c9b5e-aaaa": "uuid", "9f86d081884c7d65": "hash"})
