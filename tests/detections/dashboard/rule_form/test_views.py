"""The panels beside the form of a rule through HTTP: with htmx, without, incomplete, refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from detections.alerts.routing_models import NotificationPolicy, Target
from detections.rules.models import Rule
from detections.rules.rule_form.form import RuleForm
from tests.detections import builders as rows
from tests.detections.dashboard import builders
from tests.detections.rules.rule_form.posting import posted
from tests.markup import folded

HTMX = {"HX-Request": "true"}
LOGIN = 2  # session and user
RIGHTS = 2  # the user's own and those of groups


def routes(client: Client, htmx: bool = True, **query: Any) -> Any:
    return client.get("/rules/routes/", query, headers=HTMX if htmx else {})


def form(rule: Rule | None = None, **changed: Any) -> dict[str, Any]:
    """A whole form as a browser posts it, with these fields changed."""
    shown = RuleForm(instance=rule) if rule else RuleForm()
    values = {name: shown[name].value() for name in shown.fields}
    return {**posted(values), **changed}


@pytest.fixture
def checkout(db: None) -> None:
    rows.project()
    builders.errors(builders.series(), 1, 2, n=3)


def test_routes_are_shown_with_counts_and_notes(editor: Client, checkout: None) -> None:
    html = folded(routes(editor, route="POST /checkout/").content.decode())

    assert "<strong>1 route</strong>" in html
    assert "<strong>6 events in 7 days</strong>" in html
    assert "POST was taken off" in html
    assert "The slash at the end was taken off" in html
    assert "<html" not in html


def test_without_javascript_they_are_on_a_page_of_their_own(editor: Client, checkout: None) -> None:
    html = editor.post("/rules/routes/", form(route="/checkout")).content.decode()

    assert "<html" in html
    assert "<strong>1 route</strong>" in folded(html)
    assert "data-fill" not in html  # there is no form beside it


def test_the_nearest_are_offered_as_buttons(editor: Client, checkout: None) -> None:
    html = routes(editor, route="/chekout").content.decode()

    assert 'data-fill="route" value="/checkout"' in html
    assert "Nothing matches <code>/chekout</code> so far" in folded(html)
    wrong = routes(editor, route="/checkout", environment="prodd", project="raptr").content.decode()
    assert 'data-fill="environment" value="prod"' in wrong
    assert 'data-fill="project" value="raptor"' in wrong


def test_an_alias_is_read_as_its_environment(editor: Client, checkout: None) -> None:
    html = folded(routes(editor, route="/checkout", environment="production").content.decode())

    assert "Events of production are counted as prod" in html
    assert "<strong>1 route</strong>" in html


def test_an_exception_type_that_never_came_is_said(editor: Client, checkout: None) -> None:
    builders.issue()

    html = routes(editor, exception_type="ValuError").content.decode()

    assert 'data-fill="exception_type" value="ValueError"' in html
    assert "ValuError" not in routes(editor, exception_type="ValueError").content.decode()


def test_fields_that_are_not_understood_are_said(editor: Client, checkout: None) -> None:
    html = folded(routes(editor, route="/checkout", rout="x").content.decode())

    assert "Not understood and not used: rout. Understood are route, project" in html


@pytest.mark.parametrize(
    ("query", "says"),
    [({"levels": "loud"}, "loud"), ({"project": "p" * 101}, "100")],
)
def test_what_cannot_be_read_is_refused_with_what_is_allowed(editor: Client, query: dict[str, str], says: str) -> None:
    answer = routes(editor, **query)

    assert answer.status_code == 422
    assert says in answer.content.decode()


@pytest.mark.parametrize("address", ["/rules/routes/", "/rules/new/for-route/1/", "/rules/new/for-issue/1/"])
def test_only_who_edits_rules_sees_them(viewer: Client, address: str) -> None:
    assert viewer.get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert viewer.post("/rules/told/", {}).status_code == 403


def test_queries_of_the_routes(editor: Client, checkout: None, django_assert_num_queries: Any) -> None:
    # projects, environments by events and set up; routes, counts; the exception type, of which there is none, others;
    # names of environments that nothing has: three
    with django_assert_num_queries(LOGIN + RIGHTS + 10):
        routes(editor, route="/checkout", project="raptor", environment="prod", exception_type="ValueError")


@pytest.fixture
def told_by_chat(db: None) -> None:
    NotificationPolicy.objects.all().delete()
    chat = Target.objects.create(name="chat", channel="webhook", address="chat.example")
    NotificationPolicy.objects.create(name="Everything", order=9).targets.add(chat)


def test_who_is_told_of_what_is_typed(editor: Client, checkout: None, told_by_chat: None) -> None:
    html = folded(editor.post("/rules/told/", form(), headers=HTMX).content.decode())

    assert "chat.example" in html
    assert "A new rule is a draft" in html
    assert "Nobody would be told" not in html
    assert all(severity in html for severity in ("Critical", "High", "Medium"))


def test_nobody_is_said_loudly_with_the_way_to_a_policy(admin: Client, checkout: None, told_by_chat: None) -> None:
    Target.objects.update(enabled=False)

    html = folded(admin.post("/rules/told/", form(), headers=HTMX).content.decode())

    assert "<strong>Nobody would be told</strong>" in html
    assert "Every target of “Everything” is disabled." in html
    assert "/admin/detections/notificationpolicy/add/" in html


def test_of_a_saved_rule_its_name_and_mode_are_asked(editor: Client, checkout: None, told_by_chat: None) -> None:
    rule = builders.rule("R-1", mode="shadow")
    pager = Target.objects.create(name="pager", channel="webhook", address="pager.example")
    NotificationPolicy.objects.create(name="R", order=1, matchers={"rule": ["R-1"]}).targets.add(pager)

    html = folded(editor.post("/rules/told/", form(rule), headers=HTMX).content.decode())

    assert "pager.example" in html
    assert "chat.example" not in html
    assert "The rule is in shadow" in html


def test_an_incomplete_form_says_what_is_missing(editor: Client, checkout: None, told_by_chat: None) -> None:
    answer = editor.post("/rules/told/", form(window_minutes="99"), headers=HTMX)

    assert answer.status_code == 422
    assert "<strong>Minutes</strong>: Ensure this value is less than or equal to 30." in folded(answer.content.decode())
    assert editor.post("/rules/told/", form(identifier="a\0b")).status_code == 200
    assert "<html" in editor.post("/rules/told/", form()).content.decode()


def test_what_is_missing_in_rows_is_named_as_in_the_form(editor: Client, checkout: None, told_by_chat: None) -> None:
    sent = form(**{"signatures-TOTAL_FORMS": "1", "signatures-0-name": "Timeout"})
    html = folded(editor.post("/rules/told/", sent, headers=HTMX).content.decode())
    assert "<strong>Signatures</strong>: Signature 1, Cause: Give the cause." in html
    assert "signatures:" not in html


def test_alert_me_when_opens_the_form_filled_in(editor: Client, checkout: None) -> None:
    series = builders.series("/cart")
    page = editor.get(f"/routes/{series.pk}/").content.decode()
    assert f'href="/rules/new/for-route/{series.pk}/"' in page

    answer = editor.get(f"/rules/new/for-route/{series.pk}/")

    address = urlsplit(answer["Location"])
    assert (answer.status_code, address.path) == (302, "/rules/new/")
    assert parse_qs(address.query)["route"] == ["/cart"]
    assert "these are the usual limits" in str(next(iter(get_messages(answer.wsgi_request))))
    shown = editor.get(answer["Location"]).content.decode()
    assert 'value="/cart"' in shown
    assert "these are the usual limits" in shown


def test_alert_me_when_of_an_issue(editor: Client, checkout: None) -> None:
    issue = builders.issue()
    builders.event(issue, builders.series("/cart"))
    assert f'href="/rules/new/for-issue/{issue.pk}/"' in editor.get(f"/issues/{issue.pk}/").content.decode()

    answer = editor.get(f"/rules/new/for-issue/{issue.pk}/")

    query = parse_qs(urlsplit(answer["Location"]).query)
    assert (query["exception_type"], query["group_by"]) == (["ValueError"], ["issue"])
    assert 'value="ValueError"' in editor.get(answer["Location"]).content.decode()


def test_a_route_that_is_read_as_another_one_opens_that(editor: Client, checkout: None) -> None:
    canonical, linked = builders.series("/invoices/{id}"), builders.series("/invoices/7")
    linked.canonical = canonical
    linked.save()

    answer = editor.get(f"/rules/new/for-route/{linked.pk}/")

    assert parse_qs(urlsplit(answer["Location"]).query)["route"] == ["/invoices/{id}"]
    assert editor.get("/rules/new/for-route/999999/").status_code == 404


def test_who_may_not_edit_rules_is_offered_nothing(viewer: Client, checkout: None) -> None:
    series, issue = builders.series("/cart"), builders.issue()

    assert "Alert me when" not in viewer.get(f"/routes/{series.pk}/").content.decode()
    assert "Alert me when" not in viewer.get(f"/issues/{issue.pk}/").content.decode()


def test_a_pasted_method_is_saved_as_its_path_and_told(editor: Client, checkout: None) -> None:
    values = form(
        title="Orders", identifier="DET-1", route="POST /checkout/", project="raptor", environment="production"
    )

    answer = editor.post("/rules/new/", values, follow=True)

    selector = Rule.objects.get(identifier="DET-1").current.spec["selector"]  # type: ignore[union-attr]
    assert (selector["route"], selector["environment"]) == ("/checkout", "prod")
    html = answer.content.decode()
    assert "POST was taken off" in html
    assert "Events of production are counted as prod" in html


def test_projects_and_environments_are_chosen_from_lists(editor: Client, checkout: None) -> None:
    html = folded(editor.get("/rules/new/?environment=production&route=GET+/checkout").content.decode())

    assert '<option value="raptor">raptor</option>' in html
    assert '<option value="prod" selected>prod (also production)</option>' in html
    assert "Events of production are counted as prod" in html
    assert 'value="/checkout"' in html
