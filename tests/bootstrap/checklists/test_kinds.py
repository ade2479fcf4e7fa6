"""Four kinds of checklists: reviews name a pull request, operations are started again, the list tells them apart."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bootstrap.checklists.models import Checklist, Item, Run
from bootstrap.checklists.refusals import AlreadyOpen, SubjectMissing
from bootstrap.checklists.runs.open_run import open_run
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.systems.models import Environment
from opsconsole.accounts.models import User
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
PULL = "raxx-app/TradeMasterAPI#2728"


@pytest.fixture
def prod(shipped_runbooks: None) -> Environment:
    return Environment.objects.get(slug="prod")


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("root")


def version(kind: str):
    return newest_versions(kind).get(checklist__system__slug="raptor")


def data(kind: str, prod: Environment, subject: str = "") -> dict[str, object]:
    return {"version": version(kind).pk, "environment": prod.pk, "subject": subject}


def test_each_kind_ships(prod: Environment) -> None:
    assert set(Checklist.objects.values_list("kind", flat=True)) == set(Checklist.Kind.values)
    assert {run.version.checklist.kind for run in Run.objects.all()} == {"bootstrap"}, "people start the others"


def test_reviews_of_two_pull_requests_are_open_at_once(prod: Environment, admin: User) -> None:
    open_run(version("review"), prod, admin, subject=PULL)
    open_run(version("review"), prod, admin, subject="raxx-app/TradeMasterAPI#3030")
    with pytest.raises(AlreadyOpen, match=f"about {PULL} is open"):
        open_run(version("review"), prod, admin, subject=f" {PULL} ")
    with pytest.raises(SubjectMissing, match="say which pull request"):
        open_run(version("review"), prod, admin)


def test_a_review_is_started_by_a_form_and_names_its_pull_request(prod: Environment) -> None:
    client = client_of("ann", "add_run")
    missing = client.post("/checklists/start/", data("review", prod))
    assert missing.status_code == 422
    assert "say which pull request is reviewed" in missing.content.decode()
    made = client.post("/checklists/start/", data("review", prod, PULL))
    assert made.status_code == 303
    assert PULL in client.get(made.headers["Location"]).content.decode()
    again = client.post("/checklists/start/", data("review", prod, PULL))
    assert "is open in raptor/prod already" in again.content.decode()


def test_the_link_of_a_policy_chooses_the_checklist(prod: Environment) -> None:
    wanted = version("review")
    page = client_of("ann", "add_run").get("/checklists/", {"kind": "review", "version": wanted.pk}).content.decode()
    found = re.search(r'<select name="version".*?</select>', page, re.S)
    assert found
    choices = found.group()  # of checklists alone: an environment may have the same id
    assert f'<option value="{wanted.pk}" selected>' in choices
    assert f'<option value="{version("bootstrap").pk}"' not in choices


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"prod", "staging", PULL}),
        ({"kind": "review"}, {PULL}),
        ({"kind": "go_live"}, set()),
        ({"q": "2728 code"}, {PULL}),
        ({"q": "staging"}, {"staging"}),
        ({"kind": "nonsense", "closed": "maybe"}, set()),
    ],
)
def test_the_list_by_kind_and_words(prod: Environment, admin: User, query: dict[str, str], shown: set[str]) -> None:
    open_run(version("review"), prod, admin, subject=PULL)
    rows = client_of("eve").get("/checklists/", query).context["rows"]
    assert {run.subject or run.environment.slug for run, *_ in rows} == shown


def test_operations_are_started_again_and_keep_their_history(prod: Environment, admin: User) -> None:
    client = client_of("ann", "add_run")
    client.post("/checklists/start/", data("operations", prod))
    assert "Start again" not in client.get("/checklists/", {"kind": "operations"}).content.decode()
    Run.objects.filter(version__checklist__kind="operations").update(closed_at=timezone.now())
    page = client.get("/checklists/", {"kind": "operations", "closed": "1"}).content.decode()
    assert "Start again" in page
    assert client.post("/checklists/start/", data("operations", prod)).status_code == 303
    assert Run.objects.filter(version__checklist__kind="operations").count() == 2
    assert "Start again" not in client_of("eve").get("/checklists/", {"closed": "1"}).content.decode()


def test_a_long_list_has_pages(prod: Environment, admin: User) -> None:
    review = version("review")
    Run.objects.bulk_create(
        Run(version=review, checklist=review.checklist, environment=prod, subject=f"raxx-app/api#{n}")
        for n in range(102)
    )
    client = client_of("ann")
    first = client.get("/checklists/", {"kind": "review"})
    assert first.content.decode().count("data-row") == 100
    assert "100 of 102" in first.content.decode()
    second = client.get(f"/checklists/{first.context['page'].next}")
    runs = [row.run for row in [*first.context["rows"], *second.context["rows"]]]
    assert len(runs) == len(set(runs)) == 102
    assert 'class="pages"' not in client.get("/checklists/", {"kind": "bootstrap"}).content.decode()


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["prod bootstrap", "staging review", "staging bootstrap"]),
        ("-environment", ["staging bootstrap", "staging review", "prod bootstrap"]),
        ("checklist", ["staging review", "prod bootstrap", "staging bootstrap"]),
        ("recent", ["staging review", "staging bootstrap", "prod bootstrap"]),
    ],
)
def test_the_list_is_sorted(prod: Environment, admin: User, sort: str, order: list[str]) -> None:
    open_run(version("review"), Environment.objects.get(slug="staging"), admin, subject=PULL)
    Run.objects.filter(subject="").update(started_at=timezone.now() - timedelta(days=1))
    rows = client_of("eve").get("/checklists/", {"sort": sort}).context["rows"]
    assert [f"{row.run.environment.slug} {row.run.version.checklist.kind}" for row in rows] == order


def test_a_filter_that_was_not_understood_is_named(prod: Environment) -> None:
    page = client_of("eve").get("/checklists/", {"kind": "nonsense", "colour": "red"}).content.decode()
    assert "Kind “nonsense” was not understood and left out; there are: bootstrap" in page
    assert "“colour” is not a filter of this list" in page
    assert "message-list" not in client_of("bob").get("/checklists/", {"version": 3, "subject": "x"}).content.decode()


def test_a_review_is_answered_on_its_page(prod: Environment, admin: User) -> None:
    """As the importer makes them, each point of a review is a question."""
    run = open_run(version("review"), prod, admin, subject=PULL)
    client = client_of("ann", "add_signoff")
    items = list(Item.objects.filter(section__version=run.version).order_by("order"))
    assert {item.kind for item in items} == {"question"}
    for item, answer in zip(items, ("no", "yes", "yes"), strict=False):
        sent = client.post(f"{run.get_absolute_url()}items/{item.pk}/sign/", {"seen": 0, "answer": answer})
        assert sent.status_code == 303
    page = client.get(run.get_absolute_url()).content.decode()
    assert "answered 2 yes, 1 no" in page
    assert "answered no by ann" in page
    exported = client.get(f"{run.get_absolute_url()}export.md")
    assert "About raxx-app/TradeMasterAPI#2728." in exported.content.decode()
    assert "raxx-apptrademasterapi2728.md" in exported.headers["Content-Disposition"]
    refused = client.post(f"{run.get_absolute_url()}items/{items[3].pk}/sign/", {"seen": 0})
    assert (refused.status_code, "is a question: answer yes or no" in refused.content.decode()) == (422, True)
