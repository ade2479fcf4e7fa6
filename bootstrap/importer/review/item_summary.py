"""What is understood of one item, in one place for the preview and for scripts (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from bootstrap.importer.parsed import ItemRow


class Traits(TypedDict):
    """`evidence` is empty where none is asked for, else `any`, `file` or `link`.

    `values` are by environment, `*` for any; a flag without one is to be on: `1`. `needs` are keys, and
    `section:<slug>` for sections.
    """

    kind: str
    question: bool
    optional: bool
    variables: list[str]
    flag: str
    values: dict[str, str]
    condition: str
    two_person: bool
    evidence: str
    needs: list[str]
    together: list[str]


def traits(item: ItemRow) -> Traits:
    """All that `item` was understood to be."""
    return {
        "kind": item.kind,
        "question": item.kind == "question",
        "optional": item.optional,
        "variables": list(item.variables),
        "flag": item.flag,
        "values": dict(item.values) or ({"*": "1"} if item.flag else {}),
        "condition": item.condition,
        "two_person": item.two_person,
        "evidence": (item.evidence_kind or "any") if item.evidence_required else "",
        "needs": [*item.needs_items, *(f"section:{slug}" for slug in item.needs_sections)],
        "together": list(item.together),
    }


def in_words(item: ItemRow) -> str:
    """Who waits for whom and what is to be set, as the end of a sentence."""
    said = traits(item)
    needs = [*item.needs_items, *(f"section “{slug}”" for slug in item.needs_sections)]
    values = wanted_words(said["values"], is_flag=bool(item.flag))
    told = (
        ("about", [name for name in said["variables"] if name != item.key]),
        ("wants", values),
        ("if", [said["condition"]] if said["condition"] else []),
        ("waits for", needs),
        ("together with", said["together"]),
    )
    return "".join(f", {word} {', '.join(names)}" for word, names in told if names)


def wanted_words(values: Mapping[str, str], *, is_flag: bool = False) -> list[str]:
    """Values by environment, each with where it is wanted unless that is everywhere."""
    return [f"{_where(name)}{_value(value, is_flag=is_flag)}" for name, value in values.items()]


def badges(item: ItemRow) -> tuple[str, ...]:
    """What asks for more than a click, or for less, in a word or two each."""
    said = traits(item)
    evidence = {"": "", "any": "evidence", "file": "evidence: a file", "link": "evidence: a link"}[said["evidence"]]
    return tuple(
        word
        for word in ("optional" if said["optional"] else "", "two people" if said["two_person"] else "", evidence)
        if word
    )


def _where(environment: str) -> str:
    return "" if environment == "*" else f"{environment}: "


def _value(value: str, *, is_flag: bool) -> str:
    words = {"1": "on", "true": "on", "0": "off", "false": "off"}
    return words.get(value.lower(), value) if is_flag else value
