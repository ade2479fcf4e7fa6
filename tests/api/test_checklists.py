"""Environments and checklists over the API: what stands where, and signing with all its refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.config_health.deployment_lookup import find_deployment
from bootstrap.systems.models import Environment
from tests.bootstrap import builders
from tests.people import make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    token = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=token)
    return run


def post(client: Client, run: Run, key: str, query: str = "") -> HttpResponse:
    item = Item.objects.get(key=key)
    return client.post(f"/api/v1/checklists/{run.pk}/items/{item.pk}/sign/{query}")


def detail(client: Client, run: Run) -> dict[str, Any]:
    answer = client.get(f"/api/v1/checklists/{run.pk}/")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_environments_with_aliases_hosts_and_progress(
    reader: Client, run: Run, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    builders.run(builders.environment("staging"))
    with django_assert_num_queries(13):  # three of them of reports and findings; test_environments_api.py names all
        found = reader.get("/api/v1/environments/").json()
    assert found["next"] is None
    assert [each["environment"] for each in found["items"]] == ["demo/prod", "demo/staging"]
    assert found["items"][0]["hosts"] == ["demo-api-prod"]
    assert found["items"][0]["checklists"][0]["progress"] == {
        "percent": 0,
        "settled": 0,
        "applicable": 2,
        "blocked": 1,
        "not_applicable": 0,
    }


def test_a_run_with_the_state_of_each_item_and_what_blocks_it(reader: Client, run: Run) -> None:
    token, flag = detail(reader, run)["items"]
    assert (token["key"], token["state"], token["blocked_by"], token["signed_by"]) == ("MAIL_TOKEN", "open", [], None)
    assert (flag["key"], flag["state"], flag["blocked_by"]) == ("FLAG_MAIL", "blocked", ["MAIL_TOKEN"])
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), by="bob", note="as agreed")
    token, flag = detail(reader, run)["items"]
    assert (token["state"], token["signed_by"], token["note"], token["seen"]) == ("done", "bob", "as agreed", 1)
    assert (flag["state"], flag["blocked_by"]) == ("open", [])


def test_runs_are_listed_newest_first(reader: Client, run: Run) -> None:
    later = builders.run(builders.environment("staging"))
    first = reader.get("/api/v1/checklists/?limit=1").json()
    assert [each["id"] for each in first["items"]] == [later.pk]
    assert [each["id"] for each in reader.get(first["next"]).json()["items"]] == [run.pk]


@pytest.mark.parametrize("name", ["demo/prod", "demo/production", "demo/Production", "demo/PROD"])
def test_an_environment_is_found_by_each_of_its_names(reader: Client, run: Run, name: str) -> None:
    Environment.objects.update(aliases=["production"])
    builders.run(builders.environment("staging"))
    assert [each["id"] for each in reader.get(f"/api/v1/checklists/?environment={name}").json()["items"]] == [run.pk]
    assert find_deployment(name, None).environment == run.environment


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("environment=demo/prd", "environment: No environment demo/prd. Did you mean demo/prod?"),
        ("environment=prod", "environment: write system/environment"),
        ("checklist=setop", "checklist: No checklist setop. Did you mean setup?"),
        ("schedule=99", "schedule: No schedule 99."),
    ],
)
def test_a_filter_that_names_nothing_is_told(reader: Client, run: Run, query: str, said: str) -> None:
    answer = reader.get(f"/api/v1/checklists/?{query}")
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.content


def test_signing_by_the_tokens_owner_again_changes_nothing(writer: Client, run: Run) -> None:
    answer = post(writer, run, "MAIL_TOKEN", "?note=ok&link=https://example.org/1&seen=0")
    assert (answer.status_code, answer.json()["state"], answer.json()["signed_by"]) == (200, "done", "ada")
    act = SignOff.objects.get()
    assert (act.note, act.evidence) == ("ok", {"link": "https://example.org/1"})
    assert post(writer, run, "MAIL_TOKEN").status_code == 200
    assert SignOff.objects.count() == 1


def test_conflicts_carry_the_item_as_it_is(writer: Client, run: Run) -> None:
    blocked = post(writer, run, "FLAG_MAIL")
    assert (blocked.status_code, blocked.json()["detail"]) == (409, "FLAG_MAIL waits for MAIL_TOKEN.")
    assert blocked.json()["blocked_by"] == ["MAIL_TOKEN"]
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), by="bob")
    signed = post(writer, run, "MAIL_TOKEN", "?seen=0")
    assert signed.status_code == 409
    assert (signed.json()["key"], signed.json()["signed_by"]) == ("MAIL_TOKEN", "bob")
    assert "signed by bob" in signed.json()["detail"]


def test_who_may_not(reader: Client, with_token: Callable[..., Client], run: Run) -> None:
    assert post(reader, run, "MAIL_TOKEN").status_code == 403
    viewer = with_token("write", by=make_viewer("eve"))
    refused = post(viewer, run, "MAIL_TOKEN")
    assert (refused.status_code, refused.json()["detail"]) == (403, "eve may not sign items; a checklist signer may.")
    assert not SignOff.objects.exists()


def test_two_person_and_evidence(writer: Client, run: Run) -> None:
    builders.item(run, "failover", two_person=True)
    assert post(writer, run, "failover").status_code == 403
    builders.item(run, "restore", evidence_required=True)
    assert post(writer, run, "restore").status_code == 422
    assert post(writer, run, "restore", "?note=done").status_code == 200


def test_nothing_there(writer: Client, run: Run) -> None:
    assert writer.get("/api/v1/checklists/999/").status_code == 404
    assert writer.post(f"/api/v1/checklists/{run.pk}/items/999/sign/").status_code == 404
    assert post(writer, run, "MAIL_TOKEN", "?link=javascript:alert(1)").status_code == 422


def test_of_a_pair_both_are_signed(writer: Client, run: Run) -> None:
    other = builders.item(run, "proxy-removed")
    ItemDependency.objects.create(item=other, needs_item=Item.objects.get(key="MAIL_TOKEN"), kind="together")
    answer = post(writer, run, "proxy-removed").json()
    assert (answer["state"], answer["together"]) == ("done", ["MAIL_TOKEN"])
    assert SignOff.objects.count() == 2


def test_a_secret_is_refused(writer: Client, run: Run) -> None:
    answer = post(writer, run, "MAIL_TOKEN", "?note=AKIAABCDEFGHIJKLMNOP")
    assert (answer.status_code, "looks like a secret" in answer.json()["detail"]) == (422, True)
    assert not SignOff.objects.exists()


def test_a_waived_item_has_its_review_date(reader: Client, run: Run) -> None:
    builders.act(run, Item.objects.get(key="MAIL_TOKEN"), SignOff.Act.WAIVED, review_by="2999-01-31")
    token = detail(reader, run)["items"][0]
    assert (token["state"], token["review_by"]) == ("waived", "2999-01-31")


def post_json(client: Client, run: Run, body: str, query: str = "") -> HttpResponse:
    item = Item.objects.get(key="MAIL_TOKEN")
    path = f"/api/v1/checklists/{run.pk}/items/{item.pk}/sign/{query}"
    return client.post(path, body, content_type="application/json")


def test_a_body_is_read_and_goes_before_the_address(writer: Client, run: Run) -> None:
    body = '{"note": "checked", "seen": 0, "link": "https://example.org/1"}'
    assert post_json(writer, run, body, "?note=other").json()["note"] == "checked"
    act = SignOff.objects.get()
    assert (act.note, act.evidence) == ("checked", {"link": "https://example.org/1"})


def test_what_a_body_leaves_out_is_taken_from_the_address(writer: Client, run: Run) -> None:
    assert post_json(writer, run, '{"seen": 0}', "?note=other").json()["note"] == "other"


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        '"note"',
        "1",
        '{"notes": "checked"}',
        '{"note": 1}',
        '{"note": null}',
        '{"seen": "0"}',
        '{"seen": true}',
        '{"seen": -1}',
        '{"seen": 1}',
        '{"seen": 99999999999999999999}',
        '{"link": "javascript:alert(1)"}',
    ],
)
def test_a_wrong_body_signs_nothing(writer: Client, run: Run, body: str) -> None:
    assert post_json(writer, run, body).status_code == 422
    assert not SignOff.objects.exists()


def test_a_body_that_is_no_json_signs_nothing(writer: Client, run: Run) -> None:
    assert post_json(writer, run, "note=checked").status_code == 400
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("seen", ["1", "-1", "99999999999999999999", "x"])
def test_more_seen_than_there_is_signs_nothing(writer: Client, run: Run, seen: str) -> None:
    assert post(writer, run, "MAIL_TOKEN", f"?seen={seen}").status_code == 422
    assert not SignOff.objects.exists()
