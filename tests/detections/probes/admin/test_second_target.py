"""A plain health endpoint is probed without a line of code: its target is set by the admin's forms alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from detections.probes.program import FILE
from opsconsole.env.parsers import as_networks
from tests.detections.probes.admin.forms import ADMIN, add, fields, problems
from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

pytestmark = pytest.mark.django_db

INVARIANTS = (
    {"kind": "json", "path": "status", "operator": "equals", "value": "ok"},
    {
        "kind": "json",
        "path": "queue.depth",
        "operator": "at_most",
        "value": "1000",
        "severity": "warn",
        "check_id": "queue",
    },
    {"kind": "header", "header": "Cache-Control", "operator": "contains", "value": "no-store"},
    {"kind": "latency", "max_ms": "5000"},
)


class Health(HttpReceiver):
    """Answers with the depth of a queue, and wants a token."""

    depth = 7
    cache = "no-store"

    def answer(self, received: Received) -> Reply:
        if received.headers.get("x-api-key") != "hunter2":
            return Reply(401)
        return json_reply(200, {"status": "ok", "queue": {"depth": self.depth}}, cache_control=self.cache)


def exported(admin: Client, slug: str) -> dict[str, Any]:
    pk = admin.get(f"{ADMIN}/").context["cl"].result_list.get(slug=slug).pk
    said = admin.get(f"{ADMIN}/{pk}/export/").content.decode()
    assert "Secrets are not in the file. Add to its headers where you run it: x-api-key." in " ".join(said.split())
    file = admin.get(f"{ADMIN}/{pk}/export/file/")
    assert file["content-disposition"] == f'attachment; filename="{slug}.json"'
    assert b"hunter2" not in file.content
    read: dict[str, Any] = json.loads(file.content)
    return read


def run(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The checks of a run of the command, by id."""
    file = folder / "target.json"
    file.write_text(json.dumps(given))
    done = subprocess.run(
        [sys.executable, str(FILE), "--target", str(file), "--out-dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={},
    )
    assert done.returncode == 0, done.stderr
    (report,) = folder.glob("shop_health_probe_*.json")
    read = json.loads(report.read_text())
    report.unlink()
    return {check["id"]: check for check in read["checks"]}


def test_it_is_set_by_forms_exported_and_run(admin_client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    with Health() as service:
        asked = admin_client.post(f"{ADMIN}/add/", fields(*INVARIANTS, base=service.url))
        assert "127.0.0.1 is a loopback address" in problems(asked)["base"]
        add(
            admin_client,
            *INVARIANTS,
            base=service.url,
            reach=["127.0.0.1 127.0.0.1/32"],
            secret_headers="X-Api-Key: hunter2",
        )
        given = exported(admin_client, "shop-health")
        assert given["invariants"][1]["value"] == 1000
        given["headers"] = {"x-api-key": "hunter2"}
        checks = run(given, tmp_path)
        assert [name for name, check in checks.items() if check["triggered"]] == []
        assert {"assertion_failed", "queue", "slow", "elevated_failures"} <= checks.keys()
        service.depth, service.cache = 1001, "public"
        found = {name: check["severity"] for name, check in run(given, tmp_path).items() if check["triggered"]}
        assert found == {"assertion_failed": "high", "queue": "warn"}
