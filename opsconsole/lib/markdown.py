"""Markdown to safe HTML (pure): parsed by markdown-it, sanitised by nh3."""

from __future__ import annotations

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# What documentation needs; no images (they would call home), no raw HTML, links only to the web and to this console.
TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "hr", "br"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


def render(text: str) -> SafeString:
    """HTML of a markdown text, safe to put on a page whoever wrote it. Headings start at h2 (the page has the h1)."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")
    html = parser.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="noopener"
    )
    return mark_safe(clean)  # noqa: S308 - sanitised on the line above
