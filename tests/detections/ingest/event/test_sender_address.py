"""`{{auto}}` becomes the sender's address or goes; anonymous users of devices are counted by it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.normalise import normalise
from detections.ingest.event.sender_address import with_sender
from detections.ingest.inbox_row import STORE, InboxRow
from detections.ingest.to_records import to_record
from detections.telemetry.records import EventRecord
from tests.cases.events import case
from tests.detections.builders import NOON

SENDER = "203.0.113.7"
AUTO = "{{auto}}"


def settled(payload: dict[str, Any], sender: str = SENDER) -> tuple[dict[str, Any], dict[str, Any]]:
    return with_sender(normalise(payload), payload.get("sdk"), sender)


def record(payload: dict[str, Any], sender: str = SENDER) -> EventRecord:
    row = InboxRow(1, STORE, NOON, uuid4(), b"", "", 0, sender=sender)
    return to_record(row, payload, UUID(int=1), None)


def test_the_address_that_was_kept_literally() -> None:
    payload = case("09-user-ip-auto")
    assert settled(payload)[0]["user"] == {"ip_address": SENDER}
    assert "user" not in settled(payload, "")[0]
    one, again, other = record(payload), record(payload), record(payload, "203.0.113.8")
    assert one.user_hash is not None
    assert one.user_hash == again.user_hash != other.user_hash
    assert b"{{" not in one.body
    assert record(payload, "").user_hash is None


@pytest.mark.parametrize("auto", [AUTO, "{{ auto }}", " {{AUTO}}"])
def test_each_spelling_and_place(auto: str) -> None:
    env = {"REMOTE_ADDR": auto, "SERVER_NAME": "web-1"}
    event = settled({"user": {"id": 7, "ip_address": auto}, "request": {"url": "/x", "env": env}})[0]
    assert event["user"] == {"id": "7", "ip_address": SENDER}
    assert event["request"]["env"] == {"SERVER_NAME": "web-1", "REMOTE_ADDR": SENDER}
    unknown = settled({"user": {"id": 7, "ip_address": auto}, "request": {"env": {"REMOTE_ADDR": auto}}}, "")[0]
    assert unknown["user"] == {"id": "7"}
    assert "request" not in unknown


def test_an_application_knows_the_address_better_than_the_console() -> None:
    payload = {"user": {"ip_address": AUTO}, "request": {"env": {"REMOTE_ADDR": "198.51.100.1"}}}
    assert settled(payload)[0]["user"] == {"ip_address": "198.51.100.1"}


def test_an_anonymous_user_of_an_old_sdk_is_counted_and_the_address_not_kept() -> None:
    payload = {"platform": "javascript", "message": "x is undefined"}
    kept = record(payload)
    assert kept.user_hash == record({**payload, "user": {"ip_address": AUTO}}).user_hash is not None
    assert SENDER.encode() not in kept.body
    assert record({"platform": "python", "message": "x"}).user_hash is None
    assert record({**payload, "sdk": {"settings": {"infer_ip": "never"}}}).user_hash is None
    assert settled({**payload, "user": {"id": 7}}) == (normalise({**payload, "user": {"id": 7}}), {})


def test_an_sdk_that_infers_addresses_asks_for_them() -> None:
    asking = {"platform": "other", "sdk": {"settings": {"infer_ip": "auto"}}}
    assert settled(asking)[0]["user"] == {"ip_address": SENDER}
    assert settled({**asking, "user": {"ip_address": "10.0.0.1"}})[0]["user"] == {"ip_address": "10.0.0.1"}


ANY = st.none() | st.just(AUTO) | st.text(max_size=9) | st.integers() | st.lists(st.just(AUTO), max_size=2)


@given(ANY, ANY, ANY | st.dictionaries(st.just("settings"), ANY), st.sampled_from(["javascript", "python", ""]))
def test_it_is_never_kept_literally(ip: Any, address: Any, sdk: Any, platform: str) -> None:
    user = {"ip_address": ip}
    event, _ = settled({"user": user, "request": {"env": {"REMOTE_ADDR": address}}, "sdk": sdk, "platform": platform})
    assert event.get("user", {}).get("ip_address") != AUTO
    assert event.get("request", {}).get("env", {}).get("REMOTE_ADDR") != AUTO
