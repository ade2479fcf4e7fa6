"""One-time tokens in the paths of addresses: `/password-reset/…`, `/preview/…` (pure).

They are replaced by the placeholder that the route of the path has for them, so that the counted series stays one.
Ids, hashes and UUIDs stay, except after a segment such as `reset`.
"""

from __future__ import annotations

import re

from opsconsole.lib.text.secret_shapes import CUES, METHODS

_ADDRESS = re.compile(rf"((?:://[^\s/\"'<>?#]*|\b(?:{METHODS}) ))((?:/[^\s/\"'<>?#]*)+)")
_AFTER_CUE = re.compile(rf"(?ai)(/[\w-]{{0,40}}(?:{CUES})[\w-]{{0,40}})((?:/[\w.~%=+:-]+){{1,3}})")
_CUE = re.compile(rf"(?ai)[\w-]{{0,40}}(?:{CUES})[\w-]{{0,40}}")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_HEX = re.compile(r"(?i)(?:0x)?[0-9a-f]+")
# Words and a number, such as `ReleaseNotes2024`; after a cue a short number, such as `step2`.
# A run of letters is read in one way only, or what is none would take exponential time.
_WORDS = re.compile(r"[0-9]*+(?:[A-Z]?[a-z]{3,}+|[A-Z]{2,}+(?![a-z])|[A-Z]{2,}(?=[A-Z][a-z]))*[0-9]*")
_NUMBERED = re.compile(r"[A-Za-z]+[0-9]{1,4}")
_SEPARATORS = re.compile(r"[-_~]")
_OPAQUE = re.compile(r"[\w~%=+-]+", re.ASCII)
_SHORTEST = 16
_SHORTEST_AFTER_CUE = 8
# Segments after a cue that may be tokens: Django's links have a user id, then the token.
_REACH = 2


def without_path_tokens(text: str) -> str:
    """The text with placeholders for the tokens in the paths of its addresses."""
    text = _ADDRESS.sub(lambda match: match.group(1) + scrub_path(match.group(2)), text)
    return _AFTER_CUE.sub(lambda match: match.group(1) + _cued(match.group(2)), text)


def scrub_path(path: str) -> str:
    """The path, or an address with its query, with placeholders for tokens."""
    end = min((at for sign in "?#" if (at := path.find(sign)) >= 0), default=len(path))
    parts = path[:end].split("/")
    cue = -_REACH - 1
    for index, part in enumerate(parts):
        if (index - cue <= _REACH and _is_token_after_cue(part)) or _is_token(part):
            parts[index] = _placeholder(part)
        elif _CUE.fullmatch(part):
            cue = index
    return "/".join(parts) + path[end:]


def _cued(path: str) -> str:
    return "/".join(_placeholder(part) if _is_token_after_cue(part) else part for part in path.split("/"))


def _placeholder(part: str) -> str:
    """As `telemetry.routes` calls such a segment."""
    if _UUID.fullmatch(part):
        return "{uuid}"
    return "{hex}" if _HEX.fullmatch(part) and not part.isdigit() else "{token}"


def _is_token(part: str) -> bool:
    """Whether a segment is random: letters and digits that are no words, hash, UUID or id in capitals."""
    if len(part) < _SHORTEST or not _OPAQUE.fullmatch(part) or _UUID.fullmatch(part):
        return False
    return any(_is_random(piece) for piece in _SEPARATORS.split(part))


def _is_random(piece: str) -> bool:
    if len(piece) < 10 or piece == piece.upper() or not any(letter.isdigit() for letter in piece):
        return False
    return not _HEX.fullmatch(piece) and not _WORDS.fullmatch(piece)


def _is_token_after_cue(part: str) -> bool:
    """Whether a segment is a token where one is expected: also a UUID, a hash or a short one; `order-1042` is none."""
    if len(part) < _SHORTEST_AFTER_CUE or not _OPAQUE.fullmatch(part):
        return False
    return _UUID.fullmatch(part) is not None or any(_is_mixed(piece) for piece in _SEPARATORS.split(part))


def _is_mixed(piece: str) -> bool:
    if len(piece) >= _SHORTEST and not _WORDS.fullmatch(piece):
        return True
    if len(piece) < 6 or piece.isdigit() or piece.isalpha():
        return False
    return not _NUMBERED.fullmatch(piece)
