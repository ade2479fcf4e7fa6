"""Further events that were read wrongly: which are one fault, which are two, and what a hostile one costs."""

from __future__ import annotations

from typing import Any

import pytest

from detections.ingest.event import stack_grouping
from detections.ingest.event.grouping import MAX_EXPLANATION, group
from detections.ingest.event.normalise import normalise
from detections.ingest.event.route import route_of
from detections.ingest.event.scrub import scrub
from tests.cases.events import case


def fingerprint(payload: dict[str, Any]) -> str:
    event = scrub(normalise(payload))
    return group(event, route_of(event).route).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("50a-engine-frames", "50c-engine-frames"),
        *((f"52{each}1-message", f"52{each}2-message") for each in ("", "j", "k", "r", "ar", "x", "m")),
        ("54a-dotnet-generic", "54b-dotnet-generic"),
        ("56a-event-without-text", "56b-event-without-text"),
        ("58a-notebook", "58b-notebook"),
        *((f"59{each}1-minified", f"59{each}2-minified") for each in ("", "s", "f")),
    ],
)
def test_one_fault(one: str, other: str) -> None:
    assert fingerprint(case(one)) == fingerprint(case(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("50a-engine-frames", "50b-engine-frames"),
        *((f"57{each}1-named", f"57{each}2-named") for each in ("", "s", "f", "d")),
        *((f"60{each}1-numbered", f"60{each}2-numbered") for each in ("", "s")),
    ],
)
def test_two_faults(one: str, other: str) -> None:
    assert fingerprint(case(one)) != fingerprint(case(other))


def test_a_named_function_in_code_without_a_file_tells_the_place() -> None:
    """Scripts that a tag manager writes into the page have lines, an engine's own functions have none."""

    def thrown(function: str) -> dict[str, Any]:
        frame = {"function": function, "filename": "<anonymous>", "lineno": 3, "in_app": True}
        return {"exception": [{"type": "E", "value": "x", "stacktrace": {"frames": [frame]}}]}

    assert fingerprint(thrown("showBanner")) != fingerprint(thrown("trackClick"))


def test_generated_scripts_of_groovy_are_one() -> None:
    def thrown(module: str) -> dict[str, Any]:
        frame = {"function": "run", "module": module, "in_app": True}
        return {"exception": [{"type": "E", "value": "x", "stacktrace": {"frames": [frame]}}]}

    assert fingerprint(thrown("Script17")) == fingerprint(thrown("Script1234567"))
    assert fingerprint(thrown("ScriptV1")) != fingerprint(thrown("ScriptV2"))


def test_each_stack_of_nested_groups_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = stack_grouping._stack

    def counted(frames: list[dict[str, Any]], *, own: bool) -> stack_grouping.Parts:
        read.append(len(frames))
        return real(frames, own=own)

    monkeypatch.setattr(stack_grouping, "_stack", counted)
    chain = [
        {
            "type": f"E{level}",
            "value": "x",
            "stacktrace": {"frames": [{"function": f"f{level}", "module": "shop", "in_app": True}]},
            "mechanism": {
                "type": "chained",
                "exception_id": level,
                "is_exception_group": level < 49,
                **({"parent_id": level - 1} if level else {}),
            },
        }
        for level in range(49, -1, -1)
    ]
    event = normalise({"exception": {"values": chain}, "fingerprint": ["{{ error.type }}", "{{ error.value }}"]})

    group(event, "")
    assert len(read) == 50
    assert stack_grouping.main_exception(event)["type"] == "E49"
    assert len(read) == 50


@pytest.mark.parametrize("part", ["{{ default }}", "{{ default }}" * 20])
def test_an_explanation_stays_small(part: str) -> None:
    """It was 300 MB for the fingerprint of one event, more than PostgreSQL takes."""

    def sent(last: str) -> dict[str, Any]:
        frames = [{"function": f"f{number}" * 40, "module": "shop", "in_app": True} for number in (*range(249), last)]
        raised = [{"type": "E", "value": "x", "stacktrace": {"frames": frames}}] * 10
        return normalise({"exception": raised, "fingerprint": [part] * 50})

    one, other = group(sent("a"), ""), group(sent("b"), "")
    assert sum(map(len, one.explanation["components"])) < MAX_EXPLANATION + 100
    assert one.fingerprint != other.fingerprint
    assert one == group(sent("a"), "")
