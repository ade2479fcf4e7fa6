"""The matchers of a policy as rows of the admin's form: what is looked at, and the words of which one must be it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst

from detections.alerts.routing.matchers import LABEL, MATCHER_KEYS, matcher_problems
from detections.alerts.silences.matcher_text import words_from, words_text
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.formset import RowForm, RowsFormSet
from detections.rules.rule_form.rows.inputs import RowChoice, RowText

OF_LABEL = "label"
KEYS = [*((key, capfirst(key)) for key in MATCHER_KEYS), (OF_LABEL, "Label")]
MOST = 50


class MatcherRow(RowForm):
    """One key with its words; checked as the matchers of silences are."""

    key = RowChoice(KEYS, "What", required=True)
    name = RowText(200, "Label", "Its name, if it is one: team.")
    words = RowText(4000, "Words", "It must be one of them. Commas part them; * is any characters.", required=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        labelled = data["key"] == OF_LABEL
        if labelled != bool(data["name"].strip()):
            said = "Give the name of the label." if labelled else "Only a label has a name: clear it, or choose Label."
            self.add_error("name", said)
        elif wrong := matcher_problems(_matcher(data)):
            self.add_error("words", wrong)
        return data


class MatchersField(InlineRowsField):
    """Matchers (`{"severity": ["critical"]}`) edited as rows, in which each key stands once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(MatcherRow, "matcher", most=MOST, empty="It matches everything.", **options)

    def prepare_value(self, value: Any) -> Any:
        return as_rows(value) if isinstance(value, Mapping) else value

    def clean(self, value: Any) -> Any:
        rows = super().clean(value)
        seen = set[str]()
        for form, row in zip(value.kept, rows, strict=True):
            (key,) = _matcher(row)
            if key in seen:
                form.add_error("words", "It stands there twice: give all its words in one row.")
            seen.add(key)
        if len(seen) < len(rows):
            raise forms.ValidationError(value.messages())
        return as_matchers(rows)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if not isinstance(data, RowsFormSet) or not data.is_valid():
            return True
        return as_matchers(data.values) != dict(initial or {})


def as_rows(matchers: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """The rows of these matchers."""
    return [
        {
            "key": OF_LABEL if key.startswith(LABEL) else key,
            "name": key.removeprefix(LABEL) if key.startswith(LABEL) else "",
            "words": _text(words, key),
        }
        for key, words in matchers.items()
    ]


def as_matchers(rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """The matchers of valid rows."""
    return {key: words for row in rows for key, words in _matcher(row).items()}


def _matcher(row: Mapping[str, str]) -> dict[str, list[str]]:
    key = LABEL + row["name"].strip() if row["key"] == OF_LABEL else row["key"]
    return {key: _words(row["words"], key)}


def _text(words: Sequence[str], key: str) -> str:
    """The words in a line; each on a line of its own where commas would part them."""
    line = words_text(words)
    return line if _words(line, key) == list(words) else "".join(f"{word}\n" for word in words)


def _words(text: str, key: str) -> list[str]:
    return [word for word in text.split("\n") if word] if "\n" in text else words_from(text, key)
