"""A text as lines that remember where they came from (pure). Its line ends stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class TextLine:
    """`origin` is its number in the text before the act, from 1; 0 for a new line."""

    text: str
    end: str = ""
    origin: int = 0

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


@dataclass
class TextLines:
    """The lines of a text, to be changed in place; numbers are from 1."""

    rows: list[TextLine] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> TextLines:
        texts, ends = _LINE_END.split(text), [*_LINE_END.findall(text), ""]
        return cls([TextLine(*row) for row in zip(texts, ends, range(1, len(texts) + 1), strict=True)])

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]

    def cut(self, first: int, last: int) -> list[TextLine]:
        """Takes the lines out; where that would leave two blank ones around them, the later ones too."""
        taken = self.rows[first - 1 : last]
        del self.rows[first - 1 : last]
        at = first - 1
        if at == 0 or self.rows[at - 1].is_blank:
            while at < len(self.rows) - 1 and self.rows[at].is_blank:
                del self.rows[at]
        return taken

    def put(self, after: int, new: Sequence[TextLine]) -> None:
        """Puts the lines in after the line of that number (0: at the start)."""
        self.rows[after:after] = new

    def replace(self, first: int, last: int, texts: Sequence[str]) -> None:
        """Gives these lines other texts; each keeps the origin and the end of the one in its place."""
        old = self.rows[first - 1 : last]
        kept = [TextLine(text, row.end, row.origin) for row, text in zip(old, texts, strict=False)]
        self.rows[first - 1 : last] = [*kept, *(TextLine(text) for text in texts[len(old) :])]

    def joined(self) -> str:
        """The text. A line without an end gets the usual one, the last line of the text none that it had not."""
        usual = next((row.end for row in self.rows if row.end), "\n")
        ends = [*(row.end or usual for row in self.rows[:-1]), *([""] if self.rows else [])]
        return "".join(row.text + end for row, end in zip(self.rows, ends, strict=True))
