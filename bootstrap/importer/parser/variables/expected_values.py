"""The literals that the items of a runbook's checklists expect of variables (pure).

An item that is optional, a question or a denial, or that applies only under a condition, expects nothing: a finding
has to be true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from bootstrap.importer.parsed_runbook import ItemRow, ParsedRunbook
from bootstrap.importer.vocabulary import pattern, plain
from bootstrap.systems.value_rules.expected_values import EVERYWHERE, is_literal, refusal

_NO_LITERAL = pattern("expected.placeholder", r"(?:{})\Z")
_NEGATED = pattern("expected.negated")
_EXAMPLE = pattern("expected.example", r"\b(?:{})")
_DENIED = pattern("expected.denied", r"\A\W{0,3}(?:(?:is|are|has|must|may|should|will|can|be)\s){0,3}(?:{})")
_ONE_OF_SEVERAL = pattern("expected.one_of_several")


def expected_values(runbook: ParsedRunbook) -> dict[str, dict[str, str]]:
    """By variable the expected literal by environment, `*` for every other environment.

    Where items disagree about an environment it is left out, or is `""` if `*` would apply to it.
    """
    expected: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for item, environment, value in _expectations(runbook):
        expected[item.variables[0]][environment].add(value)
    agreed = {name: _agreed(by_environment) for name, by_environment in expected.items()}
    return {name: values for name, values in agreed.items() if values}


def disagreements(runbook: ParsedRunbook) -> Iterator[tuple[ItemRow, ItemRow, str]]:
    """Pairs of items, the earlier one first, that expect different values of a variable in an environment."""
    first: dict[tuple[str, str], tuple[ItemRow, str]] = {}
    for item, environment, value in _expectations(runbook):
        other, wanted = first.setdefault((item.variables[0], environment), (item, value))
        if wanted != value:
            yield other, item, environment


def _expectations(runbook: ParsedRunbook) -> Iterator[tuple[ItemRow, str, str]]:
    """(item, environment, value) of the items that set one variable unconditionally."""
    for item in runbook.items:
        if len(item.variables) == 1 and not (item.flag or item.condition or item.optional):
            yield from ((item, *pair) for pair in item.values if _is_wanted(item, *pair))


def _is_wanted(item: ItemRow, environment: str, value: str) -> bool:
    if not is_literal(value) or _NO_LITERAL.match(value) or refusal(item.variables[0], secret=False):
        return False
    text = plain(item.text)
    given = f"={value}"
    before, _, after = text.partition(given if given in text else value)
    if item.kind == "question" or _NEGATED.search(before) or _EXAMPLE.search(before) or _DENIED.match(after):
        return False
    return environment != EVERYWHERE or not (_ONE_OF_SEVERAL.match(after) or f"{item.variables[0]}=" in after)


def _agreed(expected: Mapping[str, set[str]]) -> dict[str, str]:
    everywhere = len(expected.get(EVERYWHERE, ())) == 1
    return {
        environment: next(iter(values)) if len(values) == 1 else ""
        for environment, values in expected.items()
        if len(values) == 1 or (everywhere and environment != EVERYWHERE)
    }
