"""`{{ text|markdown }}`, `{{ line|markdown_inline }}`: sanitised HTML of a markdown text."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from opsconsole.lib.text.markdown import render, render_inline

register = template.Library()


@register.filter
def markdown(text: str | None) -> SafeString:
    """Sanitised HTML of a text; empty for None."""
    return render(text or "")


@register.filter
def markdown_inline(text: str | None) -> SafeString:
    """Sanitised HTML of one line, without a paragraph element."""
    return render_inline(text or "")
