"""Pure: YAML that people write, as plain data; whatever cannot be read is one error with a line and a sentence."""

from __future__ import annotations

from typing import Any

import yaml

# What PyYAML raises, beside its own errors, for scalars that look like a number, a date or a tag and are none, and for
# nesting beyond what Python can follow.
BROKEN = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)


class YamlProblem(ValueError):
    """The text is not YAML, or holds what YAML allows and nobody can read."""


def load_all(text: str) -> list[Any]:
    """The documents of a text that hold anything. Raises YamlProblem."""
    try:
        return [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise YamlProblem(f"{where}{getattr(error, 'problem', None) or 'is not YAML'}") from None
    except RecursionError:
        raise YamlProblem("is nested too deeply") from None
    except BROKEN as error:
        raise YamlProblem(f"holds a word that cannot be read as what it looks like: {error}"[:200]) from None


def load(text: str) -> Any:
    """The one document of a text; None where there is nothing. Raises YamlProblem."""
    documents = load_all(text)
    if len(documents) > 1:
        raise YamlProblem("is more than one document; leave the lines of --- out")
    return documents[0] if documents else None
