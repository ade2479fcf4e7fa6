"""What `docker compose config` prints, and which of several services or containers is meant."""

from __future__ import annotations

import pytest

from bootstrap.systems.value_rules.agent import agent
from tests.bootstrap.agent.shapes import as_json, deployment, pairs, states


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
