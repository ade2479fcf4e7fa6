"""Takes the secrets of a target out of what its receiver said (pure).

Many servers quote the path of a request that they do not know, and the path of a webhook is its secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from detections.alerts.channels.notification import DeliveryOutcome
from detections.alerts.channels.registry import CHANNELS
from opsconsole.lib.text.secret_numbers import FILTERED

SHORTEST = 6  # characters of a secret, or of a URL's path
LONG = 12  # characters of a segment that is a secret whatever it consists of
CUT = "…"  # ends a text that was cut, perhaps within a secret
LEAST_CUT = 4  # characters that such a text shows of it
_MIXED = re.compile(r"[0-9]|[a-z][A-Z]|[A-Z][a-z]")
_BETWEEN = re.compile(r"[/?&=;,]")


def secret_filter(channel: str, values: Mapping[str, str]) -> Callable[[str], str]:
    """Replaces in a text the secrets among the values of a target of `channel`; of URLs also their path, query and
    long segments, in either case and also percent-decoded."""
    known = CHANNELS.get(channel)
    names = {field.name for field in known.fields if field.secret} if known else set(values)
    pieces = sorted(set(_pieces(values[name] for name in names & values.keys())), key=len, reverse=True)
    if not pieces:
        return str
    pattern = re.compile("|".join(map(re.escape, pieces)), re.IGNORECASE)
    return lambda text: _without_cut(pattern.sub(FILTERED, text), pieces)


def without_secrets(outcome: DeliveryOutcome, clean: Callable[[str], str]) -> DeliveryOutcome:
    """The outcome with a response that was cleaned. A receipt stays: the channel needs it as it is."""
    return replace(outcome, response=clean(outcome.response))


def _pieces(secrets: Iterable[str]) -> Iterator[str]:
    for secret in secrets:
        for piece in (secret, *(_of_url(secret) if "://" in secret else ())):
            for form in (piece, unquote(piece), " ".join(piece.split())):
                if len(form) >= SHORTEST:
                    yield form


def _of_url(url: str) -> Iterator[str]:
    """What a server may quote of the URL. The host is no secret, unless the URL is no web address: then it is a part of
    one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    if parts.scheme not in {"http", "https"}:
        yield from (parts.netloc, *parts.netloc.replace(":", "@").split("@"), parts.fragment)
    yield from (f"{parts.path}?{parts.query}", parts.path, parts.path.strip("/"), parts.query)
    for segment in _BETWEEN.split(f"{parts.path}/{parts.query}"):
        if len(segment) >= LONG or _MIXED.search(segment):
            yield segment


def _without_cut(text: str, pieces: list[str]) -> str:
    """The text without the beginning of a piece before the mark of a cut."""
    parts = text.split(CUT)
    return CUT.join([*(_without_end(part, pieces) for part in parts[:-1]), parts[-1]])


def _without_end(text: str, pieces: list[str]) -> str:
    lower = text.lower()
    for piece in map(str.lower, pieces):
        for length in range(min(len(piece), len(text)), LEAST_CUT - 1, -1):
            if lower.endswith(piece[:length]):
                return text[:-length] + FILTERED
    return text
