"""Made-up names fill what is kept apart, and rules still count all that they select."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bootstrap.systems.models import Environment
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.ingest.digest import digest_batch
from detections.rules.evaluation import event_samples, on_arrival, scheduler
from detections.rules.models import Evaluation, Rule, Scope
from detections.telemetry import environments
from detections.telemetry.models import Project, ProjectEnvironment, Series
from detections.telemetry.places import targets as places
from detections.telemetry.places.rule_selection import RuleSelection
from detections.telemetry.places.times import KEPT
from opsconsole.lib import clock
from opsconsole.wsgi import application
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.world import MINUTE, NOON, PREVIEW
from tests.people import make_viewer
from tests.security.attacks import made_up, send, word

GLOB = "/api/beta/preview/*"
LITERAL = "/api/solver/solve"
FEW = 12


@pytest.fixture(autouse=True)
def flusher_ended() -> Iterator[None]:
    yield
    application.stop()


@pytest.fixture
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a handful of events exceeds."""
    monkeypatch.setattr(places, "MAX_SERIES", FEW)


@pytest.fixture
def raptor(db: None) -> Project:
    """Project raptor, with the prerequisites of DET-BETA-003 signed off in prod."""
    made = builders.project()
    run = checklists.run(Environment.objects.get(system__slug="raptor"))
    for item in (
        checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend"),
        checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND"),
    ):
        checklists.act(run, item)
    world.beta()
    return made


def arrive(project: Project, *events: dict[str, Any], at: datetime = NOON) -> None:
    world.arrive(project, events, at)


def judged(now: datetime) -> None:
    on_arrival.judge_all(now)
    consume(now)


def alert(rule: str = "DET-BETA-003") -> Alert:
    return Alert.objects.select_related("evidence").get(rule__identifier=rule)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("notification_policies")
def test_5200_made_up_transactions_do_not_blind_a_critical_rule(raptor: Project) -> None:
    Rule.objects.filter(identifier="DET-OPS-002").update(mode="retired")  # it would judge each route: test_alert_flood
    send(raptor, list(made_up(5200, clock.now())))
    assert Series.objects.count() == places.MAX_SERIES + 1
    assert Series.objects.filter(route="(other)", selected_by="").exists()

    send(raptor, [world.event(clock.now(), path=PREVIEW)])

    judged(clock.now())
    raised = alert()
    assert (raised.group_key, raised.severity) == (GLOB, 3)
    assert "INTERNAL_API_SECRET" in raised.cause
    assert Series.objects.get(selected_by=GLOB).label == f"(other) (within {GLOB})"
    later = clock.now() + 2 * MINUTE  # the minute of the events is over, whenever this runs
    scheduler.make_due(later)
    scheduler.catch_up(later)
    consume(later)
    told = alert("DET-CONSOLE-002")
    assert told.group_key == "cardinality"
    assert told.evidence is not None
    assert "raptor sends more than 5,000 routes in prod" in told.evidence.sentence


