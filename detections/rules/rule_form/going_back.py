"""Going back to an older version of a rule: a new version with its content, with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from detections.rules.active_rules import spec_of
from detections.rules.lifecycle.missing_names import refused_names
from detections.rules.lifecycle.publish import GuardrailError, VersionConflict, publish
from detections.rules.lifecycle.references import unknown_names
from detections.rules.models import Rule, RuleVersion
from detections.rules.rule_form.differences import Differences, differences
from detections.rules.rule_form.saving import SavedRule
from detections.rules.spec.schema import RuleSpec, SpecError
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import storable


@dataclass(frozen=True)
class StepBack:
    """The older version, what it says otherwise than the current one (None: that one is unreadable), why it can never
    be taken as it is (`problems`), and why it was not now (`refused`)."""

    rule: Rule
    version: RuleVersion
    spec: RuleSpec | None
    differences: Differences | None
    problems: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class StepTaken:
    """What was saved, or the step with what was refused."""

    saved: SavedRule | None = None
    refused: StepBack | None = None


def step(rule: Rule, version: RuleVersion) -> StepBack:
    """What it would be to go back to `version` of the rule."""
    try:
        spec = version.decoded
    except SpecError as error:
        problem = f"This console can no longer read version {version.number}: {error}"
        return StepBack(rule, version, None, None, (problem,))
    current = spec_of(rule.current)
    problems = [problem for _, problem in unknown_names(spec, rule.identifier)]
    problems += [missing.sentence for missing in refused_names(spec, current)] if current else []
    ended = (problem if problem.endswith("?") else f"{problem}." for problem in problems)
    return StepBack(rule, version, spec, differences(current, spec) if current else None, tuple(ended))


def take(back: StepBack, posted: Mapping[str, str], now: datetime, author: User) -> StepTaken:
    """Publishes the older content; `posted` has the reason and the version that was current on the page (`current`)."""
    if back.spec is None or back.problems:
        return StepTaken()
    reason, base = posted.get("reason", "").strip(), posted.get("current", "")
    if not reason:
        return _refused(back, "Say why: the reason is kept with the version.")
    if not storable(reason):
        return _refused(back, "The reason has characters that cannot be stored: type it again.")
    if not re.fullmatch(r"[0-9]{1,9}", base):
        return _refused(back, "The form does not say which version was current: open it again.")
    try:
        made = publish(back.rule.identifier, back.spec, now=now, author=author, reason=reason, base=int(base))
    except VersionConflict:
        newest = back.rule.current
        who = f"{newest.author_name or 'Somebody'} saved version {newest.number}" if newest else "Somebody saved"
        return _refused(back, f"{who} since this page was opened. What would be different from it is below.")
    except GuardrailError as error:
        return _refused(back, str(error))
    name, number = back.rule.identifier, back.version.number
    if made.number == int(base):
        return StepTaken(SavedRule(made, False, f"Saved without changes: {name} says what version {number} says."))
    summary = f" {back.differences.summary()}." if back.differences else ""
    return StepTaken(SavedRule(made, True, f"{name} is back to version {number}, as version {made.number}.{summary}"))


def _refused(back: StepBack, problem: str) -> StepTaken:
    return StepTaken(refused=replace(back, refused=problem))
