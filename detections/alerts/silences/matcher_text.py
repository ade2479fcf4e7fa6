"""Matchers as people write them in a line: `critical, high` and `team=solver, tier=1` (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from detections.alerts.routing.matchers import LABEL

# A group may have commas: there the space behind one separates.
_COMMA, _COMMA_AND_SPACE = re.compile(r","), re.compile(r",\s")


class TextError(ValueError):
    """A line that is not understood; the message is for its author."""


def words_from(text: str, key: str) -> list[str]:
    """The words of a key's line, each once."""
    separator = _COMMA_AND_SPACE if key == "group" else _COMMA
    return list(dict.fromkeys(word for part in separator.split(text) if (word := part.strip())))


def words_text(words: Sequence[str]) -> str:
    """The line of these words."""
    return ", ".join(words)


def labels_from(text: str) -> dict[str, list[str]]:
    """The matchers of a line of labels. Raises TextError."""
    found: dict[str, list[str]] = {}
    for part in words_from(text, "labels"):
        name, sign, word = (each.strip() for each in part.partition("="))
        if not (name and sign and word):
            raise TextError(f"Write labels as name=value, not {part!r}.")
        found.setdefault(LABEL + name, []).append(word)
    return found


def labels_text(matchers: Mapping[str, Sequence[str]]) -> str:
    """The line of the labels among these matchers."""
    labels = [(key.removeprefix(LABEL), words) for key, words in matchers.items() if key.startswith(LABEL)]
    return ", ".join(f"{name}={word}" for name, words in labels for word in words)


def in_words(matchers: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(key, its words) for a page: `label team`, `solver or web`."""
    return [(key.replace(LABEL, "label "), " or ".join(words)) for key, words in matchers.items()]
