"""How each act on an item changes the lines of a text (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bootstrap.importer.editing.acts import (
    AddItem,
    ChangeItem,
    EditRefused,
    JoinItems,
    MoveItem,
    RemoveItem,
    SplitItem,
    key_of,
)
from bootstrap.importer.editing.item_lines import (
    FRESH,
    as_lines,
    body_of,
    indented,
    is_loose_list,
    is_raw_move,
    lead_like,
    point_moved,
    row_with,
    worded,
)
from bootstrap.importer.editing.lines import TextLine
from bootstrap.importer.editing.outline import HEADING, POINT, ROW, ItemPlace, Outline, SectionPlace
from bootstrap.importer.editing.surgery import Surgery, Token, new_token, one_line
from bootstrap.importer.parser.item_settings import ItemSettings

BLANK = TextLine("")


def item_of(outline: Outline, ref: str) -> ItemPlace:
    """The item of that reference. Raises EditRefused."""
    if ref not in outline.items:
        raise EditRefused(f"There is no item {key_of(ref) or ref} any more.")
    return outline.items[ref]


def section_of(outline: Outline, ref: str) -> SectionPlace:
    """The section of that reference. Raises EditRefused."""
    if ref not in outline.sections:
        raise EditRefused(f"There is no section {key_of(ref) or ref} any more.")
    return outline.sections[ref]


def add(surgery: Surgery, act: AddItem) -> None:
    """A new item."""
    token, text = new_token(1), one_line(act.text)
    settings = ItemSettings(act.key, act.kind)
    beside, is_after = _beside(surgery.outline, act.section, act.after, act.before)
    new = as_lines(lead_like(beside), text, act.body, settings)
    _put(surgery, [token], new, section_of(surgery.outline, act.section), beside, is_after)
    surgery.texts[token], surgery.keys[token] = text, act.key
    surgery.depths[token] = _depth(beside)
    surgery.kinds |= {token: act.kind} if act.kind else {}


def change(surgery: Surgery, act: ChangeItem) -> None:
    """Other words, key or kind for an item."""
    place, text = item_of(surgery.outline, act.item), one_line(act.text)
    kept_key = act.key if act.key and act.key == place.settled.key else ""
    settings = ItemSettings(kept_key, act.kind)
    if act.body is not None and act.body.strip() != body_of(surgery.outline, place).strip():
        _change_body(surgery, place, act.body)
    if text != place.row.text or settings != place.settled:
        _reword(surgery, place, text, settings)
    surgery.texts[place.token], surgery.keys[place.token] = text, act.key
    if act.kind:
        surgery.kinds[place.token] = act.kind


def _reword(surgery: Surgery, place: ItemPlace, text: str, settings: ItemSettings) -> None:
    first = surgery.at(place.line)
    if place.form == ROW:
        row = surgery.lines.rows[first - 1].text
        surgery.lines.replace(first, first, [row_with(row, place, text, settings)])
    else:
        surgery.lines.replace(first, first + place.words_end - place.line, worded(place, text, settings))


def _change_body(surgery: Surgery, place: ItemPlace, body: str) -> None:
    """Replaces what stands beneath the words of a point."""
    if place.form != POINT:
        raise EditRefused(f"body: {key_of(place.ref)} is {place.form}: beneath its words nothing can be written.")
    by = " " * len(place.lead[: len(place.lead) - len(place.lead.lstrip())]) + " " * _mark_width(place)
    new = [TextLine(text) for text in indented(body.strip("\n"), by)] if body.strip() else []
    if place.own_end > place.words_end:
        surgery.lines.cut(surgery.at(place.words_end + 1), surgery.at(place.own_end))
    after = [BLANK] if new and place.last > place.own_end else []
    surgery.put_after(place.words_end, [BLANK, *new, *after] if new else [])


def _mark_width(place: ItemPlace) -> int:
    bare = place.lead.lstrip()
    mark = bare.split(maxsplit=1)[0] if bare else ""
    return len(mark) + 1


def split(surgery: Surgery, act: SplitItem) -> None:
    """The first of the texts for the item, the others as new items after it."""
    place = item_of(surgery.outline, act.item)
    texts = [one_line(text) for text in act.texts if text.strip()]
    if len(texts) < 2:
        raise EditRefused("texts: write two items or more, each on a line of its own.")
    if place.form == HEADING:
        raise EditRefused(f"{key_of(act.item)} is the heading of its section: add items to the section instead.")
    tokens = [new_token(number) for number in range(1, len(texts))]
    if place.form == ROW:
        line = surgery.lines.rows[place.line - 1].text
        new = [TextLine(row_with(line, place, text, ItemSettings())) for text in texts[1:]]
    else:
        new = [line for text in texts[1:] for line in as_lines(lead_like(place), text, "", ItemSettings())]
    section = section_of(surgery.outline, place.section)
    _put(surgery, tokens, new, section, place, is_after=True, as_is=True)
    change(surgery, ChangeItem(act.item, texts[0], key=key_of(act.item), kind=place.settled.kind))
    surgery.texts |= dict(zip(tokens, texts[1:], strict=True))
    surgery.depths |= dict.fromkeys(tokens, place.row.depth)
    surgery.keys |= dict.fromkeys(tokens, "")


def join(surgery: Surgery, act: JoinItems) -> None:
    """The item after it is taken out, and what stood beneath it comes beneath the first."""
    outline = surgery.outline
    place = item_of(outline, act.item)
    siblings = outline.siblings(act.item)
    following = siblings[siblings.index(act.item) + 1 :]
    if not following:
        raise EditRefused(f"There is no item after {key_of(act.item)} to join it with.")
    other = outline.items[following[0]]
    if outline.beneath(act.item) or outline.beneath(other.ref):
        raise EditRefused("Items with sub-items cannot be joined: move those first.")
    body = "\n\n".join(filter(None, [body_of(outline, place), body_of(outline, other)]))
    remove(surgery, RemoveItem(other.ref))
    change(
        surgery,
        ChangeItem(act.item, act.text, body if place.form == POINT else None, key_of(act.item), place.settled.kind),
    )


def remove(surgery: Surgery, act: RemoveItem) -> None:
    """The item with its sub-items gone."""
    place = item_of(surgery.outline, act.item)
    gone = _block(surgery.outline, act.item)
    if place.form == HEADING:
        raise EditRefused(f"{key_of(act.item)} is the heading of its section: rename the section instead.")
    _refuse_shared(surgery.outline, place)
    surgery.lines.cut(surgery.at(place.line), surgery.at(place.last))
    surgery.order = [token for token in surgery.order if token not in gone]


def move(surgery: Surgery, act: MoveItem) -> None:
    """The item with its sub-items at another place."""
    outline = surgery.outline
    place = item_of(outline, act.item)
    if place.form == HEADING:
        raise EditRefused(f"{key_of(act.item)} is the heading of its section: move the section.")
    _refuse_shared(outline, place)
    tokens = _block(outline, act.item)
    target = act.section or item_of(outline, act.after or act.before).section
    beside, is_after = _beside(outline, target, act.after, act.before, without=tokens)
    if beside and beside.token in tokens:
        raise EditRefused(f"{key_of(act.item)} cannot be moved to one of its own sub-items.")
    if beside and not is_raw_move(place, beside) and len(tokens) > 1:
        raise EditRefused(f"{key_of(act.item)} has sub-items: it can only be moved beside {place.form}.")
    is_loose = is_loose_list(outline, beside) if beside else False
    rows = surgery.lines.cut(surgery.at(place.line), surgery.at(place.last))
    new = _moved(outline, place, rows, beside)
    _put(surgery, tokens, new, section_of(outline, target), beside, is_after, is_loose=is_loose)
    surgery.moved |= set(tokens)
    by = _depth(beside) - place.row.depth
    depths = {other.token: other.row.depth for other in outline.items.values()}
    surgery.depths |= {token: depths[token] + by for token in tokens}
    surgery.titles |= dict.fromkeys(tokens, outline.sections[target].row.title)


def _moved(outline: Outline, place: ItemPlace, rows: Sequence[TextLine], beside: ItemPlace | None) -> list[TextLine]:
    """Its lines as they are to stand there."""
    if place.form == POINT and (beside is None or beside.form in (POINT, ROW, HEADING)):
        like = beside if beside and beside.form == POINT else replace(place, lead=FRESH)
        return point_moved(rows, like)
    if is_raw_move(place, beside):
        return list(rows)
    body = place.row.body if place.form == ROW else body_of(outline, place)
    lines = as_lines(lead_like(beside), place.row.text, body, place.settled)
    return [replace(lines[0], origin=place.line), *lines[1:]]


def _depth(beside: ItemPlace | None) -> int:
    return beside.row.depth if beside and beside.form == POINT else 0


def _block(outline: Outline, ref: str) -> list[Token]:
    """The item and its sub-items."""
    return [outline.items[each].token for each in (ref, *outline.beneath(ref))]


def _refuse_shared(outline: Outline, place: ItemPlace) -> None:
    if sum(other.line == place.line for other in outline.items.values()) > 1:
        raise EditRefused(
            f"{key_of(place.ref)} shares line {place.line} with another item: change it where the text is imported."
        )


def _beside(
    outline: Outline, section: str, after: str, before: str, without: Sequence[Token] = ()
) -> tuple[ItemPlace | None, bool]:
    """The item beside which another is put, and whether after it; at the end of a section its last outermost one."""
    if after or before:
        return item_of(outline, after or before), bool(after)
    items = [outline.items[ref] for ref in section_of(outline, section).items]
    top = [place for place in items if place.row.depth == 0 and place.token not in without]
    return (top[-1] if top else None), True


def _put(
    surgery: Surgery,
    tokens: Sequence[Token],
    new: Sequence[TextLine],
    section: SectionPlace,
    beside: ItemPlace | None,
    is_after: bool,
    *,
    as_is: bool = False,
    is_loose: bool = False,
) -> None:
    """Puts the lines of items before or after another one, or to the end of the section, and into the order."""
    outline = surgery.outline
    if beside is None or (beside.form in (ROW, HEADING) and not as_is and not _is_row(new[0])):
        _put_last(surgery, tokens, new, section, beside, is_after)
        return
    gap = [BLANK] if is_loose or is_loose_list(outline, beside) else []
    if is_after:
        surgery.put_after(_last_written(surgery, beside.last, beside.line), [*gap, *new])
        below = _block(outline, beside.ref)
        left = [token for token in below if token not in tokens]
        surgery.insert(tokens, after=left[-1])
    else:
        surgery.put_before(beside.line, [*new, *gap])
        surgery.insert(tokens, before=beside.token)


def _is_row(line: TextLine) -> bool:
    return line.text.lstrip().startswith("|")


def _put_last(
    surgery: Surgery,
    tokens: Sequence[Token],
    new: Sequence[TextLine],
    section: SectionPlace,
    beside: ItemPlace | None,
    is_after: bool,
) -> None:
    """Puts the lines after all that stands in the section. Beside a row or a heading only its end will do."""
    outline = surgery.outline
    items = [place for place in outline.items.values() if place.token not in tokens]
    own = [place.token for place in items if place.section == section.ref]
    if beside and (not is_after or beside.token != own[-1]):
        raise EditRefused(
            f"{key_of(beside.ref)} is {beside.form}, beside which no other item can be put: choose the end of its "
            "section."
        )
    at = surgery.at(_last_written(surgery, section.own_last))
    follows = at < len(surgery.lines.rows) and not surgery.lines.rows[at].is_blank
    surgery.lines.put(at, [*([BLANK] if at else []), *new, *([BLANK] if follows else [])])
    earlier = own or [place.token for place in items if place.line < max(section.line, 1)]
    surgery.insert(tokens, after=earlier[-1] if earlier else None)


def _last_written(surgery: Surgery, last: int, first: int = 1) -> int:
    """The last line up to `last` that is still there and not blank; 0 where there is none from `first` on."""
    there = {row.origin for row in surgery.lines.rows}
    rows = surgery.outline.lines.rows
    return next((line for line in range(last, first - 1, -1) if line in there and not rows[line - 1].is_blank), 0)
