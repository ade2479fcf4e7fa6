"""What a posted form would change, for the panel beside it, and for whoever was overtaken by another's save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from detections.rules.active_rules import spec_of
from detections.rules.models import Rule
from detections.rules.rule_form.differences import FIELDS, differences
from detections.rules.rule_form.form import RuleForm
from detections.rules.rule_form.reading import spec_of_form
from detections.rules.spec import describe


def context(posted: QueryDict, rule: Rule | None) -> dict[str, Any]:
    """The sentences of a new rule; of an edited one the differences and the guardrail that asks for a reason; or the
    errors by label."""
    spec = spec_of_form(posted, rule)
    if isinstance(spec, dict):
        return {"edited": rule, "errors": list(by_label(spec).items())}
    old = spec_of(rule.current) if rule else None
    if rule is None or old is None:
        return {"edited": rule, "sentences": [describe.selects(spec), *describe.thresholds(spec)]}
    form = RuleForm(instance=rule, saving=False)
    form.spec = spec
    return {"edited": rule, "differences": differences(old, spec), "asks": form.why_reason_is_needed()}


def conflict_context(form: RuleForm) -> dict[str, Any]:
    """What the other's version changed, and what would be different from it if the form were saved now."""
    assert form.conflict
    before, after = spec_of(form.conflict.base), spec_of(form.conflict.theirs)
    mine = getattr(form, "spec", None)
    return {
        "theirs": differences(before, after) if before and after else None,
        "mine": differences(after, mine) if after and mine else None,
    }


def by_label(errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Errors by field as errors by its label; "" where they are of several."""
    found: dict[str, list[str]] = {}
    for name, messages in errors.items():
        found.setdefault(_label(name), []).extend(messages)
    return found


def _label(name: str) -> str:
    field = FIELDS.get(name)
    return str((field and field.label) or name.replace("_", " ").strip().capitalize()) if name != "__all__" else ""
