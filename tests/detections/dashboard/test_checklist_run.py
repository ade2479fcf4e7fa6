"""The page of a run: items, what blocks them, commands, rules that wait; live by polling; few queries."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Item, ItemDependency, Run
from bootstrap.systems.models import Deployment
from detections.dashboard.checklists.waiting_rules import rules_with_prerequisites, waiting_by_item
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.config_health.reports import report, variable
from tests.bootstrap.people import client_of, signer
from tests.markup import folded

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def prod(shipped: None) -> Run:
    return Run.objects.get(environment__slug="prod")


def part(html: str, key: str) -> str:
    """The HTML of one item."""
    found = re.search(
        rf'<li class="check[^>]*id="item-{re.escape(key)}".*?(?=<li class="check|</ol>\s*</section>)', html, re.S
    )
    assert found, f"no item {key}"
    return found.group()


def test_a_blocked_item_names_what_it_waits_for_and_which_rule_it_holds_back(prod: Run) -> None:
    html = signer().get(prod.get_absolute_url()).content.decode()
    flag = part(html, "FLAG_SENTRY_BACKEND")
    assert "Blocked" in flag
    assert 'href="#item-SENTRY_DSN_BACKEND"' in flag
    assert "DET-BETA-003" in flag
    assert "/sign/" not in flag
    assert "DET-BETA-003" in part(html, "SENTRY_DSN_BACKEND")
    assert "DET-BETA-003" not in part(html, "SECRET_KEY")


def test_commands_are_silent_and_carry_the_hosts_name(prod: Run) -> None:
    client = signer()

    def panel(run: Run, key: str) -> str:
        item = Item.objects.get(key=key, section__version=run.version_id)
        return client.get(f"{run.get_absolute_url()}items/{item.pk}/", headers=HTMX).content.decode()

    assert "Command and more" in part(client.get(prod.get_absolute_url()).content.decode(), "SENTRY_DSN_BACKEND")
    assert "heroku config:set SENTRY_DSN_BACKEND=&quot;$v&quot; --app raxx-api-prod &gt;/dev/null 2&gt;&amp;1" in panel(
        prod, "SENTRY_DSN_BACKEND"
    )
    assert "secrets.token_urlsafe(64)" in panel(prod, "SECRET_KEY")
    assert "FLASK_ENV=production --app raxx-api-prod" in panel(prod, "FLASK_ENV")
    assert "heroku" not in panel(prod, "DATABASE_URL"), "Heroku sets it itself"
    staging = Run.objects.get(environment__slug="staging")
    assert "WEBAUTHN_RP_ID=raxx-staging.pages.dev --app raxx-api-staging" in panel(staging, "WEBAUTHN_RP_ID")


def test_those_who_may_not_sign_see_no_buttons(prod: Run) -> None:
    html = client_of("eve").get(prod.get_absolute_url()).content.decode()
    assert "SENTRY_DSN_BACKEND" in html
    assert "/sign/" not in html


def test_signing_through_htmx_answers_the_fragment_with_the_message(prod: Run) -> None:
    client = signer()
    item = Item.objects.get(key="SENTRY_DSN_BACKEND")
    answer = client.post(f"{prod.get_absolute_url()}items/{item.pk}/sign/", {"seen": 0}, headers=HTMX, follow=True)
    html = answer.content.decode()
    assert "<html" not in html
    assert folded(html).startswith('<div class="stack" id="run"')
    assert "Done" in part(html, "SENTRY_DSN_BACKEND")
    assert "Open" in part(html, "FLAG_SENTRY_BACKEND")
    assert "SENTRY_DSN_BACKEND signed by ada" in html


def test_another_signers_act_appears_in_the_poll_and_nothing_new_is_204(prod: Run) -> None:
    viewer = client_of("eve")
    first = viewer.get(prod.get_absolute_url(), headers=HTMX)
    seen = {**HTMX, "X-Fragment-Seen": first.headers["X-Fragment"]}
    assert viewer.get(prod.get_absolute_url(), headers=seen).status_code == 204
    builders.act(prod, Item.objects.get(key="SECRET_KEY"))
    again = viewer.get(prod.get_absolute_url(), headers=seen)
    assert again.status_code == 200
    assert "signed by ada" in part(again.content.decode(), "SECRET_KEY")


def test_hostile_text_is_inert(prod: Run) -> None:
    run = builders.run(builders.environment("prod", "evil"))
    item = builders.item(run, "hostile", text="<script>alert(1)</script> [x](javascript:alert(2))")
    builders.act(run, item, by="mallory", note='<img src=x onerror="alert(3)">')
    html = signer("eve").get(run.get_absolute_url()).content.decode()
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    assert "<img src=x" not in html


def test_a_rule_of_another_environment_or_system_does_not_wait_here(prod: Run) -> None:
    staging = Run.objects.get(environment__slug="staging").environment
    assert waiting_by_item(rules_with_prerequisites(prod.environment, NOON))
    assert "DET-BETA-003" not in {
        rule.name for found in waiting_by_item(rules_with_prerequisites(staging, NOON)).values() for rule in found
    }
    other = builders.run(builders.environment("prod", "other"))
    builders.item(other, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND")
    assert waiting_by_item(rules_with_prerequisites(other.environment, NOON)) == {}


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow_with_the_items() -> None:
    client = signer()
    counts = []
    for size in (5, 500):
        run = builders.run(builders.environment(f"env{size}"), slug=f"list{size}")
        items = [builders.item(run, f"item-{n}", variable=f"VAR_{n}") for n in range(size)]
        ItemDependency.objects.bulk_create(
            ItemDependency(item=later, needs_item=earlier) for earlier, later in pairwise(items)
        )
        builders.act(run, items[0], by="bob")
        place = Deployment.objects.get(environment=run.environment)
        report(place, *(variable(f"VAR_{n}", "unset" if n % 2 else "set") for n in range(size)), at=clock.now())
        client.get(run.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            html = client.get(run.get_absolute_url()).content.decode()
        assert html.count('class="check') >= size
        assert html.count("reported") >= size
        counts.append(len(queries))
    assert counts == [31, 31]


def test_the_head_says_which_rule_is_dormant_and_when_it_is_armed(prod: Run) -> None:
    def head() -> str:
        html = signer_client.get(prod.get_absolute_url()).content.decode()
        return folded(re.sub(r"<[^>]+>", "", html[html.index('id="armed-head"') : html.index('id="section-')]))

    signer_client = signer()
    until = "DET-BETA-003 is dormant until SENTRY_DSN_BACKEND and FLAG_SENTRY_BACKEND are signed"
    assert until in head()
    builders.act(prod, Item.objects.get(key="SENTRY_DSN_BACKEND"))
    assert "DET-BETA-003 is dormant until FLAG_SENTRY_BACKEND is signed" in head()
    builders.act(prod, Item.objects.get(key="FLAG_SENTRY_BACKEND"))
    assert "DET-BETA-003 is active: SENTRY_DSN_BACKEND and FLAG_SENTRY_BACKEND are signed" in head()
    staging = Run.objects.get(environment__slug="staging")
    assert "armed-head" not in signer_client.get(staging.get_absolute_url()).content.decode()


def test_a_poll_that_finds_nothing_new_makes_no_page(prod: Run) -> None:
    viewer = client_of("eve")
    page = folded(viewer.get(prod.get_absolute_url()).content.decode())
    found = re.search(r'id="run" data-poll data-fragment="(\w{16})"', page)
    assert found
    seen = {**HTMX, "X-Fragment-Seen": found.group(1)}
    with CaptureQueriesContext(connection) as queries:
        assert viewer.get(prod.get_absolute_url(), headers=seen).status_code == 204
    # session, person, run, projects, rules; six of prerequisites; deployments, reports, findings, postures;
    # two of rights, newest act, newer version, host, owners and due dates
    assert len(queries) == 20
    Run.objects.filter(pk=prod.pk).update(closed_at=NOON)
    assert viewer.get(prod.get_absolute_url(), headers=seen).status_code == 200


def test_an_item_has_a_page_and_htmx_gets_its_panel_alone(prod: Run) -> None:
    client = signer()
    item = Item.objects.get(key="SENTRY_DSN_BACKEND")
    address = f"{prod.get_absolute_url()}items/{item.pk}/"
    page = client.get(address).content.decode()
    assert "<html" in page
    assert "with a message whether it worked" in page
    for act in ("sign", "waive", "not-applicable"):
        assert f'action="{address}{act}/"' in page
    panel = client.get(address, headers=HTMX).content.decode()
    assert panel.startswith(f'<div id="more-{item.pk}-open-0"')
    assert f'hx-post="{address}sign/"' in panel
    assert f'<div id="more-{item.pk}-open-0" data-kept></div>' in client.get(prod.get_absolute_url()).content.decode()
    assert "/sign/" not in client_of("eve").get(address).content.decode()
    assert client.get(f"{prod.get_absolute_url()}items/999999/").status_code == 404


def test_the_panel_of_an_item_that_somebody_acted_on_is_another_one(prod: Run) -> None:
    item = Item.objects.get(key="SECRET_KEY")
    builders.act(prod, item)
    assert f'id="more-{item.pk}-done-1" data-kept' in client_of("eve").get(prod.get_absolute_url()).content.decode()
