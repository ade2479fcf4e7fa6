"""Events that are one fault are one issue, and the issue says why."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.grouping import EventGroup, group
from detections.ingest.event.normalise import normalise
from detections.ingest.event.parameterise import parameterise


def frame(function: str, module: str = "shop.cart", **more: Any) -> dict[str, Any]:
    return {"function": function, "module": module, "in_app": True, **more}


def error(*frames: dict[str, Any], kind: str = "ValueError", value: str = "bad", **more: Any) -> dict[str, Any]:
    return {"exception": [{"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}], **more}


def of(payload: dict[str, Any]) -> EventGroup:
    return group(normalise(payload), "/route")


def same(*payloads: dict[str, Any]) -> bool:
    return len({of(payload).fingerprint for payload in payloads}) == 1


def test_the_in_app_stack_makes_the_group() -> None:
    one = error(frame("pay"), frame("charge", lineno=10), value="order 1")
    other_line_and_value = error(frame("pay"), frame("charge", lineno=99), value="order 2")
    library_differs = error(frame("get", "requests", in_app=False), frame("pay"), frame("charge"))

    assert same(one, other_line_and_value, library_differs)
    assert not same(one, error(frame("pay"), frame("refund")))
    assert not same(one, error(frame("pay"), frame("charge"), kind="KeyError"))
    explanation = of(one).explanation
    assert explanation["version"] == 2
    assert explanation["method"] == "in-app stack"
    assert explanation["components"] == ["ValueError", "shop.cart | pay", "shop.cart | charge"]


def test_recursion_of_any_depth_is_one_group() -> None:
    assert same(error(*[frame("walk")] * 3), error(*[frame("walk")] * 90))


def test_javascript_files_with_build_hashes() -> None:
    def built(digest: str) -> dict[str, Any]:
        return {"filename": f"https://cdn.example/static/main.{digest}.js?v=1", "function": "render", "lineno": 1}

    assert same(error(built("8f2a1c3d")), error(built("0badc0de")))


def test_without_a_stack_type_and_parameterised_value() -> None:
    one = error(value="user 17 of 10.0.0.1 not found")

    assert same(one, error(value="user 42 of 10.9.9.9 not found"))
    assert not same(one, error(value="order 17 not found"))
    assert of(one).explanation["method"] == "type and value"


def test_messages_by_their_template() -> None:
    def logged(template: str, formatted: str) -> dict[str, Any]:
        return {"logentry": {"message": template, "formatted": formatted}}

    assert same(logged("took %s", "took 1 s"), logged("took %s", "took 9 s"))
    assert same({"message": "took 17 ms"}, {"message": "took 4711 ms"})
    assert not same({"message": "took 17 ms"}, {"message": "lost 17 ms"})


def test_the_clients_fingerprint_goes_before_all() -> None:
    one = error(frame("a"), fingerprint=["solver-error", "infeasible", "org_456"])

    assert same(one, error(frame("b"), kind="KeyError", fingerprint=["solver-error", "infeasible", "org_456"]))
    assert not same(one, error(frame("a"), fingerprint=["solver-error", "timeout", "org_456"]))
    assert of(one).explanation["method"] == "client fingerprint"


def test_default_in_a_fingerprint_is_the_groups_own() -> None:
    plain = error(frame("a"))

    assert same(plain, error(frame("a"), fingerprint=["{{ default }}"]), error(frame("a"), fingerprint=["{{default}}"]))
    refined = error(frame("a"), fingerprint=["{{ default }}", "org_1"])
    assert not same(plain, refined)
    assert not same(refined, error(frame("b"), fingerprint=["{{ default }}", "org_1"]))


def test_variables_in_a_fingerprint() -> None:
    assert of(error(kind="KeyError", fingerprint=["validation", "{{ type }}", "{{ nonsense }}"])).explanation[
        "components"
    ] == ["validation", "KeyError", "{{ nonsense }}"]


@given(st.lists(st.sampled_from(["7", "4711", "10.0.0.1", "'ada'", '"x y"', "ada@example.org", "0xdeadbeef",
                                 "2026-06-12T12:00:00Z", "3f0c9b5e-1111-4222-8333-123456789012",
                                 "https://a.example/b"]), min_size=2, max_size=2))  # fmt: skip
def test_what_differs_from_event_to_event_does_not_part_them(values: list[str]) -> None:
    left, right = (parameterise(f"user {value} failed") for value in values)
    assert "user <" in left
    assert left.partition("<")[0] == right.partition("<")[0]
    assert values[0] not in left


@given(st.text(max_size=600))
def test_parameterising_again_adds_nothing_unreadable(message: str) -> None:
    assert "\n" not in parameterise(message)
