"""What platforms print, each told by its shape and read back as it was; what cannot be told is refused."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.consoles import manifest

NOW = datetime(2026, 6, 14, 3, tzinfo=UTC)
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)
# Of a text that a file can hold: no NUL, no carriage return, which .env files and YAML do not keep, no half characters.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x85\u2028\u2029"), max_size=40)
ENVIRONMENTS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6)


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


WRITERS: dict[str, Callable[[dict[str, str]], bytes]] = {
    "json": as_json,
    "nul": lambda values: "".join(f"{name}={value}\0" for name, value in values.items()).encode(),
    "kubernetes secret": lambda values: as_json(secret(values)),
    "kubernetes configmap": lambda values: as_json(config_map(values)),
    "kubernetes list": lambda values: as_json(listed(secret(values), config_map({"OTHER_NAME": ""}))),
    "kubernetes deployment": lambda values: as_json(
        deployment({"name": "web", "env": pairs({k: v.replace("$", "") for k, v in values.items()})})
    ),
    "kubernetes envFrom": lambda values: as_json(
        listed(deployment({"name": "web", "envFrom": [{"secretRef": {"name": "shop"}}]}), secret(values))
    ),
    "docker": lambda values: as_json(container(values)),
    "compose json": lambda values: as_json(compose(values)),
    "compose yaml": lambda values: compose_yaml(values).encode(),
    "doppler": lambda values: as_json({name: {"computed": v, "note": ""} for name, v in values.items()}),
    "ecs": lambda values: as_json({"taskDefinition": {"containerDefinitions": [{"environment": pairs(values)}]}}),
    "ssm": lambda values: as_json({"Parameters": pairs({f"/shop/{k}": v for k, v in values.items()}, "Name", "Value")}),
    "secretsmanager": lambda values: as_json({"ARN": "arn:x", "SecretString": json.dumps(values)}),
    "vault 1": lambda values: as_json({"request_id": "x", "data": values}),
    "vault 2": lambda values: as_json({"request_id": "x", "data": {"data": values, "metadata": {}}}),
    "list": lambda values: as_json(pairs(values)),
    "env, single quotes": lambda values: "".join(
        f"{name}='{value.replace(chr(39), '')}'\n" for name, value in values.items()
    ).encode(),
}


STORES = ("kubernetes secret", "kubernetes configmap", "kubernetes list")


def expected(shape: str, values: dict[str, str]) -> dict[str, str]:
    if shape == "kubernetes deployment":
        return {name: value.replace("$", "") for name, value in values.items()}
    if shape == "kubernetes list":
        return {"OTHER_NAME": "", **values}
    if shape == "env, single quotes":
        return {name: value.replace("'", "") for name, value in values.items()}
    return values


def is_plain(values: dict[str, str]) -> bool:
    """Without what some formats render or fetch; that is tested below."""
    return not any("{{" in value or "://" in value or ":" in value or "AQICA" in value for value in values.values())


@pytest.mark.parametrize("shape", WRITERS)
@given(ENVIRONMENTS.filter(is_plain))
def test_what_was_written_in_a_format_is_read_back(shape: str, values: dict[str, str]) -> None:
    found = agent.read_variables(WRITERS[shape](values))
    assert found.values == expected(shape, values)
    assert (found.unseen, found.unknown, found.left_out) == (frozenset(), frozenset(), 0)
    assert found.complete == (shape not in STORES), "a workload may set more than its Secrets and ConfigMaps have"


@pytest.mark.parametrize("shape", WRITERS)
@given(ENVIRONMENTS.filter(is_plain), st.data())
def test_a_part_of_it_never_says_that_all_is_unset(shape: str, values: dict[str, str], data: Any) -> None:
    """A pipe that broke off is refused, or something of it is known."""
    written = WRITERS[shape](values)
    try:
        found = agent.read_variables(written[: data.draw(st.integers(0, len(written)))])
    except agent.InputError:
        return
    assert any(found.state(name) != "unset" for name in expected(shape, values))


@pytest.mark.parametrize("shape", [shape for shape in WRITERS if "env" not in shape.split(",")[0] and shape != "nul"])
@given(ENVIRONMENTS.filter(is_plain), st.data())
def test_a_character_that_is_lost_never_makes_all_unset(shape: str, values: dict[str, str], data: Any) -> None:
    """Names may lose a character, so that they are others; the report never says that there is nothing at all."""
    written = WRITERS[shape](values)
    at = data.draw(st.integers(0, len(written) - 1))
    try:
        found = agent.read_variables(written[:at] + written[at + 1 :])
    except agent.InputError:
        return
    assert found.names or not found.complete


def states(document: Any, *names: str, **choice: Any) -> dict[str, str]:
    text = document if isinstance(document, bytes) else as_json(document)
    found = agent.read_variables(text, agent.Choice(**choice))
    return {name: found.state(name) for name in names}


def notes(document: Any) -> list[str]:
    text = document if isinstance(document, bytes) else as_json(document)
    return [note.words() for note in agent.read_variables(text).notes]


def test_case_03_a_kubernetes_secret_is_decoded() -> None:
    text = (
        b'{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"shop"},"data":{"DATABASE_URL":"eA=="}}'
    )
    assert agent.read_variables(text).values == {"DATABASE_URL": "x"}


def test_case_04_a_nul_separated_environment_is_read() -> None:
    found = agent.read_variables(b"DATABASE_URL=postgres://a@b/c\0DJANGO_DEBUG=false\0")
    assert found.values == {"DATABASE_URL": "postgres://a@b/c", "DJANGO_DEBUG": "false"}


def test_case_21_what_is_not_expanded_is_told_and_not_judged() -> None:
    found = agent.read_variables(b"DB=postgres://a@b/c\nDATABASE_URL=${DB}\n")
    assert (found.state("DATABASE_URL"), found.state("DB")) == ("unseen", "set")
    assert [note.words() for note in found.notes] == ["DATABASE_URL holds ${…}, not expanded (lines 2)"]
    asked = json.dumps({**manifest({"name": "DATABASE_URL", "format": "url:postgres"}), "takes_unseen": True})
    report = agent.build_report(agent.read_manifest(asked.encode()), found, b"k" * 32, NOW, None)
    assert report["variables"] == [
        {"name": "DATABASE_URL", "state": "unseen", "format_ok": None, "accepted_index": None, "fingerprints": {}}
    ]
    assert report["notes"] == [{"name": "DATABASE_URL", "kind": "expression", "lines": [2]}]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("A=${B}", "unknown"), ("A=$B", "unknown"), ('A="${B}"', "unknown"), ("A=${B:-${C}}", "unknown"),
        ("A=$(cat x)", "unknown"), ("A={{ b }}", "unknown"), ("A=x${B}", "unseen"), ("A=op://v/i/f", "unseen"),
        ("A=vault:secret/data/x#KEY", "unseen"), ("A='${B}'", "set"), (r"A=\$B", "set"), ("A=$$B", "set"),
        ('A="\\${B}"', "set"), ("A=$2b$12$", "set"), ("A=costs $5", "set"), ("A=${FULL}", "unseen"),
        ("A=$FULL", "unseen"), ("A=${BLANK}", "unknown"),
    ],
)  # fmt: skip
def test_expressions_of_env_files(line: str, state: str) -> None:
    assert states(f"FULL=x\nBLANK=\n{line}\n".encode(), "A") == {"A": state}


def test_a_dollar_sign_is_one_where_the_value_is_final() -> None:
    for document in ({"A": "${B}"}, [*container({"A": "${B}"})], secret({"A": "$(B)"}), compose({"A": "${B}"})):
        assert states(document, "A") == {"A": "set"}
    assert states(b"A=${B}\0C=op://x\0", "A", "C") == {"A": "set", "C": "set"}


def test_workloads_know_what_is_set_but_not_all_values() -> None:
    env = [
        {"name": "A", "value": "x"},
        {"name": "B"},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k", "optional": True}}},
        {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "F", "value": "postgres://$(A)/x"},
    ]
    found = states(deployment({"name": "web", "env": env}), *"ABCDEFG")
    assert list(found.values()) == ["set", "empty", "unseen", "unknown", "unseen", "unseen", "unset"]
    brought = {"name": "web", "env": env[:1], "envFrom": [{"configMapRef": {"name": "x"}}]}
    assert states(deployment(brought), "A", "G") == {"A": "set", "G": "unknown"}
    given_too = listed(deployment(brought), config_map({"A": "other", "G": "y"}, "x"))
    assert states(given_too, "A", "G", "H") == {"A": "set", "G": "set", "H": "unset"}
    assert agent.read_variables(as_json(given_too)).values["A"] == "x"


def test_objects_that_disagree_are_told_and_not_judged() -> None:
    found = listed(secret({"A": "1", "B": "1"}), config_map({"A": "2", "B": "1"}))
    assert states(found, "A", "B") == {"A": "unseen", "B": "set"}
    assert notes(found) == ["A is given differently by two objects; which one counts is not known"]
    binary = {**config_map({}), "binaryData": {"KEY": "AAE="}}
    assert states(binary, "KEY", "B") == {"KEY": "unseen", "B": "unknown"}


def test_what_a_namespace_has_besides_makes_nothing_doubtful() -> None:
    others = [
        {**secret({"ca.crt": "x", "namespace": "x", "token": "x"}), "type": "kubernetes.io/service-account-token"},
        {**secret({"release": "x"}), "type": "helm.sh/release.v1"},
        {**secret({".dockerconfigjson": "x"}), "type": "kubernetes.io/dockerconfigjson"},
        config_map({"nginx.conf": "x", "mime.types": "x", "app-settings.yml": "x"}),
    ]
    found = agent.read_variables(as_json(listed(*others, secret({"A": "x"}))))
    assert (found.values, found.left_out) == ({"A": "x"}, 0)
    with pytest.raises(agent.InputError):
        agent.read_variables(as_json(listed(*others)))


def test_objects_of_several_namespaces_are_not_mixed() -> None:
    brought = deployment({"name": "web", "envFrom": [{"secretRef": {"name": "shop"}}]})
    for objects in ((secret({"A": "x"}),), (secret({"A": "x"}), brought)):
        several = [
            {**each, "metadata": {"name": "shop", "namespace": place}}
            for place in ("prod", "staging")
            for each in objects
        ]
        with pytest.raises(agent.InputError, match="several namespaces"):
            agent.read_variables(as_json(listed(*several)))
        assert agent.read_variables(as_json(listed(*several[: len(objects)]))).values == {"A": "x"}


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
    ("line", "state"),
    [
        ("A='it'\\''s'", "unseen"), ("A=$'a\\nb'", "unseen"), ("A=\"a\"'b'", "unseen"), ("A='a'b", "unseen"),
        ("A='a' # b", "set"), ("A='a'#b", "set"), ("A=it's", "set"),
    ],
)  # fmt: skip
def test_what_shells_put_together_of_quotes_is_not_judged_by_its_first_part(line: str, state: str) -> None:
    assert states(f"{line}\nB=1\n".encode(), "A", "B") == {"A": state, "B": "set"}


def test_names_alone_are_set_and_the_rest_may_be() -> None:
    redacted = [{"name": "A", "slotSetting": False, "value": None}, {"name": "C", "value": "x"}]
    assert states(redacted, "A", "B", "C") == {"A": "unseen", "B": "unknown", "C": "set"}
    for document in ([{"name": "A"}], [{"Name": "A", "Digest": "x"}]):
        assert states(document, "A", "B") == {"A": "unseen", "B": "unknown"}
    secrets = {"containerDefinitions": [{"name": "web", "secrets": [{"name": "A", "valueFrom": "arn:x"}]}]}
    assert states(secrets, "A", "B") == {"A": "unseen", "B": "unset"}
    secrets["containerDefinitions"][0]["environmentFiles"] = [{"value": "arn:x"}]
    assert states(secrets, "B") == {"B": "unknown"}
    image = [{"Id": "sha256:x", "RepoTags": [], "Config": {"Env": ["A=x"]}}]
    assert states(image, "A", "B") == {"A": "set", "B": "unknown"}
    assert states({"A": "x"}, "A", "B", partial=True) == {"A": "set", "B": "unknown"}


def test_one_of_several_has_to_be_chosen() -> None:
    several = deployment({"name": "web", "env": pairs({"A": "x"})}, {"name": "proxy", "env": pairs({"A": ""})})
    with pytest.raises(agent.InputError, match=r"2 containers in it; name one with --container: proxy, web"):
        agent.read_variables(as_json(several))
    assert states(several, "A", container="proxy") == {"A": "empty"}
    with pytest.raises(agent.InputError, match=r"no container of that name \(--container\); there are: proxy, web"):
        agent.read_variables(as_json(several), agent.Choice(container="other"))
    two = {"services": {"web": {"environment": {"A": "x"}}, "db": {"environment": ["A=", "B"]}}}
    assert states(two, "A", "B", service="db") == {"A": "empty", "B": "unset"}
    with pytest.raises(agent.InputError, match="name one with --service: db, web"):
        agent.read_variables(as_json(two))


COMPOSE = b"""name: shop
services:
  db:
    image: postgres:16
    environment:
      - POSTGRES_PASSWORD=a b
      - POSTGRES_USER
  web:
    build:
      context: /srv/shop
    command:
      - sh
      - -c
      - |
        environment:
        echo "x: y"
    environment:
      DATABASE_URL: postgres://u:p@db/x
      EMPTY: ""
      GONE: null
      KEY: |-
        -----BEGIN-----
          x
        -----END-----
      QUOTED: 'it''s # no: comment'
      RAW: ${LATER}
      PRICE: $$5
      ESCAPED: "a\\tb\\u00e4"
    ports:
      - mode: ingress
        target: 80
