"""Documentation is shown as written, whatever a hostile author puts into it."""

import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from opsconsole.lib.text import markdown
from opsconsole.lib.text.markdown import autolink, plain, render, render_inline


@pytest.mark.parametrize(
    ("levels", "shown"),
    [("1 2 3", "2 2 3"), ("3 4 2", "2 3 2"), ("2 6 4 3", "2 3 3 3"), ("4", "2"), ("2 3 4 5 6", "2 3 4 5 6")],
)
def test_headings_leave_no_level_out(levels: str, shown: str) -> None:
    html = render("\n\n".join("#" * int(level) + " word" for level in levels.split()))
    assert re.findall(r"<h(\d)>word</h\1>", html) == shown.split()


def test_tables_lists_and_code_are_kept() -> None:
    html = render("# Why\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n- one\n")
    assert "<h2>Why</h2>" in html
    assert "<td><code>x</code></td>" in html
    assert "<li>one</li>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<a href="x" onclick="alert(1)">x</a>',
        "![x](https://tracker.example/x.png)",
        "<style>body{display:none}</style>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
    ],
)
def test_nothing_active_survives(text: str) -> None:
    html = render(text)
    for bad in ("<script", 'href="javascript', 'href="data', "<img", "<style", "<a onclick"):
        assert bad not in html
    for bad in ("<script", 'href="javascript', 'href="data', "<img", "<style", "<a onclick"):
        assert bad not in render_inline(text)


def test_known_tags_are_emphasis_or_dropped_and_others_are_letters() -> None:
    assert render_inline("Alpha <em>really</em> <span class='x'>ready</span><br>") == "Alpha <em>really</em> ready<br>"
    assert render_inline("see <name> and `<em>`") == "see &lt;name&gt; and <code>&lt;em&gt;</code>"
    assert render("<!-- anchor: launch -->\n\nRead <b>this</b>.\n").strip() == "<p>Read <b>this</b>.</p>"
    assert render_inline("a <!-- not closed") == "a &lt;!-- not closed"
    assert render_inline("<em>never closed") == "<em>never closed</em>"


def test_one_line_without_a_paragraph() -> None:
    assert render_inline("`A=1` set, **now**") == "<code>A=1</code> set, <strong>now</strong>"


def test_wide_code_and_tables_can_be_scrolled_by_keyboard() -> None:
    html = render("```\nlong\n```\n\n| a |\n|---|\n| 1 |\n\n`<pre>`\n")
    assert html.count('<pre tabindex="0">') == 1
    assert '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table class="table">' in html
    assert "<code>&lt;pre&gt;</code>" in html


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
MARKS = st.text(st.sampled_from("ab1 _*`[]()<>#&;~-+=.!|\\/:\n"), max_size=30)


def shown(html: str) -> str:
    """The text that a reader sees."""
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


@given(WORDS | MARKS)
@example("1. one")
@example("snake_case and _so_ &amp; <b>")
@example("https://example.org/_a_ www.example.org")
def test_a_plain_text_reads_in_markdown_as_it_was_written(text: str) -> None:
    written = " ".join(text.split())
    line = render(f"- {plain(text)}")
    assert shown(line) == written
    assert set(re.findall(r"<(\w+)", line)) <= {"ul", "li"}
    assert shown(render(f"a {plain(text)}")) == f"a {written}".strip()


def test_an_address_is_a_link_and_nothing_else() -> None:
    assert render(autolink("https://example.org/a?b=1&c=2")).startswith(
        '<p><a href="https://example.org/a?b=1&amp;c=2"'
    )
    assert "<b" not in render(autolink("https://example.org/><b>"))


def test_short_texts_are_rendered_once_and_long_ones_not_kept() -> None:
    short, long = "*a* and some more", "*a* " * markdown.SHORT
    kept = markdown._render_short.cache_info
    assert render(short) == "<p><em>a</em> and some more</p>\n"
    before = kept()
    assert render(short) == "<p><em>a</em> and some more</p>\n"
    assert kept().hits == before.hits + 1
    assert "<em>a</em>" in render(long)
    assert kept().misses == before.misses
