"""The parts of a document as its page shows them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar

from bootstrap.importer.markdown.blocks import Block, Code, Entry, Heading, Listing
from bootstrap.importer.markdown.parse import read_blocks
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.front_matter import settings_in
from bootstrap.importer.parser.steps import is_procedure
from bootstrap.importer.text_to_runbook import read_runbook
from bootstrap.importer.vocabulary import plain, unused

# Characters: half a second of work; nobody reads more on a page at three in the morning.
LONGEST_SHOWN = 200_000
_NO_ANCHOR = re.compile(r"[^\w\s-]")
# Ids that the frame of every page has.
_OF_THE_FRAME = frozenset({"banner", "main", "keys", "keys-title", "messages"})


@dataclass(frozen=True)
class Title:
    """A heading. `level` is that of its element: 2 to 6, as the page has the first."""

    kind: ClassVar[str] = "title"
    text: str
    level: int
    anchor: str


@dataclass(frozen=True)
class Words:
    """Anything that is only read, as markdown."""

    kind: ClassVar[str] = "words"
    text: str


@dataclass(frozen=True)
class Snippet:
    """A block of code; `id` is unique on the page."""

    kind: ClassVar[str] = "code"
    id: str
    code: str


@dataclass(frozen=True)
class ProcedureStep:
    """`number` is `4`, or `4.2` beneath a step, and empty for a point without one, which has no anchor either."""

    number: str
    anchor: str
    text: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Procedure:
    """Numbered steps."""

    kind: ClassVar[str] = "steps"
    steps: tuple[ProcedureStep, ...]


Part = Title | Words | Snippet | Procedure


@dataclass(frozen=True)
class Document:
    """`steps` counts the numbered steps, without those beneath others."""

    parts: tuple[Part, ...]

    @property
    def titles(self) -> list[Title]:
        return [part for part in self.parts if isinstance(part, Title)]

    @property
    def steps(self) -> int:
        return sum(len(part.steps) for part in self.parts if isinstance(part, Procedure))


@lru_cache(maxsize=32)
def document_of(source: str) -> Document:
    """The document of a text. Its first heading is left out: it is the title of the page.

    The anchor of a heading is what its words are on GitHub, so that links within a text lead where they did there. The
    anchor of a step is `step-4`, after that of the heading above it where there is one beneath the title. The last
    texts that were asked for are kept, as alerts lead several people to one page.
    """
    runbook = read_runbook(source)
    blocks = runbook.blocks[bool(settings_in(runbook.blocks[:1])) :]
    first = next((number for number, block in enumerate(blocks) if isinstance(block, Heading)), None)
    if first is not None and plain(blocks[first].text) == runbook.title:  # type: ignore[union-attr]
        blocks = (*blocks[:first], *blocks[first + 1 :])
    return Document(tuple(_Layout().parts(blocks)))


@dataclass
class _Layout:
    """What was given out so far: ids of the page, the levels of the headings above, the anchor of the nearest one."""

    taken: set[str] = field(default_factory=lambda: {*_OF_THE_FRAME})
    above: list[int] = field(default_factory=list)
    within: str = ""
    codes: int = 0

    def parts(self, blocks: Iterable[Block], parent: ProcedureStep | None = None) -> Iterator[Part]:
        """The parts of the blocks, or of the body of the step `parent`."""
        words: list[Block] = []
        for block in blocks:
            part = self._part(block, parent)
            if part is None:
                words.append(block)
                continue
            if words:
                yield Words(render(words))
                words = []
            yield part
        if words:
            yield Words(render(words))

    def _part(self, block: Block, parent: ProcedureStep | None) -> Part | None:
        """None for a block that is only read."""
        match block:
            case Heading() if parent is None:
                return self._title(block)
            case Code():
                self.codes += 1
                return Snippet(self._id(f"code-{self.codes}"), block.text)
            case Listing() if is_procedure(block):
                return Procedure(tuple(self._steps(block.entries, parent)))
        return None

    def _title(self, heading: Heading) -> Title:
        while self.above and self.above[-1] >= heading.level:
            self.above.pop()
        self.above.append(heading.level)
        self.within = self._id(_anchor(heading.text))
        return Title(heading.text, min(len(self.above) + 1, 6), self.within)

    def _steps(self, entries: Sequence[Entry], parent: ProcedureStep | None) -> Iterator[ProcedureStep]:
        """The steps of entries of one depth, with the deeper ones in them. Counted from the number of the first, as a
        list of `1.` alone is shown everywhere."""
        depth = entries[0].depth
        starts = [index for index, entry in enumerate(entries) if entry.depth <= depth]
        number = entries[0].number
        for place, (start, end) in enumerate(zip(starts, [*starts[1:], len(entries)], strict=True)):
            entry = entries[start]
            step = self._step(entry, parent, None if number is None or entry.number is None else number + place)
            body = tuple(self.parts(read_blocks(entry.body), step)) if entry.body else ()
            beneath = entries[start + 1 : end]
            inner = (Procedure(tuple(self._steps(beneath, step))),) if beneath else ()
            yield replace(step, parts=(*body, *inner))

    def _step(self, entry: Entry, parent: ProcedureStep | None, number: int | None) -> ProcedureStep:
        if number is None:
            return ProcedureStep("", "", entry.text, ())
        if parent and parent.number:
            return ProcedureStep(f"{parent.number}.{number}", self._id(f"{parent.anchor}-{number}"), entry.text, ())
        before = f"{self.within}-" if self.within else ""
        return ProcedureStep(str(number), self._id(f"{before}step-{number}"), entry.text, ())

    def _id(self, wanted: str) -> str:
        found = unused(wanted, self.taken)
        self.taken.add(found)
        return found


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"\s", "-", _NO_ANCHOR.sub("", plain(title).lower()).strip()) or "part"
