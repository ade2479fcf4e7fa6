"""Literals in lines of source that are secrets: given to a secret's name, in a pair with it, or its setter's (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable

from opsconsole.lib.text.secret_names import is_secret, is_secret_in_prose

Span = tuple[int, int]

# A whole literal, or one that the line does not end.
_LITERALS = re.compile(r"\"(?:\\.|[^\"\\\n])*(?:\"|\Z)|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*(?:`|\Z)")
_QUOTED = r"\"(?:\\.|[^\"\\\n])+\"|'(?:\\.|[^'\\\n])+'|`(?:\\.|[^`\\])+`"
# The value may stand in three quotes.
_PREFIX = r"(?P<prefix>[bruf@$]{0,2})(?:\"\"(?=\")|''(?='))?"
_GIVEN = re.compile(
    rf"(?ai)[\"'\])]{{0,3}}(?:\s*:\s*[a-z_][\w.\[\], |]*=|\s*(?:\|\||&&|\?\?|\?)?(?::=?|!?={{1,3}}>?)"
    rf"|\s*(?:\|\||\?\?)|\s+or\b)\s*{_PREFIX}(?P<value>{_QUOTED})"
)
_NEXT = re.compile(rf"(?ai)[\"'`]\s*,\s*{_PREFIX}(?P<value>{_QUOTED})\s*(?P<after>[\])}},]?)")
_ARGUMENT = re.compile(rf"(?ai)\s*\(\s*{_PREFIX}(?P<value>{_QUOTED})\s*[,)]")
_SETTER = re.compile(
    r"(?ai)(?:\A|[.])(?:(?:set|with|change|update|reset|check|verify|compare|match|hash|encrypt|make|use|add|put)_?\w*"
    r"|(?:raw_?|plain_?)?(?:password|passwd|secret|api_?key|access_?key|token)|secret_?(?:str|string|bytes)|\w*password\w*encoder\.\w+)\Z"
)
# What opens a pair: a bracket that no call opens, or a call.
_OPENED = re.compile(r"(?:(?P<called>[\w\])])|(?<![\w\])]))[\[({]\s*[bruf@$]{0,2}[\"'`]\Z")
_INTERPOLATED = re.compile(r"\{|\$\{")
# A part of a literal that stands for a value: `%s`, `{password}`, `${token}`, `:name`, `$1`, `?`.
_PLACEHOLDER = re.compile(
    r"(?a)\\*[\"'(]*(?:%(?:\(\w*\))?[-#0 +]*[0-9]*(?:\.[0-9]+)?[A-Za-z]|[$#]?\{[^{}]*\}|\$\w+"
    r"|\$\([^)]*\)|:\w+|\?|@\w+)[\\\"')\].…!]*"
)


def within_literals(text: str, clean: Callable[[str], str]) -> str:
    """The line with what stands within its literals read as text."""

    def cleaned(match: re.Match[str]) -> str:
        literal = match.group()
        end = len(literal) - (len(literal) > 1 and literal[-1] == literal[0])
        return f"{literal[0]}{clean(literal[1:end])}{literal[end:]}"

    return _LITERALS.sub(cleaned, text)


def is_placeholder(value: str) -> bool:
    """Whether a part of a literal stands for a value that is given elsewhere."""
    return _PLACEHOLDER.fullmatch(value) is not None


def literal_of(text: str, start: int, end: int, name: str) -> Span | None:
    """The span of the literal that a line of source gives to the name from `start` to `end`, or None."""
    given = _GIVEN.match(text, end)
    if given:
        quoted = text[end : end + 1] in {'"', "'"} and text[start - 1 : start] in {'"', "'"}
        pin = name.lower().endswith("pin") and given["value"][1:-1].isdigit()
        secret = pin or (is_secret(name) if quoted else is_secret_in_prose(name))
        return given.span("value") if secret and _is_fixed(given) else None
    if text[end : end + 1] in {'"', "'", "`"} and is_secret(name):
        return _paired(text, start, end)
    called = _ARGUMENT.match(text, end) if _SETTER.search(name) else None
    return called.span("value") if called and is_secret(name) and _is_fixed(called) else None


def _paired(text: str, start: int, end: int) -> Span | None:
    """The literal after a name: `"--token", "…"`, `("Authorization", "…")`, `getenv("API_KEY", "…")`."""
    follows = _NEXT.match(text, end)
    if not follows or not _is_fixed(follows) or is_secret(follows["value"]):
        return None
    if text[start : start + 2] == "--":
        return None if follows["value"][1:2] == "-" else follows.span("value")
    opened = _OPENED.search(text[max(0, start - 12) : start])
    closed = follows["after"] and (follows["after"] != "," or (opened and opened["called"]))
    return follows.span("value") if opened and closed else None


def _is_fixed(match: re.Match[str]) -> bool:
    """Whether the literal says all of the value: `f"{name}"` does not."""
    formatted = "f" in match["prefix"].lower() or match["value"][0] == "`" or "$" in match["prefix"]
    return not (formatted and _INTERPOLATED.search(match["value"])) and not is_placeholder(match["value"])
