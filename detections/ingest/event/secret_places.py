"""Places of an event whose structure says that a text is a secret (pure): the value beside a name, the argument after
an option, a parameter of a log message."""

from __future__ import annotations

import re
from typing import Any

from detections.ingest.protocol.coerce import Json
from opsconsole.lib.text.secret_commands import without_command_passwords
from opsconsole.lib.text.secret_names import is_secret
from opsconsole.lib.text.secret_numbers import FILTERED
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import is_secret_parameter, scrub_text

# Longer names are data.
LONGEST_NAME = 100
# `{"name": "password", "value": …}`, also as AWS and HAR files spell it, and pydantic's `{"loc": […], "input": …}`.
NAMES = frozenset(("name", "key", "field", "header", "param", "parameter", "id", "Name", "Key", "loc"))
VALUES = frozenset(("value", "values", "val", "content", "input", "default", "Value"))
# Beside a parameter `code` they tell that it logs somebody in.
_GRANT = frozenset(("grant_type", "redirect_uri", "code_verifier", "state", "client_id"))
_BETWEEN = "', '"
_PLACEHOLDER = re.compile(
    r"%(?:\((?P<named>\w+)\))?[-#0 +]*[0-9]*(?:\.[0-9]+)?[sdrfixXeEgGa]|\{(?P<field>\w*)(?:![rsa])?(?::[^{}]*)?\}"
)
# Shorter values would be replaced within words.
_SHORTEST = 3
# Python reads no number of thousands of digits, and none of the superscripts that `isdigit` allows.
_LONGEST_INDEX = 5


def without_named_value(source: Json) -> Json:
    """The object; where it names a secret, without its value. Has one of VALUES."""
    if not any(_names_secret(source.get(name)) for name in NAMES):
        return source
    return {key: FILTERED if key in VALUES and value is not None else value for key, value in source.items()}


def _names_secret(name: Any) -> bool:
    if type(name) is list:
        name = name[-1] if name else None
    return type(name) is str and is_secret(name[:LONGEST_NAME])


def without_codes(parameters: Json, query: bool) -> Json:
    """The parameters of an address (`query`) or a request's data, without the codes and keys that log somebody in."""
    if not query and _GRANT.isdisjoint(parameters):
        return parameters
    names = {"code", "key", "ticket", "SAMLResponse", "assertion"}
    return {
        key: FILTERED if key in names and type(value) is str and is_secret_parameter(key, value) else value
        for key, value in parameters.items()
    }


def without_arguments(texts: list[str]) -> list[str]:
    """The texts; where they are the arguments of a command, without its passwords: `--token …`, `mysql -p…`."""
    if not any("-" in text[:3] for text in texts):
        return texts
    clean = without_command_passwords(_BETWEEN.join(texts)).split(_BETWEEN)
    clean = clean if len(clean) == len(texts) else texts[:]
    for index, text in enumerate(texts[:-1]):
        option = text.strip("'\"")
        given = texts[index + 1].strip("'\"")[:1] != "-"
        if given and option.startswith("--") and "=" not in option and is_secret(option[:LONGEST_NAME]):
            clean[index + 1] = FILTERED
    return clean


def without_secret_parameters(message: Json) -> Json:
    """A log message (template or message, formatted, params) without the parameters that its template says are secrets.

    A mark stands in for each parameter; where scrubbing removes the mark, the parameter is a secret.
    """
    template, params = message.get("template") or message.get("message"), message.get("params")
    if not isinstance(template, str) or not isinstance(params, (list, dict)) or not params:
        return message
    single = params[0] if isinstance(params, list) and len(params) == 1 and isinstance(params[0], dict) else None
    by_name: dict[Any, Any] = single or (params if isinstance(params, dict) else dict(enumerate(params)))
    secrets = {key for key in _secret_placeholders(template) if by_name.get(key) is not None}
    secrets |= {key for key, value in by_name.items() if isinstance(key, str) and value and is_secret(key)}
    if not secrets:
        return message
    clean = {key: FILTERED if key in secrets else value for key, value in by_name.items()}
    formatted = message.get("formatted")
    for text in sorted((str(by_name[key]) for key in secrets), key=len, reverse=True):
        if isinstance(formatted, str) and len(text) >= _SHORTEST:
            formatted = formatted.replace(text, FILTERED)
    kept: Any = [clean] if single else clean if isinstance(params, dict) else [*clean.values()]
    return {**message, "params": kept} | ({"formatted": formatted} if isinstance(formatted, str) else {})


def _secret_placeholders(template: str) -> list[str | int]:
    """The placeholders, by name or position, in whose place the template says that a secret stands."""
    keys: list[str | int] = []

    def marked(match: re.Match[str]) -> str:
        name = match["named"] or match["field"] or ""
        is_index = name.isascii() and name.isdigit() and len(name) < _LONGEST_INDEX
        keys.append(int(name) if is_index else name or len(keys))
        return _mark(len(keys) - 1)

    rendered = _PLACEHOLDER.sub(marked, template)
    if not keys or not SUSPECT.search(rendered.encode(errors="replace")):
        return []
    scrubbed = scrub_text(rendered)
    return [key for index, key in enumerate(keys) if _mark(index) not in scrubbed]


def _mark(index: int) -> str:
    """Opaque, so that it counts as a value in prose, and too short for a token in a path."""
    return f"zq{index:03}x7k9zqw"
