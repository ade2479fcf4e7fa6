"""A value that gets into a report is refused and found nowhere: tables, Redis, log, answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from bootstrap.systems.models import ConfigVar
from opsconsole.lib import clock
from tests.bootstrap.config_health.reports import ADDRESS, agent_of, body, deployment, post, variable

CANARY = "canary-7c1f-SECRET-value"


def in_variable(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda sent: sent["variables"][0].update(fields)


PLACES: list[Callable[[dict[str, Any]], None]] = [
    lambda sent: sent.update(value=CANARY),
    lambda sent: sent.update({CANARY: 1}),
    lambda sent: sent.update(agent=CANARY),
    lambda sent: sent.update(manifest=CANARY),
    lambda sent: sent.update(reported_at=CANARY),
    lambda sent: sent.update(release=f"{CANARY} \n"),
    lambda sent: sent.update(schema=CANARY),
    lambda sent: sent.update(facts={"workers": CANARY}),
    lambda sent: sent.update(facts={CANARY: 1}),
    lambda sent: sent.update(other_names=[CANARY]),
    lambda sent: sent.update(variables=CANARY),
    lambda sent: sent.update(environment=CANARY),
    in_variable(value=CANARY),
    in_variable(name=CANARY),
    in_variable(state=CANARY),
    in_variable(format_ok=CANARY),
    in_variable(accepted_index=CANARY),
    in_variable(fingerprints=CANARY),
    in_variable(fingerprints={"g": CANARY}),
    in_variable(fingerprints={f"{CANARY} g": "0" * 16}),
    in_variable(**{CANARY: "x"}),
]


def everything_stored() -> str:
    """Each text and JSON column of each table, and each key and value of Redis."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'bytea')"
        )
        columns = cursor.fetchall()
        assert ("bootstrap_configreport", "other_names") in columns
        found = []
        for table, column in columns:
            cursor.execute(f'SELECT string_agg("{column}"::text, \' \') FROM "{table}"')
            found.append(str(cursor.fetchone()[0]))
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter():
            found += [repr(key), repr(client.dump(key))]
    return " ".join(found)


@pytest.mark.django_db
def test_a_canary_in_an_illegal_place_is_found_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    place = deployment()
    ConfigVar.objects.create(app=place.app, name="SECRET_KEY", required_when="Always")
    agent = agent_of(place)
    caplog.set_level(logging.DEBUG)
    for number, plant in enumerate(PLACES):
        sent = body(variable("SECRET_KEY"), at=clock.now())
        plant(sent)
        assert CANARY in json.dumps(sent), number
        answer = post(agent, sent)
        assert answer.status_code == 422, (number, answer.content)
        assert CANARY not in answer.content.decode() + str(answer.headers), number
    broken = agent.post(ADDRESS, f'{{"value": "{CANARY}"'.encode(), content_type="application/json")
    assert CANARY not in broken.content.decode()
    assert CANARY not in everything_stored()
    assert CANARY not in caplog.text


@pytest.mark.django_db
def test_the_scan_would_find_it() -> None:
    place = deployment()
    ConfigVar.objects.create(app=place.app, name="A", default=CANARY)
    assert CANARY in everything_stored()
