"""What a search says, as a tree, and the tree as text again (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What may stand without quotes, as a value and as a word of text.
_BARE_VALUE = re.compile(r"""(?!:|//)[^\s"'()<>=\[\],][^\s"()\[\],]*""")
_BARE_WORD = re.compile(r"""[^\s"'()!:][^\s"():]*""")
_OPERATORS = {"and", "or"}


@dataclass(frozen=True)
class SearchTerm:
    """`key:value`, `!key:value`, `key:>value` or `key:[a, b]`. Key and values as written, without quotes; a `*` in a
    value is a wildcard, a `\\*` is an asterisk."""

    key: str
    values: tuple[str, ...]
    operator: str = ""
    negated: bool = False

    def __str__(self) -> str:
        values = [_value(each) for each in self.values]
        shown = values[0] if len(values) == 1 else f"[{', '.join(values)}]"
        return f"{'!' * self.negated}{self.key}:{self.operator}{shown}"


@dataclass(frozen=True)
class SearchWord:
    """A word, or a phrase in quotation marks, to be found in texts."""

    text: str
    quoted: bool = False
    negated: bool = False

    def __str__(self) -> str:
        bare = not self.quoted and _BARE_WORD.fullmatch(self.text) and self.text.lower() not in _OPERATORS
        return f"{'!' * self.negated}{self.text if bare else _quoted(self.text)}"


@dataclass(frozen=True)
class Conjunction:
    """All parts hold. No part is an Conjunction."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(f"({each})" if isinstance(each, Disjunction) else str(each) for each in self.parts)


@dataclass(frozen=True)
class Disjunction:
    """One part holds at least. No part is an Disjunction."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Leaf = SearchTerm | SearchWord
Node = SearchTerm | SearchWord | Conjunction | Disjunction


def all_of(parts: list[Node]) -> Node | None:
    """The parts as one, flat; None of none."""
    flat = [inner for each in parts for inner in (each.parts if isinstance(each, Conjunction) else (each,))]
    return flat[0] if len(flat) == 1 else Conjunction(tuple(flat)) if flat else None


def any_of(parts: list[Node]) -> Node | None:
    """One of the parts, flat; None of none."""
    flat = [inner for each in parts for inner in (each.parts if isinstance(each, Disjunction) else (each,))]
    return flat[0] if len(flat) == 1 else Disjunction(tuple(flat)) if flat else None


def leaves(node: Node | None) -> list[Leaf]:
    """The conditions of a tree, in the order in which they are written."""
    if node is None:
        return []
    if isinstance(node, Conjunction | Disjunction):
        return [leaf for part in node.parts for leaf in leaves(part)]
    return [node]


def value_as_written(value: str) -> str:
    """A value that stands in a row as it must be written in a search: asterisks escaped, in quotes where needed."""
    return _value(value.replace("*", r"\*"))


def _value(value: str) -> str:
    return value if _BARE_VALUE.fullmatch(value) else _quoted(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
