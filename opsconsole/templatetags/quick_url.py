"""Django's `{% url %}`, which searches the patterns at each call: here once for each name (a builtin, see settings)."""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape

from opsconsole.lib.web.addresses import address

register = template.Library()


class QuickURLNode(URLNode):
    """Renders what Django's node does."""

    def render(self, context: Context) -> str:
        name = self.view_name.resolve(context)
        # Names within a namespace depend on the request, too.
        if self.kwargs or ":" in name:
            return super().render(context)
        url = ""
        try:
            url = address(name, *(arg.resolve(context) for arg in self.args))
        except NoReverseMatch:
            if self.asvar is None:
                raise
        if self.asvar:
            context[self.asvar] = url
            return ""
        return conditional_escape(url) if context.autoescape else url


@register.tag("url")
def url(parser: Parser, token: Token) -> QuickURLNode:
    """`{% url "alert" alert.pk %}`, `{% url "banner" as banner_url %}`: as Django documents it."""
    node = django_url(parser, token)
    return QuickURLNode(node.view_name, node.args, node.kwargs, node.asvar)
