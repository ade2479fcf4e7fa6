"""Template tags and filters: badges, times, numbers, icons, addresses (`{% load console %}`, see docs/ui.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.utils import flatatt
from django.template import Context
from django.template.defaultfilters import stringfilter
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from opsconsole.lib import clock
from opsconsole.lib.charts import small
from opsconsole.lib.text import humanize
from opsconsole.lib.text.visible import is_web_address
from opsconsole.lib.web import form_faults
from opsconsole.lib.web.tones import STATE_TONES, look_of_severity

register = template.Library()

UNKNOWN = "\N{EN DASH}"  # shown for a value that is not known
SPRITE = "opsconsole/icons.svg"
SHORT = 2  # visible fields of a form that needs no list of its faults


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """A 16 px icon of icons.svg, hidden from screen readers: the text beside it has the meaning."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static(SPRITE), name)


@register.simple_tag
@lru_cache(maxsize=256)
def severity(level: object) -> SafeString:
    """A badge for a severity, that of an incident (`SEV-1`), or a Sentry level: word, shape and colour."""
    word = str(level).lower()
    shape, tone = look_of_severity(word)
    return format_html(
        '<span class="badge severity tone-{}"><svg aria-hidden="true"><use href="{}#{}"/></svg>{}</span>',
        tone,
        static(SPRITE),
        shape,
        word.upper() if word.startswith("sev-") else word.capitalize(),
    )


@register.simple_tag
def state(name: object, label: str = "", *, badge: bool = False) -> SafeString:
    """A state as dot and word. `label` replaces the word; `badge=True` draws a box around it, for headings."""
    return _state(str(name), label, badge)


@lru_cache(maxsize=256)  # a page of hundreds of items has few different states
def _state(name: str, label: str, badge: bool) -> SafeString:
    key = name.lower().replace("_", " ")
    tone, filled = STATE_TONES.get(key, ("quiet", False))
    return format_html(
        '<span class="{} tone-{}"><svg viewBox="0 0 10 10" class="{}" aria-hidden="true">'
        '<circle cx="5" cy="5" r="4"/></svg>{}</span>',
        "badge" if badge else "state",
        tone,
        "" if filled else "hollow",
        label or key.capitalize(),
    )


@register.simple_tag
def ago(moment: datetime | None, empty: str = "never") -> SafeString:
    """A relative time, e.g. `3 min ago`. Its title is the time in UTC and, with JavaScript, in the viewer's zone."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', empty)
    return _time(moment, humanize.ago(moment, clock.now()), " data-ago")


@register.simple_tag
def moment(value: datetime | None, empty: str = UNKNOWN) -> SafeString:
    """An absolute time: `2026-11-20 12:03:04 UTC`."""
    if value is None:
        return format_html('<span class="muted">{}</span>', empty)
    return _time(value, humanize.utc(value))


@register.simple_tag
def utc_clock(value: datetime) -> SafeString:
    """The time of day: `12:03:04 UTC`."""
    return _time(value, f"{value.astimezone(UTC):%H:%M:%S} UTC")


@register.filter
def has_name(host: str) -> bool:
    """Whether `host[:port]` is a host name, not an IP address: browsers allow passkeys for names only."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return True
    return False


# Number filters accept any object: Django passes an empty string for a variable that does not exist.
@register.filter
def grouped(value: object) -> str:
    """12345 as `12,345`; anything else than a number as an en dash."""
    return f"{value:,}" if isinstance(value, int | float) else UNKNOWN


@register.filter
def compact(value: object) -> str:
    """12345 as `12.3k`; no number as an en dash. For narrow places; put the exact number into a title."""
    return humanize.compact(value) if isinstance(value, int | float) else UNKNOWN


@register.filter
def decimal(value: object, places: int = 1) -> str:
    """3.14159 as `3.1`; no number as an en dash."""
    return f"{value:,.{places}f}" if isinstance(value, int | float) else UNKNOWN


@register.filter
def duration(seconds: object) -> str:
    """Seconds in at most two units, 5400 as `1 h 30 min`; no number as an en dash."""
    return humanize.duration(seconds) if isinstance(seconds, int | float) else UNKNOWN


