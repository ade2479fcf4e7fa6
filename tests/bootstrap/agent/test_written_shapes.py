"""Each format is read back as it was written; of a part of it something is known, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.shapes import (
    as_json,
    compose,
    compose_yaml,
    config_map,
    container,
    deployment,
    listed,
    pairs,
    secret,
)

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)


# Of a text that a file can hold: no NUL, no carriage return, which .env files and YAML do not keep, no half characters.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x85\u2028\u2029"), max_size=40)


ENVIRONMENTS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6)


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
