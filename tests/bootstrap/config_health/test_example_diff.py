"""A .env.example compared with the newest report of a deployment: by page, and as a step of CI."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bootstrap.config_health.example_diff import NoReportError, compare
from bootstrap.systems.example.parse import parse
from bootstrap.systems.models import ConfigVar, Deployment
from tests.bootstrap.config_health import reports
from tests.bootstrap.config_health.reports import variable
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
TEXT = "A=\nB=\nC=\nD=\nE=\nlower=\n# F=1\nG=\n"
ADDRESS = "/environments/demo/prod/demo-api/example/"


@pytest.fixture
def place() -> Deployment:
    place = reports.deployment()
    for name in ("A", "B", "C", "D", "RULED"):
        ConfigVar.objects.create(app=place.app, name=name)
    return place


def report(place: Deployment, **fields: object) -> None:
    states = {"A": "unseen", "B": "unset", "C": "empty", "D": "unknown", "RULED": "set"}
    told = [variable(name, state) for name, state in states.items()]
    reports.report(place, *told, other_names=["E", "EXTRA", "PATH"], **fields)


def test_what_the_deployment_lacks_and_has_beside(place: Deployment) -> None:
    report(place)
    found = compare(place, parse(TEXT))
    assert found.present == ("A", "E")
    assert (found.lacks, found.empty, found.lacks_optional) == (("B", "G"), ("C",), ("F",))
    assert found.unknown == ("D", "lower"), "an agent does not tell of names in small letters"
    assert (found.beside, found.not_in_file) == (("EXTRA", "RULED"), ("RULED",))
    assert not found.same


def test_of_a_report_that_saw_a_part_nothing_is_said_to_be_lacking(place: Deployment) -> None:
    report(place, complete=False)
    found = compare(place, parse(TEXT))
    assert found.lacks == ("B",), "this was reported as unset"
    assert found.unknown == ("D", "F", "G", "lower")


def test_without_a_report_there_is_nothing_to_compare(place: Deployment) -> None:
    with pytest.raises(NoReportError):
        compare(place, parse(TEXT))
    answer = client_of("ann").post(ADDRESS, {"text": TEXT})
    assert answer.status_code == 422
    assert "No agent has reported demo-api-prod yet" in answer.content.decode()


def test_the_page(place: Deployment) -> None:
    report(place)
    client = client_of("ann")
    assert ADDRESS in client.get("/environments/demo/prod/").content.decode()
    assert client.get(ADDRESS).status_code == 200
    page = client.post(ADDRESS, {"text": TEXT + "what\n"}).content.decode()
    assert "It lacks 2, and has 1 empty" in page
    assert "B, G" in page
    assert "line 9: not NAME=VALUE" in page
    assert "It has all 1 that the file wants" in client.post(ADDRESS, {"text": "A="}).content.decode()
    assert client.post(ADDRESS, {"text": "hello"}).status_code == 422


def test_the_command_fails_where_something_is_lacking(place: Deployment, tmp_path: Path) -> None:
    report(place)
    file = tmp_path / ".env.example"

    def run(text: str, *options: str) -> tuple[int, str]:
        file.write_text(text)
        out = StringIO()
        try:
            call_command("config_example", "diff", "demo/prod", str(file), *options, stdout=out)
        except CommandError as error:
            return error.returncode, out.getvalue()
        return 0, out.getvalue()

    status, text = run(TEXT)
    assert (status, text.splitlines()[0]) == (3, "Lacks: B, G")
    assert run("A=\nE=\n")[0] == 0
    assert run("A=\nD=\n", "--strict")[0] == 3
    assert json.loads(run(TEXT, "--json")[1])["lacks"] == ["B", "G"]
    assert run("hello")[0] == 1
