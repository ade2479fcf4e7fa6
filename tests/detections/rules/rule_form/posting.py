"""What a browser sends of a form: all its controls, as the HTML says, or as it would of the form's initial values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict


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


LISTS_OF_WORDS = ("levels", "kinds", "checks", "self_checks")


def sent_by_browser(html: str) -> QueryDict:
    """The successful controls of a page's HTML, with the line ends that browsers send."""
    controls = _Controls()
    controls.feed(html)
    controls.close()
    data = QueryDict(mutable=True)
    for name, value in controls.found:
        data.appendlist(name, value)
    return data


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.templates = 0
        self.text: list[str] | None = None
        self.name = ""
        self.options: list[tuple[str, bool]] | None = None
        self.many = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        each = dict(attrs)
        self.templates += tag == "template"
        if self.templates:
            return
        name = each.get("name") or ""
        if tag == "input" and name and "disabled" not in each:
            kind = each.get("type") or "text"
            boxes = kind in ("checkbox", "radio")
            if kind not in ("submit", "button", "file") and (not boxes or "checked" in each):
                value = each.get("value") or ("on" if boxes else "")
                self.found.append((name, value.replace("\r", "").replace("\n", "")))  # an input has one line
        elif tag == "textarea":
            self.name, self.text = name, []
        elif tag == "select":
            self.name, self.options, self.many = name, [], "multiple" in each
        elif tag == "option" and self.options is not None:
            self.options.append((each.get("value") or "", "selected" in each))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif tag == "textarea" and self.text is not None:
            text = "".join(self.text).removeprefix("\n")  # the first line feed is none of the text
            self.found.append((self.name, "\r\n".join(text.split("\n"))))
            self.text = None
        elif tag == "select" and self.options is not None:
            chosen = [value for value, selected in self.options if selected]
            if not chosen and not self.many:
                chosen = [value for value, _ in self.options[:1]]
            self.found += [(self.name, value) for value in chosen]
            self.options = None
