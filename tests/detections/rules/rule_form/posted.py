"""A rule's form as a browser sends it: what the page shows, with its line ends and its order of choices."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client

PAGE, ADMIN = "rule-form", "rule_form"  # ids of the form on its page and in the admin


class FormParser(HTMLParser):
    """Collects what a browser sends of the form with an id, were it sent without an edit."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.data = form, False, dict[str, list[str]]()
        self.select, self.options, self.area = "", list[tuple[bool, str]](), ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        field = dict(pairs)
        self.inside = self.inside or (tag == "form" and field.get("id") == self.form)
        name = field.get("name") or ""
        if not self.inside or "disabled" in field:
            return
        if tag == "input" and name:
            self._input(name, field.get("type") or "text", field)
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append(("selected" in field, field.get("value") or ""))
        elif tag == "textarea":
            self.area, self.data[name] = name, [""]

    def _input(self, name: str, kind: str, field: dict[str, str | None]) -> None:
        if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in field):
            return
        self.data.setdefault(name, []).append(field.get("value") or ("on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.data[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            chosen = [value for selected, value in self.options if selected] or [v for _, v in self.options[:1]]
            self.data[self.select], self.select = chosen, ""
        elif tag == "textarea" and self.area:
            text = self.data[self.area][0].removeprefix("\n")  # HTML drops the first line end
            self.data[self.area], self.area = [text.replace("\r\n", "\n").replace("\n", "\r\n")], ""
        elif tag == "form":
            self.inside = False


def opened(client: Client, address: str, form: str = PAGE, **changes: Any) -> dict[str, Any]:
    """The fields of the form at the address as a browser sends them, with changes; a change to None leaves one out."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    parser = FormParser(form)
    parser.feed(answer.content.decode())
    assert "csrfmiddlewaretoken" in parser.data, "there is no such form"
    return {name: value for name, value in (parser.data | changes).items() if value is not None}
