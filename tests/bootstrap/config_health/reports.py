"""Reports to test with, as an agent would send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from bootstrap.config_health.reports import payload, tokens
from bootstrap.config_health.reports.receive import Received, receive
from bootstrap.systems.config.manifest import manifest_of, private_group
from bootstrap.systems.models import Deployment
from tests.bootstrap import builders

NIGHT = datetime(2026, 6, 14, 3, tzinfo=UTC)
ADDRESS = "/api/v1/config-reports/"


def deployment(environment: str = "prod", app: str = "demo-api") -> Deployment:
    """With its environment and application; `<app>-<environment>` is its host's name."""
    place = builders.environment(environment)
    system = place.system
    found = system.apps.get_or_create(slug=app, defaults={"name": app})[0]
    made = Deployment.objects.get_or_create(
        app=found, environment=place, defaults={"host_name": f"{app}-{environment}"}
    )
    return made[0]


def variable(name: str, state: str = "set", **judged: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "format_ok": None, "accepted_index": None, "fingerprints": {}, **judged}


def printed(place: Deployment, name: str, fingerprint: str, *groups: str) -> dict[str, Any]:
    """Set, with a fingerprint of its own and the same in further groups."""
    return variable(name, fingerprints=dict.fromkeys((private_group(place, name), *groups), fingerprint * 16))


def body(*variables: dict[str, Any], at: datetime = NIGHT, **fields: Any) -> dict[str, Any]:
    return {"schema": 1, "agent": "1.0", "reported_at": at.isoformat(), "variables": list(variables), **fields}


def report(place: Deployment, *variables: dict[str, Any], at: datetime = NIGHT, **fields: Any) -> Received:
    """Received at the very moment; judged by today's manifest, where it names all that this asks for."""
    manifest = manifest_of(place)
    if {each["name"] for each in manifest["variables"]} <= {each["name"] for each in variables}:
        fields.setdefault("manifest", manifest["hash"])
    parsed = payload.read(json.dumps(body(*variables, at=at, **fields)).encode())
    return receive(place, parsed, at)


def agent_of(place: Deployment) -> Client:
    """A client with a report token of the deployment."""
    _, text = tokens.create(place, None, NIGHT)
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client: Client, sent: Any, query: str = "") -> Any:
    data = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return client.post(f"{ADDRESS}{query}", data, content_type="application/json")
