"""Fragments: 204 when unchanged, whatever the CSRF token; messages ride along."""

from __future__ import annotations

from django.contrib.messages import get_messages, info
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory

from opsconsole.lib.web.htmx import fragment, fragment_hash, unchanged

CRUMBS = {"crumbs": [("Routes", "/routes/"), ("GET /x", None)]}


def ask(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def test_first_answer_is_whole_and_the_second_is_204() -> None:
    first = fragment(ask(), "components/crumbs.html", CRUMBS)
    assert first.status_code == 200
    assert b"GET /x" in first.content
    second = fragment(ask(x_fragment_seen=first["X-Fragment"]), "components/crumbs.html", CRUMBS)
    assert (second.status_code, second.content) == (204, b"")


def test_changed_html_is_sent_again() -> None:
    first = fragment(ask(), "components/crumbs.html", CRUMBS)
    again = fragment(ask(x_fragment_seen=first["X-Fragment"]), "components/crumbs.html", {"crumbs": [("Other", "")]})
    assert again.status_code == 200


def test_the_csrf_field_does_not_make_equal_fragments_differ() -> None:
    form = '<form><input type="hidden" name="csrfmiddlewaretoken" value="{}"><button>Go</button></form>'
    assert fragment_hash(form.format("aaa")) == fragment_hash(form.format("bbb"))
    assert fragment_hash(form.format("aaa")) != fragment_hash(form.format("aaa") + "x")


def test_relative_times_do_not_make_equal_fragments_differ() -> None:
    row = '<p><time datetime="{}" data-ago>{}</time> by ada</p>'
    same = fragment_hash(row.format("2026-06-12T14:00:00", "3 s ago"))
    assert same == fragment_hash(row.format("2026-06-12T14:00:00", "9 s ago"))
    assert same != fragment_hash(row.format("2026-06-12T14:01:00", "3 s ago"))


def test_messages_ride_along_and_prevent_204() -> None:
    seen = fragment(ask(), "components/crumbs.html", CRUMBS)["X-Fragment"]
    request = ask(x_fragment_seen=seen)
    info(request, "Acknowledged.")
    answer = fragment(request, "components/crumbs.html", CRUMBS)
    assert answer.status_code == 200
    assert b'hx-swap-oob="true"' in answer.content
    assert b"Acknowledged." in answer.content


def test_a_form_with_errors_is_422_even_if_unchanged() -> None:
    seen = fragment(ask(), "components/crumbs.html", CRUMBS)["X-Fragment"]
    assert fragment(ask(x_fragment_seen=seen), "components/crumbs.html", CRUMBS, status=422).status_code == 422


def test_a_poll_leaves_messages_to_the_page_that_they_are_for() -> None:
    seen = fragment(ask(), "components/crumbs.html", CRUMBS)["X-Fragment"]
    request = ask(x_fragment_seen=seen, x_poll="1")
    info(request, "Acknowledged.")
    assert fragment(request, "components/crumbs.html", CRUMBS).status_code == 204
    assert unchanged(request, seen) is not None
    assert [str(each) for each in get_messages(request)] == ["Acknowledged."]
