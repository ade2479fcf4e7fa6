"""What a browser sends of rows: of the HTML of a part of a form, or of the initial values of fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from tests.detections.rules.rule_form.posted import PAGE, FormParser


def posted_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of a list, and those within them, without an empty one behind."""
    data: dict[str, Any] = {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": 0}
    for index, row in enumerate(rows):
        for column, value in row.items():
            if isinstance(value, list):
                data |= posted_rows(f"{name}-{index}-{column}", value)
            elif value is not None and value is not False:
                data[f"{name}-{index}-{column}"] = value
    return data


def posted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The initial values of a rule's form as a browser sends them."""
    data: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, list) and all(isinstance(each, dict) for each in value) and name not in LISTS_OF_WORDS:
            data |= posted_rows(name, value)
        elif value is not None and value is not False:
            data[name] = value
    return {name: value.replace("\n", "\r\n") if isinstance(value, str) else value for name, value in data.items()}


LISTS_OF_WORDS = ("levels", "kinds", "checks", "self_checks", "probe_severities")


def sent_by_browser(html: str) -> QueryDict:
    """The controls of a part of a form, as a browser sends them."""
    parser = FormParser(PAGE)
    parser.feed(f'<form id="{PAGE}">{html}</form>')
    data = QueryDict(mutable=True)
    for name, values in parser.data.items():
        data.setlist(name, values)
    return data
