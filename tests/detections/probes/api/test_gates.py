"""The gate over the API: open or closed with reasons, frozen and let go, with a trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.probes.api import gates
from detections.probes.models import ProbeFreeze, ProbeTarget
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.probes.rows import NOON, done, stored_target
from tests.detections.probes.samples import row
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
GATE = "/api/v1/gates/aurora-rollout/"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def target() -> ProbeTarget:
    return stored_target()


def post(client: Client, act: str, **body: Any) -> Any:
    return client.post(f"{GATE}{act}/", body, content_type="application/json")


def test_an_open_gate_is_200(
    target: ProbeTarget, reader: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = done(target)
    with django_assert_num_queries(6):  # token, its use, target, freeze, run, its checks
        answer = reader.get(GATE)
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert {name: body[name] for name in ("target", "open", "reasons", "freeze", "checked_at")} == {
        "target": "aurora-rollout",
        "open": True,
        "reasons": [],
        "freeze": None,
        "checked_at": "2026-06-12T12:00:00Z",
    }
    assert (body["run"]["id"], body["run"]["state"], body["run"]["severity"]) == (run.pk, "done", "")
    assert "report" not in body["run"]


def test_a_closed_gate_is_423_with_every_reason(target: ProbeTarget, reader: Client, writer: Client) -> None:
    nothing = reader.get(GATE).json()
    assert ([each["code"] for each in nothing["reasons"]], nothing["run"]) == (["no_run"], None)
    done(target, row(faults=("meta_missing",)), row(faults=("header_meta_mismatch",)), row("infra"))
    assert post(writer, "freeze", reason="an incident").status_code == 200
    answer = reader.get(GATE)
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"], body["status"]) == (423, "application/problem+json", 423)
    assert [(each["code"], each["check"]) for each in body["reasons"]] == [
        ("frozen", ""),
        ("check", "meta_missing"),
        ("check", "header_meta_mismatch"),
    ]
    assert body["freeze"]["by"] == "ada (token bot)"
    assert all(each["sentence"].rstrip(".") in body["detail"] for each in body["reasons"])
    assert set(body) == {*nothing}


def test_a_gate_that_there_is_not_is_404_and_suggests_names(target: ProbeTarget, reader: Client) -> None:
    answer = reader.get("/api/v1/gates/aurora-rolout/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "No probe target aurora-rolout. Did you mean aurora-rollout?"


def test_while_the_database_is_away_the_gate_is_not_open(
    target: ProbeTarget, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(target)

    def away(*_: object) -> None:
        raise OperationalError("the connection was lost") from psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(gates, "gate_of", away)
    answer = reader.get(GATE)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"]


def test_freezing_and_letting_go_leave_a_trail(target: ProbeTarget, writer: Client, reader: Client) -> None:
    done(target)
    frozen = post(writer, "freeze", reason=" errors at checkout ")
    assert (frozen.status_code, frozen.json()["open"]) == (200, False)
    assert frozen.json()["freeze"]["reason"] == "errors at checkout"
    again = post(writer, "freeze", reason="me too")
    assert (again.status_code, again.json()["gate"]) == (409, frozen.json())
    assert "frozen already since" in again.json()["detail"]
    let_go = post(writer, "unfreeze", reason="fixed")
    assert (let_go.status_code, let_go.json()["open"], let_go.json()["freeze"]) == (200, True, None)
    assert post(writer, "unfreeze", reason="fixed").status_code == 409
    rows = reader.get(f"{GATE}history/").json()["items"]
    assert [(each["frozen"], each["reason"], each["by"], each["at"]) for each in rows] == [
        (False, "fixed", "ada (token bot)", "2026-06-12T12:00:00Z"),
        (True, "errors at checkout", "ada (token bot)", "2026-06-12T12:00:00Z"),
    ]


def test_the_history_has_pages(target: ProbeTarget, reader: Client, owner: User) -> None:
    for number in range(5):
        ProbeFreeze.objects.create(target=target, frozen=number % 2 == 0, reason=str(number), at=NOON, actor=owner)
    first = reader.get(f"{GATE}history/?limit=3").json()
    rest = reader.get(first["next"]).json()
    assert [each["reason"] for each in first["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert rest["next"] is None


@pytest.mark.parametrize("act", ["freeze", "unfreeze"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.body.reason"),
        ({"reason": ""}, "body.body.reason"),
        ({"reason": " \t"}, "body.body.reason"),
        ({"reason": "x" * 301}, "body.body.reason"),
        ({"reason": "a\0b"}, "body.body.reason"),
        ({"reason": 7}, "body.body.reason"),
        ({"reason": "ok", "until": "noon"}, "body.body.until"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_field(
    act: str, body: dict[str, Any], field: str, target: ProbeTarget, writer: Client
) -> None:
    answer = post(writer, act, **body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    assert not ProbeFreeze.objects.exists()


def test_who_may_not_freeze_is_told(target: ProbeTarget, with_token: Callable[..., Client]) -> None:
    answer = post(with_token("write", make_viewer()), "freeze", reason="deploy")
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "vera may not freeze rollouts or let them go; a responder may.",
    )
    assert post(with_token("read"), "freeze", reason="deploy").status_code == 403
    assert not ProbeFreeze.objects.exists()
