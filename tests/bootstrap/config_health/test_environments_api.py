"""Environments over the API: reports, findings with a bound, a fixed number of statements; the document of reports."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bootstrap.config_health.reports import payload
from bootstrap.systems.models import ConfigVar
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import body, deployment, report, variable

ADDRESS = "/api/v1/environments/"


@pytest.fixture
def reader(db: None) -> Client:
    _, text = tokens.create(User.objects.create_superuser("bot"), "bot", ApiToken.Scope.READ)
    return Client(headers={"Authorization": f"Bearer {text}"})


def items(reader: Client) -> list[dict[str, Any]]:
    answer = reader.get(ADDRESS)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_an_environment_tells_its_findings_and_when_each_host_reported(reader: Client) -> None:
    place, other = deployment(), deployment("staging")
    ConfigVar.objects.create(app=place.app, name="SECRET_KEY", required_when="Always")
    at = clock.now()
    report(place, variable("SECRET_KEY", "unset"), at=at)
    prod, staging = items(reader)
    finding = prod["findings"][0]
    assert (finding["app"], finding["subject"], finding["kind"]) == ("demo-api", "SECRET_KEY", "missing")
    assert prod["open_findings"] == {"critical": 1, "warning": 0, "info": 0}
    assert [(each["host"], each["fresh"]) for each in prod["deployments"]] == [("demo-api-prod", True)]
    assert prod["deployments"][0]["reported_at"][:19] == at.isoformat()[:19]
    assert staging["deployments"] == [{"app": "demo-api", "host": other.host_name, "reported_at": None, "fresh": False}]
    assert staging["findings"] == []


def test_findings_are_bounded_worst_first_and_counted_in_full(reader: Client) -> None:
    place = deployment()
    for number in range(30):
        ConfigVar.objects.create(app=place.app, name=f"V_{number:02}", required_when="Always")
    unset = [variable(f"V_{number:02}", "unset") for number in range(30)]
    report(place, *unset, at=clock.now() - timedelta(minutes=2))
    found = items(reader)[0]
    assert found["open_findings"]["critical"] == 30
    assert [each["subject"] for each in found["findings"]] == [f"V_{number:02}" for number in range(20)]


def test_the_number_of_statements_does_not_grow(reader: Client, django_assert_num_queries: Any) -> None:
    for number in range(8):
        place = deployment(f"env-{number}")
        builders.run(place.environment, slug=f"list-{number}")
        report(place, variable("SECRET_KEY", "unset"), at=clock.now() - timedelta(minutes=2))
    # token, its use; environments, deployments, applications; reports, counts, findings; runs, items, needs, acts,
    # plans
    with django_assert_num_queries(13):
        assert len(items(reader)) == 8


def test_the_document_of_a_report_refers_to_nothing_and_knows_no_values() -> None:
    schema = payload.schema()
    assert "$ref" not in json.dumps(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"schema", "reported_at", "variables"}
    assert set(schema["properties"]["variables"]["items"]["properties"]) == {
        "name",
        "state",
        "format_ok",
        "accepted_index",
        "fingerprints",
    }
    assert set(body()) <= set(schema["properties"])
