"""Does an act to a text (pure), and reads the text again: what comes out must be what was asked for, nothing besides.

An item keeps its key. Where its words would give it another one now (they changed, or an item with the same words came
before it), a comment settles it: of the item that was changed or moved where that is enough, else of the other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bootstrap.importer.editing import operations, section_operations
from bootstrap.importer.editing.acts import (
    Act,
    AddItem,
    AddSection,
    ChangeItem,
    EditRefused,
    JoinItems,
    MoveItem,
    MoveSection,
    RemoveItem,
    RenameSection,
    SplitItem,
)
from bootstrap.importer.editing.item_lines import row_with
from bootstrap.importer.editing.outline import HEADING, ROW, ItemPlace, Outline, outline_of
from bootstrap.importer.editing.surgery import Surgery, Token, new_token
from bootstrap.importer.parser.item_settings import KEY, KINDS, ItemSettings, split_settings
from bootstrap.importer.vocabulary import unused

_OPERATIONS = {
    AddItem: operations.add,
    ChangeItem: operations.change,
    MoveItem: operations.move,
    SplitItem: operations.split,
    JoinItems: operations.join,
    RemoveItem: operations.remove,
    AddSection: section_operations.add_section,
    RenameSection: section_operations.rename_section,
    MoveSection: section_operations.move_section,
}
# What an act must not change of an item that it does not name.
_SAME = ("text", "body", "kind", "flag", "two_person", "evidence_required", "evidence_kind", "optional", "condition")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*\Z")
ROUNDS = 5


def apply(text: str, act: Act) -> str:
    """The text after the act. Every line that the act does not name stays as it is, byte for byte.

    Raises EditRefused where the act cannot be done, or would change how another item is read.
    """
    before = outline_of(text)
    _refuse_settings(before, act)
    surgery = Surgery.of(before)
    _OPERATIONS[type(act)](surgery, act)  # type: ignore[operator]
    for _ in range(ROUNDS):
        after = _Result(surgery)
        after.check()
        if not after.settle_keys():
            return after.outline.text
    raise EditRefused("The items could not keep their keys: two would have the same one.")


def _refuse_settings(before: Outline, act: Act) -> None:
    """Raises EditRefused for a key or a kind that cannot be one, or is another item's."""
    key, kind = getattr(act, "key", ""), getattr(act, "kind", "")
    if key and not KEY.fullmatch(key):
        raise EditRefused("key: letters, digits, _, - and dots, at most 100.")
    if kind and kind not in KINDS:
        raise EditRefused(f"kind: one of {', '.join(KINDS)}, or empty for what the words say.")
    own = getattr(act, "item", "") or getattr(act, "section", "")
    wanted = f"{own.partition(':')[0]}:{key}"
    if key and wanted in before.items and wanted != own:
        raise EditRefused(f"key: {key} is the key of another item of this checklist.")


