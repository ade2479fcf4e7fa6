"""Targets and runs over the API: what they were, page by page, and nothing secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.probes.definition import ProbeSecrets, sealed
from detections.probes.models import ProbeRun, ProbeSample, ProbeTarget
from opsconsole.api import api
from opsconsole.lib import clock
from tests.api.addresses import NEEDED
from tests.detections.probes.rows import MINUTE, NOON, done, place, running, stored_target
from tests.detections.probes.samples import row
from tests.people import make_viewer

pytestmark = pytest.mark.django_db
PROBES = "/api/v1/probes/"
RUNS = f"{PROBES}aurora-rollout/runs/"
CANARY = "cAnArY7f3eV9xQ2z"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def target() -> ProbeTarget:
    return stored_target()


def items(client: Client, address: str) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["items"])


def test_targets_come_by_name_with_their_gate_and_newest_run(
    target: ProbeTarget, reader: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    last = done(target, row(faults=("meta_missing",)), at=NOON - MINUTE)
    queries = 6  # token, targets, freezes, runs that are done, their checks, newest runs
    reader.get(PROBES)  # notes the token's use, once a minute
    with django_assert_num_queries(queries):
        (only,) = items(reader, PROBES)
    assert (only["slug"], only["project"], only["environment"]) == ("aurora-rollout", "raptor", "prod")
    assert (only["gate"]["open"], only["gate"]["run"]["id"], only["newest_run"]["id"]) == (False, last.pk, last.pk)
    for name in ("a-shop", "z-shop"):
        done(stored_target(name, project_environment=place(environment="staging"), enabled=name == "a-shop"))
    waits = running(target, NOON)
    with django_assert_num_queries(queries):
        found = items(reader, PROBES)
    assert [each["slug"] for each in found] == ["a-shop", "aurora-rollout", "z-shop"]
    assert [each["gate"]["open"] for each in found] == [True, False, True]
    assert (found[1]["newest_run"]["id"], found[1]["gate"]["run"]["id"]) == (waits.pk, last.pk)


def test_filters_and_pages_of_targets(target: ProbeTarget, reader: Client) -> None:
    stored_target("a-shop", project_environment=place(environment="staging"), enabled=False)
    stored_target("b-shop", project_environment=place("orders", "staging"))

    def found(query: str) -> list[str]:
        return [each["slug"] for each in items(reader, f"{PROBES}?{query}")]

    assert found("environment=staging") == ["a-shop", "b-shop"]
    assert found("project=raptor") == ["a-shop", "aurora-rollout"]
    assert found("enabled=false") == ["a-shop"]
    assert found("enabled=true&environment=staging") == ["b-shop"]
    assert found("project=none") == []
    first = reader.get(f"{PROBES}?limit=2").json()
    assert [each["slug"] for each in items(reader, first["next"])] == ["b-shop"]


def test_runs_come_newest_first(
    target: ProbeTarget, reader: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    runs = [done(target, at=NOON + number * MINUTE) for number in range(3)]
    high = done(target, row(faults=("meta_missing",)), at=NOON + 4 * MINUTE)
    with django_assert_num_queries(4):  # token, its use, target, runs
        found = items(reader, RUNS)
    assert [each["id"] for each in found] == [high.pk, *(each.pk for each in reversed(runs))]
    assert [each["id"] for each in items(reader, f"{RUNS}?severity=high")] == [high.pk]
    assert items(reader, f"{RUNS}?state=queued") == []
    first = reader.get(f"{RUNS}?limit=3").json()
    assert [each["id"] for each in items(reader, first["next"])] == [runs[0].pk]
    assert reader.get(f"{RUNS}?state=gone").status_code == 422
    assert reader.get(f"{PROBES}other/runs/").status_code == 404


def test_a_run_is_read_with_its_report_and_its_rows(
    target: ProbeTarget, reader: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = done(target)
    ProbeSample.objects.bulk_create(ProbeSample(run=run, number=n, row={**row(), "sample": n}) for n in range(1, 8))
    with django_assert_num_queries(3):  # token, its use, the run
        body = reader.get(f"{RUNS}{run.pk}/").json()
    assert body["report"] == run.report
    assert (body["taken"], body["report"]["run"]) == (10, str(run.pk))
    first = reader.get(f"{RUNS}{run.pk}/samples/?limit=5").json()
    assert [each["sample"] for each in first["items"] + items(reader, first["next"])] == [1, 2, 3, 4, 5, 6, 7]
    text = reader.get(f"{RUNS}{run.pk}/report.md")
    assert (text.status_code, text["Content-Type"]) == (200, "text/markdown; charset=utf-8")
    assert text.content.decode() == run.markdown


def test_a_run_that_is_not_done_has_no_report_yet(target: ProbeTarget, reader: Client) -> None:
    run = running(target)
    body = reader.get(f"{RUNS}{run.pk}/").json()
    assert (body["state"], body["report"]) == ("running", None)
    text = reader.get(f"{RUNS}{run.pk}/report.md")
    assert (text.status_code, text.json()["detail"]) == (404, f"No report of run {run.pk}, which is running.")


@pytest.mark.parametrize("end", ["", "samples/", "report.md"])
def test_a_run_of_another_target_is_not_found(end: str, target: ProbeTarget, reader: Client) -> None:
    other = done(stored_target("shop"))
    answer = reader.get(f"{RUNS}{other.pk}/{end}")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"No run {other.pk} of aurora-rollout.")
    assert reader.get(f"{PROBES}sohp/runs/{other.pk}/{end}").json()["detail"].endswith("Did you mean shop?")


def test_a_run_is_started_and_the_second_at_once_is_refused(
    target: ProbeTarget, writer: Client, with_token: Callable[..., Client]
) -> None:
    answer = writer.post(RUNS)
    body = answer.json()
    assert (answer.status_code, body["state"], body["trigger"], body["by"]) == (
        202,
        "queued",
        "person",
        "ada (token bot)",
    )
    again = writer.post(RUNS)
    assert (again.status_code, again.json()["run"]) == (409, body)
    refused = with_token("write", make_viewer()).post(RUNS)
    assert (refused.status_code, refused.json()["detail"]) == (403, "vera may not run probes; a responder may.")
    assert writer.post(f"{PROBES}other/runs/").status_code == 404
    assert ProbeRun.objects.count() == 1


def test_no_operation_tells_what_a_target_sends(writer: Client, with_token: Callable[..., Client]) -> None:
    target = stored_target(
        endpoint=f"/v1/chat?api_key={CANARY}",
        headers={"x-shop": f"{CANARY} {{session_id}}"},
        debug_headers={"x-debug": CANARY},
        body={"text": CANARY},
        webhook_url=f"https://hooks.example.com/{CANARY}",
        secret=sealed(ProbeSecrets({"authorization": f"Bearer {CANARY}"}, CANARY)),
    )
    run = done(target, row(faults=("meta_missing",)))
    ProbeSample.objects.create(run=run, number=1, row=row())
    document: dict[str, Any] = api.get_openapi_schema()
    seen: list[int] = []
    for path, methods in document["paths"].items():
        for method in methods if path.startswith(("/api/v1/gates/", PROBES)) else ():
            there = path.format(slug=target.slug, run_id=run.pk)
            # Done, in conflict with what was done, and refused.
            for client in (writer, writer, with_token("write", make_viewer(f"v{len(seen)}"))):
                body = {"data": NEEDED.get(path, {}), "content_type": "application/json"} if method == "post" else {}
                answer = getattr(client, method)(there, **body)
                seen.append(answer.status_code)
                assert CANARY not in answer.content.decode(), f"{method} {path}"
    assert set(seen) == {200, 202, 403, 409, 423}
