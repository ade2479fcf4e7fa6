"""Puts the parameters of a log message into its template, where the client has not (pure).

Templates are written in the client's language: `%s`, `%(name)s`, `%1$s`, `%v` (Python, Java, PHP, Go, ObjC), `{}`,
`{0}`, `{name}`, `{user.name}`, `{@User}` (Python, Java, C#, PHP), `%{name}`, `%<name>s` (Ruby). A placeholder for which
there is no parameter stays as it is: a message is shown in any case.
"""

from __future__ import annotations

import re
from typing import Any

from detections.ingest.protocol.coerce import Json

# Characters of one parameter, and of a message: a template may name a long parameter a thousand times.
MAX_PARAMETER = 2000
MAX_MESSAGE = 16 * 1024
# A space as a flag is left out: "100% done" has no placeholder.
_PERCENT = re.compile(
    r"%(?:(?P<literal>%)|(?:\((?P<python>[^()%]{1,100})\)|<(?P<ruby>[^<>%]{1,100})>|(?P<position>[0-9]{1,3})\$|"
    r"\[(?P<go>[0-9]{1,3})\])?(?P<spec>[-#+0]{0,3}[0-9]{0,2}(?:\.[0-9]{1,2})?)(?:hh|ll|[hlqLzjt])?"
    r"(?P<as>[sdiufFeEgGxXcravqTjoOp@bt])|\{(?P<braced>[^{}%]{1,100})\})"
)
_BRACES = re.compile(
    r"(?P<open>\{\{)|(?P<close>\}\})|\$?\{[@$#]?(?P<field>[^{}:!,\s\"']{0,100})(?:,[^{}:]{1,20})?(?:![rsa])?(?::(?P<spec>[^{}]{0,30}))?\}"
)
_SPEC = re.compile(r"[-+#<>^=,_0 ]{0,3}[0-9]{0,2}(?:\.[0-9]{1,2})?[%bcdeEfFgGnosxX]?")
_PICTURE = re.compile(r"[#,0]{0,20}0\.([0#]{1,20})")  # of .NET: 0.00
_NUMERIC = {
    "d": "d",
    "i": "d",
    "u": "d",
    "f": "f",
    "F": "F",
    "e": "e",
    "E": "E",
    "g": "g",
    "G": "G",
    "x": "x",
    "X": "X",
}


def rendered(template: str, params: Any, platform: str = "") -> str:
    """The template with its parameters (a list or an object) in place; unchanged where none of them fits."""
    if not isinstance(params, (list, dict)) or not params or ("%" not in template and "{" not in template):
        return template
    values = _Parameters(params, platform)
    return _replaced(_style(template, len(params)), template, values)


def _style(template: str, count: int) -> re.Pattern[str]:
    """How the template names its parameters: the way of which it has as many placeholders as there are parameters."""
    percent = sum(not match["literal"] for match in _PERCENT.finditer(template))
    braces = sum(match["field"] is not None for match in _BRACES.finditer(template))
    if percent and braces and percent != count:
        return _BRACES
    return _PERCENT if percent else _BRACES


def _replaced(style: re.Pattern[str], template: str, values: _Parameters) -> str:
    parts: list[str] = []
    size = end = 0
    for match in style.finditer(template):
        if size > MAX_MESSAGE:
            break
        text = values.of_percent(match) if style is _PERCENT else values.of_braces(match)
        parts += template[end : match.start()], match[0] if text is None else text
        size += len(parts[-1]) + len(parts[-2])
        end = match.end()
    return "".join((*parts, template[end:]))


class _Parameters:
    """The parameters by name and position; those without either are taken in turn."""

    def __init__(self, params: list[Any] | Json, platform: str) -> None:
        single = params[0] if isinstance(params, list) and len(params) == 1 and isinstance(params[0], dict) else None
        self._by_name: Json = params if isinstance(params, dict) else single or {}
        self._in_turn: list[Any] = params if isinstance(params, list) else [*params.values()]
        self._taken = 0
        self._python = platform in {"", "python"}

    def of_percent(self, match: re.Match[str]) -> str | None:
        """The text in place of `%s` and its kin; None where there is no parameter for it."""
        if match["literal"]:
            return "%"
        name = match["python"] or match["ruby"] or match["braced"]
        index = match["position"] or match["go"]
        found = self._named(name) if name else self._at(int(index) - 1) if index else self._next()
        if not found:
            return None
        if match["as"] == "c" and isinstance(found[0], str) and len(found[0]) > 1:
            return ""  # a browser's style for what follows
        return self._as(found[0], match["as"] or "s", match["spec"] or "")

    def of_braces(self, match: re.Match[str]) -> str | None:
        """The text in place of `{}` and its kin; None where there is no parameter for it."""
        if match["field"] is None:
            return "{" if match["open"] else "}"
        field = match["field"]
        if not field:
            found = self._next()
        elif field.isascii() and field.isdigit() and len(field) < 4:
            found = self._at(int(field)) or self._named(field)
        else:
            found = self._named(field)
        return self._formatted(found[0], match["spec"] or "") if found else None

    def _named(self, name: str) -> tuple[Any] | None:
        """The value of a name, also of a path into it; in a list, names stand for its items in turn."""
        if name in self._by_name:
            return (self._by_name[name],)
        value: Any = self._by_name
        for step in re.split(r"\.|\[", name.replace("]", "")):
            if not isinstance(value, dict) or step not in value:
                return None if self._by_name else self._next()
            value = value[step]
        return (value,)

    def _next(self) -> tuple[Any] | None:
        self._taken += 1
        return self._at(self._taken - 1)

    def _at(self, index: int) -> tuple[Any] | None:
        return (self._in_turn[index],) if 0 <= index < len(self._in_turn) else None

    def _as(self, value: Any, kind: str, spec: str) -> str:
        if kind in _NUMERIC and isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return f"%{spec}{_NUMERIC[kind]}" % value
            except (TypeError, ValueError, OverflowError):
                return self._text(value)
        quoted = kind in {"r", "q"} and isinstance(value, str)
        return repr(self._text(value)) if quoted else self._text(value)

    def _formatted(self, value: Any, spec: str) -> str:
        if spec and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            if (picture := _PICTURE.fullmatch(spec)) and not isinstance(value, str):
                spec = f".{len(picture[1])}f"
            try:
                return format(value, spec)[:MAX_PARAMETER] if _SPEC.fullmatch(spec) else self._text(value)
            except (ValueError, OverflowError):
                pass
        return self._text(value)

    def _text(self, value: Any) -> str:
        """As the client's language writes it; JSON's words outside of Python."""
        if isinstance(value, str):
            return value[:MAX_PARAMETER]
        if not self._python and (value is None or isinstance(value, bool)):
            return "null" if value is None else str(value).lower()
        try:
            return str(value)[:MAX_PARAMETER]
        except RecursionError:
            return "…"
