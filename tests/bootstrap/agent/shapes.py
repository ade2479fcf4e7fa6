"""What platforms print of variables: each format written from names and values, and how it is read."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from bootstrap.systems.value_rules.agent import agent


def secret(values: dict[str, str], name: str = "shop") -> dict[str, Any]:
    data = {key: b64encode(value.encode()).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": name}, "data": data}


def config_map(values: dict[str, str], name: str = "shop") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": values}


def pairs(values: dict[str, str], name: str = "name", value: str = "value") -> list[dict[str, str]]:
    return [{name: key, value: text} for key, text in values.items()]


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": list(containers)}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def container(values: dict[str, str], name: str = "/shop") -> list[dict[str, Any]]:
    environment = [f"{key}={value}" for key, value in values.items()]
    return [{"Id": "f" * 64, "Name": name, "State": {"Status": "running"}, "Config": {"Env": environment}}]


def compose(values: dict[str, str]) -> dict[str, Any]:
    escaped = {key: value.replace("$", "$$") for key, value in values.items()}
    return {"name": "shop", "services": {"web": {"command": ["a", "b: c"], "environment": escaped}}, "volumes": {}}


def compose_yaml(values: dict[str, str]) -> str:
    lines = [
        f"      {name}: {json.dumps(value.replace('$', '$$'), ensure_ascii=False)}\n" for name, value in values.items()
    ]
    return "name: shop\nservices:\n  web:\n    environment:\n" + "".join(lines) + "    ports: []\nvolumes: {}\n"


def as_json(document: Any) -> bytes:
    return json.dumps(document).encode()


def states(document: Any, *names: str, **choice: Any) -> dict[str, str]:
    text = document if isinstance(document, bytes) else as_json(document)
    found = agent.read_variables(text, agent.Choice(**choice))
    return {name: found.state(name) for name in names}


def notes(document: Any) -> list[str]:
    text = document if isinstance(document, bytes) else as_json(document)
    return [note.words() for note in agent.read_variables(text).notes]
