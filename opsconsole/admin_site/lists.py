"""Why a list of the admin shows nothing, and what to do about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR

from opsconsole.admin_site.areas import name_of
from opsconsole.admin_site.texts import WHEN_EMPTY
from opsconsole.lib.web.admin_large_tables import Since

# What stands in an address beside filters.
_NO_FILTERS = {Since.parameter_name, SEARCH_VAR, ORDER_VAR, IS_POPUP_VAR, TO_FIELD_VAR, IS_FACETS_VAR}


class Emptiness(NamedTuple):
    """A sentence, and a link to something better: its words and address, both '' without one."""

    why: str
    link: str = ""
    address: str = ""


def why_empty(changelist: Any, *, may_add: bool) -> Emptiness:
    """A search that finds nothing, filters, a span of time, or a table without rows."""
    names = in_a_sentence(name_of(changelist.opts))
    if changelist.query:
        return Emptiness(f"No {names} match “{changelist.query}”.", "Clear the search", without(changelist, SEARCH_VAR))
    since = next((each for each in changelist.filter_specs if isinstance(each, Since)), None)
    if chosen := changelist.params.keys() - _NO_FILTERS:
        return Emptiness(f"No {names} with these filters.", "Clear the filters", without(changelist, *chosen))
    if since is not None and since.value():
        wider = since.wider()
        address = changelist.get_query_string({Since.parameter_name: wider})
        why = f"No {names} in the last {since.value()}."
        return Emptiness(why, f"Show the last {wider}", address) if wider else Emptiness(why)
    why = f"No {names} yet. {WHEN_EMPTY.get(changelist.opts.label_lower, '')}".strip()
    return Emptiness(why, "Add the first", "add/") if may_add else Emptiness(why)


def without(changelist: Any, *names: str) -> str:
    """The address of the list without these parameters. Django's `remove` also removes those that begin so."""
    return str(changelist.get_query_string(dict.fromkeys(names)))


def in_a_sentence(name: str) -> str:
    """`rules` of `Rules`; `API tokens` stays."""
    return name if name[1:2].isupper() else f"{name[:1].lower()}{name[1:]}"
