"""Lists, print view and the acts on items: by form and by htmx, with and without the right to sign."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from tests.bootstrap import builders
from tests.bootstrap.people import PASSWORD, client_of, signer
from tests.markup import folded

pytestmark = pytest.mark.django_db
ACTS = ("sign", "take-back", "not-applicable", "waive")


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    token = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN")
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL")
    ItemDependency.objects.create(item=flag, needs_item=token)
    return run


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def url(run: Run, key: str, act: str) -> str:
    return f"{run.get_absolute_url()}items/{item(key).pk}/{act}/"


def post(client: Client, run: Run, key: str, act: str = "sign", **data: object) -> HttpResponse:
    return client.post(url(run, key, act), {"seen": 0, **data}, follow=True)


def test_pages_ask_for_a_login(run: Run) -> None:
    for address in ("/checklists/", "/environments/", run.get_absolute_url(), f"{run.get_absolute_url()}print/"):
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")
    assert Client().post(url(run, "MAIL_TOKEN", "sign")).headers["Location"].startswith("/accounts/login/")
    assert not SignOff.objects.exists()


def test_the_list_shows_how_far_each_run_has_come(run: Run) -> None:
    builders.act(run, item("MAIL_TOKEN"))
    page = client_of("eve").get("/checklists/").content.decode()
    assert "demo/prod" in page
    assert "1 of 2" in page
    assert "by ada" in page


def test_without_runs_the_list_says_what_to_do() -> None:
    assert b"bin/manage load_content" in client_of("eve").get("/checklists/").content
    assert b"bin/manage load_content" in client_of("bob").get("/environments/").content


def test_environments_with_their_hosts_and_checklists(run: Run) -> None:
    page = client_of("eve").get("/environments/").content.decode()
    assert "demo-api-prod" in page
    assert run.get_absolute_url() in page


def test_a_form_signs_and_goes_back_to_the_item(run: Run) -> None:
    answer = signer().post(url(run, "MAIL_TOKEN", "sign"), {"seen": 0, "note": "ok", "link": "example.org/1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{run.get_absolute_url()}#item-MAIL_TOKEN")
    act = SignOff.objects.get()
    assert (act.act, act.by.username, act.note, act.evidence) == (
        "done",
        "ada",
        "ok",
        {"link": "https://example.org/1"},
    )


def test_refusals_are_answered_with_their_status_and_told_on_the_page(run: Run) -> None:
    client = signer()
    for key, act, sent, status, message in [
        ("FLAG_MAIL", "sign", {}, 409, "FLAG_MAIL waits for MAIL_TOKEN."),
        ("MAIL_TOKEN", "take-back", {}, 409, "MAIL_TOKEN is not signed."),
        ("MAIL_TOKEN", "not-applicable", {}, 422, "say why it does not apply"),
        ("MAIL_TOKEN", "sign", {"link": "javascript:alert(1)"}, 422, "link: Enter a valid URL"),
        ("MAIL_TOKEN", "sign", {"note": "it is sk_live_abcdefgh123"}, 422, "looks like a secret"),
        ("MAIL_TOKEN", "sign", {"link": "https://ada:hunter2@example.org/"}, 422, "looks like a secret"),
        ("MAIL_TOKEN", "sign", {"note": "x" * 2001}, 422, "at most 2000 characters"),
    ]:
        answer = post(client, run, key, act, **sent)
        assert answer.status_code == status, message
        assert message in answer.content.decode()
    assert not SignOff.objects.exists()


def test_what_was_typed_is_kept(run: Run) -> None:
    page = post(signer(), run, "MAIL_TOKEN", note="seen <in> the vault", link="nonsense:1").content.decode()
    assert "seen &lt;in&gt; the vault</textarea>" in page
    assert 'value="nonsense:1"' in page
    assert f'id="item-{item("FLAG_MAIL").key}"' in page, "the whole run stands around it"


def test_htmx_gets_the_refusal_as_a_fragment(run: Run) -> None:
    answer = signer().post(url(run, "FLAG_MAIL", "sign"), {"seen": 0}, headers={"HX-Request": "true"})
    html = folded(answer.content.decode())
    assert (answer.status_code, html[:25]) == (409, '<div class="stack" id="ru')
    assert "FLAG_MAIL waits for MAIL_TOKEN." in html


def test_the_second_of_two_people_reads_who_was_first(run: Run) -> None:
    ada, bob = signer("ada"), signer("bob")
    post(ada, run, "MAIL_TOKEN")
    answer = post(bob, run, "MAIL_TOKEN")
    assert answer.status_code == 409
    assert "MAIL_TOKEN: signed by ada" in answer.content.decode()
    assert SignOff.objects.get().by.username == "ada"


def test_an_act_on_a_closed_run_is_refused(run: Run) -> None:
    Run.objects.update(closed_at=builders.NOON)
    answer = post(signer(), run, "MAIL_TOKEN")
    assert (answer.status_code, b"is closed" in answer.content) == (409, True)


def test_take_back_and_not_applicable(run: Run) -> None:
    client = signer()
    post(client, run, "MAIL_TOKEN")
    post(client, run, "MAIL_TOKEN", "take-back", seen=1)
    post(client, run, "MAIL_TOKEN", "not-applicable", seen=2, note="no mail")
    assert list(SignOff.objects.order_by("pk").values_list("act", flat=True)) == ["done", "undone", "not_applicable"]


@pytest.mark.parametrize("act", ACTS)
def test_signing_needs_the_permission(run: Run, act: str) -> None:
    assert client_of("eve").post(url(run, "MAIL_TOKEN", act), {"seen": 0, "note": "x"}).status_code == 403
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("act", ACTS)
def test_a_get_changes_nothing(run: Run, act: str) -> None:
    assert signer().get(url(run, "MAIL_TOKEN", act)).status_code == 405


def test_items_of_other_versions_and_runs_of_other_environments_are_not_found(run: Run) -> None:
    other = builders.run(builders.environment("staging"), slug="other")
    stranger = builders.item(other, "STRANGER")
    client = signer()
    assert client.post(f"{run.get_absolute_url()}items/{stranger.pk}/sign/", {"seen": 0}).status_code == 404
    assert client.get(other.get_absolute_url().replace("staging", "prod")).status_code == 404


def test_a_two_person_item_asks_for_the_password_again_and_then_signs(run: Run) -> None:
    builders.item(run, "failover", two_person=True)
    client = signer()
    asked = client.post(url(run, "failover", "sign"), {"seen": 0, "note": "tried"})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not SignOff.objects.exists()
    page = client.get(asked.headers["Location"]).content.decode()
    assert "<h1>Sign failover</h1>" in page
    assert all(f"<dd>{each}</dd>" in page for each in (item("failover").text, run.version, run.environment.path))
    client.post(asked.headers["Location"], {"password": "wrong"})
    assert not SignOff.objects.exists()
    client.post(asked.headers["Location"], {"password": PASSWORD})
    act = SignOff.objects.get()
    assert (act.act, act.note, act.by.username) == ("signed", "tried", "ada")


def test_the_print_view_has_states_and_signatures_and_no_controls(run: Run) -> None:
    builders.act(run, item("MAIL_TOKEN"))
    page = client_of("eve").get(f"{run.get_absolute_url()}print/").content.decode()
    assert "signed by ada, 2026-06-12 12:00 UTC" in page
    assert "waits for" not in page
    assert "<form" not in page
