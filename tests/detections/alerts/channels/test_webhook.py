"""Webhooks are signed, keep their documented form and say what came of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.channels import webhook as channel
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import Notification, Rejected, Retry, Sent
from detections.alerts.delivery_models import Delivery
from tests.detections.alerts.channels.test_slack_message import FACTS
from tests.receivers import weather
from tests.receivers.fixtures import WEBHOOK_SECRET
from tests.receivers.http_receiver import HttpReceiver
from tests.receivers.webhook import WebhookServer

DOCS = Path(__file__).parents[4] / "docs/channels"
PUBLISHED: dict[str, Any] = json.loads((DOCS / "webhook-v1.schema.json").read_text())


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without room for other names: what the console sends is documented."""
    inside = {name: strict(each) for name, each in schema.get("properties", {}).items()}
    return {**schema, "properties": inside, "additionalProperties": False} if inside else schema


SCHEMA = jsonschema_rs.validator_for(strict(PUBLISHED), validate_formats=True)


def to(server: HttpReceiver, secret: str = WEBHOOK_SECRET, facts: MessageFacts = FACTS) -> Notification:
    return Notification(12, "opsconsole-alert-7", "ops", "", facts, {"url": server.url + "/in", "secret": secret})


def test_a_signed_body_is_taken_and_has_the_documented_form(webhook: WebhookServer) -> None:
    assert channel.send(to(webhook)) == Sent("204")
    (body,) = webhook.bodies
    SCHEMA.validate(body)
    assert (body["id"], body["key"], body["kind"]) == ("opsconsole-delivery-12", "opsconsole-alert-7", "firing")
    assert body["alert"]["id"] == 7
    assert body["sample"]["organization"] == "org_456 (Church of the Valley)"
    assert webhook.received[0].headers["idempotency-key"] == body["id"]
    assert webhook.refused == []


def test_names_that_a_later_console_adds_have_the_published_form() -> None:
    published = jsonschema_rs.validator_for(PUBLISHED, validate_formats=True)
    body = channel.webhook_body(Notification(1, "k", "ops", "", FACTS))
    added = {**body, "new": 1, **{name: {**body[name], "new": 1} for name in ("alert", "evidence", "sample")}}
    assert published.is_valid(added)
    assert not SCHEMA.is_valid(added)
    assert not published.is_valid({**added, "kind": "new"})


def test_each_attempt_has_the_same_body_and_key(webhook: WebhookServer) -> None:
    webhook.forecast(weather.status(500))
    assert channel.send(to(webhook)) == Retry("500")
    channel.send(to(webhook))
    first, second = webhook.received
    assert (first.body, first.headers["idempotency-key"]) == (second.body, second.headers["idempotency-key"])


def test_another_secret_is_refused_and_without_one_nothing_is_signed(
    webhook: WebhookServer, receiver: HttpReceiver
) -> None:
    refused = channel.send(to(webhook, "another secret, also long"))
    assert isinstance(refused, Rejected)
    assert refused.response.startswith("401")
    assert channel.send(to(receiver, "")) == Sent("200 ok")
    assert "x-opsconsole-signature" not in receiver.received[0].headers


@given(st.text(min_size=1), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), st.binary())
def test_the_signature_is_that_of_the_documentation(secret: str, at: datetime, body: bytes) -> None:
    header = channel.signature(secret, at.replace(tzinfo=UTC), body)
    parts = dict(part.split("=", 1) for part in header.split(","))
    signed = parts["t"].encode() + b"." + body
    assert parts["v1"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert int(parts["t"]) == int(at.replace(tzinfo=UTC).timestamp())


def test_the_example_in_the_documentation_has_the_form_and_its_code_takes_our_signature() -> None:
    text = (DOCS / "webhook.md").read_text()
    SCHEMA.validate(json.loads(text.split("```json\n")[1].split("```")[0]))
    names: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    header = channel.signature("s" * 20, datetime.now(UTC), b"{}")
    assert names["is_genuine"]("s" * 20, header, b"{}")
    assert not names["is_genuine"]("s" * 20, header, b"{} ")


@given(
    facts=st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(
                ("message", "group", "cause", "owner", "why", "actor", "organization"), st.text(max_size=50)
            ),
            "users": st.integers(0, 9),
            "events": st.integers(0, 9),
        },
    ),
    # What a probe's webhook gets is the summary of its run, as the command sends it.
    kind=st.sampled_from([*sorted({*Delivery.Kind.values} - {Delivery.Kind.PROBE.value}), "test"]),
)
def test_every_body_has_the_documented_form(facts: dict[str, Any], kind: str) -> None:
    full: MessageFacts = FACTS | {"kind": kind} | facts  # type: ignore[assignment]
    for said in (full, facts | {"kind": kind}):
        SCHEMA.validate(channel.webhook_body(Notification(1, "k", "ops", "", said)))  # type: ignore[arg-type]


def test_bad_weather(webhook: WebhookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    webhook.forecast(weather.too_many(7), weather.hang(), weather.huge(), weather.redirect("/"), weather.close_early())
    assert channel.send(to(webhook)) == Retry("429", timedelta(seconds=7))
    late = channel.send(to(webhook))
    assert isinstance(late, Retry)
    assert "/in" not in late.response
    assert isinstance(channel.send(to(webhook)), Sent | Retry)
    assert isinstance(channel.send(to(webhook)), Rejected)
    assert isinstance(channel.send(to(webhook)), Retry)


@pytest.mark.parametrize(
    ("values", "field"),
    [({}, "url"), ({"url": "ftp://a.example"}, "url"), ({"url": "https://127.0.0.1/", "secret": "short"}, "secret")],
)
def test_what_cannot_be_used_is_refused_at_its_field(
    outbound_allowed: None, values: dict[str, str], field: str
) -> None:
    assert list(channel.check(values)) == [field]
