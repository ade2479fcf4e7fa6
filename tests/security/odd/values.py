"""Values that nobody means, and the names under which pages, the admin and the API take values."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model

from bootstrap.checklists.forms import StartForm
from detections.alerts.forms import TryRoutingForm
from opsconsole.lib.web.lists.filters import FilterForm

ROOT = Path(__file__).resolve().parents[3]


def _cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


# Percent-encoded, as they stand in an address. `%C2%B2` and `%D9%A3` are digits of which int() takes only the second.
NUMBERS = ("-1", "9" * 19, "9" * 5000, "%C2%B2%D9%A3")
DATES = ("2026-13-45", "9999-12-31T23:59:59-14:00")
TEXTS = ("%00", "%ff%ed%a0%80", "x" * 5000, "'%22`{%7b%25_\\[]%0d%0a:")
SEARCHES = (f"schema:{'9' * 5000}", f"is:unresolved level:{'9' * 30} release:%22")
CURSORS = (
    _cursor([10**30, 10**30]),
    _cursor([["0001-01-01T00:00:00+14:00"], 1]),
    _cursor([["9999-12-31T23:59:59-14:00"], 2**70]),
    _cursor(["\ud800"]),
    _cursor(["\0"]),
    _cursor([["2026-06-12T12:00:00+00:00"], "\udfff"]),
)
VALUES = (*NUMBERS, *DATES, *TEXTS, *SEARCHES)

_READ = r"\.%s(?:\.get\(|\.getlist\(|\[)\"([\w-]+)\""
_IN_ADDRESSES = (FilterForm, TryRoutingForm, StartForm)


def names_in_addresses() -> list[str]:
    """Every name that a page of the console reads from its address."""
    return sorted({"sort", "after", "before", *_read("GET"), *_fields(lambda form: issubclass(form, _IN_ADDRESSES))})


def names_in_bodies() -> list[str]:
    """Every name that a view or form of the console reads from a body."""
    return sorted({*_read("POST"), *_fields(lambda form: not issubclass(form, FilterForm))})


def _read(method: str) -> set[str]:
    sources = [path for room in ("bootstrap", "detections", "opsconsole") for path in (ROOT / room).rglob("*.py")]
    return {name for path in sources for name in re.findall(_READ % method, path.read_text())}


def _fields(wanted: Callable[[type], bool]) -> set[str]:
    forms_of_ours = [form for form in _forms(forms.BaseForm) if wanted(form)]
    return {name for form in forms_of_ours for name in getattr(form, "base_fields", {})}


def _forms(base: type) -> Iterator[type]:
    for form in base.__subclasses__():
        yield from _forms(form)
        if form.__module__.split(".")[0] in {"bootstrap", "detections", "opsconsole"}:
            yield form


def admin_lookups(model: type[Model]) -> list[str]:
    """The parameters of the model's list in the admin that depend on its class: search, sort, then pages and dates."""
    dates = admin.site._registry[model].date_hierarchy
    return ["q", "o", "p", *(f"{dates}__{part}" for part in ("year", "day", "gte") if dates)]


def admin_filters() -> list[tuple[type[Model], str]]:
    """A model and parameter for each kind of filter: the same kind of field is filtered by the same code."""
    found: dict[tuple[str, str], tuple[type[Model], str]] = {}
    for model, shown in admin.site._registry.items():
        for name in ("id__exact", "id__in", "pk__lt", "_to_field", "e", "all"):
            found.setdefault(("", name), (model, name))
        for entry in shown.list_filter:
            path = entry[0] if isinstance(entry, (tuple, list)) else entry
            if parameter := getattr(path, "parameter_name", None):
                found.setdefault((str(path), ""), (model, parameter))
            elif isinstance(path, str):
                kind = type(get_fields_from_path(model, path)[-1]).__name__
                for suffix in ("exact", "id__exact", "isempty", "isnull", "gte", "year"):
                    found.setdefault((kind, suffix), (model, f"{path}__{suffix}"))
    return list(found.values())
