"""New versions of rules: immutable, numbered, with hash, author and, where a guardrail asks for it, a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from detections.rules.active_rules import spec_of
from detections.rules.models import Baseline, BaselineCell, Rule, RuleVersion, Scope
from detections.rules.spec.schema import RuleSpec, content_hash, encode
from opsconsole.accounts.models import User

# What decides when and how severely a rule fires; changing anything else is no tuning.
TUNED = ("selector", "group_by", "conditions", "signatures", "for_minutes", "keep_firing_minutes", "guardrails")


class GuardrailError(Exception):
    """A guardrail asks for a reason before this change; its text says what it guards."""

    def __init__(self, guardrail: str) -> None:
        super().__init__(f"This rule's guardrail asks for a reason: {guardrail}")
        self.guardrail = guardrail


@transaction.atomic
def publish(
    identifier: str,
    spec: RuleSpec,
    *,
    now: datetime,
    author: User | None = None,
    author_name: str = "",
    reason: str = "",
    mode: str = Rule.Mode.DRAFT,
) -> RuleVersion:
    """Make `spec` the current version of the rule `identifier`, creating the rule (in `mode`) where it is new.

    Returns the new version, or the current one where the content is the same. Raises GuardrailError when a guardrail
    of the current version asks for a reason and none is given.
    """
    Rule.objects.get_or_create(identifier=identifier, defaults={"title": spec.title, "mode": mode})
    rule = Rule.objects.select_for_update(of=("self",)).select_related("current").get(identifier=identifier)
    current = spec_of(rule.current)
    if rule.current and spec == current:
        return rule.current
    if current and not reason.strip() and (guardrail := asks_for_reason(rule, current, spec)):
        raise GuardrailError(guardrail)
    version = RuleVersion.objects.create(
        rule=rule,
        number=1 + (RuleVersion.objects.filter(rule=rule).count()),
        spec=encode(spec),
        content_hash=content_hash(spec),
        author=author,
        author_name=author_name or (author.get_username() if author else ""),
        reason=reason.strip(),
        created_at=now,
    )
    if rule.current and (current is None or counts_otherwise(current, spec)):
        BaselineCell.objects.filter(scope__rule=rule).delete()
        Scope.objects.filter(rule=rule).update(cells_until=None)
    # The columns repeat the current version's words, for lists and filters.
    rule.current, rule.title, rule.category, rule.owner = version, spec.title, spec.category, spec.owner
    rule.save(update_fields=["current", "title", "category", "owner"])
    return version


def asks_for_reason(rule: Rule, old: RuleSpec, new: RuleSpec) -> str | None:
    """The text of the guardrail that asks for a reason to go from `old` to `new`; None where none does."""
    if all(getattr(old, field) == getattr(new, field) for field in TUNED):
        return None
    for guardrail in old.guardrails:
        if guardrail.enforce == "no_tuning_before_baseline" and not baseline_established(rule):
            return guardrail.text
    return None


def counts_otherwise(old: RuleSpec, new: RuleSpec) -> bool:
    """Whether the hour cells of `old` are no use to `new`: other events, other groups or another window."""
    windows = [spec.exceedance.window_minutes if spec.exceedance else 0 for spec in (old, new)]
    return (old.selector, old.group_by, windows[0]) != (new.selector, new.group_by, windows[1])


def baseline_established(rule: Rule) -> bool:
    """True once any scope has a week of baseline of what the rule counts now. Before that every change is tuning in
    the dark; a baseline of another selector, grouping or window says nothing of this one."""
    rows = Baseline.objects.filter(scope__rule=rule, version__in=_counting_alike(rule))
    newest = rows.aggregate(hour=Max("hour"))["hour"]
    # With the hour before: the estimates of an hour are not all made in its first minute.
    return newest is not None and rows.filter(hour__gte=newest - timedelta(hours=1), established=True).exists()


def _counting_alike(rule: Rule) -> list[int]:
    """The versions that counted what the current one counts, back to the last that did otherwise."""
    current, alike = spec_of(rule.current), list[int]()
    for version in rule.versions.order_by("-number"):
        spec = spec_of(version)
        if current is None or spec is None or counts_otherwise(spec, current):
            break
        alike.append(version.pk)
    return alike
