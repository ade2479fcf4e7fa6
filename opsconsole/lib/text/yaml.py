"""Loads YAML that people write, and dumps it (pure), with one error type that names the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

# What PyYAML raises, beside its own errors, for invalid numbers, dates and tags.
_UNREADABLE_SCALAR = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)
# Whitespace other than single spaces and line feeds, which only double quotes preserve in every reader.
_FRAGILE = re.compile(r"[^\S \n]|  |^ | $", re.MULTILINE)


class YamlError(ValueError):
    """The text is not YAML, or YAML that is not allowed. The message names the line if it is known."""


def load_all(text: str, *, strict: bool = False) -> list[Any]:
    """The documents of a text without empty ones. Raises YamlError.

    `strict` also refuses duplicate keys of a mapping and references (`*name`).
    """
    loader = _StrictLoader if strict else yaml.SafeLoader
    try:
        return [document for document in yaml.load_all(text, Loader=loader) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise YamlError(f"{place}{getattr(error, 'problem', None) or 'is not YAML'}") from None
    except RecursionError:
        raise YamlError("is nested too deeply") from None
    except _UNREADABLE_SCALAR as error:
        raise YamlError(f"holds a word that cannot be read as what it looks like: {error}"[:200]) from None


def load(text: str, *, strict: bool = False) -> Any:
    """The only document of a text; None for an empty text. Raises YamlError, also for a second document."""
    documents = load_all(text, strict=strict)
    if len(documents) > 1:
        raise YamlError("is more than one document; leave the lines of --- out")
    return documents[0] if documents else None


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line number, from 1, of the key or entry at `path`, or of its nearest ancestor in the text.

    Raises yaml.YAMLError for a text that is not YAML; call it with a text that `load` accepted.
    """
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in path:
        entry = None
        if isinstance(node, yaml.MappingNode):
            entry = next((pair for pair in node.value if pair[0].value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            entry = (node.value[part], node.value[part])
        if entry is None:
            break
        line, node = entry[0].start_mark.line + 1, entry[1]
    return line


def dump(value: Any, *, width: int = 110) -> str:
    """YAML of plain data: keys in their order, lists indented below their key, multi-line texts as blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width)


class _StrictLoader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "references (*name) are not taken", self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Double quotes for text that other styles would change; a block for other texts of several lines."""
        lossless = not _FRAGILE.search(data) and all(line.isprintable() for line in data.split("\n"))
        style = '"' if not lossless else "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_str)
