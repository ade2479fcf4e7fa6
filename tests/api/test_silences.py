"""Silences over the API: made, listed, ended; what is wrong with one is said by field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pghistory.models
import pytest
from django.test import Client

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules.lifecycle.mute import mute
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections.alerts.factories import START, judge, make_rule, make_scope
from tests.people import make_viewer

NOW = START + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def body(**values: Any) -> dict[str, Any]:
    return {
        "matchers": {"rule": ["DET-BETA-*"]},
        "reason": "deploy of raptor",
        "ends_at": (NOW + timedelta(hours=1)).isoformat(),
        **values,
    }


def post(client: Client, **values: Any) -> Any:
    return client.post("/api/v1/silences/", body(**values), content_type="application/json")


def test_a_silence_is_made_listed_and_ended(writer: Client, reader: Client, owner: User) -> None:
    judge(make_scope(), "h", 0)
    consume(NOW)
    made = post(writer)
    assert made.status_code == 201
    item = made.json()
    assert {name: item[name] for name in ("status", "reason", "hides", "created_by", "mutes", "hours", "ended_by")} == {
        "status": "active",
        "reason": "deploy of raptor",
        "hides": 1,
        "created_by": "ada (token bot)",
        "mutes": None,
        "hours": None,
        "ended_by": None,
    }
    assert datetime.fromisoformat(item["starts_at"]) == NOW
    assert reader.get("/api/v1/silences/?status=current").json()["items"] == [item]
    assert reader.get(f"/api/v1/alerts/{Alert.objects.get().pk}/").json()["silenced_by"] == [item["id"]]
    address = f"/api/v1/silences/{item['id']}/"
    ended = writer.delete(address)
    assert (ended.status_code, ended.json()["status"], ended.json()["ended_by"]) == (200, "ended", "ada (token bot)")
    assert reader.get(address).json()["hides"] == 0
    again = writer.delete(address)
    assert (again.status_code, again.json()["detail"]) == (409, "ada (token bot) ended it already. Make a new one.")
    assert reader.get("/api/v1/silences/?status=current").json()["items"] == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"matchers": {"rules": ["X"]}}, "matchers"),
        ({"matchers": {"rule": []}}, "matchers"),
        ({"matchers": {"rule": [f"DET-{n}" for n in range(51)]}}, "matchers"),
        ({"matchers": {}}, "confirm_all"),
        ({"matchers": {"rule": ["*"], "severity": ["high", "**"]}}, "confirm_all"),
        ({"reason": "  "}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"ends_at": NOW.isoformat()}, "ends_at"),
        ({"starts_at": (NOW + timedelta(hours=2)).isoformat()}, "ends_at"),
        ({"ends_at": (NOW + timedelta(days=367)).isoformat()}, "ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"ends_at": "0001-01-01T00:00:00+14:00"}, "ends_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00", "ends_at": "9999-12-31T23:59:59-14:00"}, "starts_at"),
        ({"starts_at": (NOW - timedelta(days=366, seconds=1)).isoformat()}, "starts_at"),
        ({"starts_at": (NOW + timedelta(days=366, seconds=1)).isoformat()}, "starts_at"),
        ({"hours": {"weekdays": [], "start": "09:00", "end": "17:00", "zone": "UTC"}}, "weekdays"),
        ({"hours": {"weekdays": [1], "start": "9", "end": "17:00", "zone": "UTC"}}, "window_start"),
        ({"hours": {"weekdays": [1], "start": "09:00", "end": "17:00", "zone": "Mars/Base"}}, "zone"),
    ],
)
def test_what_is_wrong_is_said_by_field(writer: Client, values: dict[str, Any], field: str) -> None:
    answer = post(writer, **values)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Silence.objects.exists()


def test_one_that_began_up_to_a_year_ago_is_made(writer: Client) -> None:
    start = NOW - timedelta(days=366)
    assert datetime.fromisoformat(post(writer, starts_at=start.isoformat()).json()["starts_at"]) == start


def test_a_time_without_a_zone_is_refused(writer: Client) -> None:
    assert post(writer, ends_at="2026-06-12T16:00:00").status_code == 422


def test_every_alert_is_hidden_where_that_is_meant(writer: Client) -> None:
    assert post(writer, matchers={}, confirm_all=True).status_code == 201


def test_a_recurring_one_says_its_hours(writer: Client) -> None:
    hours = {"weekdays": [5, 6], "start": "22:00", "end": "06:00", "zone": "Europe/Berlin"}
    assert post(writer, hours=hours).json()["hours"] == hours


def test_a_mute_is_in_the_list_and_the_rule_says_so(reader: Client) -> None:
    rule = make_rule()
    mute(rule, NOW, timedelta(hours=1), reason="tuning")
    (item,) = reader.get("/api/v1/silences/").json()["items"]
    assert (item["mutes"], item["created_by"]) == ("DET-BETA-003", "the console itself")
    (shown,) = reader.get("/api/v1/rules/?mode=muted").json()["items"]
    assert (shown["mode"], shown["muted_until"]) == ("muted", item["ends_at"])
    assert reader.get("/api/v1/rules/?mode=active").json()["items"] == []


def test_a_viewer_may_look_and_not_silence(with_token: Callable[..., Client]) -> None:
    viewer = with_token("write", make_viewer())
    assert viewer.get("/api/v1/silences/").status_code == 200
    assert post(viewer).status_code == 403


def test_the_history_names_the_tokens_owner(writer: Client, owner: User) -> None:
    assert post(writer).status_code == 201
    event = pghistory.models.Events.objects.get(pgh_obj_model="detections.Silence")
    assert event.pgh_context is not None
    assert (event.pgh_context["user"], event.pgh_context["actor"]) == (owner.pk, "ada (token bot)")
