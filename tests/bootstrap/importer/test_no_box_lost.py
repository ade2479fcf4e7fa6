"""Whatever the text: every box became an item, or a note names its line."""

from __future__ import annotations

import re

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bootstrap.importer import read_runbook
from bootstrap.importer.markdown.blocks import Listing

BOX = re.compile(r"(?:\[[ xX]\]|☐|☑|&#9744;)(?=\s|$)")
LINES = st.sampled_from(
    [
        *("# Launch", "## Security checklist", "## Part", "### [ ] Deep", "## References", "", "", "Words."),
        *("- [ ] alpha", "  - [x] beta", "1. [ ] gamma", "- ☐ delta", "☐ epsilon", "☑ zeta", "- plain", "  - deeper"),
        *(
            "> - [ ] quoted",
            "```",
            "<div>",
            "- [ ]",
            "&#9744; eta",
            "- ✅ theta",
            "    - [ ] iota",
            "- see\n\n  [ ] kappa",
        ),
        *(
            "| ☐ | lambda |",
            "|---|---|",
            "| [ ] mu | nu |",
            "| Task | Done |",
            "| xi | [ ] |",
            "Say [ ] omicron",
            "---",
        ),
    ]
)
FIRST = re.compile(rf"\s*(?:[-*+]|\d+[.)])\s+{BOX.pattern}")
NAMED = re.compile(r"lines? (\d+)(?: to (\d+))?: ")


@example("- [ ]\n1. [ ] gamma")
@given(st.lists(LINES, max_size=14).map("\n".join))
def test_every_box_is_an_item_or_is_named(text: str) -> None:
    runbook = read_runbook(text)
    # Of a text that lost its line breaks the places are guesses, and it is said that they are.
    assume(not any("they were guessed" in note.text for note in runbook.unsure))
    told = {item.line for item in runbook.items} | {note.line for note in runbook.unsure}
    for note in runbook.unsure:
        if match := NAMED.match(note.text):
            told |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    for block in runbook.blocks:
        for number in range(block.first, block.last + 1):
            line = text.split("\n")[number - 1]
            if isinstance(block, Listing) and FIRST.match(line):
                assert number in told, (number, line)
            elif BOX.search(line):  # within a point or a paragraph: named with the line on which that begins
                assert told & set(range(block.first, number + 1)), (number, line)
