"""The literal that a checklist wants a variable to be, and the literals its agent compares it with (pure).

`expected_values` of a variable are by environment, with `*` for every other environment. An empty literal means that
any value will do in that environment, even where `*` has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bootstrap.systems.value_rules import flags
from opsconsole.lib.text.secrets import looks_secret

EVERYWHERE: Final = "*"
LONGEST: Final = 200  # characters, as of accepted values
# Literals of one variable in a manifest. No real configuration comes near this limit.
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
    """Not valid as expected values. The message names what is allowed and repeats nothing of the input."""


def is_literal(text: str) -> bool:
    """Whether `text` is one word that can be compared: not a placeholder and nothing like a key or password."""
    one_word = text.isprintable() and _TOKEN.fullmatch(text) is not None
    return one_word and _PLACEHOLDER.search(text) is None and looks_secret(text) is None


def validate(values: Any) -> None:
    """Raises ExpectedError where `values` is not a mapping of environments to literals."""
    if not isinstance(values, dict):
        raise ExpectedError(f"it has to be {ALLOWED}")
    for environment, value in values.items():
        if not (isinstance(environment, str) and _ENVIRONMENT.fullmatch(environment)):
            raise ExpectedError(f"one of its keys is no environment; it has to be {ALLOWED}")
        if not (isinstance(value, str) and (value == "" or is_literal(value))):
            raise ExpectedError(f"{environment}: no literal; it has to be {ALLOWED}")


def refusal(name: str, *, secret: bool) -> str:
    """Why no literal may be expected of this variable, in words; empty where one may be."""
    if secret:
        return (
            "nothing is expected of a secret variable, as agents get it in clear; leave it empty, or set secret: false"
        )
    if flags.IN_TEXT.fullmatch(name):
        return "what a flag has to be belongs in its checklist item; leave it empty"
    return ""


def wanted_in(values: Mapping[str, str], environment: str) -> str:
    """The literal wanted in the environment with this slug; empty where any value will do."""
    return values.get(environment, values.get(EVERYWHERE, ""))


def is_as_wanted(word: str, wanted: str) -> bool:
    """Whether `word` equals `wanted`, or means the same where that is a word for yes or no."""
    return word in _synonyms(wanted)


def words_asked(accepted: Sequence[str], wanted: str) -> list[str]:
    """The literals that an agent compares a variable with, at most MOST_LITERALS.

    The accepted ones come first, so that their indexes stay the same; then the wanted one with its synonyms, unless it
    is among them. If there are too many, accepted ones are cut off.
    """
    words = list(accepted[:MOST_LITERALS])
    if not wanted or wanted in words:
        return words
    wanted_words = _synonyms(wanted)
    words = words[: MOST_LITERALS - len(wanted_words)]
    return words + [word for word in wanted_words if word not in words]


def _synonyms(wanted: str) -> tuple[str, ...]:
    same = next((words for words in (_ON, _OFF) if wanted.lower() in words), ())
    return tuple(dict.fromkeys((wanted, *same)))
