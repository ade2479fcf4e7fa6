"""A runbook, and each of its items, as the numbers, lists and words that previews and scripts show (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bootstrap.importer.parsed_runbook import ItemRow, ParsedRunbook
from bootstrap.importer.review.lint import lint


def traits(item: ItemRow) -> dict[str, Any]:
    """All properties of the item but its key, text and place, as JSON.

    `evidence` is empty where none is required, else `any`, `file` or `link`. `values` are by environment, `*` for any.
    `needs` are keys, and `section:<slug>` for sections.
    """
    return {
        "kind": item.kind,
        "level": item.level,
        "question": item.kind == "question",
        "optional": item.optional,
        "variables": list(item.variables),
        "flag": item.flag,
        "values": _values(item),
        "condition": item.condition,
        "two_person": item.two_person,
        "evidence": _evidence(item),
        "needs": [*item.needs_items, *(f"section:{slug}" for slug in item.needs_sections)],
        "together": list(item.together),
        "one_of": list(item.one_of),
    }


def _values(item: ItemRow) -> dict[str, str]:
    """By environment; a flag without a value is to be on: `1`."""
    return dict(item.values) or ({"*": "1"} if item.flag else {})


def _evidence(item: ItemRow) -> str:
    return (item.evidence_kind or "any") if item.evidence_required else ""


def in_words(item: ItemRow) -> str:
    """What the item needs and what is to be set, as the end of a sentence."""
    parts = (
        ("about", [name for name in item.variables if name != item.key]),
        ("wants", values_in_words(_values(item), is_flag=bool(item.flag))),
        ("if", [item.condition] if item.condition else []),
        ("waits for", [*item.needs_items, *(f"section “{slug}”" for slug in item.needs_sections)]),
        ("together with", item.together),
        ("waits for one of", item.one_of),
    )
    return "".join(f", {word} {', '.join(names)}" for word, names in parts if names)


def values_in_words(values: Mapping[str, str], *, is_flag: bool = False) -> list[str]:
    """Values by environment, each with its environment unless that is every one."""
    on_off = {"1": "on", "true": "on", "0": "off", "false": "off"} if is_flag else {}
    return [
        f"{'' if environment == '*' else f'{environment}: '}{on_off.get(value.lower(), value)}"
        for environment, value in values.items()
    ]


def badges(item: ItemRow) -> tuple[str, ...]:
    """What requires more than a click, or less, and the level it is needed for, in a word or two each."""
    evidence = {"": "", "any": "evidence", "file": "evidence: a file", "link": "evidence: a link"}[_evidence(item)]
    words = (item.level, "optional" if item.optional else "", "two people" if item.two_person else "", evidence)
    return tuple(filter(None, words))


def counts(runbook: ParsedRunbook) -> dict[str, int]:
    """The number of each kind. A checklist that is its own only section counts as no section."""
    names = {row.name for section in runbook.sections for row in section.variables if row.name}
    sections = sum(
        section.line != checklist.line or len(checklist.sections) > 1
        for checklist in runbook.checklists
        for section in checklist.sections
    )
    return {
        "checklists": len(runbook.checklists),
        "sections": sections,
        "variables": len(names) + len(runbook.other_variables),
        "items": len(list(runbook.items)),
        "tables": len(runbook.tables),
        "flags": len(runbook.flags),
        "policies": len(runbook.policies),
        "incidents": len(runbook.incidents),
        "cross_references": len(runbook.references),
        "postures": len(runbook.postures),
    }


def counts_in_words(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each kind as people call so many of it, `("checklist", 1)`, and the number."""
    names = [(name.replace("_", " "), number) for name, number in numbers.items()]
    return [(_ONE.get(name, name.removesuffix("s")) if number == 1 else name, number) for name, number in names]


_ONE = {"policies": "policy"}


def summary(runbook: ParsedRunbook) -> dict[str, Any]:
    """The output of `runbook import --json`: every count by name (`items` is the list itself), and the lists."""
    numbers = counts(runbook)
    return {
        **numbers,
        "counts": numbers,
        "title": runbook.title,
        "facts": dict(runbook.facts),
        "items": [
            {
                "key": item.key,
                "text": item.text,
                "section": section.title,
                "checklist": checklist.title,
                "line": item.line,
                **traits(item),
            }
            for checklist in runbook.checklists
            for section in checklist.sections
            for item in section.items
        ],
        "unsure": [asdict(note) for note in runbook.unsure],
        "lint": [asdict(note) for note in lint(runbook)],
    }
