"""What agents reported, at the items of a run: told, offered as evidence, never a signature."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.systems.config.manifest import private_group
from bootstrap.systems.models import ConfigVar, Deployment
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import deployment, report, variable
from tests.bootstrap.people import client_of, signer
from tests.bootstrap.postures.builders import in_force
from tests.markup import folded

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def place() -> Deployment:
    return deployment()


@pytest.fixture
def run(place: Deployment) -> Run:
    """Items about SECRET_KEY (always required), FLAG_DEMO, and about no variable at all."""
    made = builders.run(place.environment)
    builders.item(made, "SECRET_KEY", variable="SECRET_KEY", evidence_required=True)
    ConfigVar.objects.update(required_when="Always")
    builders.item(made, "FLAG_DEMO", flag="FLAG_DEMO")
    builders.item(made, "told", text="Told to everybody")
    return made


def words(html: str, key: str) -> str:
    """What the item says, without tags."""
    found = re.search(rf'<li class="check[^>]*id="item-{key}".*?</li>', html, re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def page(client: Client, run: Run) -> str:
    return client.get(run.get_absolute_url()).content.decode()


def panel_url(run: Run, key: str) -> str:
    return f"{run.get_absolute_url()}items/{Item.objects.get(key=key).pk}/"


def test_an_item_tells_what_the_newest_report_says(run: Run, place: Deployment) -> None:
    at = clock.now()
    on = variable("FLAG_DEMO", format_ok=True, accepted_index=5)
    report(place, variable("SECRET_KEY", format_ok=True), on, at=at)
    html = page(client_of("eve"), run)
    assert f"reported set and well formed, {at:%H:%M} UTC" in words(html, "SECRET_KEY")
    assert "FLAG_DEMO reported on" in words(html, "FLAG_DEMO")
    assert "reported" not in words(html, "told")
    assert f'class="check-observation tone-ok" href="/environments/demo/prod/#deployment-{place.pk}"' in html
    assert "open finding" not in html


def test_what_is_missing_bears_the_severity_of_its_finding(run: Run, place: Deployment) -> None:
    report(place, variable("SECRET_KEY", "unset"), variable("FLAG_DEMO", "unset"), at=clock.now())
    html = page(client_of("eve"), run)
    assert re.search(r'class="check-observation tone-medium" href="[^"]*">reported unset, [0-9:]+ UTC: warning', html)
    assert re.search(r'class="check-observation tone-quiet" href="[^"]*">reported unset', html)
    head = folded(re.sub(r"<[^>]+>", "", html[: html.index('id="section-')]))
    assert "1 open finding in the configuration of this environment: 1 warning." in head
    assert 'href="/environments/demo/prod/">1 open finding</a>' in html


def test_a_stale_report_proves_nothing(run: Run, place: Deployment) -> None:
    report(place, variable("SECRET_KEY", format_ok=True), at=clock.now() - timedelta(hours=27))
    client = signer()
    told = words(page(client, run), "SECRET_KEY")
    assert "is stale, it said set and well formed" in told
    assert "Use as evidence" not in client.get(panel_url(run, "SECRET_KEY")).content.decode()


def test_a_report_is_filled_in_as_evidence_and_signs_nothing(run: Run, place: Deployment) -> None:
    report(place, variable("SECRET_KEY", format_ok=True), at=clock.now())
    client, address = signer(), panel_url(run, "SECRET_KEY")
    offered = client.get(address, headers=HTMX).content.decode()
    assert f'hx-get="{address}?use=report"' in offered
    used = client.get(f"{address}?use=report").content.decode()
    note = re.search(r"<textarea[^>]*>([^<]*)</textarea>", used)
    link = re.search(r'name="link"[^>]*value="([^"]*)"', used)
    assert note
    assert link
    assert note.group(1).startswith("SECRET_KEY set and well formed in demo-api-prod, by the report of ")
    assert link.group(1).endswith("/environments/demo/prod/")
    assert not SignOff.objects.exists()
    client.post(f"{address}sign/", {"seen": 0, "note": note.group(1), "link": link.group(1)})
    assert SignOff.objects.get().evidence["link"] == link.group(1)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("SECRET_KEY", variable("SECRET_KEY", "unset")),
        ("SECRET_KEY", variable("SECRET_KEY", format_ok=False)),
        ("FLAG_DEMO", variable("FLAG_DEMO", format_ok=True, accepted_index=0)),
    ],
    ids=["unset", "malformed", "off"],
)
def test_what_does_not_speak_for_an_item_is_not_offered(
    run: Run, place: Deployment, key: str, told: dict[str, object]
) -> None:
    if key == "FLAG_DEMO":  # which waits for it
        builders.act(run, Item.objects.get(key="SECRET_KEY"), by="bob")
    report(place, told, at=clock.now())
    html = signer().get(f"{panel_url(run, key)}?use=report").content.decode()
    assert ">reported " in html
    assert "Use as evidence" not in html
    assert "by the report of" not in html


def test_another_word_than_the_item_wants_is_no_evidence_for_it(run: Run, place: Deployment) -> None:
    builders.item(run, "MODE", variable="MODE", values={"*": "live"})
    ConfigVar.objects.filter(name="MODE").update(secret=False, required_when="Always", expected_values={"*": "live"})
    others = (variable("SECRET_KEY", format_ok=True), variable("FLAG_DEMO", "unset"))
    at = clock.now()
    report(place, *others, variable("MODE", accepted_index=0), at=at - timedelta(seconds=9))
    url = f"{panel_url(run, 'MODE')}?use=report"
    assert "MODE set in demo-api-prod, by the report of" in signer().get(url).content.decode()
    report(place, *others, variable("MODE"), at=at)
    html = signer("bea").get(url).content.decode()
    assert "wrong literal, warning" in html
    assert "Use as evidence" not in html
    assert "by the report of" not in html


def test_where_an_item_is_about_several_each_word_names_its_variable(run: Run, place: Deployment) -> None:
    item = builders.item(run, "both", variable="FIRST")
    item.variables.add(ConfigVar.objects.create(app=place.app, name="SECOND"))
    report(place, variable("FIRST"), variable("SECOND", "empty"), at=clock.now())
    told = words(page(client_of("eve"), run), "both")
    assert "FIRST reported set" in told
    assert "SECOND reported empty" in told
    assert "Use as evidence" not in signer().get(panel_url(run, "both")).content.decode(), "one of them is empty"


def test_a_flag_that_is_to_be_off_is_proven_by_being_off(run: Run, place: Deployment) -> None:
    builders.item(run, "FLAG_OLD", flag="FLAG_OLD", section="first", values={"prod": "0"})
    report(place, variable("FLAG_OLD", "unset"), at=clock.now())
    assert "Use as evidence" in signer().get(panel_url(run, "FLAG_OLD")).content.decode()


def test_what_changed_since_it_was_signed_is_told_at_its_item(run: Run, place: Deployment) -> None:
    group = private_group(place, "SECRET_KEY")
    before = variable("SECRET_KEY", format_ok=True, fingerprints={group: "a" * 16})
    report(place, before, at=clock.now() - timedelta(hours=2))
    builders.act(run, Item.objects.get(key="SECRET_KEY"), at=clock.now() - timedelta(hours=1))
    report(place, {**before, "fingerprints": {group: "b" * 16}}, at=clock.now())
    assert "well formed" in (told := words(page(client_of("eve"), run), "SECRET_KEY"))
    assert ": changed since sign-off, " in told


def test_a_new_report_appears_in_the_poll(run: Run, place: Deployment) -> None:
    viewer, address = client_of("eve"), run.get_absolute_url()
    seen = {**HTMX, "X-Fragment-Seen": viewer.get(address, headers=HTMX).headers["X-Fragment"]}
    assert viewer.get(address, headers=seen).status_code == 204
    report(place, variable("SECRET_KEY", "unset"), at=clock.now())
    answer = viewer.get(address, headers=seen)
    assert "reported unset" in words(answer.content.decode(), "SECRET_KEY")


def test_a_posture_stands_at_the_item_of_its_variable(run: Run, place: Deployment) -> None:
    viewer, address = client_of("eve"), run.get_absolute_url()
    seen = {**HTMX, "X-Fragment-Seen": viewer.get(address, headers=HTMX).headers["X-Fragment"]}
    made = in_force(deployment=place, variable=ConfigVar.objects.get())
    html = viewer.get(address, headers=seen).content.decode()
    assert f'href="{made.get_absolute_url()}">posture ' in html


def test_a_closed_run_is_history(run: Run, place: Deployment) -> None:
    report(place, variable("SECRET_KEY", "unset"), at=clock.now())
    Run.objects.filter(pk=run.pk).update(closed_at=clock.now())
    html = page(client_of("eve"), run)
    assert "reported" not in words(html, "SECRET_KEY")
    assert "open finding" not in html
