"""Keys of memos of what an application sends with each event: equal by a hash of what stands for them (pure)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

_REFUSED = (UnicodeEncodeError, RecursionError, OverflowError)


class Hashed(bytes):
    """A hash as the key of an `lru_cache`, with its content until that is computed: unscrubbed text does not stay."""

    content: Any

    def take(self) -> Any:
        """The content, which the key has no longer."""
        content, self.content = self.content, None
        return content


def hashed(content: Any, longest: int) -> Hashed | None:
    """The key of a JSON value; None where it is longer than `longest` bytes, or not to be encoded."""
    try:
        encoded = msgspec.json.encode(content)
    except _REFUSED:
        return None
    return _key(encoded, content) if len(encoded) <= longest else None


def hashed_text(text: str) -> Hashed:
    """The key of a text."""
    return _key(text.encode(errors="surrogatepass"), text)


def _key(encoded: bytes, content: Any) -> Hashed:
    key = Hashed(blake2b(encoded, digest_size=16).digest())
    key.content = content
    return key
