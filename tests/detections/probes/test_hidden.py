"""What a run stores of answers: valid JSON, and none of the secrets that answers repeat or name themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detections.probes.program import probe
from tests.detections.probes.samples import target
from tests.receivers import weather
from tests.receivers.rollout import Rollout

SECRET = "canary-of-a-long-secret"
META = {"rollout_variant": "canary", "rollout_bucket": 1, "policy_version": "p-7"}
SENT = {"headers": {"content-type": "application/json", "x-internal": f"Bearer {SECRET}"}}


def row_of(service: Rollout, policy_debug: bool = True, **changes: Any) -> dict[str, Any]:
    """The one sample of a target that sends a secret."""
    rows: list[dict[str, Any]] = []
    wanted = target(base=service.url, samples=1, retry_count=0, **SENT, **changes)
    probe.run_samples(wanted, rows.append, policy_debug=policy_debug)
    return rows[0]


def answers(service: Rollout, body: Any, **headers: str) -> None:
    service.climate = weather.status(200, json.dumps(body).encode(), **headers)


@pytest.mark.parametrize("around", ["{}", "you sent {}", "x" * 50 + "{}" + "y" * 50, "x" * 60 + "{}"])
def test_what_was_sent_and_comes_back_is_not_in_the_row(around: str) -> None:
    told = around.format(SECRET)
    with Rollout() as service:
        answers(service, {"meta": {**META, "policy_version": told, "of": told}}, x_aurora_policy_version=f"{told}2")
        row = row_of(service)
        service.climate = weather.status(200, b"{", Content_Type=f"text/{told}")
        failed = row_of(service)
    assert len(row["faults"]) == 3
    assert SECRET[:8] not in json.dumps([row, failed])


def test_what_every_client_sends_and_what_is_made_for_a_sample_is_told() -> None:
    asks = [
        {"kind": "json", "path": "type", "operator": "absent"},
        {"kind": "json", "path": "id", "operator": "absent"},
    ]
    headers = {"content-type": "application/json", "x-session": "{session_id}"}
    with Rollout() as service:
        answers(service, {"type": "application/json"})
        rows: list[dict[str, Any]] = []
        wanted = target(base=service.url, samples=1, headers=headers, invariants=asks)
        probe.run_samples(wanted, rows.append)
    assert "application/json" in rows[0]["faults"][0]["note"]


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "header", "header": "set-cookie", "operator": "contains", "value": "Secure"},
        {"kind": "header_equals", "header": "x-csrf-token", "path": "meta.of"},
        {"kind": "json", "path": "meta.access_token", "operator": "matches", "value": "v2.*"},
    ],
)
def test_the_value_of_what_is_named_as_a_secret_is_not_told(asked: dict[str, Any]) -> None:
    meta = {**META, "access_token": "hunter2", "of": "other"}
    with Rollout() as service:
        answers(service, {"meta": meta}, Set_Cookie="session=hunter2", X_CSRF_Token="hunter2")
        row = row_of(service, invariants=[asked])
    assert "hunter2" not in json.dumps(row)
    assert "[hidden]" in row["faults"][0]["note"]
    assert "access_token" in row["meta"], "it is told as a text"


def test_numbers_are_told_whatever_their_name_is() -> None:
    asked = {"kind": "json", "path": "usage.total_tokens", "operator": "at_most", "value": 100}
    with Rollout() as service:
        answers(service, {"usage": {"total_tokens": 123}})
        assert "is 123; it must" in row_of(service, invariants=[asked])["faults"][0]["note"]


@pytest.mark.parametrize("number", [b"1e400", b"-1e400"])
def test_a_number_without_end_leaves_reports_and_webhook_json(number: bytes, tmp_path: Path) -> None:
    def none(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    with Rollout() as service, Rollout() as hook:
        service.climate = weather.status(200, b'{"meta": {"rollout_bucket": %s}}' % number)
        given = ["--base", service.url, "--samples", "1", "--policy-debug", "--webhook", hook.url]
        assert probe.main([*given, "--out-dir", str(tmp_path)], {}) == 0
    (file,) = tmp_path.glob("*_probe_*.json")
    report = json.loads(file.read_text(), parse_constant=none)
    told = json.loads(hook.received[0].body, parse_constant=none)
    assert report["rows"][0]["meta"] == {"rollout_bucket": number.decode().replace("1e400", "inf")}
    assert told["first_failure"] == report["first_failure"]
