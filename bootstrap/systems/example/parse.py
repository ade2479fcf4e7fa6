"""Reads a `.env.example`: the variables that an application says it has, with what its comments say of them (pure).

`NAME=` has to be given a value, `NAME=value` has a default, `# NAME=value` is optional. A placeholder (`changeme`,
`<key>`, `your-key-here`) is no default, and a secret has none. A comment above or beside is the description, up to the
next blank line; without one it is the heading over its paragraph. What is not understood is told by its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bootstrap.systems.value_rules.agent import agent
from opsconsole.lib.text.secret_names import is_secret
from opsconsole.lib.text.secrets import looks_secret

LARGEST: Final = 1024 * 1024  # characters
MOST: Final = 2000  # variables, as many as an agent reports
LONGEST_DEFAULT: Final = 300
LONGEST_DESCRIPTION: Final = 2000
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=#]+)[ \t]*=(.*)\Z")
_OPTIONAL = re.compile(r"[ \t]*#+[ \t]?(?:export[ \t]+)?([A-Z_][A-Z0-9_]{0,99})=(.*)\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_RULED = re.compile(r"[-=*~#]{3,}|\A\[.*\]\Z")  # a heading is between lines or brackets
_DECORATION = "-=*~#[] \t"
_BESIDE = re.compile(r"\s#+\s*(.*)\Z")
_BESIDE_QUOTED = re.compile(
    r"""\s*(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^']*'|`[^`]*`)\s*#+\s*(.*)\Z"""  # linear: each character one way
)
_SAYS_OPTIONAL = re.compile(
    r"(?i)\b(?:optional(?:ly)?|not required|leave (?:it )?(?:empty|blank)|only (?:if|when|for|needed))\b"
)
_PLACEHOLDER = re.compile(
    r"(?i)(?:<.*>|\[.*\]|\{\{.*\}\}|\*{3,}|\.{3,}|…|\?+|todo.*|fixme.*|tbd|n/?a|placeholder|dummy|secret|password"
    r"|(?:change|replace|fill|insert|set|enter)[-_ ]?(?:me|this|it|in|here)\b.*|.*[-_ ](?:here|goes[-_ ]here)"
    r"|(?:your|my|some|put|insert|enter)[-_ ].*)\Z"
)
_PLACEHOLDER_WITHIN = re.compile(r"(?i)x{3,}|\b(?:changeme|example\.(?:com|org|net))\b|<[a-z_ -]+>|your[-_][a-z]")
_LIKE_A_KEY = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s]{12,}\Z")


class ExampleError(ValueError):
    """The text is no `.env.example`. The message is safe to show: it repeats nothing of the text."""


@dataclass(frozen=True)
class Remark:
    """Something about a line that people should know. It contains no value."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True)
class ExampleVariable:
    """One variable. `required`: the file wants a value for it and gives none; not so where it is `optional`."""

    name: str
    line: int
    description: str
    section: str
    default: str
    secret: bool
    required: bool
    optional: bool


@dataclass(frozen=True)
class Example:
    """The variables by name in the order of the file, what was not understood, and what is not kept."""

    variables: dict[str, ExampleVariable]
    not_understood: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass
class _State:
    """What was read so far. `comment` stands above the next variable, `heading` over the paragraph."""

    variables: dict[str, ExampleVariable] = field(default_factory=dict)
    not_understood: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    used: bool = False  # a variable stood below the comment already
    heading: str = ""


def parse(text: str) -> Example:
    """The variables of the file. Raises ExampleError."""
    if len(text) > LARGEST:
        raise ExampleError("the file has more than a million characters; that is no list of variables")
    if "\0" in text:
        raise ExampleError("the file has NUL characters; that is no text")
    state = _State()
    for number, line, value in _lines(text.replace("\r\n", "\n")):
        _read_line(state, number, line, value)
        if len(state.variables) > MOST:
            raise ExampleError(f"the file has more than {MOST} variables")
    if not state.variables:
        raise ExampleError("there is not one NAME= in it")
    return Example(state.variables, tuple(state.not_understood), tuple(state.remarks))


def _lines(text: str) -> Iterator[tuple[int, str, tuple[str, str]]]:
    """(number, line, (value, why it is none)) of each line; a quoted value may go on over several."""
    position, number = 0, 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        value, kind = "", ""
        if not line.lstrip().startswith("#") and (match := _ASSIGNMENT.match(line)):
            value, kind, end = agent.read_value(text, match[2], end)
        yield number, line, (value, kind)
        number += text.count("\n", position, end) + 1
        position = end + 1


def _read_line(state: _State, number: int, line: str, value: tuple[str, str]) -> None:
    if not line.strip():
        if len(state.comment) == 1 and not state.used:  # a comment by itself is a heading
            state.heading = state.comment[0]
        elif state.used:  # what comes after a blank line may be of something else
            state.heading = ""
        state.comment, state.used = [], False
    elif match := _OPTIONAL.match(line):
        given, kind, _ = agent.read_value(match[2], match[2], len(match[2]))
        _add(state, number, match[1], (given, kind), match[2], optional=True)
    elif line.lstrip().startswith("#"):
        _comment(state, line.strip())
    elif (match := _ASSIGNMENT.match(line)) and _NAME.match(match[1]):
        _add(state, number, match[1], value, match[2], optional=False)
    else:
        state.not_understood.append(Remark(number, "not NAME=VALUE"))


def _comment(state: _State, line: str) -> None:
    text = line.lstrip("#").strip()
    plain = text.strip(_DECORATION)
    if state.used:
        state.comment, state.used = [], False
    if _RULED.search(text) or line.startswith("###"):
        state.heading = plain or (state.comment[-1] if state.comment else state.heading)
        state.comment = []
    elif plain:
        state.comment.append(text)


def _add(state: _State, number: int, name: str, value: tuple[str, str], rest: str, *, optional: bool) -> None:
    known = state.variables.get(name)
    if known is not None and (optional or not known.optional):
        state.remarks.append(Remark(number, f"{name} stands there again, first in line {known.line}"))
        if optional:
            return
    own = " ".join(filter(None, [*state.comment, _beside(rest)]))
    state.used = True
    secret = is_secret(name) or bool(looks_secret(value[0]))
    default = _default(state, number, name, value, secret)
    optional = optional or bool(_SAYS_OPTIONAL.search(own))
    state.variables[name] = ExampleVariable(
        name,
        number,
        _described(state, number, name, own or state.heading),
        state.heading,
        default,
        secret,
        required=not (optional or default),
        optional=optional,
    )


def _beside(rest: str) -> str:
    """The comment behind a value on its line; empty without one."""
    quoted = rest.lstrip()[:1] in ("'", '"', "`")
    found = _BESIDE_QUOTED.match(rest) if quoted else _BESIDE.search(rest)
    return str(found[1]) if found else ""


def _default(state: _State, number: int, name: str, value: tuple[str, str], secret: bool) -> str:
    """The default that the file gives, empty without one. What looks like a secret is not kept, and that is told."""
    text, kind = value
    if not text.strip() or kind or is_placeholder(text):
        return ""
    if found := looks_secret(text) or (secret and _LIKE_A_KEY.match(text) and "a secret"):
        state.remarks.append(
            Remark(number, f"{name} has what looks like {found}; it is not stored. If it is real, replace it")
        )
        return ""
    if secret:
        return ""
    if len(text) > LONGEST_DEFAULT:
        state.remarks.append(
            Remark(number, f"{name} has a default of more than {LONGEST_DEFAULT} characters; not stored")
        )
        return ""
    return text


def is_placeholder(text: str) -> bool:
    """Whether a value stands for one that is to be given."""
    return bool(_PLACEHOLDER.match(text.strip()) or _PLACEHOLDER_WITHIN.search(text))


def _described(state: _State, number: int, name: str, text: str) -> str:
    if looks_secret(text):
        state.remarks.append(Remark(number, f"the comment on {name} has what looks like a secret; it is not stored"))
        return ""
    return text[:LONGEST_DESCRIPTION]
