"""Scrubbing an event as it is defined: each value by itself, without memory and without one search for all texts."""

from __future__ import annotations

from typing import Any

from detections.ingest.event import scrub as real
from detections.ingest.event.secret_places import (
    LONGEST_NAME,
    VALUES,
    without_arguments,
    without_named_value,
    without_secret_parameters,
)
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import folded, scrub_text


def plain_scrub(event: dict[str, Any]) -> dict[str, Any]:
    """What `scrub` gives for an event without modules."""
    changed = {
        name: without_secret_parameters(value)
        for name, value in event.items()
        if name in {"message", "logentry"} and isinstance(value, dict) and "params" in value
    }
    return _mapping({**event, **changed}, 0)


def _mapping(source: dict[str, Any], depth: int) -> dict[str, Any]:
    if depth > real.MAX_DEPTH:
        return {"…": "nested too deeply"}
    if not VALUES.isdisjoint(source):
        source = without_named_value(source)
    clean: dict[str, Any] = {}
    for key, value in list(source.items())[: real.MAX_WIDTH]:
        name, kind = real._name(key) if len(key) <= LONGEST_NAME else real._long_name(key)
        told = real._told(kind, value) if kind else value
        clean[name] = _value(told, depth, kind == real._LINES, key == "context_line")
    if len(source) > real.MAX_WIDTH:
        clean["…"] = f"{len(source) - real.MAX_WIDTH} more"
    return clean


def _value(value: Any, depth: int, code: bool, is_line: bool) -> Any:
    if isinstance(value, str):
        return _text(real._cut(value), is_line)
    if isinstance(value, dict):
        return _mapping(value, depth + 1)
    if isinstance(value, list):
        return _list(value, depth + 1, code)
    return real._integer(value) if type(value) is int else value


def _list(source: list[Any], depth: int, code: bool) -> list[Any]:
    if depth > real.MAX_DEPTH:
        return ["…"]
    if {type(value) for value in source} == {str} and len(source) <= real.MAX_WIDTH and (code or len(source) != 2):
        return [_text(line, code) for line in (source if code else map(real._cut, without_arguments(source)))]
    clean = [_value(value, depth, code, False) for value in real._without_secret(source)[: real.MAX_WIDTH]]
    return clean + [f"… {len(source) - real.MAX_WIDTH} more"] * (len(source) > real.MAX_WIDTH)


def _text(text: str, code: bool) -> str:
    suspect = any(SUSPECT.search(each.encode(errors="replace")) for each in (text, folded(text)))
    return scrub_text(text, code=code) if suspect else text
