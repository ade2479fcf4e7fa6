"""The list of rules: columns, sorts, filters and groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from detections.rules.acts import RULE_ACTS
from detections.rules.queries import CatalogueRule
from opsconsole.lib.web.lists.filters import FilterForm, NameFilter, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import BulkAction, Column, ListSpec, Sort

CATEGORY = "category"
STATE_ORDER = ("active", "dormant", "muted", "shadow", "draft", "retired")
BY_NAME = ascending("rule__identifier", str)


class RuleFilterForm(FilterForm):
    """Search in identifier and title, category, and a state that the rule has in any environment."""

    q = SearchFilter(label="Search", placeholder="Name or title")
    category = NameFilter(label="Category", any_label="Any category")
    state = NameFilter(label="State", any_label="Any state")


# All rules are in memory: states are derived, not stored, and rules are few because people write them.
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
    actions=(
        *(BulkAction(act.name, f"{act.label}…", goes_to=f"rule_{act.name}") for act in RULE_ACTS.values()),
        BulkAction("test", "Test against the last 24 hours", goes_to="rules_test"),
    ),
    bulk_url="rules_bulk",
    permission="detections.change_rule",
)


def matching(rules: Sequence[CatalogueRule], filters: FilterForm) -> list[CatalogueRule]:
    """The rules that the filters let through."""
    chosen = filters.chosen
    return [
        each
        for each in rules
        if chosen["category"] in ("", each.in_force.spec.category)
        and (not chosen["state"] or chosen["state"] in states_in(each))
        and chosen["q"].lower() in f"{each.rule.identifier} {each.rule.title}".lower()
    ]


def groups(listing: ListQuery, rules: Sequence[CatalogueRule]) -> list[tuple[str, list[CatalogueRule]]]:
    """(category, its rules) where the list is sorted by category, else []."""
    if listing.sort.key != CATEGORY:
        return []
    return [(name.capitalize(), list(members)) for name, members in groupby(rules, lambda each: each.category)]


def options(rules: Sequence[CatalogueRule]) -> dict[str, dict[str, str]]:
    """The choices of the filters: existing categories, and states with the number of rules in them."""
    counted = Counter(name for each in rules for name in states_in(each))
    categories = sorted({each.in_force.spec.category for each in rules if each.in_force.spec.category})
    return {
        "category": {name: name.capitalize() for name in categories},
        "state": {name: f"{name.capitalize()} ({counted[name]})" for name in STATE_ORDER if counted[name]},
    }


def states_in(rule: CatalogueRule) -> set[str]:
    """The states of a rule over its environments; its mode where it has none."""
    return {state.name for _, state in rule.states} or {rule.mode}
