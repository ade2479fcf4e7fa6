"""The commands for an example, as HTML for the admin."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join

from bootstrap.systems.setting.commands import commands
from bootstrap.systems.setting.own_template import TemplateError
from bootstrap.systems.setting.place import Place


def preview(place: Place) -> str:
    """How EXAMPLE is set and removed, what happens then, and what restarts."""
    try:
        found = commands(place, "EXAMPLE")
    except TemplateError as error:  # written past the form
        return str(error)
    lines = [("Set", found.set), ("Remove", found.unset), ("Restart", found.restart)]
    shown = format_html_join("", "<p>{}:<br><code>{}</code></p>", [(label, text) for label, text in lines if text])
    return format_html("{}<p>{}</p>", shown, found.note)
