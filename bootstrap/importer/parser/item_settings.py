"""What a comment at the end of an item's words settles (pure): `<!-- key: backups-restored; kind: set -->`.

No renderer shows it, and it stays with its item wherever that is moved: the key remains although the words change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bootstrap.importer.markdown.blocks import Block, Entry, Listing

LONGEST_KEY = 100
KINDS = ("provision", "set", "attest", "prerequisite", "question")  # `flag` needs a flag, which the words name
KEY = re.compile(rf"\w[\w.-]{{0,{LONGEST_KEY - 1}}}")
_SETTING = r"(?:key|kind)[ \t]{0,9}:[ \t]{0,9}[^\s;<>]{1,200}"
_COMMENT = re.compile(
    rf"[ \t]{{0,9}}<!--[ \t]{{0,9}}(?P<all>{_SETTING}(?:[ \t]{{0,9}};[ \t]{{0,9}}{_SETTING})?)\s{{0,9}}-->\s{{0,9}}\Z"
)


@dataclass(frozen=True)
class ItemSettings:
    """The key and the kind that are settled; empty where the words say them."""

    key: str = ""
    kind: str = ""

    def __bool__(self) -> bool:
        return bool(self.key or self.kind)

    def as_comment(self) -> str:
        """The comment, empty where nothing is settled."""
        said = [f"{name}: {value}" for name, value in (("key", self.key), ("kind", self.kind)) if value]
        return f"<!-- {'; '.join(said)} -->" if said else ""


def split_settings(text: str) -> tuple[str, str]:
    """The words of an item and the comment that settles something at their end, as it was written; '' without one."""
    match = _COMMENT.search(text) if text.rstrip().endswith("-->") else None
    return (text[: match.start()], match.group().strip()) if match else (text, "")


def read_settings(comment: str) -> ItemSettings:
    """What the comment of `split_settings` settles. A key or a kind that cannot be one settles nothing."""
    match = _COMMENT.search(comment)
    pairs = (part.split(":", 1) for part in match["all"].split(";")) if match else ()
    said = {name.strip(): value.strip() for name, value in pairs}
    key, kind = said.get("key", ""), said.get("kind", "")
    return ItemSettings(key if KEY.fullmatch(key) else "", kind if kind in KINDS else "")


def with_settings_apart(block: Block) -> Block:
    """The list with the comments beside the texts of its points, not in them; any other block as it is."""
    if not isinstance(block, Listing) or not any(entry.text.endswith("-->") for entry in block.entries):
        return block
    return replace(block, entries=tuple(map(_apart, block.entries)))


def _apart(entry: Entry) -> Entry:
    text, comment = split_settings(entry.text)
    return replace(entry, text=text, settings=comment) if comment else entry


def settled_keys(blocks: Iterable[Block]) -> set[str]:
    """The keys that comments settle: no other item may derive one of them from its words."""
    listings = (block for block in blocks if isinstance(block, Listing))
    settings = (read_settings(entry.settings) for listing in listings for entry in listing.entries if entry.settings)
    return {each.key for each in settings if each.key}
