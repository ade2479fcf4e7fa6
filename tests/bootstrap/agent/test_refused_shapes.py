"""What holds no variables is refused with the way out, never read as everything unset."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.shapes import as_json, config_map, deployment, listed, secret, states


@pytest.mark.parametrize(
    "document",
    [
        {"ARN": "arn:x", "Name": "shop", "SecretBinary": "AA==", "VersionId": "x"},
        {"ID": "x", "Command": "sh", "Image": "shop", "Names": "web"},
        {"ID": "x", "Version": {"Index": 1}, "Spec": {"TaskTemplate": {}}},
    ],
)
def test_an_answer_of_another_command_is_not_everything_unset(document: Any) -> None:
    with pytest.raises(agent.InputError, match="in capitals"):
        agent.read_variables(as_json(document))
    assert states({"HOME": "x", "LANG": "x", "http_proxy": "x"}, "http_proxy") == {"http_proxy": "set"}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "spec": {}}', "has yet to make"),
        ('{"apiVersion": "v1", "kind": "Service"}', "no secret, configmap, deployment or pod"),
        ('{"apiVersion": "v1", "kind": "List", "items": []}', "no secret, configmap, deployment or pod"),
        ('{"apiVersion": "v1", "kind": "Secret", "data": {"A": "%%%"}}', "no base64"),
        ("apiVersion: v1\nkind: Secret\ndata:\n  A: eA==\n", "-o json"),
        ("A=ENC[AES256_GCM,data:x]\n", "sops -d"),
        ('{"A": "ENC[AES256_GCM,data:x]", "sops": {"mac": "x"}}', "sops -d"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "ansible-vault view"),
        ('DOTENV_PUBLIC_KEY="03"\nA="encrypted:x"\n', "dotenvx get"),
        ("[Service]\nEnvironment=A=1\n", "/proc/PID/environ"),
        ("Environment=A=1 B=2\n", "/proc/PID/environ"),
        ("=== shop Config Vars\n\nA: 1\n", "--json"),
        ('{"database_url": {"sensitive": true, "type": "string", "value": "x"}}', "terraform output"),
        ('{"envs": [{"key": "A", "value": "x"}]}', "vercel env pull"),
        ('{"message": "unauthorized", "status": "401"}', "in capitals"),
        ('{"data": null, "error": null}', "in capitals"),
        ('database_url = "x"\n', "in capitals"),
        ('{"request_id": "x", "data": {"data": null, "metadata": {}}}', "deleted"),
        ("A\0B\0", "NUL characters"),
    ],
)
def test_what_it_looks_like_is_named_with_the_way_out(text: str, hint: str) -> None:
    with pytest.raises(agent.InputError) as refused:
        agent.read_variables(text.encode())
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "document",
    [
        listed(deployment({"name": "web", "envFrom": [{"secretRef": {"name": {}}}]}), secret({"A": "x"}, {})),  # type: ignore[arg-type]
        {"services": {"web": {"environment": 1}}},
        {**config_map({"A": "x"}), "binaryData": [1]},
    ],
)
def test_what_no_tool_prints_is_refused_or_read_but_no_failure(document: Any) -> None:
    with suppress(agent.InputError):
        assert agent.read_variables(as_json(document)).names <= {"A"}


def test_a_format_is_insisted_on() -> None:
    assert states(b'{"http_proxy": "x"}', "http_proxy", shape="json") == {"http_proxy": "set"}
    assert states(b"apiVersion: v1\nA=x\nB=y", "A", shape="env") == {"A": "set"}
    with pytest.raises(agent.InputError, match="it is not JSON of kubectl"):
        agent.read_variables(b'{"A": "x"}', agent.Choice("kubernetes"))
