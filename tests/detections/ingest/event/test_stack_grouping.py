"""Stacks group by what the next build keeps of them; the fault decides, not who reports it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.grouping import EventGroup, group
from detections.ingest.event.normalise import normalise
from detections.ingest.event.scrub import scrub
from detections.ingest.event.stack_grouping import main_exception

CASES = Path(__file__).parents[3] / "cases" / "events"
URL = "https://shop.example/assets/"


def case(name: str) -> dict[str, Any]:
    (path,) = CASES.glob(f"{name}-*.json")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def of(payload: dict[str, Any]) -> EventGroup:
    return group(scrub(normalise(payload)), "/route")


def same(*payloads: dict[str, Any]) -> bool:
    return len({of(payload).fingerprint for payload in payloads}) == 1


def error(*frames: dict[str, Any], kind: str = "TypeError", value: str = "bad", **more: Any) -> dict[str, Any]:
    return {"exception": [{"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}], **more}


def own(function: str, module: str = "shop.cart", **more: Any) -> dict[str, Any]:
    return {"function": function, "module": module, "in_app": True, **more}


def script(name: str, function: str = "checkout", **more: Any) -> dict[str, Any]:
    return {"function": function, "filename": f"{URL}{name}", "in_app": True, **more}


@pytest.mark.parametrize(("one", "other"), [("28a", "28b"), ("29a", "29b"), ("29c", "29d"), ("10a", "10b")])
def test_cases_of_one_fault(one: str, other: str) -> None:
    assert same(case(one), case(other))


@pytest.mark.parametrize(("one", "other"), [("05a", "05b"), ("27a", "27b")])
def test_cases_of_two_faults(one: str, other: str) -> None:
    assert not same(case(one), case(other))


def test_all_frames_group_where_none_is_in_app() -> None:
    library = {"function": "get", "module": "http.client", "in_app": False}
    unmarked = {"function": "view", "module": "shop.views"}

    assert of(error(library, unmarked)).explanation["method"] == "stack"
    assert of(error(library, unmarked)).explanation["components"][1:] == ["http.client | get", "shop.views | view"]
    assert not same(error(library), error({**library, "function": "post"}))
    assert same(error(library, own("pay")), error({**library, "function": "post"}, own("pay")))


def test_exceptions_that_say_nothing_leave_grouping_to_the_text() -> None:
    def empty(text: str) -> dict[str, Any]:
        return {"message": text, "exception": [{"mechanism": {"type": "generic", "handled": True}}]}

    assert of(empty("cart is empty")).explanation["method"] == "message template"
    assert not same(empty("cart is empty"), empty("payment was refused"))


def test_a_cause_of_libraries_counts_by_its_type_where_another_exception_has_own_frames() -> None:
    def raised(function: str) -> dict[str, Any]:
        cause = {"type": "NewConnectionError", "stacktrace": {"frames": [{"function": function, "in_app": False}]}}
        return {"exception": [cause, {"type": "PayError", "stacktrace": {"frames": [own("pay")]}}]}

    assert same(raised("connect"), raised("_new_conn"))


@pytest.mark.parametrize("function", ["?", "", "<anonymous>", "anonymous", "HTMLButtonElement.<anonymous>", "e", "tZe",
                                      "n.e", "Object.t", "4821", "new t", "e/<"])  # fmt: skip
def test_frames_of_urls_without_a_name_tell_nothing(function: str) -> None:
    frame = script("app.js", function)

    assert of(error(frame)).explanation["method"] == "type and value"
    assert not same(error(frame, value="cart is empty"), error(frame, value="payment was refused"))
    assert same(error(frame, value="order 17 is bad"), error(script("b.js", function, colno=9), value="order 4 is bad"))
    assert of(error({**frame, "context_line": "pay(cart)"})).explanation["method"] == "in-app stack"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("index-BfX9k2Qp.js", "index-Bf_9k-Qp.js"),
        ("chunk-7XQ2KJ3P.js", "chunk-QWERTYUI.js"),
        ("main.8f2a1c3d.chunk.js", "main.0badc0de.chunk.js"),
        ("4821-abc123def456.js", "517-f00dfeed1234.js"),
        ("app.js?v=1", "app.js?v=2#x"),
        ("_next/static/chunks/pages/cart-1a2b3c4d5e6f7a8b.js", "_next/static/chunks/77.2b3c4d5e6f7a8b90.js"),
        ("_nuxt/DkZ1_q3f.js", "_nuxt/entry.BfXkzQpW.js"),
        ("432.js", "433.js"),
    ],
)
def test_builds_do_not_part_scripts(one: str, other: str) -> None:
    assert same(error(script(one)), error(script(other, lineno=2, colno=77)))


def test_builds_do_not_part_bundles_on_a_server() -> None:
    def bundled(path: str, **more: Any) -> dict[str, Any]:
        return error({"function": "checkout", "filename": path, "in_app": True, **more})

    assert same(bundled("/srv/1/dist/chunk-7XQ2KJ3P.js"), bundled("/home/me/dist/chunk-QWERTYUI.js"))
    assert same(bundled("a.js", module="dist.chunk-7XQ2KJ3P"), bundled("a.js", module="dist.chunk-QWERTYUI"))
    assert not same(bundled("/srv/dist/orders.js"), bundled("/srv/dist/basket.js"))


def test_raven_keeps_the_url_in_abs_path() -> None:
    def sent(name: str) -> dict[str, Any]:
        return {"function": "checkout", "filename": f"/static/{name}", "abs_path": f"{URL}{name}", "in_app": True}

    assert same(error(sent("a.js")), error(sent("b.js")))


def test_minified_sources_tell_nothing_and_short_ones_do() -> None:
    def minified(text: str) -> dict[str, Any]:
        return script("app.js", "e", context_line=text)

    assert same(error(minified("a" * 400)), error(minified("{snip} b {snip}")))
    assert not same(error(minified("pay(cart)")), error(minified("refund(cart)")))


def test_names_of_obfuscated_classes_are_left_out() -> None:
    def obfuscated(module: str, function: str) -> dict[str, Any]:
        return {"module": module, "function": function, "filename": "SourceFile", "in_app": True}

    keep = own("onCreate", "com.shop.CartActivity")
    assert same(error(keep, obfuscated("com.shop.a.b", "a")), error(keep, obfuscated("com.shop.c.Qe", "b")))
    assert not same(error(keep, obfuscated("com.shop.a.b", "a")), error(own("onStop", "com.shop.CartActivity")))


@pytest.mark.parametrize("files", [("app/views/carts/show.html.erb", "app/views/orders/show.html.erb"),
                                   ("src/cart/index.tsx", "src/order/index.tsx")])  # fmt: skip
def test_files_of_one_name_in_two_directories_differ(files: tuple[str, str]) -> None:
    one, other = ({"function": "render", "filename": name, "in_app": True} for name in files)

    assert not same(error(one), error(other))
    assert same(error(one), error({**one, "filename": f"/srv/releases/20260612120000/{one['filename']}"}))


def test_native_frames_without_names_group_by_their_libraries_and_the_value() -> None:
    def at(address: str, package: str) -> dict[str, Any]:
        return {"instruction_addr": address, "package": package, "function": address, "module": package}

    one = error(at("0x1000", "libc.so.6"), at("0x2000", "shop"), value="Segfault at 0x7fff1234abcd")
    assert same(one, error(at("0x1a00", "libc.so.6"), at("0x2b00", "shop"), value="Segfault at 0x7fff9999abcd"))
    assert not same(one, error(at("0x1000", "libc.so.6"), at("0x2000", "libfont.so"), value="Segfault at 0x7ffe"))


def test_the_depth_of_a_mutual_recursion_does_not_matter() -> None:
    pair = [own("even"), own("odd")]

    assert same(error(own("start"), *pair * 40), error(own("start"), *pair * 100))
    assert not same(error(own("start"), *pair * 40), error(own("other"), *pair * 40))


def member(number: int, kind: str, value: str, *frames: dict[str, Any], parent: int = 0, **more: Any) -> dict[str, Any]:
    mechanism = {"type": "chained", "exception_id": number, "parent_id": parent, "source": f"exceptions[{number}]"}
    stack = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, "mechanism": {**mechanism, **more}, **stack}


def grouped(*members: dict[str, Any], kind: str = "ExceptionGroup", function: str = "gather") -> dict[str, Any]:
    mechanism = {"type": "generic", "exception_id": 0, "is_exception_group": True}
    root = {"type": kind, "value": f"unhandled errors in a TaskGroup ({len(members)} sub-exceptions)"}
    return {"exception": [*members, {**root, "mechanism": mechanism, "stacktrace": {"frames": [own(function)]}}]}


def main(payload: dict[str, Any]) -> str:
    return str(main_exception(normalise(payload)).get("type", ""))


@pytest.mark.parametrize(("kind", "source"), [("ExceptionGroup", "exceptions[0]"), ("AggregateError", "errors[0]"),
                                              ("AggregateException", "InnerExceptions[0]")])  # fmt: skip
def test_a_group_of_one_fault_is_that_fault(kind: str, source: str) -> None:
    away = member(1, "ConnectionError", "db is away", own("connect"), source=source)
    again = member(2, "ConnectionError", "db is far away", own("connect"), source=source)
    payload = grouped(away, kind=kind)

    assert main(payload) == "ConnectionError"
    assert same(payload, grouped(again, away, kind=kind), grouped(away, kind=kind, function="run"))
    assert same(payload, error(own("connect"), kind="ConnectionError"))
    assert not same(payload, grouped(member(1, "KeyError", "x", own("connect"), source=source), kind=kind))


def test_a_group_of_several_faults_is_named_by_itself_and_has_no_order() -> None:
    one, other = member(1, "KeyError", "a", own("find")), member(2, "OSError", "b", own("read"))
    payload = grouped(other, one)

    assert main(payload) == "ExceptionGroup"
    assert same(payload, grouped(one, other), grouped(member(3, "KeyError", "c", own("find")), one, other))
    assert not same(payload, grouped(one))
    assert not same(payload, grouped(one, member(2, "OSError", "b", own("write"))))


def test_groups_in_groups() -> None:
    inner = {**member(1, "ExceptionGroup", "inner"), "mechanism": {"exception_id": 1, "parent_id": 0,
             "source": "exceptions[0]", "is_exception_group": True}}  # fmt: skip
    payload = grouped(member(2, "KeyError", "k", own("find"), parent=1), inner)

    assert main(payload) == "KeyError"
    assert same(payload, error(own("find"), kind="KeyError"))


def test_causes_are_no_members() -> None:
    """Early versions of @sentry/browser 7 call every exception with a cause a group."""
    cause = member(1, "DbError", "away", own("query"), source="cause")

    assert main(grouped(cause, kind="PayError")) == "PayError"
    assert not same(grouped(cause, kind="PayError"), error(own("query"), kind="DbError"))


def test_a_chain_is_one_with_and_without_ids() -> None:
    def chained(**ids: Any) -> dict[str, Any]:
        cause = {"type": "DbError", "stacktrace": {"frames": [own("query")]}}
        if ids:
            cause["mechanism"] = {"exception_id": 1, "parent_id": 0, "source": "__cause__"}
        return {"exception": [cause, {"type": "PayError", "stacktrace": {"frames": [own("pay")]}, **ids}]}

    assert same(chained(), chained(mechanism={"exception_id": 0}))
    assert of(chained()).explanation["components"] == ["DbError", "shop.cart | query", "PayError", "shop.cart | pay"]


def test_a_chain_whose_every_error_is_called_a_group() -> None:
    """sentry-go numbers from the innermost error and calls all of them groups."""

    def link(number: int, kind: str, *frames: dict[str, Any]) -> dict[str, Any]:
        mechanism: dict[str, Any] = {"exception_id": number, "is_exception_group": True}
        if number:
            mechanism["parent_id"] = number - 1
        return {"type": kind, "mechanism": mechanism, "stacktrace": {"frames": list(frames)}}

    payload = {"exception": [link(0, "*net.OpError"), link(1, "*fmt.wrapError", own("Pay"))]}
    assert main(payload) == "*fmt.wrapError"
    assert not same(payload, {"exception": [link(0, "*os.PathError"), link(1, "*fmt.wrapError", own("Pay"))]})


def test_equal_suppressed_exceptions_count_once_and_give_no_name() -> None:
    def closing(*numbers: int) -> dict[str, Any]:
        beside = [member(n, "IOException", "closed", own("close"), type="suppressed", source="") for n in numbers]
        return grouped(*beside, kind="SQLException")

    assert main(closing(1)) == "SQLException"
    assert same(closing(1), closing(1, 2, 3))


def test_a_group_that_comes_first_is_the_root() -> None:
    payload = grouped(member(1, "KeyError", "k", own("find")), member(2, "OSError", "o", own("read")))
    turned = {"exception": payload["exception"][::-1]}

    assert main(turned) == "ExceptionGroup"
    assert same(payload, turned)


LINKS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["A", "B", "ExceptionGroup"])},
        optional={
            "mechanism": st.fixed_dictionaries(
                {},
                optional={
                    "exception_id": st.integers(0, 4),
                    "parent_id": st.integers(0, 4),
                    "is_exception_group": st.booleans(),
                    "source": st.sampled_from(["", "exceptions[0]", "__cause__", "suppressed"]),
                },
            ),
            "stacktrace": st.just({"frames": [own("find")]}),
        },
    ),
    max_size=8,
)


@given(LINKS)
def test_trees_of_any_form_are_read(chain: list[dict[str, Any]]) -> None:
    """Doubled, missing and circular ids."""
    payload = {"exception": chain}
    assert of(payload) == of(payload)
    assert main(payload) in {"", *(link["type"] for link in chain)}


FUNCTIONS = st.sampled_from(["checkout", "total", "loadCart", "Cart.render", "useSQL", "pay"])
BUILD = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ234567", min_size=8, max_size=8) | st.text("0123456789abcdef", min_size=8,
        max_size=20).filter(lambda digest: any(map(str.isdigit, digest)))  # fmt: skip


@given(
    st.lists(FUNCTIONS, min_size=1, max_size=6), BUILD, BUILD, st.integers(1, 9), st.sampled_from(["", "/srv/dist/"])
)
def test_a_new_build_is_the_same_fault(functions: list[str], one: str, other: str, line: int, folder: str) -> None:
    def built(digest: str, at: int) -> dict[str, Any]:
        return error(*[{"function": name, "filename": f"{folder}index-{digest}.js", "lineno": at,
                        "in_app": True} for name in functions])  # fmt: skip

    assert same(built(one, line), built(other, line + 1))


def logged(*frames: dict[str, Any], text: str) -> dict[str, Any]:
    """A message with a stack of its own, as `attach_stacktrace` sends it."""
    return {"message": text, "stacktrace": {"frames": list(frames)}}


def test_a_message_with_an_in_app_stack_groups_by_it() -> None:
    library = {"function": "error", "module": "logging", "in_app": False}
    here, there = own("pay", context_line="log.error(text)"), own("ship", context_line="log.error(text)")
    assert same(logged(here, library, text="card of Ada"), logged(here, library, text="card of Bob"))
    assert not same(logged(here, library, text="not found"), logged(there, library, text="not found"))
    assert of(logged(here, library, text="not found")).explanation["method"] == "in-app stack"


def test_a_message_whose_stack_is_all_of_libraries_groups_by_its_text() -> None:
    library = {"function": "error", "module": "logging", "in_app": False}
    unmarked = {"function": "emit", "module": "logging"}
    for frame in (library, unmarked):
        assert not same(logged(frame, text="disk full"), logged(frame, text="card refused"))
        assert of(logged(frame, text="disk full")).explanation["method"] == "message template"


@given(st.lists(FUNCTIONS, min_size=1, max_size=6), st.lists(FUNCTIONS, min_size=1, max_size=6))
def test_other_functions_modules_and_types_are_other_faults(one: list[str], other: list[str]) -> None:
    def stack(names: list[str], module: str = "shop.cart") -> list[dict[str, Any]]:
        return [own(name, module) for name in names]

    def merged(names: list[str]) -> list[str]:
        return [name for name, before in zip(names, ["", *names], strict=False) if name != before]

    assert same(error(*stack(one)), error(*stack(other))) == (merged(one) == merged(other))
    assert not same(error(*stack(one)), error(*stack(one, "shop.order")))
    assert not same(error(*stack(one)), error(*stack(one), kind="KeyError"))


FIELDS = [
    *("values", "frames", "stacktrace", "type", "value", "mechanism", "function", "module", "filename", "abs_path"),
    *("package", "in_app", "context_line", "source", "parent_id", "exception_id", "is_exception_group", "synthetic"),
]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=30,
)


@given(ANY, ANY, st.sampled_from(["javascript", "java", "cocoa", ""]))
def test_any_exception_groups_without_raising(exception: Any, threads: Any, platform: str) -> None:
    found = of({"exception": exception, "threads": threads, "platform": platform})
    assert len(found.fingerprint) == 32
    assert all(isinstance(part, str) for part in found.explanation["components"])
