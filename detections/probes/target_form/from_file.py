"""What the form shows of a target's file (pure), and the files that a target can start from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.text import slugify

from detections.probes.program import probe
from detections.probes.target_form import written
from detections.probes.target_form.invariant_form import values_of
from detections.probes.target_form.split_rows import rows_of
from opsconsole.lib.text.secret_names import is_secret

MOST_BYTES = 2 << 20  # a body of 1 MiB, as JSON
PLAIN = {"name", "base", "endpoint", "method", "expect_json", "connection", "webhook_url", *probe.NUMBERS}
HEALTH: dict[str, Any] = {
    "name": "health",
    "endpoint": "/healthz",
    "method": "GET",
    "headers": {"accept": "application/json"},
    "invariants": [
        {"kind": "json", "path": "status", "operator": "equals", "value": "ok"},
        {"kind": "header", "header": "content-type", "operator": "contains", "value": "application/json"},
        {"kind": "latency", "percentile": 95, "max_ms": 1000},
        {"kind": "tls_expiry", "min_days": 21},
    ],
}
TEMPLATES: dict[str, tuple[str, dict[str, Any]]] = {
    "aurora": ("Aurora rollout: meta, three headers, the bucket and the split of POST /v1/chat", probe.AURORA),
    "health": ("Plain health endpoint: its status, a header, latency and the certificate", HEALTH),
}
# Which checklist a target of a template opens: no file has it, as it belongs to the console.
CHECKLISTS = {"aurora": "aurora-rollout-probe-operations-checklist"}


class Started(NamedTuple):
    """A file as the form's values. `left_out`: names of headers that look secret, to be entered as such."""

    target: dict[str, Any]
    invariants: list[dict[str, Any]]
    left_out: tuple[str, ...]


def read_file(raw: bytes) -> dict[str, Any]:
    """A target's file as `--target` takes it; its base may be missing. Raises CannotRead, naming what is wrong."""
    if len(raw) > MOST_BYTES:
        raise written.CannotRead(f"The file is larger than {MOST_BYTES >> 20} MiB.")
    try:
        given = written.read_json(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise written.CannotRead("The file is no text in UTF-8.") from None
    if not isinstance(given, dict):
        raise written.CannotRead("The file is no object of a target, as Export gives it: {…}.")
    try:
        probe.read_target({**given, "base": given.get("base") or "https://not-set.example"})
    except probe.ProbeError as error:
        raise written.CannotRead(f"{error}.") from None
    return given


def started_from(given: Mapping[str, Any]) -> Started:
    """The values of the form for a file that `read_file` took."""
    headers, debug = (dict(given.get(name, {})) for name in ("headers", "debug_headers"))
    every = (*headers.items(), *debug.items())
    left_out = tuple(dict.fromkeys(name for name, value in every if looks_secret(name, value)))
    shown = {name: value for name, value in given.items() if name in PLAIN}
    shown["slug"] = slugify(str(given.get("name", "")))
    shown["method"] = str(given.get("method", "GET")).upper()
    for field, given_headers in (("headers", headers), ("debug_headers", debug)):
        shown[field] = {name: value for name, value in given_headers.items() if name not in left_out}
    shown["ok_statuses"] = list(given.get("ok_statuses", []))
    shown.update(body_values(given.get("body")))
    shown.update(split_values(given.get("split")))
    return Started(shown, [values_of(row) for row in given.get("invariants", [])], left_out)


def body_values(body: Any) -> dict[str, Any]:
    """A text as it is, anything else as JSON."""
    if body is None or isinstance(body, str):
        return {"body_kind": "text", "body": body or ""}
    return {"body_kind": "json", "body": written.write_json(body)}


def split_values(split: Mapping[str, Any] | None) -> dict[str, Any]:
    """Empty without a split."""
    given = split or {}
    return {
        "split_header": given.get("header", ""),
        "split_variants": rows_of(given.get("variants") or {}),
        "split_min_samples": given.get("min_samples"),
        "split_window_hours": given.get("window_hours"),
    }


def looks_secret(name: str, value: str) -> bool:
    """Whether a header belongs to those that are sealed: by its name, unless its value is made anew for each sample."""
    return is_secret(name) and bool(value) and not any(f"{{{each}}}" in value for each in probe.PLACEHOLDERS)


def as_text(given: Mapping[str, Any]) -> str:
    """A file to be downloaded."""
    return json.dumps(given, ensure_ascii=False, indent=2) + "\n"
