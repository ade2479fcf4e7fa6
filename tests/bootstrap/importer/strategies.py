"""Made-up blocks and checklists for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from bootstrap.importer.markdown.blocks import Block, Code, Entry, Heading, Listing, Prose, Table, TableRow

# Words of several scripts, marks of markdown within them, code spans with pipes.
LETTER = st.sampled_from("abcXYZäß検査清单")
INNER = st.text(st.sampled_from("abcXYZ059_-.:/$%&äß検査清单"), max_size=6)
WORD = st.builds("{}{}{}".format, LETTER, INNER, LETTER)
SPAN = st.builds(lambda word, other: f"`{word}|{other}`", WORD, WORD)
LINE = st.lists(WORD | SPAN, min_size=1, max_size=6).map(" ".join)
PLAIN_LINE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
CODE = st.text(st.sampled_from("ab `|#-[] \n\t"), max_size=60).map(lambda text: f"x{text}".rstrip())


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.integers(1, 5))
    header = tuple(draw(PLAIN_LINE) for _ in range(columns))
    rows = draw(st.lists(st.tuples(*[st.just("") | LINE] * columns), max_size=4))
    return Table(header, tuple(TableRow(row, 0) for row in rows), 0, 0)


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    entries, depth = [], -1
    ordered = draw(st.booleans())
    for number in range(draw(st.integers(1, 6))):
        depth = draw(st.integers(0, depth + 1))
        box = draw(st.sampled_from([None, True, False]))
        body = draw(st.just("") | LINE)
        entries.append(Entry(draw(LINE), box, number + 1 if ordered and depth == 0 else None, depth, body, 0))
    return Listing(tuple(entries), 0, 0)


def _apart(blocks: list[Block]) -> list[Block]:
    """Two lists after each other are one list in markdown: put a paragraph between."""
    apart: list[Block] = []
    for block in blocks:
        if apart and isinstance(block, Listing | Code) and isinstance(apart[-1], Listing):
            apart.append(Prose("between", 0, 0))
        apart.append(block)
    return apart


BLOCKS = st.lists(
    st.one_of(
        st.builds(Heading, st.integers(1, 6), LINE, st.just(0), st.just(0)),
        st.builds(Prose, st.lists(LINE, min_size=1, max_size=4).map("\n".join), st.just(0), st.just(0)),
        st.builds(Code, st.sampled_from(["", "sh", "python"]), CODE, st.just(0), st.just(0)),
        tables(),
        listings(),
    ),
    max_size=8,
).map(_apart)


@st.composite
def checklists(draw: st.DrawFn) -> str:
    """The markdown of a checklist with sections, variables, items and flags."""
    lines = [f"# {draw(PLAIN_LINE)}", "", "## Setup checklist", ""]
    for number in range(draw(st.integers(1, 4))):
        flag = f"FLAG_S{number}" if draw(st.booleans()) else ""
        lines += [f"### {draw(PLAIN_LINE)}{f' ({flag})' if flag else ''}", "", draw(LINE), ""]
        names = [f"VAR_{number}_{index}" for index in range(draw(st.integers(0, 3)))]
        if names:
            lines += ["| Var | Default |", "|---|---|", *(f"| `{name}` | {draw(PLAIN_LINE)} |" for name in names), ""]
        lines += [f"- [ ] `{name}` {draw(PLAIN_LINE)}" for name in names]
        lines += [f"- [ ] {draw(LINE)}" for _ in range(draw(st.integers(1, 3)))]
        lines += [f"- [ ] `{flag}=1` set", ""] if flag else [""]
    return "\n".join(lines)


TOLD = ["provisioned", "set by two people", "confirmed (attach the log)", "done with evidence", "checked if asked"]


@st.composite
def nested_items(draw: st.DrawFn, names: list[str]) -> list[str]:
    """Points with boxes, up to four deep, some with two people or evidence, some about a variable."""
    lines, depth = [], -1
    for number in range(draw(st.integers(1, 7))):
        depth = draw(st.integers(0, min(depth + 1, 3)))
        subject = f"`{draw(st.sampled_from(names))}`" if names and draw(st.booleans()) else f"step {number}"
        lines.append(f"{'  ' * depth}- [ ] {subject} {draw(st.sampled_from(TOLD))} {draw(WORD)}")
    return lines


@st.composite
def whole_checklists(draw: st.DrawFn) -> str:
    """Sections gated by any or all of several flags, that wait for each other, with pairs, pipes and nested items."""
    titles = draw(st.lists(WORD, min_size=1, max_size=4, unique_by=str.casefold))
    lines = [f"# {draw(PLAIN_LINE)}", "", "## Setup checklist", ""]
    for number, title in enumerate(titles):
        flags = [f"FLAG_S{number}_{letter}" for letter in "AB"[: draw(st.integers(0, 2))]]
        gate = f" ({draw(st.sampled_from([', ', ' and '])).join(flags)})" if flags else ""
        pair = len(flags) == 1 and draw(st.booleans())
        stays = "Proxy must remain active until this flag is on." if pair else draw(LINE)
        names = [f"VAR_{number}_{index}" for index in range(draw(st.integers(0, 3)))]
        lines += [f"### {title}{gate}", "", stays, ""]
        if names:
            lines += ["| Var | Required when | Default |", "|---|---|---|"]
            lines += [f"| `{name}` | {' or '.join(flags) or 'Always'} | `a|{draw(WORD)}` |" for name in names] + [""]
        if draw(st.booleans()):
            lines.append(f"- [ ] {draw(st.sampled_from(titles))} checklist completed first")
        lines += draw(nested_items(names))
        lines += ["- [ ] Proxy removed"] if pair else []
        lines += [f"- [ ] `{flag}=1` set after the above are confirmed" for flag in flags] + [""]
    return "\n".join(lines)