@pytest.mark.usefixtures("few_places")
def test_made_up_routes_below_the_glob_itself_hide_no_known_failure(
    raptor: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share a series with the failure, which is the oldest of more events than are looked at one by one."""
    monkeypatch.setattr(event_samples, "MOST", FEW)
    arrive(raptor, *made_up(2 * FEW, NOON))
    arrive(raptor, world.event(NOON, path=PREVIEW), *made_up(50, NOON + timedelta(seconds=9), under=GLOB[:-2]))

    judged(NOON + timedelta(seconds=10))

    evidence = alert().evidence
    assert evidence is not None
    assert (evidence.data["busiest"], evidence.data["signature"]) == (51, "token verification refused")


@pytest.mark.usefixtures("few_places")
def test_a_route_that_a_rule_names_keeps_a_place(raptor: Project) -> None:
    world.rule("R-LITERAL", selector={"route": LITERAL, "sources": [{"source": "sentry"}]}, group_by="route")
    arrive(raptor, *made_up(2 * FEW, NOON))
    mounted = {"transaction": "/solve", "transaction_info": {"source": "route"}}
    made = {"transaction": f"/{word(999)}", "transaction_info": {"source": "route"}}
    arrive(
        raptor,
        world.event(NOON, path=LITERAL),
        {**world.event(NOON, path=LITERAL), **mounted},
        {**world.event(NOON, path=LITERAL), **made},
    )

    named = Series.objects.exclude(route__contains="made-up").exclude(route="(other)")
    assert set(named.values_list("route", "url_path")) == {(LITERAL, ""), ("/solve", LITERAL)}
    world.judge(NOON + MINUTE)
    counted = Evaluation.objects.filter(scope__rule__identifier="R-LITERAL")
    assert sorted(counted.values_list("scope__group_key", "count")) == [("(other)", 1), (LITERAL, 1), ("/solve", 1)]


@pytest.mark.usefixtures("few_places")
def test_an_event_counts_for_each_rule_whose_glob_selects_it_and_for_no_other(raptor: Project) -> None:
    globs = {"R-WIDE": "/api/*", "R-NARROW": "/api/beta/*", "R-WORD": "*preview*", "R-ELSEWHERE": "/web/*", "R-ALL": ""}
    for identifier, route in globs.items():
        world.rule(
            identifier,
            selector={"route": route, "sources": [{"source": "sentry"}]},
            group_by="prefix" if route else "none",
        )
    arrive(raptor, *made_up(2 * FEW, NOON))
    arrive(
        raptor, world.event(NOON, path=PREVIEW), world.event(NOON, path="/api/beta/x"), world.event(NOON, path="/api")
    )

    world.judge(NOON + MINUTE)

    counts = dict(
        Evaluation.objects.filter(scope__rule__identifier__in=globs).values_list("scope__rule__identifier", "count")
    )
    assert counts == {"R-WIDE": 3, "R-NARROW": 2, "R-WORD": 1, "R-ALL": 2 * FEW + 3}


@pytest.mark.usefixtures("few_places")
def test_sets_of_globs_are_limited_and_beyond_too_much_is_counted(
    raptor: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_FOLDS", 2)
    for letter in "abc":
        world.rule(
            f"R-{letter}", selector={"route": f"*{letter}*", "sources": [{"source": "sentry"}]}, group_by="prefix"
        )
    arrive(raptor, *(world.event(NOON, path=f"/{'x' * number}") for number in range(1, FEW + 5)))
    arrive(raptor, *(world.event(NOON, path=f"/{'y' * 20}{some}") for some in ("a", "b", "ab", "bc", "abc")))

    sets = set(Series.objects.exclude(selected_by="").values_list("selected_by", flat=True))
    assert len(sets) == 3
    assert f"{GLOB}\n*a*\n*b*\n*c*" in {"\n".join(sorted(each.split("\n"), key=len, reverse=True)) for each in sets}


@pytest.mark.usefixtures("raptor")
def test_made_up_addresses_of_a_route_do_not_hide_that_of_a_rule() -> None:
    """A mounted application reports `/preview/{token}`; only the URL says that it is below the rule's glob."""
    project = Project.objects.get()
    fields = {"transaction": "/preview/{token}/screen/1", "transaction_info": {"source": "route"}}

    def at(mount: str) -> dict[str, Any]:
        return {**world.event(NOON, path=f"{mount}/preview/synth-scraper-token-001/screen/1"), **fields}

    arrive(project, *(at(f"/{word(number)}") for number in range(places.MAX_URL_PATHS + 5)))
    arrive(project, at("/api/beta"))

    folded = Series.objects.get(selected_by=GLOB)
    assert (folded.route, folded.url_path) == ("/preview/{token}/screen/1", "")
    judged(NOON)
    assert alert().severity == 3


@pytest.mark.django_db
def test_made_up_environments_do_not_take_that_of_a_rule() -> None:
    project = Project.objects.create(slug="alone", name="Alone")
    world.rule("R-PROD", selector={"environment": "prod", "sources": [{"source": "sentry"}]}, group_by="none")
    arrive(project, *(world.event(NOON, environment=word(number)) for number in range(environments.MAX_NAMES + 10)))
    arrive(project, *(world.event(NOON, environment=name) for name in ("prod", "staging")))

    names = set(ProjectEnvironment.objects.values_list("name", flat=True))
    assert len(names) == environments.MAX_NAMES + 2
    assert {"prod", "other"} < names
    assert "staging" not in names
    world.judge(NOON + MINUTE)
    assert Evaluation.objects.get(scope__rule__identifier="R-PROD").scope.project_environment.name == "prod"


@pytest.mark.usefixtures("few_places")
def test_places_are_given_back_and_taken_again(raptor: Project) -> None:
    arrive(raptor, *made_up(FEW, NOON))
    later = NOON + KEPT + MINUTE
    arrive(raptor, *(world.event(later, path=path) for path in ("/a", "/b")), at=later)
    assert Series.objects.filter(route__in=["/a", "/b"]).count() == 2, "places were given back"
    assert Series.objects.count() == FEW + 2, "rows stay"

    arrive(raptor, *made_up(FEW, later), at=later)

    taken = Series.objects.filter(last_seen=later).exclude(route="(other)")
    assert taken.count() == FEW, "two of those without a place found none"
    assert places.places_taken([Series.objects.all()[0].project_environment_id], later).total() == FEW + 1
    assert Series.objects.get(route="(other)").last_seen == later


@pytest.mark.usefixtures("few_places")
def test_a_place_is_held_by_receipt_and_not_by_the_time_that_an_event_claims(raptor: Project) -> None:
    old = NOON - KEPT - timedelta(days=1)
    for _ in range(2):
        arrive(raptor, *made_up(2 * FEW, old))
    arrive(raptor, *made_up(2 * FEW, old, under="/more"))
    assert Series.objects.exclude(route="(other)").count() == FEW


@pytest.mark.usefixtures("few_places")
def test_a_route_that_is_seen_keeps_its_place_through_the_attack(raptor: Project) -> None:
    arrive(raptor, world.event(NOON, path="/ours"))
    arrive(raptor, *made_up(2 * FEW, NOON))
    for day in range(1, 20, 6):
        at = NOON + timedelta(days=day)
        arrive(raptor, *made_up(2 * FEW, at), at=at)
        arrive(raptor, world.event(at, path="/ours"), at=at)
        assert Series.objects.get(route="/ours").last_seen == at


@pytest.mark.usefixtures("few_places")
def test_a_route_that_has_a_place_keeps_its_events_below_new_paths(raptor: Project) -> None:
    arrive(raptor, world.event(NOON, path="/ours"))
    arrive(raptor, *made_up(2 * FEW, NOON))
    arrive(raptor, *(world.event(NOON, path=f"/{word(each)}/ours", transaction="/ours") for each in range(3)))
    assert Series.objects.get(route="/ours").minutes.get().n == 4


@pytest.mark.usefixtures("few_places")
def test_paths_beyond_those_of_a_route_take_one_place_together(
    raptor: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_URL_PATHS", 1)
    paths = (world.event(NOON, path=f"/{word(each)}/ours", transaction="/ours") for each in range(2 * FEW))
    arrive(raptor, *paths, *made_up(FEW - 2, NOON))
    assert (Series.objects.count(), Series.objects.filter(route="(other)").count()) == (FEW, 0)


@pytest.mark.django_db
def test_environments_give_their_places_back() -> None:
    project = Project.objects.create(slug="alone", name="Alone")
    arrive(project, *(world.event(NOON, environment=word(number)) for number in range(environments.MAX_NAMES)))
    later = NOON + KEPT + MINUTE
    arrive(project, world.event(later, environment="staging"), at=later)
    assert ProjectEnvironment.objects.filter(name="staging").exists()


def test_what_a_rule_selects_is_known_as_soon_as_it_is_in_force(raptor: Project) -> None:
    def known() -> set[str]:
        return set(RuleSelection.objects.values_list("route", flat=True))

    assert known() == {GLOB}
    made = world.rule("R-1", mode="draft", selector={"route": "/a/*", "sources": [{"source": "sentry"}]})
    assert known() == {GLOB}
    Rule.objects.filter(pk=made.pk).update(mode="shadow")
    assert known() == {GLOB, "/a/*"}
    world.rule("R-1", selector={"route": "/b/*", "sources": [{"source": "sentry"}]})
    assert known() == {GLOB, "/b/*"}
    world.rule("R-1", selector={"sources": [{"source": "sentry"}]})
    assert known() == {GLOB}
    Rule.objects.filter(identifier="DET-BETA-003").update(mode="retired")
    assert known() == set()


def test_events_cannot_say_that_they_are_a_group_of_the_console(raptor: Project) -> None:
    for name in ("(other)", "(more)"):
        arrive(raptor, {**world.event(NOON), "transaction": name, "request": {}})
    assert set(Series.objects.values_list("route", flat=True)) == {"other", "more"}


@pytest.mark.usefixtures("few_places")
def test_the_queries_of_a_batch_do_not_grow_with_what_is_made_up(raptor: Project) -> None:
    arrive(raptor, *made_up(2 * FEW, NOON))

    def queries(number: int) -> int:
        for payload in made_up(number, NOON, under=f"/{word(number)}"):
            builders.inbox(raptor, builders.envelope(("event", payload)), received_at=NOON)
        with CaptureQueriesContext(connection) as captured:
            digest_batch(NOON)
        return len(captured)

    assert queries(5) == queries(200)


@pytest.mark.usefixtures("few_places", "notification_policies")
def test_a_project_whose_routes_explode_raises_one_alert_that_ends(raptor: Project, client: Client) -> None:
    Rule.objects.exclude(identifier="DET-CONSOLE-002").update(mode="retired")
    arrive(raptor, *made_up(2 * FEW, NOON), *made_up(2 * FEW, NOON, environment="staging"))
    tick(NOON + MINUTE)
    tick(NOON + 2 * MINUTE)
    told = alert("DET-CONSOLE-002")
    assert (told.severity, told.status, told.project) == (2, "firing", raptor)
    assert told.evidence is not None
    assert told.evidence.sentence == (
        "raptor sends more than 5,000 routes in prod and more than 5,000 routes in staging: "
        "12 errors counted as (other), 12 errors counted as (other) in 5 minutes."
    )
    client.force_login(make_viewer())
    html = " ".join(client.get(f"/alerts/{told.pk}/").content.decode().split())
    assert "make a new key for the application and revoke the old one" in html
    world.covered(NOON, NOON + 60 * MINUTE)
    for minute in range(3, 40):
        tick(NOON + minute * MINUTE)
    told.refresh_from_db()
    assert (told.status, Alert.objects.filter(rule__identifier="DET-CONSOLE-002").count()) == ("resolved", 1)


@pytest.mark.usefixtures("notification_policies")
def test_a_project_whose_environments_explode_raises_the_same_alert(raptor: Project) -> None:
    arrive(raptor, *(world.event(NOON, environment=word(number)) for number in range(environments.MAX_NAMES + 1)))
    tick(NOON + MINUTE)
    told = alert("DET-CONSOLE-002")
    assert told.evidence is not None
    assert told.evidence.sentence.startswith("raptor sends more than 50 environments: ")


@pytest.mark.usefixtures("notification_policies")
def test_a_project_within_its_limits_raises_nothing(raptor: Project) -> None:
    arrive(raptor, *made_up(3, NOON), world.event(NOON, environment="other"))
    tick(NOON + MINUTE)
    assert not Scope.objects.filter(rule__identifier="DET-CONSOLE-002").exists()


def tick(end: datetime) -> None:
    """The slot that ends then, applied at once."""
    world.judge(end)
    consume(end)
