"""Alerts over the API: the contract of lists, filters, items and acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.shared_alert import OWN_ALERTS
from detections.alerts.models import Alert
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.detections.alerts.factories import PREFIX, START, judge, judge_all, make_rule, make_scope, make_user
from tests.people import make_viewer

NOW = START + timedelta(minutes=1)
ITEM = {
    "id", "rule", "severity", "condition", "handling", "group", "project", "environment", "opened_at", "cause",
    "owner", "evidence", "acknowledged_by",
}  # fmt: skip


def critical(**words: Any) -> Alert:
    judge(make_scope(), "c", 0, data=words)
    consume(NOW)
    return Alert.objects.get()


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/alerts/?{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["items"])


def test_an_item_carries_what_the_contract_names(reader: Client) -> None:
    alert = critical(cause="INTERNAL_API_SECRET mismatch", owner="sre-agent")
    (item,) = listed(reader)
    assert set(item) >= ITEM
    assert {name: item[name] for name in ITEM - {"evidence"}} == {
        "id": alert.pk,
        "rule": "DET-BETA-003",
        "severity": "critical",
        "condition": "firing",
        "handling": "unacknowledged",
        "group": PREFIX,
        "project": "raptor",
        "environment": "prod",
        "opened_at": "2026-06-12T14:00:00Z",
        "cause": "INTERNAL_API_SECRET mismatch",
        "owner": "sre-agent",
        "acknowledged_by": None,
    }
    assert item["evidence"]["sentence"].startswith("5 errors in 5 minutes")
    assert item["evidence"]["data"]["cause"] == "INTERNAL_API_SECRET mismatch"


def test_an_item_has_the_labels_of_its_rule_and_the_tags_of_its_policies(reader: Client) -> None:
    judge(make_scope(make_rule("DET-OPS-002", labels={"team": "solver"})), "h", 0)
    consume(NOW)
    Alert.objects.update(tags=["needs-triage"])
    (item,) = listed(reader)
    assert (item["labels"], item["tags"]) == ({"team": "solver", "source": "sentry"}, ["needs-triage"])
    one = reader.get(f"/api/v1/alerts/{item['id']}/").json()
    assert (one["labels"], one["tags"]) == (item["labels"], item["tags"])


def test_pending_episodes_are_listed_only_when_asked_for(reader: Client) -> None:
    judge(make_scope(make_rule(for_minutes=5)), "h", 0)
    judge_all(make_scope(make_rule("DET-B", for_minutes=5)), "h.")
    consume(NOW)
    assert listed(reader) == []
    assert listed(reader, "condition=open") == []
    assert [item["condition"] for item in listed(reader, "condition=pending")] == ["pending"]
    assert [item["condition"] for item in listed(reader, "condition=inactive")] == ["inactive"]
    assert len(listed(reader, "condition=any")) == 2


def test_filters(reader: Client) -> None:
    judge(make_scope(make_rule("DET-A")), "c", 0)
    judge_all(make_scope(make_rule("DET-B"), project="solver"), "h......")
    consume(NOW)
    taken = acknowledge(Alert.objects.get(rule__identifier="DET-A").pk, make_user("bob"), NOW)
    expected = {
        "rule=DET-A": ["DET-A"],
        "rule=DET-C": [],
        "condition=resolved": ["DET-B"],
        "condition=open": ["DET-A"],
        "handling=acknowledged": ["DET-A"],
        "handling=unacknowledged": ["DET-B"],
        "project=solver": ["DET-B"],
        "severity=critical": ["DET-A"],
        "rule=DET-A&handling=unacknowledged": [],
    }
    for query, rules in expected.items():
        assert [item["rule"] for item in listed(reader, query)] == rules, query
    assert listed(reader, "rule=DET-A")[0]["acknowledged_by"] == "bob"
    assert taken.pk


@pytest.mark.parametrize(
    "query", ["condition=burning", "handling=mine", "severity=3", "rule=%00", "limit=0", "limit=x", "limit=201"]
)
def test_a_filter_that_means_nothing_is_refused(reader: Client, query: str) -> None:
    answer = reader.get(f"/api/v1/alerts/?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert query.split("=", maxsplit=1)[0] in answer.json()["detail"]


def test_pages_hold_every_alert_once(reader: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rule = make_rule()
    for number in range(7):
        judge(make_scope(rule, f"/r/{number}"), "h", number // 3)
    consume(NOW)
    seen: list[int] = []
    address: str | None = "/api/v1/alerts/?limit=3&condition=open"
    pages = 0
    while address:
        with django_assert_num_queries(1 + 1 + (pages == 0)):  # token, alerts, and once: the token's use
            body = reader.get(address).json()
        seen += [item["id"] for item in body["items"]]
        address = body["next"]
        pages += 1
    assert pages == 3
    assert seen == list(Alert.objects.order_by("-opened_at", "-id").values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "bnVsbA", "W1siMjAyNi0wNi0xMiJdLDFd", "%00", "e30"])
def test_a_cursor_that_is_none_is_refused(reader: Client, cursor: str) -> None:
    answer = reader.get(f"/api/v1/alerts/?cursor={cursor}")
    assert answer.status_code == 422, answer.content
    assert answer.json()["detail"].startswith("query.cursor: text must not" if cursor == "%00" else "cursor: this is")


def test_one_alert_has_its_log_and_messages(reader: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    alert = critical()
    # token and its use, alert, log, messages, their tries, responders, silences in force; series of the scope;
    # releases, versions, modes, mutes and freezes before
    with django_assert_num_queries(8 + 1 + 5):
        body = reader.get(f"/api/v1/alerts/{alert.pk}/").json()
    assert set(body) >= ITEM | {"log", "deliveries"}
    assert (body["title"], body["people"], body["people_complete"], body["releases"], body["disposition"]) == (
        "5 errors in 5 min, fires from 1 while it is learnt", 0, True, [], "",
    )  # fmt: skip
    assert [(row["source"], row["text"], row["url"]) for row in body["changes"]] == [
        ("Rule", "Version 1 published", "/rules/DET-BETA-003/")
    ]
    assert [row["kind"] for row in body["log"]] == ["opened"]
    assert [(row["channel"], row["address"], row["status"]) for row in body["deliveries"]] == [
        ("slack", "#raxx-ops-alert-sev1", "queued")
    ]


@pytest.mark.parametrize("address", ["999999", "99999999999999999999999"])
def test_an_unknown_alert_is_404(writer: Client, address: str) -> None:
    for answer in (
        writer.get(f"/api/v1/alerts/{address}/"),
        writer.post(f"/api/v1/alerts/{address}/acknowledge/"),
        writer.post(f"/api/v1/alerts/{address}/resolve/"),
    ):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def test_the_owner_of_the_token_acknowledges(writer: Client, owner: User) -> None:
    alert = critical()
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/")
    assert answer.status_code == 200
    assert (answer.json()["handling"], answer.json()["acknowledged_by"]) == ("acknowledged", "ada")
    row = alert.log.get(kind="acknowledged")
    assert (row.actor, row.actor_name) == (owner, "ada (token bot)")
    again = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/")
    assert (again.status_code, again.json()["revision"]) == (200, answer.json()["revision"])
    assert (answer.json()["changed"], again.json()["changed"]) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
def test_of_requests_at_once_by_one_token_one_is_told_that_it_was_first(writer: Client, act: str) -> None:
    path = f"/api/v1/alerts/{critical().pk}/{act}/"
    token = writer.defaults["HTTP_AUTHORIZATION"]
    answers: list[Any] = race(lambda _: Client(headers={"Authorization": token}).post(path), 5)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["changed"] for answer in answers) == [False] * 4 + [True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("act", "words"), [("acknowledge", "acknowledged"), ("resolve", "resolved")])
def test_of_two_owners_at_once_one_wins_and_the_other_is_told_who(
    with_token: Callable[..., Client], act: str, words: str
) -> None:
    alert = critical()
    owners = {name: User.objects.create_superuser(name, password=None) for name in ("bob", "eve")}
    clients = [with_token("write", owner) for owner in owners.values()]
    answers: list[Any] = race(lambda number: clients[number].post(f"/api/v1/alerts/{alert.pk}/{act}/"), 2)
    lost, won = sorted(answers, key=lambda answer: answer.status_code != 409)
    assert (won.status_code, lost.status_code, won.json()["changed"]) == (200, 409, True)
    first = won.json()[f"{words}_by"]
    assert first in owners
    assert lost.json()["detail"] == f"{first} {words} it first."
    assert lost.json()[f"{words}_by"] == first
    assert alert.log.filter(kind=words).count() == 1


def test_a_conflict_answers_with_the_alert_as_it_is(writer: Client) -> None:
    alert = acknowledge(critical().pk, make_user("bob"), NOW)
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/")
    body = answer.json()
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert body["detail"] == "bob acknowledged it first."
    assert (body["id"], body["acknowledged_by"], body["revision"]) == (alert.pk, "bob", alert.revision)


def test_only_what_was_seen_is_acted_on(writer: Client) -> None:
    alert = critical()
    stale = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/?revision=0")
    assert stale.status_code == 409
    assert writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/?revision=x").status_code == 422
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/?revision={stale.json()['revision']}")
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("body", ["", "{}", " \n"])
def test_an_empty_body_is_none(writer: Client, body: str, kind: str) -> None:
    alert = critical()
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/", body, content_type=kind)
    assert answer.status_code == 200


NO_BODY = "this operation takes no body; parameters go into the address: revision"


@pytest.mark.parametrize("act", ["acknowledge", "resolve"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ("null", "body"),
        ("\x00", "body"),
        ("note=seen", "body"),
        ("\udcff".encode("utf-8", "surrogateescape"), "body"),
        ("[" * 100_000, "body"),
        ('{"note": 7}', "body.note"),
        ('{"note": "%s"}' % ("x" * 100_000), "body.note"),
        ('{"note": "\\u0000"}', "body.note"),
        ('{"revision": 1}', "body.revision"),
    ],
)
def test_a_body_is_refused_and_not_ignored(writer: Client, act: str, body: Any, field: str, kind: str) -> None:
    alert = critical()
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/{act}/", body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [{"field": field, "message": NO_BODY}]
    assert answer.json()["detail"] == f"{field}: {NO_BODY}"
    alert.refresh_from_db()
    assert (alert.handling, alert.status) == ("unacknowledged", "firing")


def test_a_form_of_several_parts_is_refused_too(writer: Client) -> None:
    alert = critical()
    answer = writer.post(f"/api/v1/alerts/{alert.pk}/resolve/", {"note": "seen"})
    assert (answer.status_code, answer.json()["detail"]) == (422, f"body.note: {NO_BODY}")


def test_resolving(writer: Client) -> None:
    alert = critical()
    body = writer.post(f"/api/v1/alerts/{alert.pk}/resolve/").json()
    assert (body["condition"], body["resolved_by"]) == ("resolved", "ada")
    assert writer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/").status_code == 409


def test_a_token_can_do_no_more_than_its_owner(with_token: Callable[..., Client]) -> None:
    alert = critical()
    viewer = with_token("write", make_viewer("viewer"))
    answer = viewer.post(f"/api/v1/alerts/{alert.pk}/acknowledge/")
    assert answer.status_code == 403
    assert "viewer may not" in answer.json()["detail"]


def test_a_shared_alert_lists_its_members(reader: Client) -> None:
    rule = make_rule(group_by="route")
    for number in range(OWN_ALERTS + 3):
        judge(make_scope(rule, f"/r/{number}"), "h", 0)
    consume(NOW)
    out = reader.get(f"/api/v1/alerts/{Alert.objects.get(group_key='(more)').pk}/").json()
    assert (out["members_firing"], len(out["members"])) == (3, 3)
    assert out["members"][0] == {
        "group": "/r/20",
        "severity": "high",
        "count": 5,
        "joined_at": "2026-06-12T14:00:00Z",
        "cleared_at": None,
    }


@pytest.mark.parametrize("path", ["alerts/{}/acknowledge/", "alerts/{}/resolve/", "checklists/{}/items/1/sign/"])
def test_a_body_that_is_too_large_is_told(writer: Client, path: str) -> None:
    alert = critical()
    sent = f'{{"note": "{"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}"}}'
    answer = writer.post("/api/v1/" + path.format(alert.pk), sent, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert "allowed: 5,242,880 bytes" in answer.json()["detail"]


def test_a_form_that_is_broken_or_endless_is_refused(writer: Client) -> None:
    address = f"/api/v1/alerts/{critical().pk}/resolve/"
    answers = [
        writer.post(address, "--x\r\n", content_type="multipart/form-data"),
        writer.post(address, {f"note{number}": "" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}),
    ]
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [(422, f"body: {NO_BODY}")] * 2


def test_a_resolved_alert_is_judged(writer: Client, reader: Client) -> None:
    alert = critical()
    address = f"/api/v1/alerts/{alert.pk}/disposition/"

    def judge_it(**body: str) -> Any:
        return writer.post(address, body, content_type="application/json")

    assert judge_it(disposition="expected").status_code == 409  # it fires
    assert writer.post(f"/api/v1/alerts/{alert.pk}/resolve/").status_code == 200
    refused = judge_it(disposition="false_positive")
    assert (refused.status_code, refused.json()["detail"][:12]) == (422, "why: say why")
    assert judge_it(disposition="noise").status_code == 422
    done = judge_it(disposition="false_positive", why="a load test").json()
    assert (done["disposition"], done["disposition_why"], done["changed"]) == ("false_positive", "a load test", True)
    assert done["log"][-1]["kind"] == "disposition"
    assert [item["id"] for item in listed(reader, "disposition=false_positive")] == [alert.pk]
    assert listed(reader, "disposition=unjudged") == []
    assert reader.post(address, {"disposition": "expected"}, content_type="application/json").status_code == 403
