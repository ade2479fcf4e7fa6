"""`address` and `{% url %}` give what Django's `reverse` gives, for every named page of the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import override_settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, path, reverse, set_script_prefix
from django.urls.converters import IntConverter, UUIDConverter
from django.urls.resolvers import RoutePattern
from django.views.generic import View
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.web.addresses import address

urlpatterns = [path("elsewhere/<int:pk>/", View.as_view(), name="alert")]


def _named(resolver: URLResolver, above: tuple[Any, ...] = ()) -> dict[str, list[Any]]:
    """By name without namespace, the converters of its arguments."""
    found: dict[str, list[Any]] = {}
    for entry in resolver.url_patterns:
        converters = (*above, *entry.pattern.converters.values())
        if isinstance(entry, URLPattern) and entry.name and isinstance(entry.pattern, RoutePattern):
            found[entry.name] = list(converters)
        elif isinstance(entry, URLResolver) and not entry.namespace:
            found |= _named(entry, converters)
    return found


NUMBERED = {
    name: converters
    for name, converters in _named(get_resolver()).items()
    if all(isinstance(each, IntConverter | UUIDConverter) for each in converters)
}


def test_most_pages_are_looked_at() -> None:
    assert {"alert", "alert_list", "issue_event", "incident_mark"} <= NUMBERED.keys()


@given(numbers=st.lists(st.integers(0, 2**63 - 1), min_size=4, max_size=4), uuid=st.uuids())
def test_addresses_are_those_of_reverse(numbers: list[int], uuid: UUID) -> None:
    for name, converters in NUMBERED.items():
        args = [
            uuid if isinstance(each, UUIDConverter) else number
            for each, number in zip(converters, numbers, strict=False)
        ]
        assert address(name, *args) == reverse(name, args=args)


@pytest.mark.parametrize(("name", "args"), [("alert", ["x"]), ("alert", [-1]), ("alert", []), ("no_such_page", [1])])
def test_what_reverse_refuses_is_refused(name: str, args: list[object]) -> None:
    with pytest.raises(NoReverseMatch):
        address(name, *args)


def test_texts_are_quoted() -> None:
    assert address("rule", "DET é") == reverse("rule", args=["DET é"])


def test_the_prefix_and_the_configuration_count() -> None:
    before = address("alert", 7)
    set_script_prefix("/console/")
    try:
        assert address("alert", 7) == f"/console{before}"
    finally:
        set_script_prefix("/")
    with override_settings(ROOT_URLCONF=__name__):
        assert address("alert", 7) == "/elsewhere/7/"
    assert address("alert", 7) == before


def test_the_tag() -> None:
    assert settings.TEMPLATES[0]["OPTIONS"]["builtins"] == ["opsconsole.templatetags.quick_url"]
    given = Context({"pk": 7, "mark": "a&b"})
    assert Template('{% url "alert" pk %}').render(given) == reverse("alert", args=[7])
    assert Template('{% url "alert" pk=pk %}').render(given) == reverse("alert", args=[7])
    assert Template('{% url "admin:index" %}').render(given) == reverse("admin:index")
    assert Template('{% url "rule" mark %}').render(given) == reverse("rule", args=["a&b"]).replace("&", "&amp;")
    assert Template('{% url "no_such_page" as found %}[{{ found }}]').render(given) == "[]"
    with pytest.raises(NoReverseMatch):
        Template('{% url "no_such_page" %}').render(given)
