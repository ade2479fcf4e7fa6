"""Exceptions as a tree: what each is to the one above it, in whatever SDK's words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.utils import event_from_exception

from detections.dashboard.issues.parts.exceptions import MAX_INDENT, exception_list, is_branched
from detections.ingest.event.normalise import normalise

CAUSE = "raised earlier, the cause"


def link(kind: str, number: int | None = None, parent: int | None = None, **mechanism: Any) -> dict[str, Any]:
    ids = {"exception_id": number, "parent_id": parent}
    mechanism |= {name: value for name, value in ids.items() if value is not None}
    return {"type": kind, "mechanism": mechanism}


def shown(*chain: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(each.type, each.indent, each.relation) for each in exception_list({"exception": list(chain)})]


def test_a_chain_without_ids_is_one_of_causes() -> None:
    assert shown({"type": "Root"}, {"type": "Middle"}, {"type": "Reported"}) == [
        ("Reported", 0, ""), ("Middle", 0, CAUSE), ("Root", 0, CAUSE),
    ]  # fmt: skip


def test_python_groups_nest_and_keep_causes_of_members() -> None:
    tree = shown(
        link("KeyError", 5, 4, source="__cause__"),
        link("OSError", 4, 3, source="exceptions[0]"),
        link("ExceptionGroup", 3, 0, source="exceptions[1]", is_exception_group=True),
        link("ZeroDivisionError", 2, 1, source="__context__"),
        link("ValueError", 1, 0, source="exceptions[0]"),
        link("ExceptionGroup", 0, is_exception_group=True),
    )
    assert tree == [
        ("ExceptionGroup", 0, ""),
        ("ValueError", 1, "in the group ExceptionGroup"),
        ("ZeroDivisionError", 2, f"{CAUSE}: ValueError was raised while this was handled"),
        ("ExceptionGroup", 1, "in the group ExceptionGroup"),
        ("OSError", 2, "in the group ExceptionGroup"),
        ("KeyError", 3, f"{CAUSE} of OSError"),
    ]


def test_causes_of_members_as_the_python_sdk_sends_them() -> None:
    tree = [(each.type, each.indent, each.relation) for each in exception_list(_sent_by_the_sdk())]
    assert tree == [
        ("ExceptionGroup", 0, ""),
        ("ValueError", 1, "in the group ExceptionGroup"),
        ("KeyError", 2, f"{CAUSE} of ValueError"),
        ("ExceptionGroup", 1, "in the group ExceptionGroup"),
        ("OSError", 2, "in the group ExceptionGroup"),
        ("ZeroDivisionError", 3, f"{CAUSE}: OSError was raised while this was handled"),
    ]


def _sent_by_the_sdk() -> dict[str, Any]:
    cause, handled, waiting, moved = KeyError("cart"), ZeroDivisionError(), ValueError("price"), OSError("no route")
    waiting.__cause__, moved.__context__ = cause, handled
    group = ExceptionGroup("tasks", [waiting, ExceptionGroup("inner", [moved])])
    event, _ = event_from_exception(group)
    return normalise({"exception": event["exception"]})


def test_groups_of_javascript_dotnet_and_go() -> None:
    for name, source in (("AggregateError", "errors[0]"), ("AggregateException", "InnerExceptions[0]"), ("join", "")):
        top = link(name, 0, is_exception_group=True)
        assert shown(link("E", 1, 0, source=source), top)[1] == ("E", 1, f"in the group {name}")
    for source in ("cause", "InnerException", "Unwrap"):
        assert shown(link("E", 1, 0, source=source), link("Top", 0))[1] == ("E", 1, f"{CAUSE} of Top")
    # a group with a cause of its own
    group = link("AggregateError", 0, is_exception_group=True)
    assert shown(link("E", 1, 0, source="cause"), group)[1] == ("E", 1, f"{CAUSE} of AggregateError")


def test_what_java_suppressed_is_no_cause() -> None:
    tree = shown(
        link("IOException", 2, 0, type="chained"),
        link("CloseException", 1, 0, type="suppressed"),
        link("ShopException", 0, type="generic"),
    )
    assert tree == [
        ("ShopException", 0, ""),
        ("CloseException", 1, "suppressed while ShopException was raised"),
        ("IOException", 1, f"{CAUSE} of ShopException"),
    ]


def test_a_chain_of_go_whose_errors_are_all_called_groups() -> None:
    chain = [link(name, number, number - 1 if number else None, is_exception_group=True)
             for number, name in enumerate(("root", "wrap", "reported"))]  # fmt: skip
    assert [(kind, relation) for kind, _, relation in shown(*chain)] == [
        ("reported", ""), ("wrap", CAUSE), ("root", CAUSE),
    ]  # fmt: skip


def test_an_outline_is_for_what_branches() -> None:
    assert not is_branched(exception_list({"exception": [link("A", 1, 0, source="__cause__"), link("B", 0)]}))
    group = [link("A", 1, 0, source="exceptions[0]"), link("B", 0, is_exception_group=True)]
    assert is_branched(exception_list({"exception": group}))


def test_what_has_no_more_than_a_line_needs_no_card() -> None:
    sent = [
        {"type": "E", "value": "x"},
        {"type": "E", "value": "x" * 200},
        {"type": "E", "frames": [{"function": "f"}]},
    ]
    assert [each.tells_more for each in exception_list({"exception": sent})] == [True, True, False]


def test_what_was_caught_how_is_told() -> None:
    mechanism = {
        "type": "mach",
        "handled": False,
        "meta": {"signal": {"number": 11, "name": "SIGSEGV"}},
        "data": {"relevant_address": "0x1"},
        "help_link": "https://developer.apple.com",
    }
    (one,) = exception_list({"exception": [{"type": "EXC_BAD_ACCESS", "mechanism": mechanism}]})
    assert one.handled is False
    assert one.details == [
        ("mechanism", "mach"),
        ("help_link", "https://developer.apple.com"),
        ("signal", '{"number": 11, "name": "SIGSEGV"}'),
        ("relevant_address", "0x1"),
    ]
    (plain,) = exception_list({"exception": [link("E", type="generic")]})
    assert plain.details == []


def test_whose_thread_the_stack_is() -> None:
    body = {
        "exception": [{"type": "E", "thread_id": "7", "frames": [{"function": "f"}]}],
        "threads": [{"id": "1", "name": "main"}, {"id": "7", "name": "worker"}],
    }
    assert exception_list(body)[0].thread == "worker (7)"


@given(st.lists(st.tuples(st.integers(0, 6) | st.none(), st.integers(0, 6) | st.none()), max_size=12))
def test_every_exception_is_shown_once_whatever_ids_say(ids: list[tuple[int | None, int | None]]) -> None:
    chain = [link(f"E{index}", *each) for index, each in enumerate(ids)]
    tree = shown(*chain)
    assert sorted(kind for kind, _, _ in tree) == sorted(each["type"] for each in chain)
    assert all(indent <= MAX_INDENT for _, indent, _ in tree)
    assert [relation for _, _, relation in tree[1:] if not relation] == []