@register.filter(is_safe=True)
@stringfilter
def sentence_case(heading: str) -> str:
    """A heading of allauth, `Sign Out`, as the console writes its own: `Sign out`."""
    return humanize.sentence_case(heading)


@register.simple_tag
def ring(done: int, total: int, label: str = "") -> SafeString:
    """A progress ring with a percentage. `label` tells screen readers what is counted."""
    return small.ring(done, total, label=label)


@register.simple_tag
def bar(value: float, maximum: float, label: str = "", tone: str = "") -> SafeString:
    """A horizontal bar of `value` in `maximum`, coloured by `tone` (critical, high, medium, low, ok)."""
    return small.bar(value, maximum, label=label, tone=tone)


@register.filter
def web_address(address: object) -> bool:
    """Whether an address that a person or a program gave may be rendered as a link."""
    return is_web_address(address)


def _is_own(url: str) -> bool:
    """Whether an address is one of the console's pages: a path, a query or a fragment, without a host."""
    return url.startswith(("/", "#", "?")) and not url.startswith(("//", "/\\"))


@register.simple_tag
def link(url: str, label: str | SafeString, css: str = "") -> SafeString:
    """`label` as a link to `url`, or as text if `url` is empty or runs a script; `css` is its class."""
    if url and (_is_own(url) or is_web_address(url)):
        return format_html("<a{}>{}</a>", flatatt({"class": css, "href": url} if css else {"href": url}), label)
    return format_html("<span{}>{}</span>", flatatt({"class": css}), label) if css else conditional_escape(label)


@register.simple_block_tag
def message(content: SafeString, tone: str, icon: str, *, alert: bool = False) -> SafeString:
    """A message box with the text inside the tag, an edge in the colour of `tone` and an icon."""
    context = {"text": content, "tone": tone, "icon": icon, "alert": alert}
    return render_to_string("components/message.html", context)


@register.simple_block_tag
def empty_state(
    content: SafeString,
    title: str,
    *,
    icon: str = "info",
    code: str = "",
    code_label: str = "",
    action_label: str = "",
    action_url: str = "",
) -> SafeString:
    """The content of an empty list: title, the text inside the tag, and optionally a command and a link."""
    return render_to_string(
        "components/empty.html",
        {
            "title": title,
            "text": mark_safe(content.strip()),  # noqa: S308 - rendered by the template
            "icon": icon,
            "code": code,
            "code_label": code_label,
            "action_label": action_label,
            "action_url": action_url,
        },
    )


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm, inlines: Iterable[Any] = ()) -> dict[str, Any]:
    """What is wrong with a refused form, with links to its fields; `inlines` are the rows below a form of the admin.

    A short form has its faults in sight: there only what is of no single field stands above it.
    """
    if not form.is_bound:
        return {}
    long = len(form.visible_fields()) > SHORT or bool(inlines)
    rows = form_faults.of_formsets(each.formset for each in inlines)
    return {"whole": form.non_field_errors(), "faults": [*form_faults.of_form(form), *rows] if long else []}


@register.simple_tag(takes_context=True)
def with_query(context: Context, **changes: Any) -> str:
    """The current query string with parameters set, or removed by None: `?environment=prod&page=2`.

    `page` is dropped unless it is given, so that a changed filter shows its first page.
    """
    query = context["request"].GET.copy()
    if "page" not in changes:
        query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def attributes(**values: Any) -> SafeString:
    """Keywords as HTML attributes, underscores as dashes. None, False and "" are left out; True is the bare name."""
    return flatatt({name.replace("_", "-"): value for name, value in values.items() if value not in (None, False, "")})


def _time(value: datetime, shown: str, extra: str = "") -> SafeString:
    attrs = f'datetime="{value.astimezone(UTC).isoformat(timespec="seconds")}" title="{humanize.utc(value)}"'
    return mark_safe(f"<time {attrs}{extra}>{conditional_escape(shown)}</time>")  # noqa: S308 - no attribute needs it
