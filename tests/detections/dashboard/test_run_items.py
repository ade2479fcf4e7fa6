"""The items of a run's page: which are shown, who is offered what, where an act leads back to."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.importer.store.import_text import store
from bootstrap.importer.text_to_runbook import read_text
from tests.bootstrap import builders
from tests.bootstrap.long_runbook import BOXES, HEADINGS, long_runbook
from tests.bootstrap.people import PASSWORD, client_of, signer
from tests.bootstrap.scorecard.makers import run_of
from tests.markup import folded

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LI = re.compile(r'<li class="check[^"]*" id="item-([^"]*)"([^>]*)>')


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    token = builders.item(run, "MAIL_TOKEN", variable="MAIL_TOKEN", text="Token of the `mail` provider")
    flag = builders.item(run, "FLAG_MAIL", flag="FLAG_MAIL", text="`FLAG_MAIL`")
    ItemDependency.objects.create(item=flag, needs_item=token)
    builders.item(run, "failover", two_person=True, depth=1)
    return run


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def address(run: Run, key: str, act: str = "") -> str:
    return f"{run.get_absolute_url()}items/{item(key).pk}/{act and f'{act}/'}"


def shown(html: str) -> list[str]:
    """The keys of the items that are not marked as left out by the filter."""
    found = LI.findall(html)
    assert len(found) == Item.objects.count(), "the page has every item: the browser finds others at once"
    return [key for key, attributes in found if "data-off" not in attributes]


def test_a_level_shows_what_it_needs_and_no_lower_one_does() -> None:
    leveled = run_of(builders.environment(), "Basic", "Full", "")
    dan = signer("dan")

    def at(query: str) -> str:
        return dan.get(f"{leveled.get_absolute_url()}{query}").content.decode()

    assert shown(at("?level=Basic")) == ["i1"]
    assert shown(at("?level=Full")) == ["i2", "i3"], "an item without a level belongs to the highest"
    assert shown(at("?level=Full&q=i3")) == ["i3"]
    assert '<option value="Full" selected>Full</option>' in folded(at("?level=Full"))
    assert "Level “Gold” is not among those here (Basic, Full)." in folded(at("?level=Gold"))
    here = f"http://testserver{leveled.get_absolute_url()}?level=Full&other=1"
    answer = dan.post(address(leveled, "i2", "sign"), {"seen": 0}, headers={"Referer": here})
    assert answer.headers["Location"] == f"{leveled.get_absolute_url()}?level=Full#item-i2"


def test_a_checklist_without_levels_offers_none(run: Run) -> None:
    assert "f-level" not in client_of("eve").get(run.get_absolute_url()).content.decode()


def test_a_search_finds_the_items_of_a_level(run: Run) -> None:
    builders.item(run, "drill", level="Full")
    html = signer().get(f"{run.get_absolute_url()}?q=full").content.decode()
    assert shown(html) == ["drill"]
    assert 'data-names="Full"' in html


def test_the_address_chooses_items_by_state_and_by_words(run: Run) -> None:
    client = signer()
    builders.act(run, item("failover"), SignOff.Act.SIGNED, by="bob")
    for query, keys in (
        ("", ["MAIL_TOKEN", "FLAG_MAIL", "failover"]),
        ("?show=left", ["MAIL_TOKEN", "FLAG_MAIL", "failover"]),
        ("?show=open", ["MAIL_TOKEN", "failover"]),
        ("?show=blocked", ["FLAG_MAIL"]),
        ("?show=second", ["failover"]),
        ("?show=mine", []),
        ("?q=MAIL+provider", ["MAIL_TOKEN"]),
        ("?q=mail&show=blocked", ["FLAG_MAIL"]),
        ("?q=nothing+like+it", []),
    ):
        html = client.get(run.get_absolute_url() + query).content.decode()
        assert shown(html) == keys, query
        assert ("data-filtered" in html) == bool(query)
    builders.act(run, item("MAIL_TOKEN"), by="ada")
    assert shown(client.get(f"{run.get_absolute_url()}?show=mine").content.decode()) == ["MAIL_TOKEN"]


def test_the_words_of_a_folded_text_are_there_for_the_search_of_the_browser(run: Run) -> None:
    long = f"Ask the *librarian* for the key. {'It takes a while. ' * 30}"
    builders.item(run, "archive", body=long)
    builders.item(run, "short", body="Ask the porter.")
    html = signer().get(f"{run.get_absolute_url()}?q=librarian").content.decode()
    assert shown(html) == ["archive"]
    attributes = dict(LI.findall(html))
    assert "librarian" in attributes["archive"]
    assert attributes["archive"].count("while.") == 1
    assert "porter" not in attributes["short"], "it is on the page"


def test_a_choice_that_there_is_not_is_named_with_those_there_are(run: Run) -> None:
    html = folded(client_of("eve").get(f"{run.get_absolute_url()}?show=bogus").content.decode())
    assert "“bogus” was not understood" in html
    assert "blocked, second, mine" in html


def test_an_act_leads_back_to_the_items_that_were_shown(run: Run) -> None:
    here = f"http://testserver{run.get_absolute_url()}?q=mail&show=open&other=1"
    answer = signer().post(address(run, "MAIL_TOKEN", "sign"), {"seen": 0}, headers={"Referer": here})
    assert answer.headers["Location"] == f"{run.get_absolute_url()}?show=open&q=mail#item-MAIL_TOKEN"
    for elsewhere in ("http://testserver/checklists/?show=open", "https://elsewhere.example/", "http://[", ""):
        client = signer(f"ada{len(elsewhere)}")
        back = client.post(
            address(run, "MAIL_TOKEN", "take-back"),
            {"seen": SignOff.objects.count()},
            headers={"Referer": elsewhere},
        )
        assert back.headers["Location"] == f"{run.get_absolute_url()}#item-MAIL_TOKEN"
        builders.act(run, item("MAIL_TOKEN"))


def test_whoever_signed_first_is_told_that_another_person_has_to_be_second(run: Run) -> None:
    ada, bob = signer("ada"), signer("bob")
    builders.act(run, item("failover"), SignOff.Act.SIGNED, by="ada")
    for client, offered in ((ada, False), (bob, True)):
        html = client.get(run.get_absolute_url()).content.decode()
        panel = folded(client.get(address(run, "failover")).content.decode())
        assert ("Sign as second" in html) == offered
        assert ("Sign as second" in panel) == offered
        assert ("Signed by you; now another person" in html) != offered
        assert ("the second has to be another person" in panel) != offered


def test_one_signature_of_two_is_printed_as_half(run: Run) -> None:
    client = client_of("eve")
    builders.act(run, item("failover"), SignOff.Act.SIGNED, by="ada")
    printed = client.get(f"{run.get_absolute_url()}print/").content.decode()
    assert printed.count("Half signed") == 1


@pytest.mark.parametrize(
    ("act", "what"), [("sign", "Sign failover"), ("waive", "Waive failover"), ("not-applicable", "Mark as not applica")]
)
def test_the_page_that_asks_for_the_password_names_the_act_its_item_and_run(run: Run, act: str, what: str) -> None:
    client = signer()
    here = f"http://testserver{run.get_absolute_url()}?show=open"
    sent = {"seen": 0, "note": "agreed", "review_by": "2026-06-30"}
    asked = client.post(address(run, "failover", act), sent, headers={"Referer": here, **HTMX})
    assert not SignOff.objects.exists()
    leads_to = asked.headers["HX-Redirect"]
    page = folded(client.get(leads_to).content.decode())
    assert f"<h1>{what}" in page
    assert all(f"<dd>{each}</dd>" in page for each in ("failover done", str(run.version), run.environment.path))
    assert f'href="{run.get_absolute_url()}#item-failover">Cancel' in page
    done = client.post(leads_to, {"password": PASSWORD})
    assert SignOff.objects.get().note == "agreed"
    assert done.headers["Location"] == f"{run.get_absolute_url()}?show=open#item-failover"


def test_leaving_out_a_section_with_an_item_of_two_people_asks_too(run: Run) -> None:
    section = run.version.sections.get()
    client = signer()
    asked = client.post(f"{run.get_absolute_url()}sections/{section.pk}/not-applicable/", {"note": "no mail"})
    page = folded(client.get(asked.headers["Location"]).content.decode())
    assert "<h1>Leave out Core</h1>" in page
    client.post(asked.headers["Location"], {"password": PASSWORD})
    assert SignOff.objects.filter(act="not_applicable").count() == 3


def test_a_key_is_not_printed_under_the_same_words(run: Run) -> None:
    html = signer().get(run.get_absolute_url()).content.decode()
    assert html.count('<a class="mono muted" href="#item-MAIL_TOKEN">MAIL_TOKEN</a>') == 1
    assert '<a class="mono muted" href="#item-FLAG_MAIL">' not in html


def test_how_deep_an_item_stands_is_shown_on_the_page_and_in_print(run: Run) -> None:
    client = client_of("eve")
    attributes = dict(LI.findall(client.get(run.get_absolute_url()).content.decode()))
    assert 'data-depth="1"' in attributes["failover"]
    assert "data-depth" not in attributes["MAIL_TOKEN"]
    assert client.get(f"{run.get_absolute_url()}print/").content.decode().count('data-depth="1"') == 1
    assert "\n  - [ ] failover done" in client.get(f"{run.get_absolute_url()}export.md").content.decode()


def test_a_section_leads_to_its_text_in_the_runbook_and_back() -> None:
    text = long_runbook()
    version = store(read_text(text), text, "magpie", builders.person()).checklist_versions[0]
    run = Run.objects.create(
        version=version, checklist=version.checklist, environment=builders.environment("staging", "magpie")
    )
    client = client_of("eve")
    page = client.get(run.get_absolute_url()).content.decode()
    links = re.findall(r'href="(/runbooks/[^"]*/lines/\d+/)"', page)
    assert len(links) == len(HEADINGS)
    counts = []
    for at, link in enumerate(links):
        with CaptureQueriesContext(connection) as queries:
            html = client.get(link).content.decode()
        counts.append(len(queries))
        assert f"{run.get_absolute_url()}#section-" in html
        assert f"What {HEADINGS[at].lower()} needs" in html
        assert html.count("needs before anything else") == 1, "its own text only"
    assert len(set(counts)) == 1
    assert client.get(re.sub(r"\d+/$", "2/", links[0])).status_code == 404
    assert page.count('<li class="check') == BOXES
    runbook = client.get("/runbooks/bringing-up-magpie/").content.decode()
    assert run.get_absolute_url() in runbook
