"""Template tags of the admin: where one is, what a list searches and why it is empty, how values read."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import JSONField, Model
from django.forms import BoundField
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator, capfirst

from opsconsole.admin_site import cells, history, pages
from opsconsole.admin_site.areas import area_of, name_of
from opsconsole.admin_site.lists import Emptiness, why_empty, without
from opsconsole.admin_site.searched import searches
from opsconsole.admin_site.texts import ABOUT

register = template.Library()

_LINK = re.compile(r"(.* relationship): \w+ object \(\d+\)")


@register.filter
def dressed(html: str) -> SafeString:
    """A cell of a list."""
    return mark_safe(cells.cell(str(conditional_escape(html))))  # noqa: S308 - escaped, or HTML of Django


@register.filter
def dressed_value(field: Any) -> SafeString:
    """A value that a form only shows (AdminReadonlyField); JSON over several lines, scrolled by keyboard too."""
    contents = conditional_escape(field.contents())
    name = field.field["field"]
    if isinstance(name, str) and isinstance(_field(field.model_admin.model, name), JSONField):
        value = getattr(field.form.instance, name)
        return format_html('<pre tabindex="0">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False, default=str))
    return mark_safe(cells.value(str(contents)))  # noqa: S308 - escaped, or HTML of Django


@register.filter
def labelled(field: BoundField) -> SafeString:
    """A field of a table of rows, whose label only the column's heading shows; with what it was, if Django asks that."""
    widget = field.as_widget(attrs={"aria-label": str(field.label)})
    return widget + field.as_hidden(only_initial=True) if field.field.show_hidden_initial else widget


@register.filter
def deletions(found: list[Any]) -> list[Any]:
    """What a deletion takes along, as Django nests it; rows that only link two others are counted, as they have no
    words of their own (`User_groups object (3)`)."""
    links = Counter(link[1] for each in found if isinstance(each, str) and (link := _LINK.fullmatch(each)))
    rows = [each for each in found if not (isinstance(each, str) and _LINK.fullmatch(each))]
    nested = [deletions(each) if isinstance(each, list) else each for each in rows]
    return [*nested, *(f"{name}: {number}" for name, number in links.items())]


@register.filter
def model_name(opts: Any) -> str:
    """The name of a model's list: `API tokens`."""
    return name_of(opts)


@register.filter
def about(opts: Any) -> str:
    """One sentence about what the model holds."""
    return ABOUT.get(opts.label_lower, "")


@register.filter
def page_of(row: Model | None) -> str:
    """The address of the console's page of a row, or ''."""
    return pages.page_of(row) if row is not None and row.pk else ""


@register.filter
def page_of_all(opts: Any) -> tuple[str, str] | None:
    """Address and name of the console's page of all rows."""
    return pages.page_of_all(opts.label_lower)


@register.filter
def search_help(changelist: Any) -> str:
    """What the search of a list searches."""
    own = changelist.model_admin.search_help_text
    return str(own or searches(changelist.model, changelist.search_fields))


@register.filter
def without_search(changelist: Any) -> str:
    """The address of the list with its filters and without its search."""
    return without(changelist, SEARCH_VAR)


@register.simple_tag(takes_context=True)
def empty_list(context: Any, changelist: Any) -> Emptiness:
    """Why a list shows nothing, and what to do."""
    return why_empty(changelist, may_add=changelist.model_admin.has_add_permission(context.request))


@register.simple_tag
def history_entries(row: Model, noted: Any) -> list[history.Sentence]:
    """The sentences of a row's history; with those of the table of changes on the first page of the admin's entries."""
    if getattr(noted, "number", 1) > 1:
        return [entry for each in noted if (entry := history.entry_of(each, repeats=False))]
    return history.history_of(row, noted)


@register.simple_tag(takes_context=True)
def admin_title(context: Any) -> str:
    """What the browser's tab says: the list's name, or the row and what happens to it."""
    if context.get("cl") is not None and not context.get("is_popup"):
        return name_of(context["cl"].opts)
    return " · ".join(str(context[name]) for name in ("subtitle", "title") if context.get(name))


@register.inclusion_tag("admin/_breadcrumbs.html", takes_context=True)
def admin_breadcrumbs(context: Any) -> dict[str, Any]:
    """Administration, area, list, row; the last one is where one is."""
    opts = context.get("opts")
    if opts is None:
        return {"links": [], "here": ""}
    area = area_of(opts.label_lower)
    links = [(reverse("admin:index"), "Administration")]
    if area.title != name_of(opts):
        links.append((f"{reverse('admin:index')}#area-{area.slug}", area.title))
    if context.get("cl") is not None:
        return {"links": links, "here": name_of(opts)}
    links.append((reverse(admin_urlname(opts, SafeString("changelist"))), name_of(opts)))
    row = context.get("original") or context.get("object")
    act = _act(context)
    if not isinstance(row, Model):
        return {"links": links, "here": act}
    name = Truncator(str(row)).chars(60)
    if not act:
        return {"links": links, "here": name}
    address = reverse(admin_urlname(opts, SafeString("change")), args=[row.pk])
    return {"links": [*links, (address, name)], "here": act}


def _act(context: Any) -> str:
    """What the page does with the row; '' for its form."""
    if "action_list" in context:
        return "History"
    if "deleted_objects" in context:
        return "Delete"
    return "" if context.get("change") else capfirst(str(context.get("title", "")))


def _field(model: type[Model], name: str) -> object:
    return next((field for field in model._meta.fields if field.name == name), None)
