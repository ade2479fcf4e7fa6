"""Whatever the text: no letter is lost, it comes out and in again equal, nothing but NotARunbook is raised."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.importer import read_file
from bootstrap.importer.markdown.decode import NotARunbook
from bootstrap.importer.markdown.parse import read_blocks, same_letters
from bootstrap.importer.markdown.render import render
from bootstrap.importer.markdown.table_cells import code_spans
from bootstrap.importer.review.lint import lint
from bootstrap.importer.review.preview import preview
from bootstrap.importer.review.summary import summary
from bootstrap.importer.text_to_runbook import read_runbook
from tests.bootstrap.importer.test_round_trip import told

LINES = st.sampled_from(
    [
        *(
            "# A",
            "## checklist",
            "- [ ] a `b|c`",
            "  - [x] b",
            "* c",
            "+ d",
            "1. e",
            "   3) f",
            "| a | b |",
            "|---|---|",
        ),
        *("| `x|y` | z | w |", "a | b", "--- | ---", "```", "~~~sh", "    code", "\tq", "> quote", "<div>", "<!-- x"),
        *("[r]: http://x", "[^1]: note", "---", "", "", "\t- tab", "FLAG_A=1 set after the above", "`VAR_A` set"),
        *("Var | Default", "- ", "-", "- [ ]", "x_yfoo - [ ]", "A_B |", "<details>", "日本 | 語", "1986. x", "- a: b"),
        *("a\\|", "||", "&amp;", "```a&amp;b", "\x0c", "\u2028x", "- [ ] see\n\n  more", "### Sentry (FLAG_A)"),
    ]
)


def covered(text: str) -> bool:
    found = {line for block in read_runbook(text).blocks for line in range(block.first, block.last + 1)}
    return {number for number, line in enumerate(text.split("\n"), 1) if line.strip()} <= found


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_lines_of_markdown_in_any_order(data: str) -> None:
    try:
        text, found = read_file(data.encode())
    except NotARunbook:
        return
    written = render(found.blocks)
    assert covered(text)
    assert same_letters(written, text)
    assert told(read_runbook(written)) == told(found)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused(data: str) -> None:
    with suppress(NotARunbook):
        text, found = read_file(data.encode("utf-8", "surrogatepass"))
        lint(found)
        summary(found)
        preview(text, found, ())
        assert covered(text)


@pytest.mark.parametrize(
    "text",
    [
        "[ref]: https://a.example\n[other]: <b> 'c'\n",
        "- [ ] a\n\n[ref]: https://a.example\n",
        "# A\n\n[^1]: a footnote\n    that goes on\n",
        "".join(f"{'  ' * depth}- [ ] level {depth}\n" for depth in range(120)),
        "> - [ ] quoted\n> - [ ] twice\n",
        "| a | b |\n|---|---|\n| 1 | 2 | 3 | 4 |\n",
        "| `a|b` | c |\n|---|---|\n| 1 | 2 |\n",
        "---\ntitle: x\n---\n\n# A\n",
    ],
)
def test_shapes_in_which_text_could_get_lost(text: str) -> None:
    assert covered(text)
    assert same_letters(render(read_blocks(text)), text)


def test_lists_after_each_other_stay_two() -> None:
    blocks = read_blocks("- a\n\n* b\n\n1. c\n\n2) d\n")
    assert len(blocks) == 4
    assert len(read_blocks(render(blocks))) == 4


def test_code_spans_end_at_a_run_of_the_same_length() -> None:
    text = "a `b` ``c ` d`` `e"
    assert [text[begin:end] for begin, end in code_spans(text)] == ["`b`", "``c ` d``"]


LONG = {
    "quotes": "> " * 10_000 + "x\n\n# A\n",
    "brackets": "# A\n" + "[" * 10_000,
    "ticks in a cell": "# A\n\n| a | b |\n|---|---|\n| " + "` `` " * 20_000 + "| x | y |\n",
    "columns": "# A\n\n" + "| a " * 5_000 + "|\n|" + "---|" * 5_000 + "\n" + "| x |\n" * 50,
    "spaces": "# A\n- [ ] x\n" + " " * 500_000 + "|\n- [ ]\n",
    "one line": "# A checklist\n- [ ] " + "x y " * 1_200_000,
    "capitals": "# A\n- [ ]\n" + "A" * 300_000 + "\n",
    "dots": "# A\n- [ ]\n" + "a." * 150_000 + "\n",
    "conditions": "# A checklist\n- [ ] " + "if once after " * 20_000,
    "orders": "# A policy\n\n" + "until before refuse to start " * 20_000,
    "equal items": "# A checklist\n" + "- [ ] same\n" * 10_000,
    "equal headings": "# A checklist\n" + "## H\n\n- [ ] same\n" * 5_000,
    "glued names": "# A checklist\n- [ ]\n" + "a-" * 20_000 + "!\n",
    "titles": "# A checklist\n\n## B" + " " * 100_000 + "b\n\n- [ ] x\n",
    "values": "# A checklist\n- [ ] FLAG_XX " + "." * 20_000 + "\n",
    "values of a variable": "# A\n\n| Var | Default |\n|---|---|\n| `A_B` | x |\n\n- [ ] A_B " + "/" * 30_000 + "\n",
    "generators": "# A\n\n| Var | Accepted |\n|---|---|\n| `A_B` | generate with" + " " * 30_000 + " x` y |\n",
    "removed": "# A checklist\n\nX must remain up until this flag is on.\n\n- [ ] FLAG_A=1 set\n- [ ] " + "X " * 50_000,
    "needs": "# A checklist\n- [ ] " + "needs `A_B` " * 40_000,
    "circles": "# A checklist\n" + "".join(f"- [ ] a{n} needs `a{n + 1}-needs`\n" for n in range(5_000)),
    "knot": "# A checklist\n"
    + "".join(f"- [ ] A_{n}, needs `a_{n * 7 % 3000}` and `a_{n * 11 % 3000}`\n" for n in range(3_000)),
    "after the above": "# A checklist\n" + "- [ ] go after the above\n" * 5_000,
    "optional flags": "# A checklist\n" + "".join(f"- [ ] a\n- [ ] FLAG_A{n} on (optional)\n" for n in range(2_000)),
    "points without a box": "# A checklist\n- [ ] a\n" + "- b\n" * 30_000,
    "flags": "# A checklist\n" + "".join(f"- [ ] `FLAG_A{n}=1` set\n" for n in range(3_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_long_texts_cost_no_square_of_their_length(name: str) -> None:
    """Each of these took minutes where a pattern or a search went over the rest of the text at every place."""
    with suppress(NotARunbook):
        _, found = read_file(LONG[name].encode())
        lint(found)
