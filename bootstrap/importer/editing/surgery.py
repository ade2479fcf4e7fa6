"""What an act does to the lines of a text (pure), and the order of items that it is to give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.editing.lines import TextLine, TextLines
from bootstrap.importer.editing.outline import Outline

# An item before the act, by line and position in it; or a new one, by its number among the new ones, negative.
Token = tuple[int, int]


@dataclass
class Surgery:
    """Lines that are being changed, in the numbers of the text before.

    `order` are the items that are to come out, in order. Of single items: `moved` are those whose lines go elsewhere,
    `texts` the words that they are to have, `depths` and `titles` their depth and the title of their section, `kinds`
    their kind, `keys` their key ('' for the one that their words give); what is not named stays as it was.
    """

    outline: Outline
    lines: TextLines
    order: list[Token]
    moved: set[Token] = field(default_factory=set)
    texts: dict[Token, str] = field(default_factory=dict)
    depths: dict[Token, int] = field(default_factory=dict)
    titles: dict[Token, str] = field(default_factory=dict)
    kinds: dict[Token, str] = field(default_factory=dict)
    keys: dict[Token, str] = field(default_factory=dict)

    @classmethod
    def of(cls, outline: Outline) -> Surgery:
        return cls(outline, TextLines(list(outline.lines.rows)), [place.token for place in outline.items.values()])

    def at(self, origin: int) -> int:
        """The number that the line of that number before has now."""
        if origin == 0:
            return 0
        return next(number for number, row in enumerate(self.lines.rows, 1) if row.origin == origin)

    def put_after(self, origin: int, new: Sequence[TextLine]) -> None:
        self.lines.put(self.at(origin), new)

    def put_before(self, origin: int, new: Sequence[TextLine]) -> None:
        self.lines.put(self.at(origin) - 1, new)

    def insert(self, tokens: Sequence[Token], *, after: Token | None = None, before: Token | None = None) -> None:
        """Puts items, new ones or such that were elsewhere, into the order; without a place to the start."""
        rest = [token for token in self.order if token not in tokens]
        at = rest.index(after) + 1 if after is not None else rest.index(before) if before is not None else 0
        self.order = [*rest[:at], *tokens, *rest[at:]]

    def order_by_lines(self) -> None:
        """The order of the items as their lines stand now."""
        places = {row.origin: number for number, row in enumerate(self.lines.rows) if row.origin}
        self.order = sorted(
            (token for token in self.order if token[0] in places), key=lambda token: (places[token[0]], token[1])
        )


def new_token(number: int) -> Token:
    """The token of a new item, numbered from 1 in the order of the text."""
    return (0, -number)


def one_line(text: str, what: str = "text") -> str:
    """The words on one line. Raises EditRefused where there are none."""
    words = " ".join(text.split())
    if not words:
        raise EditRefused(f"{what}: say what is to be done.")
    return words
