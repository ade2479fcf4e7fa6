"""Renders markdown as safe HTML (pure): markdown-it parses, nh3 sanitises."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

SCHEMES = {"http", "https", "mailto"}
# No images, which would be loaded from elsewhere.
TAGS = {
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
    "pre",
    "blockquote",
    "a",
    "hr",
    "br",
} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
# Wide code and tables scroll in themselves; what scrolls must be focusable by keyboard.
_SCROLLABLE = {
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table class="table">',
    "</table>": "</table></div>",
}
# What would be markup in a text that was written as plain text: anywhere (an underscore only beside no word), and at
# its start, where `1.` begins a list.
_MARKUP = re.compile(r"[\\`*\[\]<&~]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^[-+=#>]")
_HEADING = re.compile(r"<(?P<end>/?)h(?P<level>[1-6])>")
_NUMBERED = re.compile(r"^([0-9]{1,9})([.)])")
# Tags that people write within markdown. The first are kept, the second dropped without their text; every other tag is
# shown as its letters: `<name>` in a sentence is a placeholder, no markup.
_KEPT_HTML = {"em", "i", "strong", "b", "code", "kbd", "sub", "sup", "s", "del", "br", "a"}
_DROPPED_HTML = {"span", "div", "p", "u", "small", "details", "summary", "center", "font", "mark", "ins"}
_HTML = re.compile(r"<!--.*?-->|</?(?P<tag>[A-Za-z]{1,8})(?:\s[^<>]{0,500})?/?>", re.DOTALL)
INLINE_TAGS = {"strong", "em", "code", "a", "br", "s", *_KEPT_HTML}
# Characters of a text that is rendered once for many requests, as notes are, which polls show again and again.
SHORT = 4_000


def render(text: str) -> SafeString:
    """Sanitised HTML of an untrusted markdown text, cached of short ones. Headings start at h2, since the page has the
    h1, and leave no level out."""
    return _render_short(text) if len(text) <= SHORT else _render(text)


@lru_cache(maxsize=512)
def _render_short(text: str) -> SafeString:
    return _render(text)


def _render(text: str) -> SafeString:
    html = _clean(_with_levels_in_order(_parser().render(text)), TAGS | _KEPT_HTML)
    html = html.replace("<p></p>", "")  # of a comment that stood by itself
    for tag, scrollable in _SCROLLABLE.items():
        html = html.replace(tag, scrollable)
    return mark_safe(html)  # noqa: S308 - sanitised, then our own tags


@lru_cache(maxsize=4096)
def render_inline(text: str) -> SafeString:
    """Sanitised HTML of one line of markdown (code, emphasis, links) without a paragraph element.

    Cached for some thousand lines, since a checklist shows the same ones at every poll.
    """
    return mark_safe(_clean(_parser().renderInline(text), INLINE_TAGS))  # noqa: S308 - sanitised


def plain(text: str) -> str:
    """A plain text as one line of markdown that reads as the text: nothing in it is taken for markup."""
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", " ".join(text.split())))


def autolink(address: str) -> str:
    """A web address as a link in markdown: `<https://…>`."""
    return f"<{address.replace('<', '%3C').replace('>', '%3E')}>"


def _with_levels_in_order(html: str) -> str:
    """The parser's HTML, in which each heading is at most one level below the heading that it belongs to."""
    above: list[int] = []

    def opened_or_closed(tag: re.Match[str]) -> str:
        level = max(int(tag["level"]), 2)
        if not tag["end"]:
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        return f"<{tag['end']}h{len(above) + 1}>"

    return _HEADING.sub(opened_or_closed, html)


def _clean(html: str, tags: set[str]) -> str:
    return nh3.clean(html, tags=tags, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener")


@cache
def _parser() -> MarkdownIt:
    """The parser of this process: creating one takes longer than parsing a line."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
    parser.inline.ruler.before("autolink", "known_html", _known_html)
    return parser


def _known_html(state: StateInline, silent: bool) -> bool:
    """An inline rule: tags that are kept or dropped, and comments, which are dropped."""
    match = _HTML.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    tag = (match["tag"] or "").lower() if match else ""
    if match is None or (tag and tag not in _KEPT_HTML | _DROPPED_HTML):
        return False
    if not silent and tag in _KEPT_HTML:
        state.push("html_inline", "", 0).content = match.group()
    state.pos = match.end()
    return True
