"""Which literal a checklist wants of a variable, and so by which words its agent judges it (pure).

`expected_values` of a variable are by environment, `*` for every other. An empty one says that in this environment any
value will do, whatever `*` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bootstrap.systems.value_rules import flags
from opsconsole.lib.text.secrets import looks_secret

EVERYWHERE: Final = "*"
LONGEST: Final = 200  # characters, as of accepted values
# What an agent is asked of one variable, and an index in a report points into; more literals are no configuration.
MOST_LITERALS: Final = 100
ALLOWED: Final = (
    'an object from environments (or "*" for every other) to the literal wanted there, as in '
    f'{{"prod": "production", "*": "development"}}: one word of at most {LONGEST} characters, no placeholder '
    'such as <…>, ... or $NAME; "" where any value will do'
)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]{1,50}|\*")
_TOKEN = re.compile(rf"[^\s<>{{}}$`\"'…]{{1,{LONGEST}}}")
_PLACEHOLDER = re.compile(r"\.\.|\*\*|\b(?:x{3,}|your[_-]|change[_-]?me\b|tbd\b|todo\b)", re.IGNORECASE)
_ON: Final = flags.FLAG_WORDS[len(flags.OFF_WORDS) :]
_OFF: Final = tuple(word for word in flags.OFF_WORDS if word)


class ExpectedError(ValueError):
    """Nothing that could be wanted of a variable; the message names what is allowed and repeats nothing."""


def is_literal(text: str) -> bool:
    """Whether it is one word that can be compared: no placeholder, and nothing that reads like a key or password."""
    one_word = text.isprintable() and _TOKEN.fullmatch(text) is not None
    return one_word and _PLACEHOLDER.search(text) is None and looks_secret(text) is None


def validate(values: Any) -> None:
    """Raises ExpectedError where `values` are no literals by environment."""
    if not isinstance(values, dict):
        raise ExpectedError(f"it has to be {ALLOWED}")
    for environment, value in values.items():
        if not (isinstance(environment, str) and _ENVIRONMENT.fullmatch(environment)):
            raise ExpectedError(f"one of its keys is no environment; it has to be {ALLOWED}")
        if not (isinstance(value, str) and (value == "" or is_literal(value))):
            raise ExpectedError(f"{environment}: no literal; it has to be {ALLOWED}")


def refusal(name: str, *, secret: bool) -> str:
    """Why no value is to be expected of this variable; empty where one may be."""
    if secret:
        return "nothing is expected of a secret variable, as agents are told it; leave it empty, or say secret: false"
    if flags.IN_TEXT.fullmatch(name):
        return "what a flag has to be is said by its checklist item; leave it empty"
    return ""


def wanted_in(values: Mapping[str, str], environment: str) -> str:
    """What is wanted in the environment of that slug; empty where any value will do."""
    return values.get(environment, values.get(EVERYWHERE, ""))


def is_as_wanted(word: str, wanted: str) -> bool:
    """Whether a word is what is wanted, letter by letter; words for yes and no may be others of the same meaning."""
    return word in _said_as(wanted)


def words_asked(accepted: Sequence[str], wanted: str) -> list[str]:
    """The words by which an agent judges a variable, at most MOST_LITERALS.

    First those that are accepted, so that the index of each stays what it was; then what is wanted, unless it is among
    them. It is never what is cut off.
    """
    words = list(accepted[:MOST_LITERALS])
    if not wanted or wanted in words:
        return words
    wanted_words = _said_as(wanted)
    words = words[: MOST_LITERALS - len(wanted_words)]
    return words + [word for word in wanted_words if word not in words]


def _said_as(wanted: str) -> tuple[str, ...]:
    same = next((words for words in (_ON, _OFF) if wanted.lower() in words), ())
    return tuple(dict.fromkeys((wanted, *same)))
