"""Whatever is done to a text: the lines that no act names stay, and the items are those that were asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

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
    as_row,
    from_row,
    key_of,
)
from bootstrap.importer.editing.apply import apply
from bootstrap.importer.editing.outline import Outline, outline_of
from tests.bootstrap.importer.editing.texts import ALL

# Each text is read several times for an act: making a failing example smaller would take minutes.
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]
_COMMENT = re.compile(r"[ ]*<!-- (?:key|kind): [^>]*-->")
WORDS = st.sampled_from(
    [
        "Take a backup",
        "Tell the team",
        "a | pipe",
        "`code|pipe` here",
        "Set FLAG_X=1",
        "Is it up?",
        "- [ ] box",
        "# x",
        "ünï",
    ]
)


def _act(outline: Outline) -> st.SearchStrategy[Act]:
    items, sections = st.sampled_from(list(outline.items)), st.sampled_from(list(outline.sections))
    kept = items.flatmap(lambda ref: st.builds(ChangeItem, st.just(ref), WORDS, key=st.sampled_from(["", key_of(ref)])))
    return st.one_of(
        st.builds(AddItem, sections, WORDS, body=st.sampled_from(["", "beneath it\n\n- more"])),
        items.flatmap(lambda ref: st.builds(AddItem, st.just(outline.items[ref].section), WORDS, after=st.just(ref))),
        items.flatmap(lambda ref: st.builds(AddItem, st.just(outline.items[ref].section), WORDS, before=st.just(ref))),
        kept,
        st.builds(ChangeItem, items, WORDS, body=st.just("other words")),
        st.builds(MoveItem, items, after=items),
        st.builds(MoveItem, items, before=items),
        st.builds(MoveItem, items, section=sections),
        st.builds(SplitItem, items, st.tuples(WORDS, WORDS, WORDS)),
        st.builds(JoinItems, items, WORDS),
        st.builds(RemoveItem, items),
        st.builds(AddSection, sections, WORDS, WORDS),
        st.builds(RenameSection, sections, WORDS),
        st.builds(MoveSection, sections, after=sections),
        st.builds(MoveSection, sections, before=sections),
    )


def _named_lines(outline: Outline, act: Act) -> set[int]:
    """The lines that the act is about."""
    match act:
        case JoinItems():
            siblings = outline.siblings(act.item)
            both = siblings[siblings.index(act.item) :][:2]
            return {line for ref in both for line in range(outline.items[ref].line, outline.items[ref].last + 1)}
        case ChangeItem() | SplitItem():
            place = outline.items[act.item]
            return set(range(place.line, place.own_end + 1))
        case RemoveItem() | MoveItem():
            place = outline.items[act.item]
            return set(range(place.line, place.last + 1))
        case RenameSection():
            return set(range(outline.sections[act.section].line, outline.sections[act.section].heading_last + 1))
        case MoveSection():
            section = outline.sections[act.section]
            return set(range(section.line, section.last + 1))
    return set()


def _keys_after(outline: Outline, act: Act) -> list[str] | None:
    """The keys in order that are to come out, `*` for a new one; None where the order is that of the lines."""
    keys = list(outline.items)
    match act:
        case AddItem(after=after, before=before) if after or before:
            at = keys.index(after) + 1 + len(outline.beneath(after)) if after else keys.index(before)
            return [*keys[:at], "*", *keys[at:]]
        case ChangeItem():
            return keys if act.key else [("*" if key == act.item else key) for key in keys]
        case RenameSection():
            return keys
        case RemoveItem():
            return [key for key in keys if key not in (act.item, *outline.beneath(act.item))]
        case SplitItem():
            at = keys.index(act.item) + 1 + len(outline.beneath(act.item))
            return [*keys[:at], "*", "*", *keys[at:]]
        case JoinItems():
            siblings = outline.siblings(act.item)
            return [key for key in keys if key != siblings[siblings.index(act.item) + 1]]
        case MoveItem() if act.after or act.before:
            block = [act.item, *outline.beneath(act.item)]
            rest = [key for key in keys if key not in block]
            below = [key for key in outline.beneath(act.after) if key not in block] if act.after else []
            at = rest.index(act.after) + 1 + len(below) if act.after else rest.index(act.before)
            return [*rest[:at], *block, *rest[at:]]
    return None


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether the lines are there in this order, others between them."""
    left = iter(many)
    return all(any(line == other for other in left) for line in few)


@given(st.data())
@settings(max_examples=100, deadline=None, phases=NO_SHRINKING)
def test_every_other_line_stays_and_the_items_are_those_asked_for(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(list(ALL.values())))
    for _ in range(4):
        before = outline_of(text)
        act = data.draw(_act(before))
        assert from_row(as_row(act)) == act
        try:
            after = apply(text, act)
        except EditRefused:
            continue
        named = _named_lines(before, act)
        others = [line for number, line in enumerate(_lines(text), 1) if number not in named and line.strip()]
        bare = [[_COMMENT.sub("", line) for line in each] for each in (others, _lines(after))]
        assert _is_within(bare[0], bare[1])
        assert after.count("\r\n") == after.count("\n") * ("\r\n" in text)
        wanted, keys = _keys_after(before, act), list(outline_of(after).items)
        if wanted is None:
            assert set(keys) >= set(before.items)
        else:
            assert len(keys) == len(wanted)
            assert all(want in ("*", key) for want, key in zip(wanted, keys, strict=True))
        text = after


@pytest.mark.parametrize("name", ALL)
def test_nothing_changes_where_an_item_is_given_the_words_that_it_has(name: str) -> None:
    outline = outline_of(ALL[name])
    for ref, place in outline.items.items():
        same = ChangeItem(ref, place.row.text, key=key_of(ref), kind=place.settled.kind)
        assert apply(outline.text, same) == outline.text