class _Result:
    """The text as it is read after the surgery, its items by the tokens that they had before."""

    def __init__(self, surgery: Surgery) -> None:
        self.surgery = surgery
        self.outline = outline_of(surgery.lines.joined())
        self.items: dict[Token, ItemPlace] = dict(self._named(self.outline.items.values()))
        self.before = {place.token: place for place in surgery.outline.items.values()}

    def _named(self, places: Iterable[ItemPlace]) -> Iterable[tuple[Token, ItemPlace]]:
        number = 0
        for place in places:
            origin = self.surgery.lines.rows[place.line - 1].origin
            number += not origin
            yield ((origin, place.nth) if origin else new_token(number)), place

    def check(self) -> None:
        """Raises EditRefused where other items come out than the act is to give."""
        slugs = [[part.slug for part in outline.runbook.checklists] for outline in (self.surgery.outline, self.outline)]
        if slugs[0] != slugs[1]:
            raise EditRefused("A checklist would be gone by it, or be read as another: its last item has to stay.")
        wanted = self.surgery.order
        if more := next((place for token, place in self.items.items() if token not in wanted), None):
            raise EditRefused(f"line {more.line}: “{more.row.text[:60]}” would be read as an item of its own.")
        if less := next((token for token in wanted if token not in self.items), None):
            raise EditRefused(f"{self._name(less)} would not be read as an item any more.")
        if moved := next((token for one, token in zip(self.items, wanted, strict=True) if one != token), None):
            raise EditRefused(f"{self._name(moved)} would be read in another place.")
        for token, place in self.items.items():
            self._check_item(token, place)

    def _name(self, token: Token) -> str:
        old = self.before.get(token)
        return old.row.key if old else f"“{self.surgery.texts.get(token, '')[:60]}”"

    def _check_item(self, token: Token, place: ItemPlace) -> None:
        surgery, old = self.surgery, self.before.get(token)
        is_reworded = token in surgery.texts
        wanted = {name: getattr(old.row, name) for name in _SAME} if old and not is_reworded else {}
        wanted |= {"depth": old.row.depth} if old else {}
        named = (("text", surgery.texts), ("depth", surgery.depths), ("kind", surgery.kinds))
        wanted |= {name: values[token] for name, values in named if token in values}
        if differs := next((name for name, value in wanted.items() if getattr(place.row, name) != value), None):
            raise EditRefused(_misread(self._name(token), differs, getattr(place.row, differs)))
        title = surgery.titles.get(token, surgery.outline.sections[old.section].row.title if old else None)
        found = self.outline.sections[place.section].row.title
        if title is not None and found != title and place.form != HEADING:
            raise EditRefused(f"{self._name(token)} would be read in the section “{found}”.")

    def settle_keys(self) -> bool:
        """Settles keys that came out otherwise than wanted, by comments. Returns whether there were any."""
        wanted = {token: self._wanted(token) for token in self.items}
        wrong = [token for token, key in wanted.items() if key and self.items[token].row.key != key]
        own = [token for token in wrong if token in self.surgery.texts or token in self.surgery.moved]
        holders = {holder: wanted[token] for token in wrong if (holder := self._holder(token, wanted))}
        if holders and not own:  # the new item gives way, and the others have theirs again
            taken = {place.row.key for place in self.before.values()}
            for holder, key in holders.items():
                free = unused(key, taken)
                taken.add(free)
                self._settle(holder, free)
        else:
            for token in own or wrong:
                self._settle(token, wanted[token])
        return bool(wrong)

    def _wanted(self, token: Token) -> str:
        """The key that an item is to have; '' for the one that its words give."""
        if token in self.surgery.keys:
            return self.surgery.keys[token]
        return self.before[token].row.key

    def _holder(self, token: Token, wanted: Mapping[Token, str]) -> Token | None:
        """The item that has the key of this one, where it may have any other as well."""
        ref = f"{self.items[token].ref.partition(':')[0]}:{wanted[token]}"
        return next((other for other, place in self.items.items() if place.ref == ref and not wanted[other]), None)

    def _settle(self, token: Token, key: str) -> None:
        place = self.items[token]
        settings = ItemSettings(key, self.surgery.kinds.get(token, place.settled.kind))
        lines = self.surgery.lines
        at = place.line if place.form == ROW else place.words_end
        line = lines.rows[at - 1].text
        lines.replace(at, at, [_with_comment(line, place, settings)])


def _misread(name: str, what: str, value: object) -> str:
    if what == "body":
        return (
            f"What is shown beneath {name} would be other points: one without a box stands after it. Give it a box or "
            "indent it where the text is imported."
        )
    if what == "kind" and value == "flag":
        return f"{name} names a flag, so its kind is flag: no other can be chosen."
    return f"The {what.replace('_', ' ')} of {name} would be read as “{value}”."


def _with_comment(line: str, place: ItemPlace, settings: ItemSettings) -> str:
    """The last line of an item's words with the comment in the place of any other."""
    if place.form == ROW:
        return row_with(line, place, place.row.text, settings)
    closing = _CLOSING.search(line) if place.form == HEADING else None
    words = split_settings(line[: closing.start()] if closing else line)[0].rstrip()
    return f"{words} {settings.as_comment()}{closing.group() if closing else ''}"
