"""What the pages of the account say (`{% load accounts %}`)."""

from __future__ import annotations

from django import template
from django.template import Context

from opsconsole.accounts.password_again import ActInWords, act_in_words

register = template.Library()


@register.simple_tag(takes_context=True)
def act_behind_password(context: Context) -> ActInWords | None:
    """What is done once the password was given again; None where nothing is known of it."""
    return act_in_words(context["request"])
