"""The texts of an event, searched for secrets in one pass and replaced where they stand (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from typing import Any

from detections.ingest.event.memo import Hashed, hashed_text
from opsconsole.lib.text.secret_shapes import SUSPECT
from opsconsole.lib.text.secrets import folded, scrub_text

# In no text (protocol.lenient_json), so that no pattern matches across two texts. A match may end with the first NUL,
# and the next one begin with the second.
_SEPARATOR = "\0\0"


class SuspectTexts:
    """The texts of an event by the containers in which they stand."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.containers: list[Any] = []  # objects and lists
        self.starts: list[int] = []  # of each container's texts in `texts`
        self._code: set[int] = set()  # ids of containers whose texts are lines of code

    def add(self, container: list[Any], texts: list[str], code: bool = False) -> None:
        """Takes the texts of a list; in lines of `code` only literals are scrubbed."""
        if code:
            self._code.add(id(container))
        self.starts.append(len(self.texts))
        self.containers.append(container)
        self.texts += texts

    def clean(self) -> None:
        """Replaces, in place, the texts that contain a secret."""
        joined = _SEPARATOR.join(self.texts)
        encoded = joined.encode(errors="replace")
        # A match may begin at the separator before a card number: its end identifies the text.
        hits = [match.end() - 1 for match in SUSPECT.finditer(encoded)]
        ascii_only = len(encoded) == len(joined)
        found = set() if (ascii_only and "\\u" not in joined) or folded(joined) == joined else self._hidden()
        if hits:
            sizes = map(len, self.texts if ascii_only else (text.encode(errors="replace") for text in self.texts))
            ends = list(accumulate(size + len(_SEPARATOR) for size in sizes))
            found.update(bisect_right(ends, hit) for hit in hits)
        self._scrub(found)

    def _hidden(self) -> set[int]:
        """The texts that are suspect once they are `folded`."""
        plain = ((index, text, folded(text)) for index, text in enumerate(self.texts))
        return {index for index, text, read in plain if read != text and SUSPECT.search(read.encode(errors="replace"))}

    def _scrub(self, found: Iterable[int]) -> None:
        """Scrubs the texts with these indexes; each container is read once, however many of its texts are found."""
        by_container: dict[int, set[int]] = defaultdict(set)
        for index in found:
            by_container[bisect_right(self.starts, index) - 1].add(id(self.texts[index]))
        for at, texts in by_container.items():
            container = self.containers[at]
            code = id(container) in self._code
            for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
                if id(value) in texts:
                    is_line = code or key == "context_line"
                    container[key] = _scrubbed_line(hashed_text(value)) if is_line else scrub_text(value)


@lru_cache(maxsize=4096)
def _scrubbed_line(line: Hashed) -> str:
    """The scrubbed line of code. Cached, because the events of a fault have the same lines."""
    return scrub_text(line.take(), code=True)
