"""Saving what the form says: a version, and the sentence that tells what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.rules.lifecycle.publish import GuardrailError, VersionConflict, publish
from detections.rules.models import Rule, RuleVersion
from detections.rules.rule_form.differences import differences
from detections.rules.rule_form.form import RuleForm
from opsconsole.accounts.models import User

TRIES = 3  # of one name, proposed to so many at once


@dataclass(frozen=True)
class SavedRule:
    """The version that is current now; `changed` is whether it was made, `sentence` what it says otherwise."""

    version: RuleVersion
    changed: bool
    sentence: str


def save(form: RuleForm, now: datetime, author: User) -> SavedRule:
    """Publishes the content of the valid form. Raises VersionConflict where somebody saved since it was checked, and
    GuardrailError where the baseline that its guardrail waits for went since."""
    identifier, reason = form.cleaned_data["identifier"], form.cleaned_data.get("reason", "")
    base = form.current.number if form.current else 0
    version = publish(identifier, form.spec, now=now, author=author, reason=reason, base=base)
    return SavedRule(version, version.number != base, " ".join((_sentence(form, version, base), *form.notes)))


def checked_and_saved(data: Any, rule: Rule | None, now: datetime, author: User) -> tuple[RuleForm, SavedRule | None]:
    """The form that was posted for `rule` (None: a new one), and what was saved; None where the form has errors."""
    for _ in range(TRIES):
        fresh = Rule.objects.select_related("current").get(pk=rule.pk) if rule else Rule()
        form = RuleForm(data, instance=fresh)
        if not form.is_valid():
            return form, None
        try:
            return form, save(form, now, author)
        except (VersionConflict, GuardrailError):  # the next check says who saved, what is needed, or another name
            continue
    form.add_error("identifier", "Others save rules of this name at the same time: give it another one.")
    return form, None


def _sentence(form: RuleForm, version: RuleVersion, base: int) -> str:
    name = form.cleaned_data["identifier"]
    if version.number == base:
        return f"Saved without changes: version {base} of {name} stays as it is."
    if not base:
        return f"{name} is saved as a draft. Nobody is notified until it is activated."
    if form.old is None:
        return f"{name} is saved as version {version.number}."
    summary = differences(form.old, form.spec).summary()
    return f"{name} is saved as version {version.number}.{f' {summary}.' if summary else ''}"
