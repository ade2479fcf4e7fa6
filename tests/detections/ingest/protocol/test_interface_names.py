"""Fields under the names that they had in the protocol before version 4."""

from __future__ import annotations

from detections.ingest.event.normalise import normalise
from detections.ingest.protocol.interface_names import with_field_names
from tests.cases.events import case


def test_an_event_of_sentry_java_1_has_its_exception_request_and_user() -> None:
    event = normalise(case("51-sentry-java-1"))

    (exception,) = event["exception"]
    assert (exception["type"], exception["value"]) == ("IllegalStateException", "no items")
    assert exception["frames"][0]["module"] == "com.shop.Cart"
    assert event["message"]["formatted"] == "Cart 17 is broken"
    assert event["request"]["url"] == "http://shop.example/cart"
    assert event["user"] == {"id": "5", "username": "anna"}
    assert "left_out" not in event


def test_a_stack_and_breadcrumbs_under_their_former_names() -> None:
    stack = {"frames": [{"function": "total"}]}
    raised = {"type": "E", "value": "x", "sentry.interfaces.Stacktrace": stack}
    event = normalise({"exception": [raised], "sentry.interfaces.Breadcrumbs": {"values": [{"message": "m"}]}})

    assert event["exception"][0]["frames"] == [{"function": "total"}]
    assert event["breadcrumbs"] == [{"message": "m"}]


def test_what_is_sent_under_both_names_stays() -> None:
    both = {
        "user": {"id": "1"},
        "sentry.interfaces.User": {"id": "2"},
        "request": None,
        "sentry.interfaces.Http": {"a": 1},
    }

    assert with_field_names(both) == {"user": {"id": "1"}, "request": {"a": 1}}
    assert with_field_names({"message": "x"}) == {"message": "x"}
