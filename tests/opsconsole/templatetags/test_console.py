"""The console's template tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from opsconsole.lib.web.tones import SEVERITY_SHAPES, STATE_TONES

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def render(source: str, **context: Any) -> str:
    return Template("{% load console %}" + source).render(Context(context))


@pytest.mark.parametrize("level", sorted(SEVERITY_SHAPES))
def test_severity_is_word_and_shape_and_colour(level: str) -> None:
    html = render("{% severity level %}", level=level)
    assert level.capitalize() in html
    assert f"icons.svg#{SEVERITY_SHAPES[level]}" in html
    assert "tone-" in html


def test_each_severity_has_its_own_shape() -> None:
    assert len(set(SEVERITY_SHAPES.values())) == len(SEVERITY_SHAPES)


def test_sentry_levels_keep_their_word() -> None:
    html = render("{% severity 'fatal' %}")
    assert "Fatal" in html
    assert "octagon" in html


@pytest.mark.parametrize("name", sorted(STATE_TONES))
def test_states_are_words(name: str) -> None:
    assert name.capitalize() in render("{% state name %}", name=name)


def test_unknown_states_and_labels_are_escaped() -> None:
    assert "<b>" not in render("{% state name %}", name="<b>odd</b>")
    assert "Shown" in render("{% state 'firing' 'Shown' badge=True %}")


def test_times() -> None:
    html = render("{% ago moment %} {% moment moment %} {% utc_clock moment %}", moment=MOMENT)
    assert html.count('datetime="2026-01-02T03:04:05+00:00"') == 3
    assert "2 Jan 2026" in html
    assert "2026-01-02 03:04:05 UTC" in html
    assert "03:04:05 UTC" in html
    assert "never" in render("{% ago moment %}", moment=None)


def test_numbers() -> None:
    source = "{{ n|grouped }} {{ n|compact }} {{ x|decimal:2 }} {{ s|duration }} {{ none|grouped }}"
    assert render(source, n=12345, x=3.14159, s=5400, none=None) == "12,345 12.3k 3.14 1 h 30 min –"  # noqa: RUF001


@pytest.mark.parametrize("name", ["grouped", "compact", "decimal", "duration"])
def test_what_is_not_known_is_a_dash_also_where_the_variable_does_not_exist(name: str) -> None:
    assert render(f"{{{{ value|{name} }}}} {{{{ missing.value|{name} }}}}", value=None) == "– –"  # noqa: RUF001


def test_with_query_keeps_the_rest_and_starts_at_the_first_page() -> None:
    request = RequestFactory().get("/routes/", {"q": "a b", "page": "3", "environment": "prod"})
    assert render("{% with_query environment=None %}", request=request) == "?q=a+b"
    assert render("{% with_query page=4 %}", request=request) == "?q=a+b&amp;environment=prod&amp;page=4"


def test_a_link_is_a_link_only_where_there_is_an_address() -> None:
    assert render("{% link url label %}", url="/a/?b=1&c", label="<b>") == '<a href="/a/?b=1&amp;c">&lt;b&gt;</a>'
    assert render("{% link '/a/' 'A' 'mono' %}") == '<a class="mono" href="/a/">A</a>'
    assert render("{% link nothing label %}", label="<b>") == "&lt;b&gt;"
    assert render("{% link nothing 'A' 'mono' %}") == '<span class="mono">A</span>'


def test_a_message_has_its_tone_its_icon_and_what_stands_inside() -> None:
    html = render("{% message 'medium' 'warning' alert=True %}Two < {{ three }}{% endmessage %}", three="<3>")
    assert 'class="message tone-medium" role="alert"' in html
    assert "icons.svg#warning" in html
    assert "Two < &lt;3&gt;" in html
    assert "role" not in render("{% message 'ok' 'check' %}Done{% endmessage %}")


def test_an_empty_state_says_why_and_what_to_do() -> None:
    html = render("{% empty_state title=title %}{% endempty_state %}", title="No <b>")
    assert '<p class="empty-title">No &lt;b&gt;</p>' in html
    assert "empty-text" not in html
    assert "<pre" not in html
    assert "<a" not in html
    tag = "{% empty_state title='No' action_url='/new/' action_label='Make one' code='run me' %}"
    html = render(tag + " So. {% endempty_state %}")
    assert '<p class="empty-text">So.</p>' in html
    assert '<a class="button" href="/new/">Make one</a>' in html
    assert "<code>run me</code>" in html


@pytest.mark.parametrize("url", ["/alerts/1/", "#item-2", "?page=2", "https://a.example/b", "mailto:ada@a.example"])
def test_pages_and_addresses_of_the_web_are_links(url: str) -> None:
    assert render("{% link url 'label' %}", url=url) == f'<a href="{url}">label</a>'


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", " javascript:x", "data:text/html,x", "//evil.example", "/\\evil.example", "ftp://x"],
)
def test_other_addresses_are_text(url: str) -> None:
    assert render("{% link url 'label' %}", url=url) == "label"
