"""Markdown to safe HTML (pure): parsed by markdown-it, sanitised by nh3."""

from __future__ import annotations

from functools import cache, lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

SCHEMES = {"http", "https", "mailto"}
# What documentation needs; no images (they would call home), no raw HTML, links only to the web and to this console.
TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "hr", "br"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
# Wide code and tables scroll by themselves; what scrolls must be reachable by keyboard.
_SCROLLABLE = {
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>',
    "</table>": "</table></div>",
}
INLINE_TAGS = {"strong", "em", "code", "a", "br", "s"}


def render(text: str) -> SafeString:
    """HTML of a markdown text, safe to put on a page whoever wrote it. Headings start at h2 (the page has the h1)."""
    html = _clean(_parser().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>"), TAGS)
    for mark, scrollable in _SCROLLABLE.items():
        html = html.replace(mark, scrollable)
    return mark_safe(html)  # noqa: S308 - sanitised, then marks of our own


@lru_cache(maxsize=4096)
def render_inline(text: str) -> SafeString:
    """HTML of one line of markdown without a paragraph around it: code, emphasis, links; as safe as `render`.

    Remembered for some thousand lines: a checklist shows the same ones at every poll.
    """
    return mark_safe(_clean(_parser().renderInline(text), INLINE_TAGS))  # noqa: S308 - sanitised


def _clean(html: str, tags: set[str]) -> str:
    return nh3.clean(html, tags=tags, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener")


@cache
def _parser() -> MarkdownIt:
    """One parser a process: making it costs more than parsing a line."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
