"""`{{ text|markdown }}`: sanitised HTML of a markdown text."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from opsconsole.lib.markdown import render

register = template.Library()


@register.filter
def markdown(text: str | None) -> SafeString:
    """Safe HTML; nothing for nothing."""
    return render(text or "")