networks:
  default: {}
"""


def test_what_compose_prints_is_read_in_yaml() -> None:
    found = agent.read_variables(COMPOSE, agent.Choice(service="web"))
    assert found.values == {
        "DATABASE_URL": "postgres://u:p@db/x", "EMPTY": "", "KEY": "-----BEGIN-----\n  x\n-----END-----",
        "QUOTED": "it's # no: comment", "RAW": "${LATER}", "PRICE": "$5", "ESCAPED": "a\tbä",
    }  # fmt: skip
    assert (found.unknown, found.shape) == ({"RAW"}, "compose")
    assert agent.read_variables(COMPOSE, agent.Choice(service="db")).values == {"POSTGRES_PASSWORD": "a b"}


@pytest.mark.parametrize(
    "line",
    ["A: &x y", "A: *x", "A: [1]", "A: {b: c}", 'A: "open', "A: !!str x", "A: >-\n        x", "A: |2\n          x"],
)
def test_other_yaml_is_refused_with_its_line(line: str) -> None:
    text = f"services:\n  web:\n    environment:\n      B: x\n      {line}\n"
    with pytest.raises(agent.InputError, match=r"\(line 5\): give docker compose config --format json"):
        agent.read_variables(text.encode())


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


def test_doubled_names_are_told_with_the_one_that_counts() -> None:
    assert notes(b"A=1\nB=2\nA=3\n") == ["A stands there more than once; the last one counts (lines 1, 3)"]
    assert notes(b'{"A": "1", "A": "2"}') == ["A stands there more than once; the last one counts"]
    found = agent.read_variables(b"A=1\0A=2\0")
    assert found.values == {"A": "1"}
    assert [note.words() for note in found.notes] == ["A stands there more than once; the first one counts"]


def test_a_format_is_insisted_on() -> None:
    assert states(b'{"http_proxy": "x"}', "http_proxy", shape="json") == {"http_proxy": "set"}
    assert states(b"apiVersion: v1\nA=x\nB=y", "A", shape="env") == {"A": "set"}
    with pytest.raises(agent.InputError, match="it is not JSON of kubectl"):
        agent.read_variables(b'{"A": "x"}', agent.Choice("kubernetes"))


def test_older_consoles_get_what_they_take() -> None:
    found = agent.read_variables(b"A=x${B}\nC=${B}\nD=1\nD=2\n")
    asked = manifest({"name": "A", "accepted": ["production"]}, {"name": "C"}, {"name": "D"})
    report = agent.build_report(agent.read_manifest(as_json(asked)), found, None, NOW, None)
    assert [(each["name"], each["state"]) for each in report["variables"]] == [("A", "set"), ("D", "set")]
    assert report["manifest"] is None, "so that neither the one left out nor the word not seen counts against it"
    assert not {"notes", "complete"} & report.keys()
    assert "older than 1.1" in "\n".join(agent.remarks(report, found))
    plain = agent.build_report(
        agent.read_manifest(as_json(asked)), agent.read_variables(b"A=1\nC=2\nD=1"), None, NOW, None
    )
    assert plain["manifest"] == "f" * 64
