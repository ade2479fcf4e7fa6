"""A chance as people write it: 0.00135, 0.135 % or 1 in 741."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from detections.rules.statistics.tails import ONE_SIDED_3_SIGMA

SHORT = {ONE_SIDED_3_SIGMA: "0.00135"}
ODDS = re.compile(r"1\s*(?:in|/|:)\s*(\d[\d,]*(?:\.\d+)?)")


class ChanceField(forms.CharField):
    """A chance greater than 0 and less than 0.5, as a float. The customary 3 standard deviations are shown as 0.00135,
    and what is shown stands for exactly the value that it was made of (`same_as`)."""

    same_as: Any = None  # the value that the form was opened with

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, float) else value

    def to_python(self, value: Any) -> Any:
        """Raises ValidationError."""
        if isinstance(value, float) or value in self.empty_values:
            return value if isinstance(value, float) else None
        text = str(value).strip()
        for exact in (self.same_as, *SHORT):
            if isinstance(exact, float) and text == shown(exact):
                return exact
        chance = _read(text)
        if chance is None or not 0 < chance < 0.5:
            raise forms.ValidationError(
                "A number greater than 0 and less than 0.5 is expected, as 0.00135, 0.135 % or 1 in 741."
            )
        return chance

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def run_validators(self, value: Any) -> None:
        """Those of texts do not apply."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


def shown(chance: float) -> str:
    """The chance as the form shows it: without an exponent, the shortest that stands for it."""
    if chance in SHORT:
        return SHORT[chance]
    text = repr(chance)
    return text if "e" not in text else f"{chance:.20f}".rstrip("0") if float(f"{chance:.20f}") == chance else text


def _read(text: str) -> float | None:
    """The chance that is written; None where it is not understood."""
    try:
        if odds := ODDS.fullmatch(text):
            return 1 / float(odds[1].replace(",", ""))
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
