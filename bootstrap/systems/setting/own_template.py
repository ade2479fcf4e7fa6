"""A command of the system's own, written with placeholders: checked, and filled in for the quotes they stand in (pure).

The value arrives on the command's standard input. With {generator} the command takes it from there by itself, e.g.
`{generator} | tool set {name}`; with {value} it is an argument, which process lists show.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from bootstrap.systems.setting.place import PLACEHOLDERS, Place
from bootstrap.systems.setting.value_source import SILENCE, held

_NAMES = ("name", *PLACEHOLDERS)
_ALLOWED = (*_NAMES, "value", "generator")
_PART = re.compile(r"\{([^{}]*)\}|\\.|.", re.DOTALL)


class TemplateError(ValueError):
    """What is wrong with a template, in a sentence."""


def check(template: str, *, unset: bool = False) -> None:
    """Raises TemplateError with what is wrong and what is allowed."""
    allowed = _NAMES if unset else _ALLOWED
    if not template.isprintable():
        raise TemplateError("It has to be one line of characters that can be shown.")
    if "{name}" not in template:
        raise TemplateError("It needs {name}, where the variable's name stands.")

    def filled(name: str, quote: str) -> str:
        if name not in allowed:
            there = ", ".join(f"{{{each}}}" for each in allowed)
            raise TemplateError(f"There is no placeholder {{{name}}}; there are {there}.")
        if name in ("value", "generator") and quote == "'":
            raise TemplateError(f"{{{name}}} stands in single quotes, where a shell does not fill it in.")
        if name == "generator" and quote:
            raise TemplateError("{generator} is a command: it cannot stand in quotes.")
        return ""

    _walk(template, filled)


def set_with(place: Place, name: str, source: str) -> str:
    """The command that sets the variable with what `source` prints."""

    def filled(placeholder: str, quote: str) -> str:
        if placeholder == "value":
            return "$v" if quote else '"$v"'
        if placeholder == "generator":
            return 'printf %s "$v"'
        return _within(_word(place, name, placeholder), quote)

    command = _walk(place.template, filled)
    takes = "{value}" in place.template or "{generator}" in place.template
    quiet = f"{{ {command}; }} {SILENCE}"
    return held(source, quiet if takes else f'printf %s "$v" | {quiet}')


def unset_with(place: Place, name: str) -> str:
    """The command that removes the variable."""
    return _walk(place.unset_template, lambda each, quote: _within(_word(place, name, each), quote))


def _word(place: Place, name: str, placeholder: str) -> str:
    return name if placeholder == "name" else place.names[placeholder]


def _within(text: str, quote: str) -> str:
    """The text for a shell, between the quotes that are open."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\"$`])', r"\\\1", text)
    return shlex.quote(text)


def _walk(template: str, filled: Callable[[str, str], str]) -> str:
    """The template with each placeholder replaced by what `filled` gives for its name and the open quote."""
    out, quote = [], ""
    for part in _PART.finditer(template):
        text = part[0]
        if part[1] is not None:
            out.append(filled(part[1], quote))
            continue
        if text in ("'", '"') and quote in ("", text):
            quote = "" if quote else text
        elif quote == "'" and text.startswith("\\") and text.endswith("'"):
            quote = ""  # a backslash is a character like others there
        out.append(text)
    if quote:
        raise TemplateError(f"A quote {quote} is not closed.")
    return "".join(out)
