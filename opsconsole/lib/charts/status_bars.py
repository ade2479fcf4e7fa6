"""What came of each interval as a row of bars (pure): taller and fuller the worse, a dot where nothing was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from opsconsole.lib.charts.small import number, shapes

_SHARES = {"ok": 0.55, "medium": 0.8, "high": 1.0}


@dataclass(frozen=True)
class StatusBar:
    """One interval. `tone`: `ok`, `medium`, `high`, or empty where there is nothing; `words` are its tooltip."""

    tone: str
    words: str


def status_bars(bars: Sequence[StatusBar], *, label: str, width: int = 144, height: int = 22) -> SafeString:
    """The bars, oldest first. `label` says what they are, for screen readers; sizes are in pixels."""
    step = width / max(len(bars), 1)
    return format_html(
        '<svg class="status-bars" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">{3}</svg>',
        width,
        height,
        label,
        shapes(_bar(index * step, step, bar, height) for index, bar in enumerate(bars)),
    )


def _bar(x: float, step: float, bar: StatusBar, height: int) -> str:
    tall = (height - 2) * _SHARES[bar.tone] if bar.tone else 2.0
    css = f"status-bar tone-{bar.tone}" if bar.tone else "status-none"
    wide = max(step - 2, 1.0)
    place = f'x="{number(x + 1)}" y="{number(height - 1 - tall)}" width="{number(wide)}" height="{number(tall)}"'
    return f'<rect class="{css}" {place} rx="1"><title>{escape(bar.words)}</title></rect>'
