"""The catalogue of rules as a list: its columns, sorts and filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from detections.rules.queries import Listed
from opsconsole.lib.web.lists.filters import FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

CATEGORY = "category"
STATE_ORDER = ("active", "dormant", "muted", "shadow", "draft", "retired")
BY_NAME = ascending("rule__identifier", str)


class RuleFilterForm(FilterForm):
    """What a rule is called, what it is about, and a state that it is in somewhere."""

    q = SearchFilter(label="Search", placeholder="Name or title")
    category = NameFilter(label="Category", any_label="Any category")
    state = NameFilter(label="State", any_label="Any state")


# A rule is written by a person: all of them are in memory, as their states are derived and stored nowhere.
RULES = ListSpec(
    id="catalogue",
    url="rule_list",
    label="Rules",
    noun="rule",
    template="detections/rules/rule_list.html",
    row="detections/rules/_row.html",
    columns=(
        Column("Rule", "rule"),
        Column("State"),
        Column("Firing now", "firing"),
        Column("Owner"),
        Column("Last validated", "validated"),
    ),
    sorts=(
        Sort(CATEGORY, "By category", (ascending("category", str), BY_NAME)),
        Sort("rule", "Name", (BY_NAME,)),
        Sort("firing", "Firing in most scopes", (descending("firing", int), BY_NAME)),
        Sort("validated", "Validated last", (descending("validated_or_never", datetime), BY_NAME)),
    ),
    filters=RuleFilterForm,
    per_page=200,
)


def matching(rules: Sequence[Listed], filters: FilterForm) -> list[Listed]:
    """The rules that the filters let through."""
    chosen = filters.chosen
    return [
        each
        for each in rules
        if chosen["category"] in ("", each.in_force.spec.category)
        and (not chosen["state"] or chosen["state"] in states_in(each))
        and chosen["q"].lower() in f"{each.rule.identifier} {each.rule.title}".lower()
    ]


def groups(listing: ListQuery, rules: Sequence[Listed]) -> list[tuple[str, list[Listed]]]:
    """(category, rules) where the list is sorted by category, else nothing."""
    if listing.sort.key != CATEGORY:
        return []
    return [(name.capitalize(), list(members)) for name, members in groupby(rules, lambda each: each.category)]


def options(rules: Sequence[Listed]) -> dict[str, dict[str, str]]:
    """The categories and states that there are, states with the number of their rules."""
    counted = Counter(name for each in rules for name in states_in(each))
    categories = sorted({each.in_force.spec.category for each in rules if each.in_force.spec.category})
    return {
        "category": {name: name.capitalize() for name in categories},
        "state": {name: f"{name.capitalize()} ({counted[name]})" for name in STATE_ORDER if counted[name]},
    }


def states_in(rule: Listed) -> set[str]:
    """The states a rule is in; by its mode where no environment fits it."""
    return {state.name for _, state in rule.states} or {str(rule.rule.mode)}
