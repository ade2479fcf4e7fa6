"""The title says what happened; of a crash, where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detections.ingest.event.grouping import group
from detections.ingest.event.normalise import normalise
from detections.ingest.event.stack_grouping import main_exception
from detections.ingest.event.titles import exception_title

CASES = Path(__file__).parents[3] / "cases" / "events"


def title(payload: dict[str, Any]) -> str:
    event = normalise(payload)
    return exception_title(main_exception(event), event)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("11-synthetic", "-[Cart total]"),
        ("23-group-of-one", "ConnectionError: db is away"),
        ("10a-group-of-2", "ValueError: item 0 is bad"),
        ("10b-group-of-5", "ValueError: item 0 is bad"),
        ("05a-library-frames-only", "SIGSEGV: Segfault"),
        ("30-address-only-frames", "SIGSEGV: Segfault"),
    ],
)
def test_cases(case: str, expected: str) -> None:
    assert title(json.loads((CASES / f"{case}.json").read_text())) == expected


def crash(
    mechanism: dict[str, Any], platform: str = "native", *functions: str, kind: str = "SIGSEGV"
) -> dict[str, Any]:
    frames = [{"function": function, "in_app": function.startswith("shop")} for function in functions]
    exception = {"type": kind, "value": "Segfault", "mechanism": mechanism, "stacktrace": {"frames": frames}}
    return {"platform": platform, "exception": [exception]}


@pytest.mark.parametrize("kind", ["mach", "signalhandler", "minidump", "applecrashreport"])
@pytest.mark.parametrize("mark", [{}, {"synthetic": True}])
def test_crashes_are_titled_by_the_innermost_own_function(kind: str, mark: dict[str, Any]) -> None:
    mechanism = {"type": kind, **mark}

    assert title(crash(mechanism, "native", "main", "shop::total", "abort", "?")) == "shop::total"
    assert title(crash(mechanism, "native", "main", "raise", "0x1234")) == "raise"
    assert title(crash(mechanism, "native", "?", "0x1234")) == "SIGSEGV: Segfault"


def test_a_crash_is_one_whatever_names_the_signal() -> None:
    one, other = (crash({"type": "mach"}, "cocoa", "main", "shop", kind=kind) for kind in ("EXC_BAD_ACCESS", "SIGSEGV"))

    assert group(normalise(one), "").fingerprint == group(normalise(other), "").fingerprint


def test_synthetic_exceptions_that_people_threw_keep_their_text() -> None:
    thrown = {"type": "Error", "value": "cart is empty", "mechanism": {"type": "onerror", "synthetic": True},
              "stacktrace": {"frames": [{"function": "checkout"}]}}  # fmt: skip

    assert title({"platform": "javascript", "exception": [thrown]}) == "Error: cart is empty"
    assert title(crash({"type": "AppHang", "synthetic": True}, "cocoa", "main", "shop.load")) == "shop.load"
    assert title(crash({"type": "generic", "synthetic": True}, "python", "main")) == "SIGSEGV: Segfault"


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        # a message of an SDK that sends a stack with it (@sentry/node 11; others with attachStacktrace)
        (
            {"value": "The export takes long", "mechanism": {"type": "generic", "synthetic": True}},
            "The export takes long",
        ),
        ({"type": "", "value": "The export takes long"}, "The export takes long"),
        ({"type": "TimeoutError", "value": ""}, "TimeoutError"),
        ({"stacktrace": {"frames": [{"function": "main"}]}}, "Error"),
    ],
)
def test_what_was_not_sent_is_not_in_the_title(exception: dict[str, Any], expected: str) -> None:
    assert title({"platform": "node", "exception": {"values": [exception]}}) == expected
