"""Publishing versions of rules: immutable, numbered, with hash, author and, where a guardrail demands it, a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from detections.rules.active_rules import spec_of
from detections.rules.models import Baseline, BaselineCell, Rule, RuleVersion, Scope
from detections.rules.spec.schema import RuleSpec, content_hash, encode
from opsconsole.accounts.models import User
from opsconsole.lib.text.secrets import scrub_text

# The fields that decide when and how severely a rule fires; a change of another field is no tuning.
TUNED = ("selector", "group_by", "conditions", "signatures", "for_minutes", "keep_firing_minutes", "guardrails")


class GuardrailError(Exception):
    """A guardrail demands a reason for the change; `guardrail` is its text."""

    def __init__(self, guardrail: str) -> None:
        super().__init__(f"This rule's guardrail asks for a reason: {guardrail}")
        self.guardrail = guardrail


class VersionConflict(Exception):
    """The rule's current version is another than the one that was edited: somebody saved in between."""


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
    base: int | None = None,
) -> RuleVersion:
    """Makes `spec` the current version of the rule `identifier`; creates the rule (in `mode`) where it is new.

    Returns the new version, or the current one where the content is the same. Raises GuardrailError when a guardrail
    of the current version demands a reason and none is given, and VersionConflict when the current version is not the
    one numbered `base` (0: none; None: any).
    """
    rule = _locked(identifier, title=spec.title, mode=mode)
    if base is not None and base != (rule.current.number if rule.current else 0):
        raise VersionConflict(f"{identifier} has another version than {base}")
    current = spec_of(rule.current)
    if rule.current and spec == current:
        return rule.current
    if current and not reason.strip() and (guardrail := guardrail_asking_for_reason(rule, current, spec)):
        raise GuardrailError(guardrail)
    version = _add_version(rule, spec, now, author=author, author_name=author_name, reason=reason)
    if rule.current and (current is None or changes_counting(current, spec)):
        _forget_cells(rule)
    _make_current(rule, version, spec)
    return version


def _locked(identifier: str, *, title: str, mode: str) -> Rule:
    """The rule with its current version, its row locked; created where it is new."""
    Rule.objects.get_or_create(identifier=identifier, defaults={"title": title, "mode": mode})
    return Rule.objects.select_for_update(of=("self",)).select_related("current").get(identifier=identifier)


def _add_version(
    rule: Rule, spec: RuleSpec, now: datetime, *, author: User | None, author_name: str, reason: str
) -> RuleVersion:
    """Stores `spec` as the next version of the rule, whose row is locked."""
    return RuleVersion.objects.create(
        rule=rule,
        number=1 + (RuleVersion.objects.filter(rule=rule).count()),
        spec=encode(spec),
        content_hash=content_hash(spec),
        author=author,
        author_name=author_name or (author.get_username() if author else ""),
        reason=scrub_text(reason.strip()),
        created_at=now,
    )


def _forget_cells(rule: Rule) -> None:
    """Deletes the rule's hour cells; the next estimate counts them as the new version does.

    The scopes come first: that waits for estimates under way, whose cells are then deleted too.
    """
    Scope.objects.filter(rule=rule).update(cells_until=None)
    BaselineCell.objects.filter(scope__rule=rule).delete()


def _make_current(rule: Rule, version: RuleVersion, spec: RuleSpec) -> None:
    """Makes `version` the current one. Title, category and owner are copied, for lists and filters."""
    rule.current, rule.title, rule.category, rule.owner = version, spec.title, spec.category, spec.owner
    rule.save(update_fields=["current", "title", "category", "owner"])


def guardrail_asking_for_reason(rule: Rule, old: RuleSpec, new: RuleSpec) -> str | None:
    """The text of the guardrail of `old` that demands a reason for a change to `new`; None where none does."""
    if all(getattr(old, field) == getattr(new, field) for field in TUNED):
        return None
    for guardrail in old.guardrails:
        if guardrail.enforce == "no_tuning_before_baseline" and not baseline_established(rule):
            return guardrail.text
    return None


def changes_counting(old: RuleSpec, new: RuleSpec) -> bool:
    """Whether `new` counts other events, groups or windows than `old`, so that hour cells of `old` are of no use."""
    windows = [spec.exceedance.window_minutes if spec.exceedance else 0 for spec in (old, new)]
    return (old.selector, old.group_by, windows[0]) != (new.selector, new.group_by, windows[1])


def baseline_established(rule: Rule) -> bool:
    """Whether any scope has an established baseline of what the rule counts now. Before that, tuning has no basis;
    baselines of another selector, grouping or window do not count."""
    rows = Baseline.objects.filter(scope__rule=rule, version__in=_versions_counting_alike(rule))
    newest = rows.aggregate(hour=Max("hour"))["hour"]
    # Also the hour before: the estimates of an hour are not all made in its first minute.
    return newest is not None and rows.filter(hour__gte=newest - timedelta(hours=1), established=True).exists()


def _versions_counting_alike(rule: Rule) -> list[int]:
    """Ids of the newest versions that count what the current one counts, back to the last that does not."""
    current, alike = spec_of(rule.current), list[int]()
    for version in rule.versions.order_by("-number"):
        spec = spec_of(version)
        if current is None or spec is None or changes_counting(spec, current):
            break
        alike.append(version.pk)
    return alike
