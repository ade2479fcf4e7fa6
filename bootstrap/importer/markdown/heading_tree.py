"""The tree of headings over the blocks (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bootstrap.importer.markdown.blocks import Block, Heading, Listing, Table


@dataclass
class Part:
    """A heading with its own blocks and the parts beneath it; the text before any heading has level 0."""

    title: str
    level: int
    line: int
    blocks: list[Block] = field(default_factory=list)
    children: list[Part] = field(default_factory=list)

    def walk(self) -> Iterator[Part]:
        """This part and all beneath it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def outermost(self, is_wanted: Callable[[Part], bool]) -> Iterator[Part]:
        """This part where it is wanted, else the outermost wanted ones beneath it."""
        if is_wanted(self):
            yield self
        else:
            for child in self.children:
                yield from child.outermost(is_wanted)

    def all_blocks(self) -> Iterator[Block]:
        """All blocks beneath the heading, headings of children included, in reading order."""
        yield from self.blocks
        for child in self.children:
            yield Heading(child.level, child.title, child.line, child.line)
            yield from child.all_blocks()

    @property
    def listings(self) -> list[Listing]:
        return [block for block in self.blocks if isinstance(block, Listing)]

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def has_boxes(self) -> bool:
        return any(listing.has_boxes for listing in self.listings)

    @property
    def has_boxes_within(self) -> bool:
        """Whether this part or one beneath it has boxes."""
        return any(part.has_boxes for part in self.walk())


def tree_of(blocks: Sequence[Block]) -> Part:
    """The document as one part of level 0; a heading lies under the nearest earlier one of a lower level."""
    root = Part("", 0, 1)
    path = [root]
    for block in blocks:
        if not isinstance(block, Heading):
            path[-1].blocks.append(block)
            continue
        part = Part(block.text, block.level, block.first)
        while path[-1].level >= block.level:
            path.pop()
        path[-1].children.append(part)
        path.append(part)
    return root
