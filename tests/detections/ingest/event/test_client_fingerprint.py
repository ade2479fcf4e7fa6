"""The variables of a client's fingerprint, raven's checksum, and what stands for events without a text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.client_fingerprint import filled
from detections.ingest.event.grouping import EventGroup, group
from detections.ingest.event.normalise import normalise
from detections.ingest.event.route import route_of
from tests.cases.events import case

EVENT: dict[str, Any] = {
    "level": "fatal",
    "logger": "shop",
    "transaction": "/cart",
    "environment": "prod",
    "release": "shop@2",
    "platform": "python",
    "tags": {"shop": "north", "a b": "c", "Server.Name": "web-1"},
    "message": {"formatted": "it failed"},
    "exception": [
        {"type": "OSError", "value": "cause", "frames": [{"function": "inner", "module": "os"}]},
        {
            "type": "CartError",
            "value": "empty",
            "frames": [
                {"function": "pay", "module": "shop.pay", "filename": "shop/pay.py", "abs_path": "/srv/shop/pay.py",
                 "package": "/usr/lib/libshop.so", "in_app": True},
                {"function": "post", "module": "requests", "in_app": False},
            ],
        },
    ],
}  # fmt: skip


def of(payload: dict[str, Any]) -> EventGroup:
    event = normalise(payload)
    return group(event, route_of(event).route)


def same(*names: str) -> bool:
    return len({of(case(name)).fingerprint for name in names}) == 1


def test_the_fingerprints_that_were_read_wrongly() -> None:
    assert not same("24-fingerprint-variables", "24b-fingerprint-variables")
    assert of(case("24-fingerprint-variables")).explanation["components"] == ["ValueError", "north"]
    assert same("25a-checksum", "25b-checksum")
    assert of(case("25a-checksum")).explanation["method"] == "checksum"
    assert of({"message": "a", "checksum": "x"}).fingerprint != of({"message": "a", "checksum": "y"}).fingerprint
    assert of({"message": "a", "fingerprint": ["b"], "checksum": "x"}).explanation["method"] == "checksum"


def test_the_texts_that_were_read_wrongly() -> None:
    assert not same("03a-event-without-text", "03b-event-without-text")
    assert same("15a-key-value", "15b-key-value")
    assert same("15c1-message", "15c2-message")
    assert same("15g1-message", "15g2-message")
    assert same("15i1-message", "15i2-message")
    assert not same("31a-multiline-message", "31b-multiline-message")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        *(("{{ type }}", "CartError"), ("{{ error.type }}", "CartError"), ("{{error.value}}", "empty")),
        *(("{{ value }}", "empty"), ("{{ function }}", "pay"), ("{{ stack.function }}", "pay")),
        *(("{{ module }}", "shop.pay"), ("{{ stack.module }}", "shop.pay"), ("{{ package }}", "libshop.so")),
        *(("{{ stack.package }}", "libshop.so"), ("{{ path }}", "/srv/shop/pay.py")),
        *(("{{ stack.abs_path }}", "/srv/shop/pay.py"), ("{{ stack.filename }}", "shop/pay.py")),
        *(("{{ message }}", "it failed"), ("{{ transaction }}", "/cart"), ("{{ level }}", "fatal")),
        *(("{{ logger }}", "shop"), ("{{ tags.shop }}", "north"), ("{{ tags.a b }}", "c"), ("{{ tags.none }}", "")),
        *(("{{ tags.Server.Name }}", "web-1"), ("{{ release }}", "shop@2"), ("{{ environment }}", "prod")),
        *(("{{ Error.Type }}", "CartError"), ("at {{ logger }} of {{ tags.shop }}", "at shop of north")),
        *(("{{ nonsense }}", "{{ nonsense }}"), ("{{ stack.nonsense }}", "{{ stack.nonsense }}"), ("{{}}", "{{}}")),
        *(("{{ default }}", "own"), ("{{ Default }}", "own"), ("{{default}} of {{ level }}", "own of fatal")),
    ],
)
def test_each_variable_is_filled_in(part: str, value: str) -> None:
    assert filled([part], ["own"], EVENT, "/route") == [value]


def test_without_a_stack_the_fields_of_a_frame_are_empty() -> None:
    assert filled(["{{ stack.function }}", "{{ error.type }}", "{{ transaction }}"], [], {}, "/r") == ["", "", "/r"]


def test_a_fingerprint_of_nothing_is_the_default() -> None:
    assert of({"message": "a", "fingerprint": [""]}).fingerprint == of({"message": "a"}).fingerprint


def test_texts_put_together_before_they_are_logged() -> None:
    def logged(text: str, *params: Any) -> str:
        return of({"logentry": {"message": text, "params": list(params)}}).fingerprint

    assert logged("user 42 failed") == logged("user 43 failed")
    assert logged("step 1 of %s", "a") != logged("step 2 of %s", "a")
    assert logged("step 1 of %s", "a") == logged("step 1 of %s", "b")


def test_events_of_which_nothing_is_known() -> None:
    nothing = of({"level": "error"})
    assert nothing.explanation["method"] == "route"
    assert nothing.fingerprint == of({"level": "error", "message": "  "}).fingerprint
    assert nothing.fingerprint != of({"logger": "shop"}).fingerprint
    by_url = [of({"request": {"url": f"http://shop.example/orders/{n}"}}) for n in (4711, 4712)]
    assert by_url[0].fingerprint == by_url[1].fingerprint != nothing.fingerprint


@given(st.text(alphabet="{} tags.stackfunction", max_size=40))
def test_no_fingerprint_makes_it_raise(part: str) -> None:
    assert all(isinstance(text, str) for text in filled([part], ["own"], EVENT, "/r"))
